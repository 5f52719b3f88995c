import { beforeAll, describe, expect, it } from 'vitest'
import type { RouteConfig } from '../../src/config/define.ts'
import { optional } from '../../src/config/define.ts'
import { ENCODED_CLAIMS, EVIL, SPOOFED_HEADERS } from './headers.ts'
import { createKeys, createWorld, type Keys, ORIGIN, refusal, type World } from './world.ts'

const ROUTES: RouteConfig[] = [
  { path: '/token/*', to: ORIGIN, forward: { 'x-user-email': 'email' } },
  { path: '/optional/*', to: ORIGIN, auth: optional('main'), forward: { 'x-user-team': 'team' } },
  { path: '/public/*', to: ORIGIN, auth: 'public' },
  { path: '/kept/*', to: ORIGIN, auth: 'public', keep: ['x-real-ip'] },
]

interface Way {
  way: string
  path: string
  method: string
  withToken: boolean
}

/** Stripping must happen wherever a request can get through, also where nobody is asked who they are. */
const WAYS: Way[] = [
  { way: 'with a token', path: '/token/x', method: 'GET', withToken: true },
  {
    way: 'as nobody, where a token is optional',
    path: '/optional/x',
    method: 'GET',
    withToken: false,
  },
  { way: 'on a public route', path: '/public/x', method: 'POST', withToken: false },
  { way: 'as a preflight', path: '/public/x', method: 'OPTIONS', withToken: false },
]

let keys: Keys
beforeAll(async () => {
  keys = await createKeys()
})

async function pass(
  world: World,
  { path, method, withToken }: Way,
  headers: Record<string, string>,
) {
  const init = { method, headers }
  const response = withToken
    ? await world.sendToken(await world.mint(), path, init)
    : await world.send(path, init)
  expect(response.status).toBe(200)
  const arrived = world.received[0]
  expect(arrived?.method).toBe(method)
  return Object.fromEntries(arrived?.headers ?? [])
}

describe.each(WAYS)('a client that speaks in the name of the gateway, $way', (way) => {
  for (const { ids, attack, headers, kept = {} } of SPOOFED_HEADERS)
    it(`${ids}: ${attack}`, async () => {
      const world = createWorld(keys, { routes: ROUTES })
      const arrived = await pass(world, way, headers)
      expect(JSON.stringify(arrived)).not.toContain(EVIL)
      expect(arrived).toMatchObject(kept)
      expect(arrived).toMatchObject(way.withToken ? { 'x-auth-subject': 'user-1' } : {})
      expect(Object.hasOwn(arrived, 'x-auth-subject')).toBe(way.withToken)
      expect(Object.hasOwn(arrived, 'connection')).toBe(false)
      expect(Object.hasOwn(arrived, 'authorization')).toBe(false)
    })
})

describe('a header that carries a claim', () => {
  for (const { ids, what, claim, header } of ENCODED_CLAIMS)
    it(`${ids}: ${what} is encoded`, async () => {
      const world = createWorld(keys, { routes: ROUTES })
      const token = await world.mint({ email: claim })
      await world.sendToken(token, '/token/x', { headers: { 'x-user-email': EVIL } })
      expect(world.received[0]?.headers.get('x-user-email')).toBe(header)
    })

  it('krakend-ce 309: has the value of the claim alone, however often a client sent it', async () => {
    const world = createWorld(keys, { routes: ROUTES })
    const headers = [
      ['x-user-email', 'a@evil.test'],
      ['X-User-Email', 'b@evil.test'],
    ] as unknown as HeadersInit
    await world.sendToken(await world.mint({ email: 'user@good.test' }), '/token/x', { headers })
    expect(world.received[0]?.headers.get('x-user-email')).toBe('user@good.test')
  })
})

