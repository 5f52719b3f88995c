/** A KV namespace in memory, and what Node lacks of the Workers runtime. */

import type { AnswerCache } from '../edge/cache/stored.ts'
import type { Store } from '../lib/kv.ts'

/** A namespace with the part of KV that a gateway uses. `now` in Unix seconds. */
export function createStore(now: () => number): Store & { delete(key: string): Promise<void> } {
  const entries = new Map<string, { value: string; until: number }>()
  return {
    async get(key) {
      const entry = entries.get(key)
      return entry && now() < entry.until ? entry.value : null
    },
    async put(key, value, { expirationTtl: seconds }) {
      entries.set(key, { value, until: seconds > 0 ? now() + seconds : Infinity })
    },
    async delete(key) {
      entries.delete(key)
    },
  }
}

/** The Cache API. What is stored is there until the test ends; its reader judges how old it is. */
export function ensurePlatform(): void {
  if ('caches' in globalThis) return
  const opened = new Map<string, AnswerCache>()
  const open = async (name: string) => {
    const cache = opened.get(name) ?? createCache()
    opened.set(name, cache)
    return cache
  }
  Object.defineProperty(globalThis, 'caches', { value: { open }, configurable: true })
  // Of the services of a test nobody has to hear that they sent another length than they said.
  class FixedLengthStream extends TransformStream {
    constructor(_length: number) {
      super()
    }
  }
  Object.defineProperty(globalThis, 'FixedLengthStream', { value: FixedLengthStream })
}

function createCache(): AnswerCache {
  const entries = new Map<string, Response>()
  return {
    match: async (key) => entries.get(key)?.clone(),
    async put(key, response) {
      const { status, headers } = response
      entries.set(key, new Response(await response.arrayBuffer(), { status, headers }))
    },
    delete: async (key) => entries.delete(key),
  }
}
