// Ways around the gateway that a review of its request path found, each closed by a change of its own.

import { beforeAll, describe, expect, it, vi } from 'vitest'
import { ACTIVE_SECONDS, createIntrospection } from '../../src/auth/bearer/introspection.ts'
import { oidc } from '../../src/auth/presets/oidc.ts'
import { anyOf, optional, type RouteConfig } from '../../src/config/define.ts'
import { checkConfig } from '../../src/config/prepare.ts'
import { warnings } from '../../src/config/warnings.ts'
import { createRouter, readLocation } from '../../src/router.ts'
import { endAfter } from '../../src/upstream/expiry.ts'
import {
  AUDIENCE,
  createKeys,
  createWorld,
  defaultClaims,
  ISSUER,
  JWKS_URI,
  type Keys,
  NOW,
  ORIGIN,
  type World,
} from './world.ts'

let keys: Keys
beforeAll(async () => {
  keys = await createKeys()
})

describe('the method of a request', () => {
  it('is not turned into GET by an upgrade: workerd opens every WebSocket with GET', async () => {
    const methods = ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'GET']
    const world = createWorld(keys, {
      routes: [{ path: '/*', to: ORIGIN, auth: 'public', methods }],
    })
    for (const method of methods)
      await world.send('/', { method, headers: { upgrade: 'websocket' } })

    const upgraded = world.received.filter(({ headers }) => headers.has('upgrade'))
    expect(world.received.map(({ method }) => method)).toEqual(methods)
    expect(upgraded.map(({ method }) => method)).toEqual(['GET'])
  })
})

describe('a path of 8,000 segments', () => {
  it('is looked up as often as a short one', () => {
    const common = { host: undefined, methods: new Set(['GET']), allowsAmbiguousPath: false }
    const router = createRouter([
      { ...common, path: '/*', isPublic: true },
      { ...common, path: '/a/a/b', isPublic: false },
    ])
    const reads = vi.spyOn(Map.prototype, 'get')
    const readsFor = (path: string) => {
      reads.mockClear()
      router.match('GET', readLocation(`https://api.test${path}`))
      return reads.mock.calls.length
    }
    try {
      expect(readsFor('/a'.repeat(8_000))).toBe(readsFor('/a/a/c'))
    } finally {
      reads.mockRestore()
    }
  })
})

describe('an option whose variable is not set', () => {
  const schemes = { main: oidc({ issuer: ISSUER, audience: AUDIENCE }) }
  const widening = ['host', 'methods', 'scopes', 'roles', 'claims', 'auth', 'via'] as const

  for (const name of widening) {
    it(`is a problem of ${name}, which would guard less without it`, () => {
      const config = { schemes, routes: [{ path: '/*', to: ORIGIN, [name]: undefined }] }
      const [problem, ...others] = checkConfig(config)
      expect(others).toEqual([])
      expect(problem).toMatch(new RegExp(`^routes\\[0\\] \\(/\\*\\)\\.${name}: is undefined`))
    })
  }

  it('is a problem of hosts, without which every host is served', () => {
    const config = { hosts: undefined, schemes, routes: [{ path: '/*', to: ORIGIN }] }
    expect(checkConfig(config)).toEqual([expect.stringMatching(/^hosts: is undefined/)])
  })
})

describe('a WebSocket that is relayed', () => {
  it.each([0, 999, 1004, 5_000, 65_535])(
    'ends also where its peer ends it with %i',
    async (code) => {
      const origin = Object.assign(new EventTarget(), { accept: () => {}, close: () => {} })
      const switched = { headers: new Headers(), webSocket: origin } as unknown as Response
      const client = endAfter(switched, 300).webSocket
      const closed = new Promise<number>((resolve) => {
        client?.addEventListener('close', (event) => resolve(event.code))
      })
      client?.accept()
      origin.dispatchEvent(new CloseEvent('close', { code, reason: 'odd' }))
      expect(await closed).toBe(1005)
    },
  )
})

describe('the answer to an upgrade', () => {
  it('loses what speaks for the gateway, also where no relay stands in between', async () => {
    const origin = () => {
      const { 0: webSocket, 1: server } = new WebSocketPair()
      server.accept()
      const headers = { 'x-auth-subject': 'admin', 'alt-svc': 'h3=":1"', 'x-origin': 'a' }
      return new Response(null, { status: 101, webSocket, headers })
    }
    const routes = [{ path: '/*', to: ORIGIN, auth: 'public' }] as const
    const world = createWorld(keys, { routes, origin })
    const response = await world.send('/', { headers: { upgrade: 'websocket' } })

    expect(Object.fromEntries(response.headers)).toEqual({ 'x-origin': 'a' })
    expect(response.webSocket).not.toBeNull()
    response.webSocket?.accept()
    response.webSocket?.close()
  })
})

