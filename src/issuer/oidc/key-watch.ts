/**
 * Keeps what was built from the signing keys until the keys change. Only values are kept between
 * requests, never promises: each request that finds nothing looks for itself.
 */

import type { KeySet } from '../storage/signing-keys.ts'

/** How long an isolate may go on with keys that were replaced meanwhile. */
export const KEY_CHECK_SECONDS = 60

export interface KeyWatch<T> {
  /** What the keys of `now` (Unix seconds) make; throws only where there never were any. */
  current(load: () => Promise<KeySet>, now: number): Promise<T>
}

export function createKeyWatch<T>(build: (keySet: KeySet) => T): KeyWatch<T> {
  let built: { version: string; value: T } | undefined
  let checkAt = 0
  return {
    async current(load, now) {
      if (built && now < checkAt) return built.value
      try {
        const keySet = await load()
        const version = [...keySet.keys.map(({ kid }) => kid), ...keySet.cookieKeys].join()
        if (built?.version !== version) built = { version, value: build(keySet) }
        checkAt = Math.min(now + KEY_CHECK_SECONDS, keySet.changesAt ?? Number.POSITIVE_INFINITY)
      } catch (error) {
        if (!built) throw error
        console.error('issuer: keys could not be checked', error)
        checkAt = now + KEY_CHECK_SECONDS
      }
      return built.value
    },
  }
}
