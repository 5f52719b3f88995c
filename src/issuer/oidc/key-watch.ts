/**
 * Keeps what was built from the signing keys until the keys change. Only values are kept between
 * requests, never promises: each request that finds nothing looks for itself.
 */

import type { Snapshot } from '../storage/directory.ts'

/** Younger than this, what was built is used as it is. */
export const KEY_FRESH_SECONDS = 5
/** How long an isolate may go on with keys that were replaced meanwhile. */
export const KEY_STALE_SECONDS = 10

export interface KeyWatch<T> {
  /** What the keys of `now` (Unix seconds) make; throws only where there never were any. */
  current(load: () => Promise<Snapshot>, now: number): Promise<T>
  /** Makes the next request look again: for the isolate that replaced the keys. */
  forget(): void
}

/** `defer` runs work behind the answer. */
export function createKeyWatch<T>(
  build: (snapshot: Snapshot) => T,
  defer: (work: Promise<unknown>) => void,
): KeyWatch<T> {
  let built: { version: string; value: T } | undefined
  let checkedAt = Number.NEGATIVE_INFINITY
  let changesAt = Number.POSITIVE_INFINITY

  async function check(load: () => Promise<Snapshot>, now: number): Promise<T> {
    try {
      const snapshot = await load()
      const version = versionOf(snapshot)
      if (built?.version !== version) built = { version, value: build(snapshot) }
      changesAt = snapshot.changesAt ?? Number.POSITIVE_INFINITY
    } catch (error) {
      if (!built) throw error
      console.error('issuer: keys could not be checked', error)
    }
    checkedAt = now
    return built.value
  }

  return {
    async current(load, now) {
      const age = now - checkedAt
      if (built && now < changesAt && age < KEY_STALE_SECONDS) {
        if (age >= KEY_FRESH_SECONDS) {
          // One look at a time is enough.
          checkedAt = now
          defer(check(load, now))
        }
        return built.value
      }
      return check(load, now)
    },
    forget() {
      checkedAt = Number.NEGATIVE_INFINITY
    },
  }
}

function versionOf({ keys, cookieKeys, hasPlaceless }: Snapshot): string {
  return [...keys.map(({ kid }) => kid), ...cookieKeys, hasPlaceless].join()
}
