// `testGateway` as an owner uses it: in plain vitest, with the kinds of callers that a file can know.

import { describe, expect, it } from 'vitest'
import { apiKeys } from '../../src/auth/key/api-keys.ts'
import { signedLinks } from '../../src/auth/link/signed-links.ts'
import { oidc } from '../../src/auth/presets/oidc.ts'
import { anyOf, type GatewayConfig } from '../../src/config/define.ts'
import { cached } from '../../src/edge/cache/cached.ts'
import { limit } from '../../src/edge/limit/limit.ts'
import type { Binding } from '../../src/lib/fetch.ts'
import { revocation } from '../../src/operate/revocation/revocation.ts'
import type { StateBinding } from '../../src/options/state.ts'
import { sessions } from '../../src/session/sessions.ts'
import { testGateway } from '../../src/testing/test-gateway.ts'

const KEY = 'kQ3vT8zL1mN5xR7wB2cY9dF4gH6jP0sA'

interface Env {
  STORE: KVNamespace
  STATE: StateBinding
  AUTH: Binding
  REPORTS: Binding
}

const define = (env: Env): GatewayConfig => ({
  hosts: ['api.acme.example'],
  schemes: {
    main: oidc({ issuer: 'https://login.acme.example', audience: 'orders' }),
    bound: oidc({ issuer: 'https://auth.acme.example', audience: 'orders', via: env.AUTH }),
    keys: apiKeys({ store: env.STORE }),
    links: signedLinks({ keys: [KEY], ttlSeconds: 600 }),
    people: sessions({ of: 'main', state: env.STATE, keys: [KEY], clientId: 'app' }),
  },
  revocation: revocation({ state: env.STATE, operatorKey: KEY }),
  routes: [
    {
      path: '/orders/*',
      auth: anyOf('main', 'keys'),
      to: 'https://orders.acme.example',
      scopes: ['orders:read'],
    },
    { path: '/bound', auth: 'bound', to: env.REPORTS },
    {
      path: '/files/*',
      auth: 'links',
      to: 'https://files.acme.example',
      cache: cached({ share: 'everyone' }),
    },
    { path: '/me', auth: 'people', to: (_request, principal) => new Response(principal?.subject) },
    {
      path: '/limited',
      auth: 'main',
      to: 'https://orders.acme.example',
      limit: limit({ by: 'subject', requests: 2, perSeconds: 60, state: env.STATE }),
    },
  ],
})

const elsewhere: Binding = { fetch: () => Promise.reject(new Error('asked')) }
const ENV = { AUTH: elsewhere, REPORTS: elsewhere }
const START = 1_800_000_000

function world() {
  const clock = { now: START }
  const asked: string[] = []
  const gateway = testGateway(define, ENV, {
    now: () => clock.now,
    service: ({ url }) => {
      asked.push(url)
      return new Response('from the service', {
        headers: { 'cache-control': 'public, max-age=60' },
      })
    },
  })
  return { gateway, clock, asked }
}

describe('a token', () => {
  it('may do what its claims allow, and no more', async () => {
    const { gateway, asked } = world()
    const reader = await gateway.token('main', { sub: 'ada', scope: 'orders:read' })
    const { received, ...answer } = await gateway.ask('GET /orders/1?a=b', reader)
    expect(answer).toMatchObject({ status: 200, code: undefined, text: 'from the service' })
    expect(received?.headers.get('x-auth-subject')).toBe('ada')
    expect(asked).toEqual(['https://orders.acme.example/orders/1?a=b'])
    const nobody = await gateway.token('main')
    expect(await gateway.ask('GET /orders/1', nobody)).toMatchObject({
      status: 403,
      code: 'insufficient_scope',
      received: undefined,
    })
  })

  it('ends by the clock of the test', async () => {
    const { gateway, clock } = world()
    const reader = await gateway.token('main', { scope: 'orders:read' })
    clock.now += 329
    expect(await gateway.ask('GET /orders/1', reader)).toMatchObject({ status: 200 })
    clock.now += 1
    expect(await gateway.ask('GET /orders/1', reader)).toMatchObject({
      code: 'invalid_token',
      reason: expect.stringContaining('expired'),
    })
  })

  it('of one entry opens nothing of another, also where a binding leads to its issuer', async () => {
    const { gateway } = world()
    expect(await gateway.ask('GET /bound', await gateway.token('bound'))).toMatchObject({
      status: 200,
    })
    expect(await gateway.ask('GET /bound', await gateway.token('main'))).toMatchObject({
      status: 401,
    })
  })

  it('is revoked as at the state Worker', async () => {
    const { gateway, clock } = world()
    const ada = await gateway.token('main', { sub: 'ada', scope: 'orders:read' })
    const revoke = new Request('https://api.acme.example/.well-known/gatehouse/revoke', {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ subject: 'ada', entry: 'main' }),
    })
    expect(await gateway.ask('GET /orders/1', ada)).toMatchObject({ status: 200 })
    expect(await gateway.ask(revoke)).toMatchObject({ status: 200 })
    clock.now += 61
    expect(await gateway.ask('GET /orders/1', ada)).toMatchObject({ code: 'invalid_token' })
  })
})

