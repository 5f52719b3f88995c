import { beforeAll, describe, expect, it } from 'vitest'
import type { SchemeFeature } from '../../src/auth/feature.ts'
import { oidc } from '../../src/auth/presets/oidc.ts'
import { anyOf } from '../../src/config/define.ts'
import { createMemoryStore } from '../support/gateway.ts'
import type { TestKey } from '../support/signing-keys.ts'
import { asKeyFor, BAD_KEYS, createShortKey, forgeForExponentOne } from './bad-keys.ts'
import {
  AUDIENCE,
  createKeys,
  createWorld,
  defaultClaims,
  defaultHeader,
  ISSUER,
  JWKS_URI,
  type Keys,
  ORIGIN,
  refusal,
  type World,
} from './world.ts'

const INVALID = [401, 'invalid_token']

let keys: Keys
beforeAll(async () => {
  keys = await createKeys()
})

async function outcome(world: World, token: string, target = '/'): Promise<[number, string]> {
  const response = await world.sendToken(token, target)
  return response.status === 200 ? [200, ''] : refusal(response)
}

describe('a key that must not be used', () => {
  for (const { what, jwk } of BAD_KEYS)
    it(`${what} verifies nothing, and the good key beside it works`, async () => {
      const { rsa, ec, ed } = keys
      const bad = jwk(rsa.jwk)
      const named = typeof bad === 'object' && bad !== null ? { ...bad, kid: 'bad' } : bad
      for (const published of [
        [named, rsa.jwk],
        [rsa.jwk, named],
      ]) {
        const world = createWorld(keys)
        world.jwks = { keys: published }
        for (const key of [rsa, ec, ed]) {
          expect(await outcome(world, await world.mint({}, { kid: 'bad' }, key))).toEqual(INVALID)
        }
        expect(await outcome(world, await world.mint())).toEqual([200, ''])
        expect(await outcome(world, await world.mint({}, { kid: undefined }))).toEqual([200, ''])
      }
    })

  for (const { what, jwk } of BAD_KEYS)
    it(`${what} does not stand in for a good key of the same name`, async () => {
      const bad = jwk(keys.rsa.jwk)
      const isObject = typeof bad === 'object' && bad !== null
      const world = createWorld(keys)
      world.jwks = { keys: [isObject ? { ...bad, kid: keys.rsa.kid } : bad, keys.rsa.jwk] }
      expect(await outcome(world, await world.mint())).toEqual([200, ''])
    })

  it.each([512, 1_024, 1_920])(
    'jsonwebtoken 9: an RSA key of %d bits verifies nothing',
    async (bits) => {
      const short = await createShortKey(bits)
      const world = createWorld(keys)
      world.jwks = { keys: [short.jwk, keys.rsa.jwk] }
      expect(await outcome(world, await world.mint({}, {}, short))).toEqual(INVALID)
      expect(await outcome(world, await world.mint())).toEqual([200, ''])
    },
  )

  it('jsonwebtoken 9: an RSA key of 2,048 bits, whose first byte may be small, is good', async () => {
    const enough = await createShortKey(2_048)
    const world = createWorld(keys)
    world.jwks = { keys: [enough.jwk] }
    expect(await outcome(world, await world.mint({}, {}, enough))).toEqual([200, ''])
  })

  it('CWE-326: a signature for an RSA exponent of 1, which anybody can write, is refused', async () => {
    const key: TestKey = { ...keys.rsa, kid: 'one', jwk: { ...keys.rsa.jwk, kid: 'one', e: 'AQ' } }
    const world = createWorld(keys)
    world.jwks = { keys: [key.jwk, keys.rsa.jwk] }
    const forged = await forgeForExponentOne(defaultHeader(key), defaultClaims(), key)
    expect(await outcome(world, forged)).toEqual(INVALID)
    expect(await outcome(world, await world.mint())).toEqual([200, ''])
  })

  it('CVE-2026-22817, CVE-2026-22818: a key without alg verifies by its own kind alone', async () => {
    const { alg: _, ...jwk } = keys.ec.jwk
    const world = createWorld(keys)
    world.jwks = { keys: [jwk] }
    expect(await outcome(world, await world.mint({}, {}, keys.ec))).toEqual([200, ''])
    for (const alg of ['HS256', 'RS256', 'ES384', 'EdDSA', 'none']) {
      const token = await world.mint({}, { alg }, keys.ec)
      expect([alg, ...(await outcome(world, token))]).toEqual([alg, ...INVALID])
    }
  })

  for (const alg of ['RS384', 'RS512', 'PS256'] as const)
    it(`CVE-2026-22818: a key published for RS256 verifies no ${alg}, though its owner signs so`, async () => {
      const world = createWorld(keys)
      const token = await world.mint({}, {}, await asKeyFor(alg, keys.rsa))
      expect(await outcome(world, token)).toEqual(INVALID)
      const { alg: _, ...jwk } = keys.rsa.jwk
      world.jwks = { keys: [jwk] }
      world.clock.now += 901
      const later = await world.mint({}, {}, await asKeyFor(alg, keys.rsa))
      expect(await outcome(world, later)).toEqual([200, ''])
    })

  it('CVE-2026-39999: an algorithm that the owner did not allow verifies nothing', async () => {
    const issuer = oidc({
      issuer: ISSUER,
      audience: AUDIENCE,
      jwksUri: JWKS_URI,
      algorithms: ['ES256'],
    })
    const world = createWorld(keys, { config: { schemes: { main: issuer } } })
    expect(await outcome(world, await world.mint())).toEqual(INVALID)
    expect(await outcome(world, await world.mint({}, {}, keys.ec))).toEqual([200, ''])
  })
})

