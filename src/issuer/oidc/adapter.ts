/**
 * oidc-provider's storage interface over the Durable Object. The values of codes and tokens are never
 * stored, only their SHA-256: who can read the storage cannot use what is in it.
 */

import { hash } from 'node:crypto'
import { InvalidGrant, InvalidRequestUri } from 'oidc-provider/lib/helpers/errors.js'
import type { Artifact } from '../storage/artifacts.ts'
import type { IssuerStorage } from '../storage/issuer-storage.ts'

type Payload = Record<string, unknown>

/** The part of the Durable Object that is used here. */
export type AdapterStorage = Pick<
  DurableObjectStub<IssuerStorage>,
  | 'consumeArtifact'
  | 'destroyArtifact'
  | 'findArtifact'
  | 'findClient'
  | 'removeClient'
  | 'revokeByGrant'
  | 'saveArtifact'
  | 'saveArtifactOnce'
  | 'saveClient'
>

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

/** Models whose id is the credential itself. A session's id is worthless without its cookie signature. */
const HASHED = new Set([
  'AccessToken',
  'AuthorizationCode',
  'ClientCredentials',
  'RefreshToken',
  'RegistrationAccessToken',
])

/** Answers oidc-provider's adapter factory. Each call takes a new stub: a stub belongs to one request. */
export function createAdapterFactory(storage: () => AdapterStorage): (model: string) => Adapter {
  return (model) => (model === 'Client' ? clientAdapter(storage) : artifactAdapter(storage, model))
}

function artifactAdapter(storage: () => AdapterStorage, model: string): Adapter {
  const hashed = HASHED.has(model)
  const keyOf = (id: string) => (hashed ? hash('sha256', id, 'base64url') : id)

  async function read(column: 'id' | 'uid' | 'user_code', value: string, jti?: string) {
    const stored = await storage().findArtifact(model, column, value)
    if (!stored) return undefined
    return {
      ...(JSON.parse(stored.payload) as Payload),
      ...(jti !== undefined && { jti }),
      ...(stored.consumedAt !== null && { consumed: stored.consumedAt }),
    }
  }

  return {
    async upsert(id, payload, expiresInSeconds) {
      const { consumed: _, ...kept } = hashed ? { ...payload, jti: undefined } : payload
      const artifact: Artifact = {
        model,
        id: keyOf(id),
        payload: JSON.stringify(kept),
        grantId: text(payload.grantId),
        accountId: text(payload.accountId),
        clientId: text(payload.clientId),
        uid: text(payload.uid),
        userCode: text(payload.userCode),
        expiresAt: expiresInSeconds && Math.floor(Date.now() / 1000) + expiresInSeconds,
      }
      if (model !== 'ReplayDetection') return storage().saveArtifact(artifact)
      if (!(await storage().saveArtifactOnce(artifact))) {
        throw new InvalidGrant('the proof was used before')
      }
    },
    find: (id) => read('id', keyOf(id), hashed ? id : undefined),
    findByUid: (uid) => read('uid', uid),
    findByUserCode: (userCode) => read('user_code', userCode),
    async consume(id) {
      // The library has looked and found it unused; another request may have done so at the same time.
      if (await storage().consumeArtifact(model, keyOf(id))) return
      if (model === 'PushedAuthorizationRequest') throw new InvalidRequestUri('already used')
      throw new InvalidGrant('already used')
    },
    destroy: (id) => storage().destroyArtifact(model, keyOf(id)),
    revokeByGrantId: (grantId) => storage().revokeByGrant(model, grantId),
  }
}

function clientAdapter(storage: () => AdapterStorage): Adapter {
  const unused = () => Promise.reject(new Error('not an operation on clients'))
  return {
    upsert: (_id, metadata) => storage().saveClient(JSON.stringify(metadata)),
    async find(id) {
      const metadata = await storage().findClient(id)
      return metadata === undefined ? undefined : (JSON.parse(metadata) as Payload)
    },
    findByUid: unused,
    findByUserCode: unused,
    consume: unused,
    destroy: (id) => storage().removeClient(id),
    revokeByGrantId: unused,
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
