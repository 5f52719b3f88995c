/** Looks API keys up: in this isolate's memory, then in KV. A store that cannot be asked is an outage, never a verdict. */

import { GatewayError } from '../../errors.ts'
import { createBoundedMap } from '../../lib/bounded-map.ts'
import { askStore, type Store } from '../../lib/kv.ts'
import type { Scope } from '../../lib/scope.ts'
import { nameOfKey, readStoredKey, type StoredKey } from './stored-key.ts'

/** A KV namespace. Keys are only read here. */
export type KeyStore = Pick<Store, 'get'>

export interface Keyring {
  /** Undefined where no key has that id. Throws `issuer_unavailable` where that cannot be said. */
  find(id: string, scope: Scope): Promise<StoredKey | undefined>
  /**
   * The same for a key that was found and whose secret is another one than was shown: it may have been rotated. One
   * that was read in the last 10 s is not read again, and an older one does not do.
   */
  findNewer(id: string, scope: Scope): Promise<StoredKey | undefined>
}

/** How long a key is believed before KV is asked again: this isolate's part of the bound on revocation. */
export const KNOWN_SECONDS = 60
/** How long an id that nobody has, or a secret that is not the key's, costs no further read. */
export const UNKNOWN_SECONDS = 10
/** How long after it was last read a key goes on while KV cannot be asked. */
export const OUTAGE_SECONDS = 3_600
/** Keys, and ids that nobody has, that are remembered: so many of each. */
export const MAX_KEYS = 1_000
/** Keys that are not known here. Made-up ones cost no more reads than this. */
const MAX_NEW_PER_SECOND = 50
/** After a failed read, known keys are spared the wait for the next. */
const REST_SECONDS = 10
/** A request with a known key waits no longer to hear that it is still good. */
const KNOWN_WAIT_MS = 1_000
const RETRY_SECONDS = 5

interface Known {
  readonly key: StoredKey
  /** Unix seconds. */
  readonly readAt: number
}

/** `now` in Unix seconds. */
export function createKeyring(store: KeyStore, now: () => number): Keyring {
  const limits = { maxEntries: MAX_KEYS, maxKeyLength: MAX_KEYS * 16 }
  const known = createBoundedMap<Known>(limits)
  // Apart from the known ones, so that a flood of made-up ids pushes no key out.
  const unknown = createBoundedMap<number>(limits)
  let restsUntil = -Infinity
  let second = 0
  let asked = 0

  function countNew(): void {
    if (now() !== second) {
      second = now()
      asked = 0
    }
    if (asked >= MAX_NEW_PER_SECOND) throw unavailable('too many unknown keys in this second', 1)
    asked++
  }

  async function ask(id: string, isKnown: boolean, scope: Scope): Promise<string | undefined> {
    const deadline = scope.deadline()
    const patience = isKnown
      ? AbortSignal.any([deadline, AbortSignal.timeout(KNOWN_WAIT_MS)])
      : deadline
    try {
      return await askStore(store, await nameOfKey(id), patience)
    } catch (cause) {
      restsUntil = now() + REST_SECONDS
      throw unavailable('the store of keys does not answer', RETRY_SECONDS, cause)
    }
  }

  /** What the store says now replaces what is known, whatever it is. */
  function learn(id: string, value: string | undefined, readAt: number): StoredKey | undefined {
    known.delete(id)
    if (value === undefined) {
      unknown.set(id, now() + UNKNOWN_SECONDS)
      return undefined
    }
    const key = readStoredKey(value, id)
    if (!key) throw unavailable('what the store has under the key is no key', RETRY_SECONDS)
    known.set(id, { key, readAt })
    return key
  }

  return {
    async find(id, scope) {
      const mine = known.get(id)
      const readAt = now()
      const age = mine ? readAt - mine.readAt : Infinity
      if (mine && age < KNOWN_SECONDS) return mine.key
      const lasting = age < OUTAGE_SECONDS ? mine : undefined
      if (lasting && readAt < restsUntil) return lasting.key
      if (!mine && readAt < (unknown.get(id) ?? -Infinity)) return undefined
      if (!mine) countNew()
      let value: string | undefined
      try {
        value = await ask(id, lasting !== undefined, scope)
      } catch (error) {
        if (lasting) return lasting.key
        throw error
      }
      return learn(id, value, readAt)
    },

    async findNewer(id, scope) {
      const mine = known.get(id)
      const readAt = now()
      if (mine && readAt - mine.readAt < UNKNOWN_SECONDS) return mine.key
      if (readAt < restsUntil) throw unavailable('the store of keys did not answer', RETRY_SECONDS)
      return learn(id, await ask(id, true, scope), readAt)
    },
  }
}

function unavailable(reason: string, retryAfterSeconds: number, cause?: unknown): GatewayError {
  return new GatewayError('issuer_unavailable', { reason, retryAfterSeconds, cause })
}
