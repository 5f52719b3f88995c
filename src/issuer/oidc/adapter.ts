/**
 * oidc-provider's storage interface over the objects. The values of codes and tokens are never stored,
 * only their SHA-256: who can read the storage cannot use what is in it.
 */

import { hash } from 'node:crypto'
import { InvalidRequest } from 'oidc-provider/lib/helpers/errors.js'
import { isPlaceless, type Place, placeIn, placeNamed } from '../storage/places.ts'
import { isDocumentId } from './client-documents.ts'
import { artifactOf, homeOf, payloadOf } from './payloads.ts'
import { currentWork } from './request-work.ts'
import type { ClientStore, Payload, VisitorStore } from './stores.ts'

/** What oidc-provider calls an adapter: one per model. */
export interface Adapter {
  upsert(id: string, payload: Payload, expiresInSeconds?: number): Promise<void>
  find(id: string): Promise<Payload | undefined>
  findByUid(uid: string): Promise<Payload | undefined>
  findByUserCode(userCode: string): Promise<Payload | undefined>
  consume(id: string): Promise<void>
  destroy(id: string): Promise<void>
  revokeByGrantId(grantId: string): Promise<void>
}

export interface AdapterStores {
  clients: ClientStore
  visitors: VisitorStore
  /** Where something went whose id was made before ids had places; undefined where nothing did. */
  locate(model: string, key: string): Promise<Place | undefined>
  /** How long a refresh token that was used may be used again, for the same successor. */
  refreshGraceSeconds: number
}

/** What one address may do in a minute: ask for codes of devices, and type such codes. */
const MAX_DEVICES = 30
const MAX_USER_CODES = 10

/**
 * Models whose id is the credential itself. A session's id is worthless without its cookie signature; a
 * device's code has to be found by what a person types, and is worth something for minutes.
 */
const HASHED = new Set([
  'AccessToken',
  'AuthorizationCode',
  'ClientCredentials',
  'PushedAuthorizationRequest',
  'RefreshToken',
])

/** Requests that wait here for a person, and how long each may be. */
const REQUESTS = new Set(['DeviceCode', 'PushedAuthorizationRequest'])
const MAX_REQUEST_LENGTH = 8192

/** Answers oidc-provider's adapter factory. */
export function createAdapterFactory(stores: AdapterStores): (model: string) => Adapter {
  return (model) => {
    if (model === 'Client') return clientAdapter(stores.clients)
    if (model === 'Interaction' || model === 'Session') {
      return browserAdapter(stores, model, artifactAdapter(stores, model))
    }
    return artifactAdapter(stores, model)
  }
}

function artifactAdapter(stores: AdapterStores, model: string): Adapter {
  const keyOf = (id: string) => (HASHED.has(model) ? hash('sha256', id, 'base64url') : id)
  const graceSeconds = model === 'RefreshToken' ? stores.refreshGraceSeconds : 0

  async function placeOf(id: string): Promise<Place | undefined> {
    const known = placeIn(id)
    if (known !== undefined || !isPlaceless(id)) return known
    return stores.locate(model, keyOf(id))
  }

  async function find(id: string): Promise<Payload | undefined> {
    // A proof that was seen before is refused when it is saved again.
    if (model === 'ReplayDetection') return undefined
    const place = await placeOf(id)
    if (place === undefined) return undefined
    const stored = await currentWork().find(place, model, 'id', keyOf(id))
    const payload = stored && payloadOf(stored, id, graceSeconds)
    return payload && (await isOfToday(payload)) ? payload : undefined
  }

  /** What a client was given ends with it: one that was added again under its id is another. */
  async function isOfToday({ clientId, iat }: Payload): Promise<boolean> {
    if (typeof clientId !== 'string' || isDocumentId(clientId)) return true
    const client = await stores.clients.find(clientId)
    return client !== undefined && Number(client.client_id_issued_at ?? 0) <= Number(iat)
  }

  return {
    async upsert(id, payload, expiresInSeconds) {
      const artifact = artifactOf(model, keyOf(id), HASHED.has(model), payload, expiresInSeconds)
      if (REQUESTS.has(model) && artifact.payload.length > MAX_REQUEST_LENGTH) {
        throw new InvalidRequest('the parameters of the request are too long')
      }
      const place = placeIn(id) ?? homeOf(payload) ?? (await placeOf(id))
      if (place === undefined) throw new Error(`a ${model} belongs to nobody`)
      const isNewDevice = model === 'DeviceCode' && payload.accountId === undefined
      if (isNewDevice && payload.inFlight === undefined && payload.error === undefined) {
        await stores.visitors.admit('device', MAX_DEVICES)
      }
      if (stores.visitors.owns(place)) return stores.visitors.keep(place, artifact)
      currentWork().save(place, artifact)
    },
    find,
    async findByUid(uid) {
      const place = placeIn(uid)
      const stored = place && (await currentWork().find(place, model, 'uid', uid))
      return stored ? payloadOf(stored, stored.id, 0) : undefined
    },
    async findByUserCode(userCode) {
      // A code is short, so it must not be found by trying.
      await stores.visitors.admit('user-code', MAX_USER_CODES)
      const place = placeNamed('device', userCode)
      const stored = await currentWork().find(place, model, 'user_code', userCode)
      return stored && payloadOf(stored, undefined, 0)
    },
    async consume(id) {
      const place = await placeOf(id)
      if (place !== undefined) currentWork().use(place, model, keyOf(id), graceSeconds)
    },
    async destroy(id) {
      const place = await placeOf(id)
      if (place !== undefined) currentWork().destroy(place, model, keyOf(id))
    },
    async revokeByGrantId(grantId) {
      const place = placeIn(grantId)
      if (place !== undefined) currentWork().revoke(place, model, grantId)
    },
  }
}

/** Keeps with the visitor what belongs to nobody yet. */
function browserAdapter({ visitors }: AdapterStores, model: string, stored: Adapter): Adapter {
  return {
    ...stored,
    async upsert(id, payload, expiresInSeconds = 0) {
      const home = homeOf(payload)
      visitors.remember(model, id, payload, home, expiresInSeconds)
      if (home !== undefined) await stored.upsert(id, payload, expiresInSeconds)
    },
    async find(id) {
      if (placeIn(id) !== undefined) return stored.find(id)
      const recalled = visitors.recall(model, id)
      if (recalled?.payload) return recalled.payload
      if (recalled?.place === undefined) return stored.find(id)
      const found = await currentWork().find(recalled.place, model, 'id', id)
      return found && payloadOf(found, id, 0)
    },
    async destroy(id) {
      const recalled = visitors.recall(model, id)
      visitors.forget(model, id)
      if (recalled?.place !== undefined) currentWork().destroy(recalled.place, model, id)
      else if (!recalled) await stored.destroy(id)
    },
  }
}

function clientAdapter(clients: ClientStore): Adapter {
  const unused = () => Promise.reject(new Error('not an operation on clients'))
  return {
    upsert: (_id, metadata) => clients.register(metadata),
    find: (id) => clients.find(id),
    findByUid: unused,
    findByUserCode: unused,
    consume: unused,
    destroy: (id) => clients.remove(id),
    revokeByGrantId: unused,
  }
}
