// The test harness itself: what the other real-socket tests rely on must be true.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { type CacheStore, startCache } from '../../support/cache.ts'
import { rawRequest } from '../../support/raw-http.ts'
import { startWorkerd, type Workerd } from '../../support/workerd.ts'

const SCRIPT = `
  const show = async (found) => found && [found.status, found.headers.get('x-a'), await found.text()]
  export default { async fetch(request) {
    const [op, path, control] = new URL(request.url).pathname.slice(1).split('/').map(decodeURIComponent)
    const cache = path === 'named' ? await caches.open('named') : caches.default
    const url = 'https://gw.test/' + path + '?q'
    const body = path === 'stream' ? new Response('body').body.pipeThrough(new TransformStream()) : 'body'
    const run = {
      put: () => cache.put(url, new Response(body, { status: 203, headers: { 'cache-control': control, 'x-a': 'é' } })),
      match: async () => show(await cache.match(url)),
      delete: () => cache.delete(url),
    }
    return Response.json((await run[op]()) ?? null)
  } }`

let clock = 1_800_000_000
let cache: CacheStore
let worker: Workerd

beforeAll(async () => {
  cache = await startCache(() => clock)
  worker = await startWorkerd({ script: SCRIPT, cache })
})
afterAll(async () => {
  await worker.stop()
  await cache.stop()
})

const ask = async (path: string): Promise<unknown> =>
  JSON.parse((await rawRequest(worker.port, { target: `/${path}` })).body)

it.each(['default', 'named', 'stream'])('keeps a response while it is fresh: %s', async (path) => {
  await ask(`put/${path}/max-age=60`)
  expect(await ask(`match/${path}`)).toEqual([203, 'é', 'body'])
  clock += 60
  expect(await ask(`match/${path}`)).toBeNull()
})

it('keeps named caches apart and forgets what is deleted', async () => {
  await ask('put/named/s-maxage=60')
  expect([...cache.entries.keys()]).toContain('named https://gw.test/named?q')
  expect(await ask('delete/named')).toBe(true)
  expect(await ask('delete/named')).toBe(false)
  expect(await ask('match/named')).toBeNull()
})

it('does not keep what is private or without a lifetime', async () => {
  await ask('put/a/private,%20max-age=60')
  await ask('put/a/public')
  expect(await ask('match/a')).toBeNull()
})
