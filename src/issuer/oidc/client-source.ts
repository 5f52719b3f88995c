/**
 * The clients as one isolate knows them. Only values are kept between requests, never promises: each
 * request that finds nothing looks for itself.
 */

import { createBoundedMap } from '../../lib/bounded-map.ts'

/** Younger than this, what is known is used as it is. */
const FRESH_SECONDS = 30
/** Younger than this, it is used and looked up again behind the answer. Older, it is looked up first. */
export const CLIENT_STALE_SECONDS = 60
/** A document on the web may be this old where its host does not answer. */
const MAX_STALE_SECONDS = 86_400
/** How long it is believed that there is no such client. */
const UNKNOWN_SECONDS = 5
const LIMITS = { maxEntries: 1000, maxKeyLength: 500_000 }

/** A client as it was looked up. */
export interface LoadedClient {
  /** JSON in the names of RFC 7591; undefined where there is no such client. */
  metadata: string | undefined
  /** How long it may be used without another look. Default 30, and 30 more behind an answer. */
  seconds?: number
}

interface Known extends LoadedClient {
  fetchedAt: number
}

export interface ClientSource {
  /** The client's metadata as JSON. Throws where it was never known and the directory does not answer. */
  find(id: string, load: () => Promise<LoadedClient>): Promise<string | undefined>
  /** Makes the next request look again: for the isolate that changed a client. */
  forget(): void
}

/** `defer` runs work behind the answer; `now` is in Unix seconds. */
export function createClientSource(
  now: () => number,
  defer: (work: Promise<unknown>) => void,
): ClientSource {
  let clients = createBoundedMap<Known>(LIMITS)

  async function refresh(id: string, load: () => Promise<LoadedClient>) {
    const into = clients
    const loaded = await load()
    into.set(id, { ...loaded, fetchedAt: now() })
    return loaded.metadata
  }

  return {
    async find(id, load) {
      const known = clients.get(id)
      if (!known) return refresh(id, load)
      const age = now() - known.fetchedAt
      const { metadata, seconds } = known
      if (age < (metadata === undefined ? UNKNOWN_SECONDS : (seconds ?? FRESH_SECONDS))) {
        return metadata
      }
      if (metadata !== undefined && seconds === undefined && age < CLIENT_STALE_SECONDS) {
        defer(refresh(id, load).catch(() => {}))
        return metadata
      }
      try {
        return await refresh(id, load)
      } catch (error) {
        if (metadata === undefined || (seconds !== undefined && age > MAX_STALE_SECONDS))
          throw error
        // Nobody can have changed a client while the directory is away.
        console.error('issuer: a client could not be looked up', error)
        return metadata
      }
    },
    forget() {
      clients = createBoundedMap<Known>(LIMITS)
    },
  }
}
