/**
 * The generations of tags, kept in KV. A stored answer is named by those of its tags, so that raising one makes all
 * answers with the tag unreachable, everywhere.
 */

import { withinMs } from '../../lib/within.ts'

/** The part of a KV namespace that is used; the platform's `KVNamespace` fits. */
export interface TagStore {
  get(key: string, options: { cacheTtl: number }): Promise<string | null>
  put(key: string, value: string): Promise<void>
}

/** How old a generation may be: in KV's own cache, the least that it knows, and then in an isolate. */
const KV_SECONDS = 30
const ISOLATE_SECONDS = 30
const READ_TIMEOUT_MS = 1_000

const nameOf = (tag: string) => `cache-tag:${tag}`

export interface Generations {
  /** Undefined where they are not known: then nothing may be read from the cache, nor stored. */
  current(): Promise<readonly string[] | undefined>
}

/** `now` in Unix seconds. */
export function createGenerations(
  tags: readonly string[],
  store: TagStore | undefined,
  now: () => number,
): Generations {
  let known: readonly string[] | undefined
  let readAt = Number.NEGATIVE_INFINITY
  return {
    async current() {
      if (!store || tags.length === 0) return []
      if (now() - readAt < ISOLATE_SECONDS && now() >= readAt) return known
      const read = await readAll(tags, store)
      // A failure is kept as well, or every request would wait for a store that hangs.
      known = read
      readAt = now()
      return read
    },
  }
}

async function readAll(
  tags: readonly string[],
  store: TagStore,
): Promise<readonly string[] | undefined> {
  try {
    const read = async (tag: string) => `${await store.get(nameOf(tag), { cacheTtl: KV_SECONDS })}`
    const all = () => Promise.all(tags.map(read))
    return await withinMs(all, READ_TIMEOUT_MS, 'no generation')
  } catch {
    return undefined
  }
}

/** Makes everything that is stored with the tag unreachable. It has no end: an entry never comes back. */
export function raise(store: TagStore, tag: string): Promise<void> {
  return store.put(nameOf(tag), crypto.randomUUID())
}
