import { beforeAll, describe, expect, it } from 'vitest'
import type { RouteConfig } from '../../src/config/define.ts'
import { PATH_ATTACKS } from './paths.ts'
import { createKeys, createWorld, type Keys, ORIGIN, refusal } from './world.ts'

const ROUTES: RouteConfig[] = [
  { path: '/public/*', to: ORIGIN, auth: 'public' },
  { path: '/admin/*', to: ORIGIN },
  { path: '/only-get', to: ORIGIN, auth: 'public', methods: ['GET'] },
  { path: '/Exact', to: ORIGIN, auth: 'public' },
  { path: '/v1/*', to: ORIGIN, auth: 'public', stripPrefix: true },
  { path: '/', host: 'admin.test', to: ORIGIN },
]

let keys: Keys
beforeAll(async () => {
  keys = await createKeys()
})

describe('a request that can be read in two ways', () => {
  for (const { ids, attack, target, method = 'GET', headers, outcome } of PATH_ATTACKS)
    it(`${ids}: ${attack}`, async () => {
      const world = createWorld(keys, {
        routes: ROUTES,
        config: { hosts: ['api.test', 'admin.test'] },
      })
      const url = target.startsWith('/') ? `https://api.test${target}` : target
      const response = await world.sendRaw(url, { method, ...(headers && { headers }) })
      if (typeof outcome === 'string') {
        expect(response.status).toBe(200)
        expect(world.received.map(({ url }) => url)).toEqual([ORIGIN + outcome])
        expect(world.received[0]?.method).toBe(method)
      } else {
        expect(await refusal(response)).toEqual(outcome)
        expect(world.received).toEqual([])
      }
      expect(world.strayCalls).toEqual([])
    })

  it('CVE-2026-48020: never leaves the folder of a target', async () => {
    const routes = [{ path: '/v1/*', to: `${ORIGIN}/tenant-a`, auth: 'public', stripPrefix: true }]
    const world = createWorld(keys, { routes: routes as RouteConfig[] })
    for (const path of ['/v1/../x', '/v1/..', '/v1/%2e%2e/tenant-b', '/v1/.%2e/.%2e/x']) {
      await world.sendRaw(`https://api.test${path}`)
    }
    expect(world.received).toEqual([])
    await world.sendRaw('https://api.test/v1/a/../b')
    expect(world.received[0]?.url).toBe(`${ORIGIN}/tenant-a/b`)
  })
})
