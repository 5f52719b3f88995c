/** Clients as oidc-provider finds and registers them. */

import { OIDCProviderError } from 'oidc-provider/lib/helpers/errors.js'
import type { AttemptLimit } from '../storage/attempts.ts'
import type { Place } from '../storage/places.ts'
import type { ClientStore, Payload } from './adapter.ts'
import type { ClientSource } from './client-source.ts'
import { addressLimits, addressOf, networkOf } from './network.ts'
import { currentWork } from './request-work.ts'
import { unavailable } from './unavailable.ts'

/** Registrations from one address in an hour: whoever registers clients takes storage. */
const MAX_REGISTRATIONS = 20
const WINDOW_SECONDS = 3600

/** What is asked of the objects here. */
export interface ClientObjects {
  load(id: string): Promise<string | undefined>
  register(metadata: string): Promise<void>
  remove(id: string): Promise<void>
  reserve(place: Place, limits: AttemptLimit[]): Promise<number>
}

export function createClientStore(source: ClientSource, objects: ClientObjects): ClientStore {
  return {
    async find(id) {
      const metadata = await unavailable(source.find(id, () => objects.load(id)))
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