describe('the key set of an issuer', () => {
  it('CVE-2026-49998, CVE-2026-50202: is not that of another one, whatever its kids', async () => {
    const { rsa, attacker } = keys
    const other = 'https://other.test'
    const world = createWorld(keys, {
      routes: [
        { path: '/main/*', auth: 'main', to: ORIGIN },
        { path: '/other/*', auth: 'other', to: ORIGIN },
        { path: '/both/*', auth: anyOf('main', 'other'), to: ORIGIN },
      ],
      config: {
        schemes: {
          main: oidc({ issuer: ISSUER, audience: AUDIENCE, jwksUri: JWKS_URI }),
          other: oidc({ issuer: other, audience: AUDIENCE, jwksUri: `${other}/jwks` }),
        },
      },
    })
    world.documents.set(`${other}/jwks`, { keys: [{ ...attacker.jwk, kid: rsa.kid }] })
    const ofMain = await world.mint()
    const ofOther = await world.mint({ iss: other }, { kid: rsa.kid }, attacker)
    const forMain = await world.mint({}, { kid: rsa.kid }, attacker)
    const forOther = await world.mint({ iss: other })
    const results = async (path: string) =>
      Promise.all(
        [ofMain, ofOther, forMain, forOther].map(
          async (token) => (await outcome(world, token, path))[0],
        ),
      )
    for (const _ of ['the first time', 'from what is kept']) {
      expect(await results('/main/x')).toEqual([200, 401, 401, 401])
      expect(await results('/other/x')).toEqual([401, 200, 401, 401])
      expect(await results('/both/x')).toEqual([200, 200, 401, 401])
    }
  })

  it('CVE-2025-59936: is not asked for because of a token of a stranger', async () => {
    const world = createWorld(keys)
    for (const iss of ['https://evil.test', '', undefined, 1, [ISSUER], `${ISSUER}:`]) {
      expect(await outcome(world, await world.mint({ iss }))).toEqual(INVALID)
    }
    expect(world.fetches).toBe(0)
  })

  it('CVE-2026-49998, CVE-2026-33496: lies in the store under a name of its own', async () => {
    const store = createMemoryStore()
    const others = ['https://other.test', 'https://other.test/tenant']
    const entries = [ISSUER, ...others].map((issuer): [string, SchemeFeature] => [
      issuer,
      oidc({ issuer, audience: AUDIENCE, jwksUri: `${issuer}/jwks` }),
    ])
    const world = createWorld(keys, {
      store,
      config: { schemes: Object.fromEntries(entries) },
      routes: [{ path: '/*', to: ORIGIN, auth: anyOf(ISSUER, ...others) }],
    })
    for (const issuer of others) world.documents.set(`${issuer}/jwks`, { keys: [keys.rsa.jwk] })
    for (const iss of [ISSUER, ...others]) {
      expect(await outcome(world, await world.mint({ iss }))).toEqual([200, ''])
    }
    await world.settle()
    expect(store.entries.size).toBe(3)
  })

  it('CVE-2025-22149, CVE-2026-50202: loses a key that a refresh no longer has, and what it has proven', async () => {
    const world = createWorld(keys)
    const token = await world.mint({ exp: world.clock.now + 5_000 })
    expect(await outcome(world, token)).toEqual([200, ''])
    world.jwks = { keys: [keys.ec.jwk] }
    world.clock.now += 901
    expect(await outcome(world, token)).toEqual(INVALID)
    expect(await outcome(world, await world.mint({}, {}, keys.ec))).toEqual([200, ''])
  })

  it('SERVER-89870, cleanroom 496, couper 801: is asked once however many kids a client makes up', async () => {
    const world = createWorld(keys)
    await outcome(world, await world.mint())
    expect(world.fetches).toBe(1)
    for (let index = 0; index < 50; index++) {
      expect(await outcome(world, await world.mint({}, { kid: `random-${index}` }))).toEqual(
        INVALID,
      )
    }
    expect(world.fetches).toBe(2)
    world.clock.now += 30
    expect(await outcome(world, await world.mint({}, { kid: 'later' }))).toEqual(INVALID)
    expect(world.fetches).toBe(3)
  })

  it('mod_auth_openidc 2026: is asked once also while it cannot be had', async () => {
    const world = createWorld(keys)
    const token = await world.mint()
    await outcome(world, token)
    world.jwks = () => new Response('busy', { status: 500 })
    const unknown = await world.mint({}, { kid: 'unknown' })
    expect(await outcome(world, unknown)).toEqual([503, 'issuer_unavailable'])
    for (let index = 0; index < 20; index++) {
      expect(await outcome(world, unknown)).toEqual(INVALID)
    }
    expect(world.fetches).toBe(2)
    expect(await outcome(world, token)).toEqual([200, ''])
  })

  it('CVE-2026-102267: is not looked for where a redirect points', async () => {
    const world = createWorld(keys)
    world.documents.set('https://evil.test/jwks', { keys: [keys.attacker.jwk] })
    for (const status of [301, 302, 303, 307, 308]) {
      world.jwks = () =>
        new Response(null, { status, headers: { location: 'https://evil.test/jwks' } })
      const token = await world.mint({}, {}, keys.attacker)
      expect(await outcome(world, token)).toEqual([503, 'issuer_unavailable'])
      world.clock.now += 60
    }
  })

  it.each([
    ['no JSON', '<html>'],
    ['empty', ''],
    ['null', 'null'],
    ['a list', '[]'],
    ['text', '"keys"'],
    ['keys that are no list', '{"keys":{}}'],
    ['without keys', '{}'],
  ])('%s is an outage, and the next good one ends it', async (_, body) => {
    const world = createWorld(keys)
    world.jwks = body
    const response = await world.sendToken(await world.mint())
    expect(response.headers.get('retry-after')).toBe('5')
    expect(await refusal(response)).toEqual([503, 'issuer_unavailable'])
    world.jwks = { keys: [keys.rsa.jwk] }
    world.clock.now += 5
    expect(await outcome(world, await world.mint())).toEqual([200, ''])
  })

  it('with no key that can be used is a verdict: 401', async () => {
    const world = createWorld(keys)
    world.jwks = { keys: [] }
    expect(await outcome(world, await world.mint())).toEqual(INVALID)
  })
})