describe('introspection', () => {
  const ENDPOINT = `${ISSUER}/introspect`

  /** Every token that starts with `good` is active, and the answer about `good-huge` is too long. */
  function introspecting(): World {
    const introspect = { clientId: 'gw', endpoint: ENDPOINT, opaque: true }
    const main = oidc({ issuer: ISSUER, audience: AUDIENCE, jwksUri: JWKS_URI, introspect })
    const world = createWorld(keys, { config: { schemes: { main } } })
    world.documents.set(ENDPOINT, async (request: Request) => {
      const form = new URLSearchParams(new TextDecoder().decode(await request.arrayBuffer()))
      const token = form.get('token') ?? ''
      const groups = token === 'good-huge' ? 'g'.repeat(16_384) : ''
      const { now } = world.clock
      return Response.json({
        active: token.startsWith('good'),
        ...defaultClaims(now),
        groups,
      })
    })
    return world
  }
  const statusOf = async (world: World, token: string) => (await world.sendToken(token)).status

  it('of a token whose answer is too long keeps nobody else out', async () => {
    const world = introspecting()
    expect(await statusOf(world, 'good-huge')).toBe(503)
    expect(await statusOf(world, 'good')).toBe(200)
  })

  it('of tokens that were active before goes on in a flood of made-up ones', async () => {
    const world = introspecting()
    expect(await statusOf(world, 'good')).toBe(200)
    world.clock.now += ACTIVE_SECONDS
    for (let index = 0; index < 60; index++) await world.sendToken(`made-up-${index}`)
    expect([await statusOf(world, 'made-up'), await statusOf(world, 'good')]).toEqual([503, 200])
  })

  it('that no time is left for says nothing about the issuer', async () => {
    const ask = vi.fn(async () => Response.json({ active: true, ...defaultClaims() }))
    const { answerFor } = createIntrospection(
      {
        clientId: 'gw',
        clientSecret: undefined,
        clientAuthentication: 'client_secret_post',
        endpoint: ENDPOINT,
        opaque: true,
        sharedSecret: false,
        mayOmit: [],
      },
      async () => undefined,
      ask,
      () => NOW,
    )
    const scopeOf = (signal: AbortSignal) => ({ deadline: () => signal, waitUntil: () => {} })
    await expect(answerFor('late', 'opaque', scopeOf(AbortSignal.abort()))).rejects.toMatchObject({
      code: 'issuer_unavailable',
      message: 'no time is left to introspect',
    })
    const inTime = scopeOf(new AbortController().signal)
    expect(await answerFor('in time', 'opaque', inTime)).toMatchObject({ claims: defaultClaims() })
    expect(ask).toHaveBeenCalledTimes(1)
  })
})

describe('a guard that guards nothing', () => {
  const main = oidc({ issuer: ISSUER, audience: AUDIENCE })
  const route: RouteConfig = { path: '/*', to: ORIGIN }
  /** As a service binding: whatever it is asked for, it has a function. */
  const binding = new Proxy({}, { get: () => () => {} })

  it('is warned of where a caller need only drop the token', () => {
    const guards = { scopes: anyOf('a'), roles: ['admin'], claims: { org: 'a' } }
    const routes = [
      { ...route, ...guards },
      { ...route, ...guards, auth: optional('main') },
    ]
    const found = warnings({ schemes: { main }, routes })
    for (const [index, name] of Object.keys(guards).entries()) {
      expect(found[index]).toContain(`.${name}: is asked only of callers who send a token`)
    }
    expect(found).toHaveLength(3)
  })

  it.each([{}, binding])('is a problem where no claim is named', (claims) => {
    const problems = checkConfig({ schemes: { main }, routes: [{ ...route, claims }] })
    expect(problems).toEqual([expect.stringMatching(/\.claims: names no claim/)])
  })

  it('is a problem where a binding stands for an issuer', () => {
    expect(checkConfig({ schemes: { main: binding }, routes: [route] })).toEqual([
      'schemes.main: must be made by a preset: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID })',
    ])
  })
})

describe('a handler that adds to what was verified', () => {
  it('fails, and grants its caller nothing on other routes', async () => {
    const routes: RouteConfig[] = [
      { path: '/top', to: (_, caller) => grant(caller?.claims ?? {}, { admin: true }) },
      { path: '/deep', to: (_, caller) => grant(caller?.claims.groups ?? [], ['admins']) },
      { path: '/roles', to: (_, caller) => grant(caller?.roles ?? [], ['admin']) },
      { path: '/admin', to: ORIGIN, claims: { admin: true } },
      { path: '/admins', to: ORIGIN, claims: { groups: 'admins' } },
      { path: '/role', to: ORIGIN, roles: ['admin'] },
    ]
    function grant(to: object, what: object): Response {
      return Response.json(Object.assign(to, what))
    }
    const world = createWorld(keys, { routes })
    const token = await world.mint({ groups: ['users'], roles: ['user'] })
    const statuses: number[] = []
    for (const { path } of routes) statuses.push((await world.sendToken(token, path)).status)
    expect(statuses).toEqual([502, 502, 502, 403, 403, 403])
  })
})
