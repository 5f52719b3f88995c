// The test harness itself: what the other real-socket tests rely on must be true.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type KvStore, startKv } from '../../support/kv.ts'
import { rawRequest } from '../../support/raw-http.ts'
import { startWorkerd, type Workerd } from '../../support/workerd.ts'

describe('KV', () => {
  const script = `export default { async fetch(request, env) {
      const [op, key, value] = new URL(request.url).pathname.slice(1).split('/').map(decodeURIComponent)
      const run = {
        get: () => env.STORE.get(key),
        meta: () => env.STORE.getWithMetadata(key, 'text'),
        many: () => env.STORE.get(key.split(',')).then((map) => [...map]),
        put: () => env.STORE.put(key, value, { expirationTtl: 60, metadata: { é: 1 } }),
        brief: () => env.STORE.put(key, value, { expirationTtl: 59 }),
        delete: () => env.STORE.delete(key),
        list: () => env.STORE.list({ prefix: key, limit: 2, cursor: value }),
      }
      return Response.json((await run[op]().catch(String)) ?? null)
    } }`
  let clock = 1_800_000_000
  let store: KvStore
  let one: Workerd
  let two: Workerd

  beforeAll(async () => {
    store = await startKv(() => clock)
    one = await startWorkerd({ script, kv: { STORE: store } })
    two = await startWorkerd({ script, kv: { STORE: store } })
  })
  afterAll(async () => {
    await one.stop()
    await two.stop()
    await store.stop()
  })

  const ask = async (worker: Workerd, path: string): Promise<unknown> =>
    JSON.parse((await rawRequest(worker.port, { target: `/${path}` })).body)

  it('is shared by two processes, expires, and counts', async () => {
    await ask(one, 'put/k%2F%C3%A9/v')
    expect(await ask(two, 'get/k%2F%C3%A9')).toBe('v')
    expect(await ask(two, 'meta/k%2F%C3%A9')).toMatchObject({ value: 'v', metadata: { é: 1 } })
    clock += 60
    expect(await ask(two, 'get/k%2F%C3%A9')).toBeNull()
    expect(await ask(one, 'brief/k/v')).toContain('400')
    expect(store.text('k')).toBeUndefined()
    await ask(one, 'put/k/v')
    await ask(two, 'delete/k')
    expect(await ask(one, 'get/k')).toBeNull()
    expect(store.counters).toEqual({ reads: 4, writes: 3, deletes: 1, lists: 0 })
  })

  it('lists in pages and reads many keys at once', async () => {
    for (const key of ['p3', 'q', 'p1', 'p2']) store.set(key, key)
    const first = (await ask(one, 'list/p')) as { keys: { name: string }[]; cursor: string }
    expect(first).toMatchObject({ keys: [{ name: 'p1' }, { name: 'p2' }], list_complete: false })
    const second = await ask(one, `list/p/${first.cursor}`)
    expect(second).toMatchObject({ keys: [{ name: 'p3' }], list_complete: true })
    expect(await ask(one, 'many/q,none')).toEqual([
      ['q', 'q'],
      ['none', null],
    ])
  })

  it('is empty, full of garbage, failing or out of reach when told to', async () => {
    store.set('k', 'v')
    store.mode = { read: 'empty' }
    expect(await ask(one, 'get/k')).toBeNull()
    store.mode = { read: 'garbage' }
    expect(await ask(one, 'get/k')).toContain('not')
    store.mode = 'error'
    expect(await ask(one, 'get/k')).toContain('500')
    store.mode = 'unreachable'
    expect(await ask(one, 'get/k')).toContain('Network connection lost')
    store.mode = { write: 'error' }
    expect(await ask(one, 'put/k/w')).toContain('500')
    expect(await ask(one, 'get/k')).toBe('v')
    store.mode = 'ok'
  })
})