describe('what a token has proven before', () => {
  it('CVE-2021-32701, heimdall 3452: is judged by every route anew', async () => {
    const world = createWorld(keys, {
      routes: [
        { path: '/read', to: ORIGIN, scopes: ['orders:read'] },
        { path: '/write', to: ORIGIN, scopes: ['orders:write'] },
        { path: '/staff', to: ORIGIN, roles: ['staff'] },
        { path: '/tenant', to: ORIGIN, claims: { tenant: 'a' } },
      ],
    })
    const token = await world.mint({ tenant: 'b' })
    for (const _ of ['the first time', 'from what is kept']) {
      expect(await outcome(world, token, '/read')).toEqual([200, ''])
      expect(await outcome(world, token, '/write')).toEqual([403, 'insufficient_scope'])
      expect(await outcome(world, token, '/staff')).toEqual([403, 'forbidden'])
      expect(await outcome(world, token, '/tenant')).toEqual([403, 'forbidden'])
    }
  })

  it('CVE-2026-33496: is judged by every audience anew', async () => {
    const entry = { issuer: ISSUER, jwksUri: JWKS_URI }
    const world = createWorld(keys, {
      routes: [
        { path: '/a', auth: 'a', to: ORIGIN },
        { path: '/b', auth: 'b', to: ORIGIN },
      ],
      config: {
        schemes: { a: oidc({ ...entry, audience: 'a' }), b: oidc({ ...entry, audience: 'b' }) },
      },
    })
    const token = await world.mint({ aud: 'a' })
    expect(await outcome(world, token, '/a')).toEqual([200, ''])
    expect(await outcome(world, token, '/b')).toEqual(INVALID)
  })

  it('CVE-2026-3583, CVE-2021-41230: ends with the token', async () => {
    const world = createWorld(keys)
    const token = await world.mint({ exp: world.clock.now + 100, nbf: world.clock.now })
    expect(await outcome(world, token)).toEqual([200, ''])
    world.clock.now += 129
    expect(await outcome(world, token)).toEqual([200, ''])
    world.clock.now += 1
    expect(await outcome(world, token)).toEqual(INVALID)
    world.clock.now -= 161
    expect(await outcome(world, token)).toEqual(INVALID)
  })

  it('CVE-2026-35039, CVE-2026-71326: is not proven for a token that is merely like it', async () => {
    const world = createWorld(keys)
    const token = await world.mint()
    const [header, , signature] = token.split('.')
    expect(await outcome(world, token)).toEqual([200, ''])
    const [, payload] = (await world.mint({ sub: 'admin' })).split('.')
    expect(await outcome(world, `${header}.${payload}.${signature}`)).toEqual(INVALID)
    expect(await outcome(world, `${token.slice(0, -4)}AAAA`)).toEqual(INVALID)
  })

  it('CVE-2026-44087: is told to the origin as it is, not as another caller was', async () => {
    const world = createWorld(keys)
    const tokens = await Promise.all(['a', 'b'].map((sub) => world.mint({ sub })))
    for (const token of [...tokens, ...tokens]) await outcome(world, token)
    expect(world.received.map(({ headers }) => headers.get('x-auth-subject'))).toEqual([
      'a',
      'b',
      'a',
      'b',
    ])
  })
})

describe('scopes', () => {
  it.each([
    ['readonly', 'Tyk contains'],
    ['read-all', 'Traefik Prefix'],
    ['rea', 'Traefik Prefix'],
    ['READ', 'RFC 6749 section 3.3'],
    ['xread', 'Traefik Contains'],
    ['orders,read', 'RFC 6749 section 3.3'],
    ['', 'oathkeeper none'],
    [{ read: true }, 'OWASP API5'],
    [[['read']], 'OWASP API5'],
    [1, 'OWASP API5'],
  ] as [unknown, string][])('%j is not the scope read (%s)', async (scope) => {
    const world = createWorld(keys, { routes: [{ path: '/', to: ORIGIN, scopes: ['read'] }] })
    expect(await outcome(world, await world.mint({ scope }))).toEqual([403, 'insufficient_scope'])
    expect(world.received).toEqual([])
  })
})
