import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { oidc } from '../../src/auth/presets/oidc.ts'
import { anyOf, type GatewayConfig, optional } from '../../src/config/define.ts'
import { AUDIENCE, ISSUER, JWKS_URI, ORIGIN } from '../attacks/world.ts'
import { createGateway } from '../support/watched-gateway.ts'
import { check } from './check.ts'
import { json, replaced } from './values.ts'

/** A binding of the platform answers every property with something. */
const binding = new Proxy(
  { fetch: async () => new Response('bound') },
  { get: () => async () => new Response('bound') },
)

const BASE = {
  hosts: ['api.test', 'other.test'],
  routes: [
    {
      path: '/a/:id/*',
      auth: 'main',
      to: ORIGIN,
      scopes: ['a'],
      forward: { 'x-a': 'a', 'x-b': ['b', 'c'] },
    },
    {
      path: '/b',
      to: ORIGIN,
      auth: 'public',
      keep: ['x_c', 'authorization'],
      methods: ['GET', 'POST'],
    },
    {
      path: '/c/*',
      host: 'api.test',
      to: binding,
      auth: optional(anyOf('main', 'other')),
    },
    {
      path: '/d',
      to: () => new Response('handled'),
      auth: 'other',
      roles: ['r'],
      claims: { c: [1, 'x'] },
    },
    {
      path: '/e/*',
      to: { url: `${ORIGIN}/e`, via: binding },
      auth: 'main',
      stripPrefix: true,
      timeoutSeconds: 1,
    },
    {
      path: '/*',
      to: ORIGIN,
      auth: 'main',
      scopes: anyOf('a', 'b'),
      dangerouslyAllowAmbiguousPaths: true,
    },
  ],
}
const MAIN = {
  issuer: ISSUER,
  audience: AUDIENCE,
  jwksUri: JWKS_URI,
  algorithms: ['RS256'],
  clockSkewSeconds: 1,
  scopeClaim: ['a', 'b'],
  introspect: {
    clientId: 'gw',
    clientSecret: 's',
    endpoint: `${ISSUER}/i`,
    mayOmit: ['aud'],
    opaque: true,
  },
}
const OTHER = { issuer: 'https://other-idp.test', audience: ['x', 'y'] }

const odd = fc.oneof(
  json,
  fc.constantFrom<unknown>(
    undefined,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -0,
    1n,
    Symbol('s'),
    () => {},
    binding,
    new Date(0),
    /x/,
    '/',
    '/*',
    '/*/x',
    '/x/../y',
    '//',
    '/:a/:a',
    '/%2f',
    'CONNECT',
    'get',
    'https://u:p@origin.test',
    'http://[',
    'https://origin.test?x',
    'data:,',
    'x-auth-subject',
    'x_auth_subject',
    'authorization',
    'host',
    'issuer',
    '__proto__',
    'constructor',
    'toString',
    ORIGIN,
    Object.create(null),
    new Map(),
    new Proxy({}, {}),
    [undefined],
  ),
)
const position = fc.array(fc.nat({ max: 14 }), { minLength: 1, maxLength: 4 })
const changes = fc.array(fc.tuple(position, odd), { maxLength: 3 })

const change = (value: unknown, list: readonly (readonly [number[], unknown])[]) =>
  list.reduce((changed, [at, by]) => replaced(changed, at, by), value)

const context = { waitUntil: () => {} }
const PATHS = [
  '/',
  '/a/1/x',
  '/b',
  '/c',
  '/d',
  '/e/x',
  '/%2e/x',
  '/a%2fb',
  '/.well-known/oauth-protected-resource',
]

describe('a configuration', () => {
  it('is refused with its problems, or makes a gateway that works', async () => {
    let refused = 0
    let sound = 0
    await check(
      1_000,
      fc.asyncProperty(changes, changes, changes, async (ofConfig, ofMain, ofOther) => {
        const schemes = {
          main: oidc(change(MAIN, ofMain) as never),
          other: oidc(change(OTHER, ofOther) as never),
        }
        const config = change({ ...BASE, schemes }, ofConfig)
        const calls: string[] = []
        const events: unknown[] = []
        const gateway = createGateway(config as GatewayConfig, {
          log: (event) => events.push(event),
          now: () => 1,
          fetch: async ({ url }) => {
            calls.push(url)
            return Response.json({})
          },
        })
        if (gateway.problems.length > 0) refused++
        else sound++
        for (const path of PATHS) {
          for (const headers of [{}, { authorization: 'Bearer eyJh.eyJh.AAAA' }]) {
            const url = `https://api.test${path}`
            const response = await gateway.fetch(new Request(url, { headers }), context)
            const body = await response.text()
            expect(body).not.toContain('"internal"')
            if (gateway.problems.length > 0) expect([response.status, calls]).toEqual([500, []])
          }
        }
        await gateway.scheduled(context)
        // A value, or a sentence of a library, which would quote one.
        expect(gateway.problems.join()).not.toMatch(/\[object|Invalid |received/)
      }),
    )
    expect(refused).toBeGreaterThan(0)
    expect(sound).toBeGreaterThan(0)
  })
})
