/** A key set as it lies in KV. What comes out of KV is judged like what comes from the network. */

import { parseExact } from '../../lib/exact-json.ts'
import { isObject, type JsonObject } from '../../lib/strict-json.ts'
import { isSecureUrl } from '../../lib/url.ts'
import { type Endpoints, isOwnEndpoint } from './discovery.ts'

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

/** Reads a stored copy. Undefined where it is garbage, another issuer's, or from the future. */
export function readEntry(
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
