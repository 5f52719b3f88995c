import { beforeAll, describe, expect, it } from 'vitest'
import { oidc } from '../../src/auth/presets/oidc.ts'
import { allOf, anyOf } from '../../src/config/define.ts'
import type { LogEvent } from '../../src/operate/log.ts'
import { AUDIENCE, createTestGateway, ORIGIN, type TestGateway } from '../support/gateway.ts'
import { createGateway } from '../support/watched-gateway.ts'

const ISSUER = 'https://idp.test'
const PARTNER = 'https://partner.test/tenant/'
const FOREIGN = 's3cr3t.test'

const ROUTES = [
  { path: '/main/*', auth: 'main', to: ORIGIN },
  { path: '/partner/*', auth: 'partner', to: ORIGIN },
  { path: '/any/*', auth: anyOf('main', 'partner'), to: ORIGIN },
  { path: '/both/*', auth: allOf('main', 'access'), to: ORIGIN },
  { path: '/one-scope', auth: 'main', to: ORIGIN, scopes: ['orders:write'] },
  { path: '/two-scopes', auth: 'main', to: ORIGIN, scopes: ['orders:write', 'orders:delete'] },
  { path: '/any-scope', auth: 'main', to: ORIGIN, scopes: anyOf('a', 'b') },
  { path: '/role', auth: 'main', to: ORIGIN, roles: ['admin', 'staff'] },
  { path: '/claim', auth: 'main', to: ORIGIN, claims: { org: 'acme' } },
  { path: '/read', auth: 'main', to: ORIGIN, methods: ['GET'] },
]

let world: TestGateway

beforeAll(async () => {
  world = await createTestGateway({
    routes: ROUTES,
    config: {
      hosts: ['api.test'],
      schemes: {
        main: oidc({ issuer: ISSUER, audience: AUDIENCE, tokenFrom: [{ header: 'x-main' }] }),
        partner: oidc({ issuer: PARTNER, audience: AUDIENCE }),
        access: oidc({
          issuer: 'https://access.test',
          audience: 'a',
          tokenFrom: [{ header: 'x-access' }],
        }),
      },
    },
  })
})

/** What the log says of a request with a token of these claims, signed by `main` whatever they say. */
async function reasonFor(path: string, claims: Record<string, unknown> | undefined, init = {}) {
  const headers = new Headers()
  if (claims) headers.set('authorization', `Bearer ${await world.issuer.mint(claims)}`)
  await world.send(path, { headers, ...init })
  const { route, scheme, code, reason } = world.lastEvent() ?? {}
  return { route, scheme, code, reason }
}

const unsent = (names: string) => `nothing was sent that ${names} reads`

