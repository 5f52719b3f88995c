// Health with the real state Worker behind STATE.

import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { oidc } from '../../src/auth/presets/oidc.ts'
import type { RouteConfig } from '../../src/config/define.ts'
import { limit } from '../../src/edge/limit/limit.ts'
import { configHash, type HealthOptions, health } from '../../src/operate/health.ts'
import type { StateBinding } from '../../src/options/state.ts'
import {
  AUDIENCE,
  createTestGateway,
  ORIGIN,
  refusal,
  type TestGatewayOptions,
} from '../support/gateway.ts'

const STATE = (env as unknown as { STATE: StateBinding }).STATE
const KEY = 'p8Xn2Vq7Lr4Tz9Wc1Ks6Bd3Fh5Jm0GyQ'
const HEALTH = '/.well-known/gatehouse/health'
const DETAILS = `${HEALTH}/details`
const version = { id: 'v1', tag: 'friday', timestamp: '2026-01-01T00:00:00Z' }

async function createWorld(options: HealthOptions = {}, more: TestGatewayOptions = {}) {
  const world = await createTestGateway({
    ...more,
    config: {
      health: health({ operatorKey: KEY, state: STATE, version, ...options }),
      ...more.config,
    },
  })
  const details = async (key = KEY) =>
    world.send(DETAILS, { headers: { authorization: `Bearer ${key}` } })
  const read = async () => (await (await details()).json()) as Record<string, unknown>
  return { ...world, details, read }
}

describe('health', () => {
  it('says that the gateway answers, to anybody, and asks nobody', async () => {
    const { send, store, issuer, received } = await createWorld()
    issuer.mode = 'unreachable'
    const response = await send(HEALTH)
    expect([response.status, await response.text()]).toEqual([200, '{"ok":true}'])
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect([store.reads, received]).toEqual([0, []])
    expect(Object.values(issuer.counters).every((calls) => calls === 0)).toBe(true)
  })

  it('is not there where the owner does not import it', async () => {
    const { send } = await createTestGateway({ routes: [{ path: '/orders', to: ORIGIN }] })
    expect(await refusal(await send(HEALTH))).toEqual([404, 'not_found'])
  })

  it('shows details to nobody but the operator', async () => {
    const { details, send } = await createWorld()
    expect(await refusal(await send(DETAILS))).toEqual([401, 'credential_missing'])
    expect(await refusal(await details(`${KEY}x`))).toEqual([401, 'invalid_token'])
    expect((await details()).status).toBe(200)
  })

  it('has no details where there is no operator key', async () => {
    const { send } = await createTestGateway({
      config: { health: health() },
      routes: [{ path: '/orders', to: ORIGIN }],
    })
    expect((await send(HEALTH)).status).toBe(200)
    expect(await refusal(await send(DETAILS))).toEqual([404, 'not_found'])
  })
})

describe('the details', () => {
  it('say which file and version runs, how old the keys are and from where, and who is reachable', async () => {
    const { sendWithToken, read, clock, settle } = await createWorld()
    const before = await read()
    await sendWithToken('/')
    await settle()
    clock.now += 5
    const [issuer] = ['https://idp.test']
    const config = expect.stringMatching(/^[\da-f]{16}$/)
    const keySet = { scheme: 'main', issuer, keys: 1, ageSeconds: 5, source: 'issuer' }
    const whole = { ok: true, config, version, kv: 'reachable', state: 'reachable' }
    expect(before).toEqual({
      ...whole,
      isolateAgeSeconds: 0,
      keySets: [{ scheme: 'main', issuer, keys: 0 }],
    })
    expect(await read()).toEqual({ ...whole, isolateAgeSeconds: 5, keySets: [keySet] })
  })

  it('say that keys came from KV', async () => {
    const first = await createWorld()
    await first.sendWithToken('/')
    await first.settle()
    const { issuer, store, clock } = first
    const second = await createWorld({}, { issuer, store, clock })
    await second.sendWithToken('/')
    expect((await second.read()).keySets).toMatchObject([{ source: 'kv', ageSeconds: 0 }])
  })

  it('say what the last fetch of keys failed with, and for how long the old ones have been used', async () => {
    const { sendWithToken, read, clock, issuer, settle } = await createWorld()
    await sendWithToken('/')
    issuer.mode = 'unreachable'
    clock.now += 1_000
    expect((await sendWithToken('/')).status).toBe(200)
    await settle()
    expect(await read()).toMatchObject({
      ok: true,
      keySets: [{ keys: 1, ageSeconds: 1_000, lastError: expect.stringMatching(/./) }],
    })
  })

  it('are not well where there are no keys and none can be fetched', async () => {
    const { sendWithToken, read, issuer } = await createWorld()
    issuer.mode = 'unreachable'
    await sendWithToken('/')
    expect(await read()).toMatchObject({
      ok: false,
      keySets: [{ keys: 0, lastError: expect.stringMatching(/./) }],
    })
  })

  it.each(['throws', 'hangs'] as const)('are not well where KV %s', async (fault) => {
    const { read, store } = await createWorld()
    store.fault = fault
    expect(await read()).toMatchObject({ ok: false, kv: 'unreachable', state: 'reachable' })
  })

  it('are not well where the state Worker does not answer', async () => {
    const state = {
      fetch: STATE.fetch,
      serves: () => Promise.reject(new Error('away')),
    } as unknown as StateBinding
    expect(await (await createWorld({ state })).read()).toMatchObject({
      ok: false,
      state: 'unreachable',
    })
  })

  it('leave out what the owner does not have', async () => {
    const { read } = await createTestGateway({
      config: { health: health({ operatorKey: KEY }) },
    }).then(({ send }) => ({
      read: async () =>
        (await send(DETAILS, { headers: { authorization: `Bearer ${KEY}` } })).json(),
    }))
    expect(await read()).toMatchObject({ kv: 'reachable', state: 'not bound' })
  })
})

describe('the hash of a config', () => {
  const route: RouteConfig = { path: '/orders/*', to: ORIGIN, claims: { plan: 123n } }
  const main = oidc({ issuer: 'https://idp.test', audience: AUDIENCE })
  const hash = (own: object) => configHash({ schemes: { main }, routes: [{ ...route, ...own }] })
  const limited = (requests: number) =>
    limit({ by: 'address', requests, perSeconds: 60, state: STATE })

  it('is the same for the same file, and another where a route is', () => {
    const changed = [
      {},
      { path: '/orders' },
      { scopes: ['a'] },
      { methods: ['GET'] },
      { to: { fetch: async () => new Response() } },
      { to: () => new Response() },
      { to: () => new Response('other') },
      { limit: limited(1) },
    ]
    const hashes = changed.map(hash)
    expect(changed.map(hash)).toEqual(hashes)
    expect(new Set(hashes).size).toBe(changed.length)
  })

  it('asks nothing of a binding, and has no option of a feature in it', () => {
    const binding = new Proxy(
      { fetch: async () => new Response() },
      {
        get(target, name) {
          if (name !== 'fetch') throw new Error(`asked for ${String(name)}`)
          return target.fetch
        },
      },
    )
    expect(hash({ to: binding })).toMatch(/^[\da-f]{16}$/)
    expect(hash({ limit: limited(1) })).toBe(hash({ limit: limited(2) }))
  })
})
