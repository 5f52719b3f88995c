/**
 * The clients as one isolate knows them. Only values are kept between requests, never promises: each
 * request that finds nothing looks for itself.
 */

import { createBoundedMap } from '../../lib/bounded-map.ts'

/** Younger than this, what is known is used as it is. */
const FRESH_SECONDS = 30
/** Younger than this, it is used and looked up again behind the answer. Older, it is looked up first. */
export const CLIENT_STALE_SECONDS = 60
/** How long it is believed that there is no such client. */
const UNKNOWN_SECONDS = 5
const LIMITS = { maxEntries: 1000, maxKeyLength: 500_000 }

interface Known {
  /** JSON as the directory answers it; undefined where there is no such client. */
  metadata: string | undefined
  fetchedAt: number
}

export interface ClientSource {
  /** The client's metadata as JSON. Throws where it was never known and the directory does not answer. */
  find(id: string, load: () => Promise<string | undefined>): Promise<string | undefined>
  /** Makes the next request look again: for the isolate that changed a client. */
  forget(): void
}

/** `defer` runs work behind the answer; `now` is in Unix seconds. */
export function createClientSource(
  now: () => number,
  defer: (work: Promise<unknown>) => void,
): ClientSource {
  let clients = createBoundedMap<Known>(LIMITS)

  async function refresh(id: string, load: () => Promise<string | undefined>) {
    const into = clients
    const metadata = await load()
    into.set(id, { metadata, fetchedAt: now() })
    return metadata
  }

  return {
    async find(id, load) {
      const known = clients.get(id)
      if (!known) return refresh(id, load)
      const age = now() - known.fetchedAt
      if (age < (known.metadata === undefined ? UNKNOWN_SECONDS : FRESH_SECONDS)) {
        return known.metadata
      }
      if (known.metadata !== undefined && age < CLIENT_STALE_SECONDS) {
        defer(refresh(id, load).catch(() => {}))
        return known.metadata
      }
      try {
        return await refresh(id, load)
      } catch (error) {
        if (known.metadata === undefined) throw error
        // Nobody can have changed a client while the directory is away.
        console.error('issuer: a client could not be looked up', error)
        return known.metadata
      }
    },
    forget() {
      clients = createBoundedMap<Known>(LIMITS)
    },
  }
}