describe('a request that claims to be from a friend', () => {
  it.each([
    ['CVE-2026-34457', 'a health checker', { 'user-agent': 'GoogleHC/1.0' }],
    [
      'CVE-2024-45806',
      'an internal caller',
      { 'x-envoy-internal': 'true', 'x-forwarded-for': '10.0.0.1' },
    ],
    ['CVE-2026-40575', 'a caller of a public path', { 'x-forwarded-uri': '/public/x' }],
    ['CVE-2020-13945', 'the administrator', { 'x-api-key': 'edd1c9f034335f136f87ad84b625c8f1' }],
    ['RFC 7617', 'somebody with a password', { authorization: 'Basic YWRtaW46YWRtaW4=' }],
  ])('%s: needs a token as %s', async (_, __, headers) => {
    const world = createWorld(keys, { routes: ROUTES })
    expect(
      await refusal(await world.send('/token/x', { headers: headers as HeadersInit })),
    ).toEqual([401, 'credential_missing'])
    expect(world.received).toEqual([])
  })

  it('CVE-2026-33495: is refused over plain http whatever it says of its scheme', async () => {
    const world = createWorld(keys, { routes: ROUTES })
    const headers = { 'x-forwarded-proto': 'https', forwarded: 'proto=https' }
    const response = await world.sendToken(await world.mint(), 'http://api.test/token/x', {
      headers,
    })
    expect(await refusal(response)).toEqual([403, 'https_required'])
    expect(world.received).toEqual([])
  })
})

describe('a request with several credentials', () => {
  const several = async (make: (token: string, other: string) => [string, string][]) => {
    const world = createWorld(keys, { routes: ROUTES })
    const [token, other] = [await world.mint(), await world.mint({ sub: 'user-2' })]
    const headers = new Headers(make(token, other))
    const answer = await refusal(await world.send('/token/x', { headers }))
    expect(world.received).toEqual([])
    return answer
  }

  it.each([
    [
      'two Authorization headers',
      (a, b) => [
        ['authorization', `Bearer ${a}`],
        ['authorization', `Bearer ${b}`],
      ],
    ],
    ['two tokens in one header', (a, b) => [['authorization', `Bearer ${a}, Bearer ${b}`]]],
    [
      'two tokens in one header without a blank',
      (a, b) => [['authorization', `Bearer ${a},bearer ${b}`]],
    ],
    ['another scheme before the token', (a) => [['authorization', `Basic eDp5, Bearer ${a}`]]],
    ['another scheme after the token', (a) => [['authorization', `Bearer ${a}, Basic eDp5`]]],
  ] as [string, (a: string, b: string) => [string, string][]][])(
    'CVE-2020-25017, CVE-2025-64527, Kong 9946: %s is 400',
    async (_, make) => {
      expect(await several(make)).toEqual([400, 'multiple_credentials'])
    },
  )

  it.each([
    ['a blank within the token', (a) => [['authorization', `Bearer ${a} x`]]],
    ['a tab before the token', (a) => [['authorization', `Bearer\t${a}`]]],
    ['a token in quotes', (a) => [['authorization', `Bearer "${a}"`]]],
    ['a scheme without a token', () => [['authorization', 'Bearer']]],
    ['a scheme that runs into the token', (a) => [['authorization', `Bearer:${a}`]]],
  ] as [string, (a: string, b: string) => [string, string][]][])(
    'RFC 6750 section 2.1: %s is 401',
    async (_, make) => {
      expect(await several(make)).toEqual([401, 'invalid_token'])
    },
  )

  it('RFC 9449 section 7.1: a token under the DPoP scheme is no bearer token', async () => {
    expect(await several((a) => [['authorization', `DPoP ${a}`]])).toEqual([
      401,
      'credential_missing',
    ])
  })

  it('RFC 9110 section 11.1: the scheme is read in any case', async () => {
    const world = createWorld(keys)
    const headers = { authorization: `bEaReR   ${await world.mint()}` }
    expect((await world.send('/x', { headers })).status).toBe(200)
  })
})

describe('what a client sent to be checked', () => {
  it('CVE-2026-41181: goes to no other server when the origin redirects', async () => {
    const world = createWorld(keys, {
      routes: [{ path: '/*', to: ORIGIN, keep: ['authorization'] }],
      origin: () =>
        new Response(null, { status: 302, headers: { location: 'https://evil.test/' } }),
    })
    const response = await world.sendToken(await world.mint(), '/x')
    expect([response.status, response.headers.get('location')]).toEqual([302, 'https://evil.test/'])
    expect(world.strayCalls).toEqual([])
  })

  it('RFC 6750 section 5.2: reaches the origin only where the route keeps it', async () => {
    const world = createWorld(keys, {
      routes: [{ path: '/*', to: ORIGIN, keep: ['authorization'] }],
    })
    const token = await world.mint()
    await world.sendToken(token, '/x')
    expect(world.received[0]?.headers.get('authorization')).toBe(`Bearer ${token}`)
  })
})
