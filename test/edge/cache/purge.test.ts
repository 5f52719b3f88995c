import { describe, expect, it } from 'vitest'
import { cached } from '../../../src/edge/cache/cached.ts'
import { purge } from '../../../src/edge/cache/purge.ts'
import type { TagStore } from '../../../src/edge/cache/tags.ts'
import { createTestGateway, ORIGIN } from '../../support/gateway.ts'

const KEY = 'p8Xn2Vq7Lr4Tz9Wc1Ks6Bd3Fh5Jm0GyQ'

function createTags(): TagStore & { fault: boolean } {
  const entries = new Map<string, string>()
  return {
    fault: false,
    async get(key) {
      if (this.fault) throw new Error('KV is down')
      return entries.get(key) ?? null
    },
    async put(key, value) {
      entries.set(key, value)
    },
  }
}

/** Of a gateway on the runtime's own Cache API, each with a path of its own. */
async function createWorld(operatorKey: string | undefined = KEY) {
  let count = 0
  const store = createTags()
  const path = `/${crypto.randomUUID()}`
  const cache = cached({ share: 'everyone', tags: ['catalogue'], store })
  const world = await createTestGateway({
    routes: [
      { path, auth: 'public', to: ORIGIN, cache },
      { path: '/purge', auth: 'public', to: purge({ store, operatorKey }) },
    ],
    origin: () => new Response(`${++count}`, { headers: { 'cache-control': 'max-age=600' } }),
  })
  return {
    ...world,
    store,
    async get() {
      const text = await (await world.send(path)).text()
      await world.settle()
      return text
    },
    async purge(query: string, key: string) {
      const init = { method: 'POST', headers: { 'x-operator-key': key } }
      return (await world.send(`/purge${query}`, init)).status
    },
  }
}

describe('a purge by tag', () => {
  it('makes what is stored unreachable within 30 seconds in each isolate', async () => {
    const world = await createWorld()
    expect([await world.get(), await world.get()]).toEqual(['1', '1'])
    expect(await world.purge('?tag=catalogue', KEY)).toBe(204)
    world.clock.now += 30
    expect([await world.get(), await world.get()]).toEqual(['2', '2'])
  })

  it('is for whoever has the key, and for nobody where there is none', async () => {
    const world = await createWorld()
    await world.get()
    expect(await world.purge('?tag=catalogue', 'another')).toBe(403)
    expect(await world.purge('?tag=a/b', KEY)).toBe(400)
    expect(await world.purge('', KEY)).toBe(400)
    world.clock.now += 30
    expect(await world.get()).toBe('1')
    for (const wrong of [`${KEY}x`, KEY.slice(1), `x${KEY.slice(1)}`, '']) {
      expect(await world.purge('?tag=catalogue', wrong), wrong).toBe(403)
    }
    const closed = await createWorld('')
    expect(await closed.purge('?tag=catalogue', '')).toBe(404)
  })

  it('is not made with a key that can be guessed', () => {
    expect(() => purge({ store: createTags(), operatorKey: 'letmein' })).toThrow(
      'purge: operatorKey has 7 bytes, and a key needs 32 or more, or it can be guessed.',
    )
  })

  it('cannot be missed: where tags cannot be read, nothing is read from the cache', async () => {
    const world = await createWorld()
    await world.get()
    world.store.fault = true
    world.clock.now += 30
    expect([await world.get(), await world.get()]).toEqual(['2', '3'])
  })
})
