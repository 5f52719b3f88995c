/** The options of caching, and what is wrong with them. */

import * as v from 'valibot'
import { options } from '../../options/options.ts'
import { claimLocation, listOf, secondsBetween, textLike, told } from '../../options/schemas.ts'
import type { Share } from './key.ts'
import type { TagStore } from './tags.ts'

export interface CachedOptions {
  /**
   * Who may be given what is stored for another. `'everyone'`: whoever the route lets in, as far as the origin's
   * answer allows it too. `'subject'`: nobody, each caller has answers of its own. A list of claims, `['tenant']`:
   * callers in whom all of them have the same value. There is no default.
   */
  share: Share
  /**
   * How long a stored answer may be given after it has become stale, in seconds, where the origin's
   * `stale-while-revalidate` or `stale-if-error` asks for it, and kept for asking the origin whether it is still
   * good. Default 3600, at most 2592000 (30 days).
   */
  maxStaleSeconds?: number
  /** Bytes of the longest body that is stored. Default 10485760 (10 MiB), at most 536870912 (512 MiB). */
  maxBytes?: number
  /** Names by which the answers of this route can be purged. They need `store`. Default: none. */
  tags?: readonly string[]
  /** The KV namespace in which a purge is noted: `env.STORE`. Needed for `tags`. */
  store?: TagStore
}

const SHARE = "'everyone', 'subject', or a list of claims such as ['tenant']"

const share = v.lazy((value): v.GenericSchema<Share> => {
  if (value === 'everyone' || value === 'subject') return v.literal(value)
  if (Array.isArray(value)) {
    return listOf(claimLocation, { example: "['tenant']", isOptional: false }) as never
  }
  return told(() => `must be ${SHARE}`)
})

/** A tag is a part of a key in KV. */
export const tag = textLike("'catalogue'", (name) =>
  /^[\w.-]{1,64}$/.test(name)
    ? undefined
    : "may have letters, digits, '.', '_' and '-' alone, 64 at most, for example 'catalogue'",
)

export const kv = told<TagStore>((value) => {
  const has = (name: string) =>
    typeof (value as Record<string, unknown> | null)?.[name] === 'function'
  if (has('get') && has('put')) return undefined
  return 'must be a KV namespace, for example env.STORE. Declare it in wrangler.toml under [[kv_namespaces]]'
})

const bytes = told<number>((value) => {
  if (Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 536_870_912)
    return undefined
  return 'must be a whole number of bytes from 1 to 536870912, for example 10485760'
})

export const cachedSchema = options<CachedOptions>(
  {
    share,
    maxStaleSeconds: v.exactOptional(secondsBetween(0, 2_592_000, { example: 3_600 })),
    maxBytes: v.exactOptional(bytes),
    tags: v.exactOptional(listOf(tag, { example: "['catalogue']", isOptional: true })),
    store: v.exactOptional(kv),
  },
  {
    example: "cached({ share: 'subject' })",
    examples: {
      share: "'subject'",
      maxStaleSeconds: '3600',
      maxBytes: '10485760',
      tags: "['catalogue']",
      store: 'env.STORE',
    },
    otherNames: {
      ttl: 'Take it out: the origin says how long, with Cache-Control: max-age',
      ttlSeconds: 'Take it out: the origin says how long, with Cache-Control: max-age',
      maxAge: 'Take it out: the origin says how long, with Cache-Control: max-age',
      key: 'share',
      by: 'share',
      tag: 'tags',
      maxSize: 'maxBytes',
    },
  },
)