describe('the log says why', () => {
  it.each<[string, string, object | undefined, object, (string | undefined)[]]>([
    [
      'no token was sent',
      '/main/x',
      undefined,
      {},
      ['/main/*', 'main', 'credential_missing', unsent('schemes.main')],
    ],
    [
      'none of several was sent',
      '/any/x',
      undefined,
      {},
      ['/any/*', 'main partner', 'credential_missing', unsent('schemes.main or schemes.partner')],
    ],
    [
      'Authorization has something else',
      '/main/x',
      undefined,
      { headers: { authorization: 'Basic eA==' } },
      [
        '/main/*',
        'main',
        'credential_missing',
        `${unsent('schemes.main')}; Authorization is there, with something that they do not read`,
      ],
    ],
    [
      'the token is of an entry that the route does not take',
      '/main/x',
      { iss: PARTNER },
      {},
      [
        '/main/*',
        'main',
        'invalid_token',
        'the token is of schemes.partner, which this route does not take: see its auth',
      ],
    ],
    [
      'iss has a slash too many',
      '/any/x',
      { iss: `${ISSUER}/` },
      {},
      [
        '/any/*',
        'main partner',
        'invalid_token',
        'the iss of the token differs from the issuer of schemes.main only by a slash at its end, which the token has: write it there exactly as tokens have it',
      ],
    ],
    [
      'iss has a slash too few',
      '/main/x',
      { iss: PARTNER.slice(0, -1) },
      {},
      [
        '/main/*',
        'main',
        'invalid_token',
        'the iss of the token differs from the issuer of schemes.partner only by a slash at its end, which the entry has: write it there exactly as tokens have it',
      ],
    ],
    [
      'iss has no https://',
      '/main/x',
      { iss: 'idp.test' },
      {},
      [
        '/main/*',
        'main',
        'invalid_token',
        'the iss of the token differs from the issuer of schemes.main only in https:// at its beginning, or a slash at its end: write it there exactly as tokens have it',
      ],
    ],
    [
      'iss is in another case',
      '/main/x',
      { iss: 'https://IDP.test' },
      {},
      [
        '/main/*',
        'main',
        'invalid_token',
        'the iss of the token differs from the issuer of schemes.main only in upper and lower case: write it there exactly as tokens have it',
      ],
    ],
    [
      'iss is unknown',
      '/any/x',
      { iss: `https://${FOREIGN}` },
      {},
      [
        '/any/*',
        'main partner',
        'invalid_token',
        'the iss of the token is the issuer of no entry in schemes',
      ],
    ],
    [
      'iss is no text',
      '/main/x',
      { iss: [FOREIGN] },
      {},
      ['/main/*', 'main', 'invalid_token', 'the token has no iss, or one that is no text'],
    ],
    [
      'one scope is missing',
      '/one-scope',
      {},
      {},
      ['/one-scope', 'main', 'insufficient_scope', 'the token lacks the scope orders:write'],
    ],
    [
      'two scopes are missing',
      '/two-scopes',
      { scope: FOREIGN },
      {},
      [
        '/two-scopes',
        'main',
        'insufficient_scope',
        'the token lacks the scopes orders:write, orders:delete',
      ],
    ],
    [
      'none of several scopes is there',
      '/any-scope',
      { scope: FOREIGN },
      {},
      ['/any-scope', 'main', 'insufficient_scope', 'the token has none of the scopes a, b'],
    ],
    [
      'a role is missing',
      '/role',
      { roles: [FOREIGN] },
      {},
      ['/role', 'main', 'forbidden', 'the caller has none of the roles admin, staff'],
    ],
    [
      'a claim has another value',
      '/claim',
      { org: FOREIGN },
      {},
      [
        '/claim',
        'main',
        'forbidden',
        'the claim org has none of the values that the route asks for',
      ],
    ],
    [
      'the route has other methods',
      '/read',
      undefined,
      { method: 'POST' },
      [undefined, undefined, 'method_not_allowed', '/read takes GET, HEAD'],
    ],
    [
      'the host is another one',
      'https://other.test/main/x',
      undefined,
      {},
      [undefined, undefined, 'host_unknown', 'the host is not among hosts'],
    ],
    [
      'the request came over http',
      'http://api.test/main/x',
      undefined,
      {},
      [undefined, undefined, 'https_required', 'the request came over plain http'],
    ],
  ])('%s', async (_, path, claims, init, [route, scheme, code, reason]) => {
    const found = await reasonFor(path, claims as Record<string, unknown> | undefined, init)
    expect(found).toEqual({ route, scheme, code, reason })
    expect(JSON.stringify(world.lastEvent())).not.toContain(FOREIGN)
  })

  it.each([
    ['/main/a%2Fb', 'the path has an escaped slash (%2F)'],
    ['/main/a%5cb', 'the path has an escaped backslash (%5C)'],
    ['/main/a%3Bb', 'the path has an escaped semicolon (%3B)'],
    ['/main/a;b', 'the path has a semicolon'],
    ['/main/a%00b', 'the path has an escaped null character (%00)'],
    ['/main/a%0ab', 'the path has a control character'],
    ['/main//b', 'the path has an empty segment (//)'],
    ['/main/100%', "the path has '%' without two hexadecimal digits after it"],
    ['/main/%252e', 'the path has an escape of an escape (%25 and two hexadecimal digits)'],
    ['/main/%ff', 'the path has escapes that are no UTF-8'],
  ])('%s is ambiguous', async (path, reason) => {
    expect(await reasonFor(path, undefined)).toEqual({
      route: undefined,
      scheme: undefined,
      code: 'path_ambiguous',
      reason,
    })
  })

  it('one of two that a route wants together is missing', async () => {
    expect(await reasonFor('/both/x', undefined, { headers: { 'x-access': 'abc' } })).toEqual({
      route: '/both/*',
      scheme: 'main access',
      code: 'credential_missing',
      reason: unsent('schemes.main'),
    })
  })
})

describe('an issuer that cannot be asked', () => {
  it('is told with what lies behind it, and with both ways that failed', async () => {
    const { issuer, send, lastEvent } = await createTestGateway({
      config: {
        schemes: {
          main: oidc({
            issuer: ISSUER,
            audience: AUDIENCE,
            introspect: { clientId: 'c', endpoint: `${ISSUER}/oauth2/introspect` },
          }),
        },
      },
    })
    issuer.mode = 'unreachable'
    await send('/', { headers: { authorization: `Bearer ${await issuer.mint()}` } })
    expect(lastEvent()).toMatchObject({ route: '/*', scheme: 'main', code: 'issuer_unavailable' })
    expect(lastEvent()?.reason).toMatch(
      /^introspection failed: .+; there are no keys of https:\/\/idp\.test/,
    )
  })
})

describe('a config with problems', () => {
  it('says the first of them in the line of every request', async () => {
    const events: LogEvent[] = []
    const config = {
      schemes: { main: oidc({ issuer: 'http://idp.test', audience: AUDIENCE }) },
      routes: [{ path: 'orders', to: ORIGIN }],
    }
    const { fetch, problems } = createGateway(config, { log: (event) => events.push(event) })
    for (let count = 0; count < 2; count++) {
      await fetch(new Request('https://api.test/'), { waitUntil: () => {} })
    }
    const [first] = problems
    const line = {
      event: 'request',
      code: 'config_invalid',
      reason: `${first} (and 1 more: "npm run check")`,
    }
    expect(first).toBe("routes[0].path: must start with '/', for example '/orders/*'")
    expect(events).toMatchObject([{ event: 'config_invalid', problems }, line, line])
  })
})