describe('other callers', () => {
  it('have an API key with rights of its own', async () => {
    const { gateway } = world()
    const partner = await gateway.apiKey('keys', { owner: 'acme', scopes: ['orders:read'] })
    const { received } = await gateway.ask('GET /orders/1', partner)
    expect(received?.headers.get('x-auth-subject')).toBe('acme')
    expect(await gateway.ask('GET /orders/1', await gateway.apiKey('keys'))).toMatchObject({
      code: 'insufficient_scope',
    })
  })

  it('have a link until it ends, and hit what is stored', async () => {
    const { gateway, clock, asked } = world()
    const link = gateway.signedLink('links', { ttlSeconds: 60 })
    const first = await gateway.ask('GET /files/a.pdf', link)
    const second = await gateway.ask('GET /files/a.pdf', link)
    expect([first.status, second.status, asked.length]).toEqual([200, 200, 1])
    expect(second.headers.get('cache-status')).toContain('hit')
    const url = await link.show('https://api.acme.example/files/a.pdf', new Headers())
    clock.now += 60
    expect(await gateway.ask(`GET ${url}`)).toMatchObject({ code: 'signature_expired' })
  })

  it('are people who have signed in', async () => {
    const { gateway } = world()
    const ada = await gateway.session('people', { sub: 'ada' })
    expect(await gateway.ask('GET /me', ada)).toMatchObject({ status: 200, text: 'ada' })
    expect(await gateway.ask('GET /me')).toMatchObject({ status: 401 })
    const forged = new Request('https://api.acme.example/me', {
      method: 'POST',
      headers: { 'sec-fetch-site': 'cross-site' },
    })
    expect(await gateway.ask(forged, ada)).toMatchObject({ code: 'csrf' })
  })

  it('are counted by a limit', async () => {
    const { gateway, clock } = world()
    const ada = await gateway.token('main', { sub: 'ada' })
    const statuses = []
    for (let count = 0; count < 3; count++) {
      statuses.push((await gateway.ask('GET /limited', ada)).status)
    }
    expect(statuses).toEqual([200, 200, 429])
    clock.now += 30
    expect(await gateway.ask('GET /limited', ada)).toMatchObject({ status: 200 })
  })
})

describe('a test that asks for what is not there', () => {
  it('is told every problem of the file', () => {
    expect(() => testGateway(define, {})).toThrow(
      'routes[1] (/bound).to: is undefined: what stands here is not set.',
    )
  })

  it('is told which entries there are', async () => {
    const { gateway } = world()
    await expect(gateway.token('mian')).rejects.toThrow(
      'There is no entry mian in schemes. There is main, bound, keys, links, people',
    )
    await expect(gateway.token('keys')).rejects.toThrow('schemes.keys takes no tokens of an issuer')
    await expect(gateway.apiKey('main')).rejects.toThrow('schemes.main takes no API keys')
    await expect(gateway.session('main')).rejects.toThrow('schemes.main has no sessions')
    expect(() => gateway.signedLink('main')).toThrow('schemes.main takes no signed links')
    await expect(gateway.ask('/orders')).rejects.toThrow('"/orders" is no request')
  })
})
