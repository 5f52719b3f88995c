/** A key set as it lies in KV. What comes out of KV is judged like what comes from the network. */

import { digest } from '../../lib/bytes.ts'
import { parseExact } from '../../lib/exact-json.ts'
import { readStore, type Store, writeStore } from '../../lib/kv.ts'
import { isObject, type JsonObject } from '../../lib/strict-json.ts'
import { isSecureUrl } from '../../lib/url.ts'
import { type Endpoints, isOwnEndpoint } from './discovery.ts'

/** The oldest keys that may still verify while the issuer is down. */
export const MAX_STALE_SECONDS = 86_400
/** A stored copy that says the same is written again only when it is older. */
const REWRITE_SECONDS = 280
const KEY_PREFIX = 'jwks:'
/** Clocks of two machines may differ by this much; a copy from further in the future is refused. */
const MAX_CLOCK_DIFFERENCE_SECONDS = 5

export interface StoredKeySet extends Endpoints {
  readonly issuer: string
  /** Unix seconds of the last discovery; 0 where the owner wrote the key set's address. */
  readonly discoveredAt: number
  /** The key set document as the issuer sent it. */
  readonly document: unknown
  /** Unix seconds. */
  readonly fetchedAt: number
  /** Whether the scheduled refresh stored it. */
  readonly scheduled: boolean
}

export interface StoredCopy {
  /** Undefined where there is none, or none that may be used. */
  read(): Promise<StoredKeySet | undefined>
  /** Writes `entry` in the place of `previous`, where that says something else or is old. */
  replace(previous: StoredKeySet | undefined, entry: StoredKeySet): Promise<void>
}

/** The copy of one key set. */
export function storedCopy(of: {
  readonly issuer: string
  readonly jwksUri: string | undefined
  readonly boundAs: string | undefined
  readonly store: Store | undefined
  readonly now: () => number
}): StoredCopy {
  const { issuer, jwksUri = '', boundAs = '', store, now } = of
  let name: string | undefined
  const nameIt = async () => {
    name ??= KEY_PREFIX + (await digest([issuer, jwksUri, boundAs]))
    return name
  }
  return {
    read: async () => readEntry(await readStore(store, await nameIt()), of, now()),

    async replace(previous, entry) {
      const isSame = JSON.stringify(previous?.document) === JSON.stringify(entry.document)
      if (previous && isSame && now() - previous.fetchedAt < REWRITE_SECONDS) return
      await writeStore(store, await nameIt(), JSON.stringify(entry), MAX_STALE_SECONDS)
    },
  }
}

/** Undefined where it is garbage, another issuer's, or from the future. */
function readEntry(
  text: string | undefined,
  expected: { issuer: string; jwksUri: string | undefined },
  now: number,
): StoredKeySet | undefined {
  const entry = text === undefined ? undefined : parse(text)
  if (!entry || entry.issuer !== expected.issuer || !isSecureUrl(entry.jwksUri)) return undefined
  if (expected.jwksUri !== undefined && entry.jwksUri !== expected.jwksUri) return undefined
  const { fetchedAt, discoveredAt, introspectionEndpoint } = entry
  if (!isTime(fetchedAt, now) || !isTime(discoveredAt, now)) return undefined
  return {
    issuer: entry.issuer,
    jwksUri: entry.jwksUri,
    introspectionEndpoint: isOwnEndpoint(introspectionEndpoint, entry.issuer)
      ? introspectionEndpoint
      : undefined,
    discoveredAt,
    document: entry.document,
    fetchedAt,
    scheduled: entry.scheduled === true,
  }
}

function isTime(value: unknown, now: number): value is number {
  return Number.isInteger(value) && (value as number) <= now + MAX_CLOCK_DIFFERENCE_SECONDS
}

function parse(text: string): JsonObject | undefined {
  try {
    const value = parseExact(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
