/** Clients as oidc-provider finds and registers them. */

import { OIDCProviderError } from 'oidc-provider/lib/helpers/errors.js'
import type { AttemptLimit } from '../storage/attempts.ts'
import type { Place } from '../storage/places.ts'
import { isDocumentId } from './client-documents.ts'
import type { ClientSource, LoadedClient } from './client-source.ts'
import { addressLimits, addressOf, networkOf } from './network.ts'
import { currentWork } from './request-work.ts'
import type { ClientStore, Payload } from './stores.ts'
import { temporarilyUnavailable, unavailable } from './unavailable.ts'

/** Registrations from one address in an hour: whoever registers clients takes storage. */
const MAX_REGISTRATIONS = 20
const WINDOW_SECONDS = 3600

/** Documents of clients that are fetched for one address in a minute. */
const MAX_DOCUMENTS = 30
const DOCUMENT_WINDOW_SECONDS = 60

/** What is asked of the objects and of the web here. */
export interface ClientObjects {
  load(id: string): Promise<string | undefined>
  /** Reads the document that a client id names; absent where such clients are not taken. */
  read?: (id: string) => Promise<LoadedClient>
  register(metadata: string): Promise<void>
  remove(id: string): Promise<void>
  reserve(place: Place, limits: AttemptLimit[]): Promise<number>
}

export function createClientStore(source: ClientSource, objects: ClientObjects): ClientStore {
  async function load(id: string): Promise<LoadedClient> {
    if (!objects.read || !isDocumentId(id)) {
      return { metadata: await unavailable(objects.load(id)) }
    }
    const address = addressOf(currentWork().ctx)
    const limits = addressLimits('document', address, MAX_DOCUMENTS, DOCUMENT_WINDOW_SECONDS)
    const wait = await unavailable(objects.reserve(networkOf(address), limits))
    if (wait > 0) throw temporarilyUnavailable('too many unknown clients, try again later')
    return objects.read(id)
  }

  return {
    async find(id) {
      const metadata = await source.find(id, () => load(id))
      return metadata === undefined ? undefined : (JSON.parse(metadata) as Payload)
    },
    async register(metadata) {
      const { ctx } = currentWork()
      const address = addressOf(ctx)
      const limits = addressLimits('register', address, MAX_REGISTRATIONS, WINDOW_SECONDS)
      const wait = await unavailable(objects.reserve(networkOf(address), limits))
      if (wait > 0) {
        ctx.set('retry-after', String(wait))
        throw Object.assign(new OIDCProviderError(429, 'temporarily_unavailable'), {
          error_description: 'too many registrations',
        })
      }
      await unavailable(objects.register(JSON.stringify(metadata)))
    },
    remove: (id) => unavailable(objects.remove(id)),
  }
}
