/** An API key as it is kept: a hash of its secret, whose it is and what it may. The one form of it, strictly read. */

import * as v from 'valibot'
import { digest } from '../../lib/bytes.ts'
import { parseObject } from '../../lib/strict-json.ts'
import { isKeyId, type KeyText } from './key-text.ts'

/** Every name of a key in KV begins so. */
export const KEY_PREFIX = 'key:'

const MAX_VALUE_LENGTH = 16_384
const MAX_NAMES = 100

const unixSeconds = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const hash = v.pipe(v.string(), v.regex(/^[\w-]{43}$/))

/** Text that can be shown in a list and sent in a header. */
const line = v.pipe(
  v.string(),
  v.minLength(1, 'must not be empty'),
  v.maxLength(256, 'must have at most 256 characters'),
  v.regex(/^[^\p{C}]+$/u, 'must not have control characters'),
)
/** RFC 6749 section 3.3. */
const scope = v.pipe(
  line,
  v.regex(/^[!#-[\]-~]+$/, 'must be a scope, without spaces, quotes and backslashes'),
)
const names = (name: typeof line | typeof scope) =>
  v.pipe(v.array(name), v.maxLength(MAX_NAMES, `must be at most ${MAX_NAMES}`))

const detailEntries = {
  /** Whose key it is: what services get as `X-Auth-Subject`. */
  owner: line,
  scopes: names(scope),
  roles: names(line),
  /** Unix seconds from which the key is refused. Absent: it does not expire. */
  expires: v.exactOptional(unixSeconds),
}

const detailsSchema = v.strictObject(detailEntries)

const storedSchema = v.strictObject({
  version: v.literal(1),
  id: v.pipe(v.string(), v.check(isKeyId)),
  hash,
  ...detailEntries,
  created: unixSeconds,
  rotated: v.exactOptional(unixSeconds),
  /** The secret before the last rotation, and until when it is good. */
  previous: v.exactOptional(v.strictObject({ hash, until: unixSeconds })),
})

/** What is decided when a key is made. */
export type KeyDetails = v.InferOutput<typeof detailsSchema>
/** Times in Unix seconds. */
export type StoredKey = v.InferOutput<typeof storedSchema>

/** What is wrong with the details of a key, by their names; empty where nothing is. */
export function explainDetails(details: KeyDetails): string[] {
  const { issues = [] } = v.safeParse(detailsSchema, details)
  return issues.map(({ path = [], message }) => `${String(path[0]?.key)}: ${message}`)
}

/** Under which name a key is kept. */
export async function nameOfKey(id: string): Promise<string> {
  return KEY_PREFIX + (await digest([id]))
}

/**
 * What is kept of a secret. A fast hash will do: nobody guesses what is this random (and a slow one would be a way to
 * keep the gateway busy). The id is in it, so that a hash is good for its own key alone.
 */
export function hashOfKey({ id, secret }: KeyText): Promise<string> {
  return digest([id, secret])
}

export function writeStoredKey(key: StoredKey): string {
  return JSON.stringify(key)
}

/** The key of that id; undefined where the value is anything else, a key under another's name included. */
export function readStoredKey(value: string, id: string): StoredKey | undefined {
  if (value.length > MAX_VALUE_LENGTH) return undefined
  try {
    const { success, output } = v.safeParse(storedSchema, parseObject(value))
    return success && output.id === id ? output : undefined
  } catch {
    return undefined // No JSON, or JSON that two readers could read differently.
  }
}
