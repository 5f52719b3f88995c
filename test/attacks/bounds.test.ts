// Every limit of what the gateway reads, keeps or asks: at the limit, and one past it.

import { beforeAll, describe, expect, it } from 'vitest'
import { MAX_PROOF_LENGTH, MAX_PROOFS } from '../../src/auth/bearer/jwt.ts'
import { type OidcOptions, oidc } from '../../src/auth/presets/oidc.ts'
import type { RouteConfig } from '../../src/config/define.ts'
import { createBoundedMap } from '../../src/lib/bounded-map.ts'
import { createTestKey, encodePart, type TestKey } from '../support/signing-keys.ts'
import { createGateway } from '../support/watched-gateway.ts'
import {
  AUDIENCE,
  createKeys,
  createWorld,
  defaultClaims,
  defaultHeader,
  ISSUER,
  JWKS_URI,
  type Keys,
  NOW,
  ORIGIN,
  sign,
  type World,
} from './world.ts'

let keys: Keys
beforeAll(async () => {
  keys = await createKeys()
})

const status = async (world: World, token: string) => (await world.sendToken(token)).status

/** A token of exactly this many characters: the claims fill it, in whole base64 groups of 4 and a rest. */
async function tokenOf(length: number, key: TestKey): Promise<string> {
  // Header, signature and the other claims have fewer than 600 characters.
  for (let filling = Math.floor(((length - 600) * 3) / 4); ; filling++) {
    for (const padding of ['', 'x', 'xx']) {
      const header = { ...defaultHeader(key), padding }
      const token = await sign(header, { ...defaultClaims(), f: 'x'.repeat(filling) }, key)
      if (token.length === length) return token
      if (token.length > length + 8) throw new Error(`no token has ${length} characters`)
    }
  }
}

/** A JSON text of exactly this many bytes, filled with blanks. */
const filled = (value: unknown, bytes: number) => JSON.stringify(value).padEnd(bytes, ' ')

describe('a token', () => {
  it('may have 8,192 characters', async () => {
    const world = createWorld(keys)
    expect(await status(world, await tokenOf(8_192, keys.ec))).toBe(200)
    expect(await status(world, await tokenOf(8_193, keys.ec))).toBe(401)
  })

  it('may have up to 16,384 characters where the owner says so', async () => {
    const issuer = { issuer: ISSUER, audience: AUDIENCE, jwksUri: JWKS_URI }
    const world = createWorld(keys, {
      config: { schemes: { main: oidc({ ...issuer, maxTokenLength: 16_384 }) } },
    })
    expect(await status(world, await tokenOf(16_384, keys.ec))).toBe(200)
    expect(await status(world, await tokenOf(16_385, keys.ec))).toBe(401)
    expect(world.lastEvent()?.reason).toBe(
      'the token is longer than 16384 characters (maxTokenLength)',
    )
  })

  it('may have a kid of 256 characters', async () => {
    const world = createWorld(keys)
    const named = (length: number) => ({ ...keys.ec.jwk, kid: 'k'.repeat(length) })
    world.jwks = { keys: [named(256), named(257)] }
    expect(await status(world, await world.mint({}, { kid: 'k'.repeat(256) }, keys.ec))).toBe(200)
    expect(await status(world, await world.mint({}, { kid: 'k'.repeat(257) }, keys.ec))).toBe(401)
  })

  it('may be nested 32 levels deep', async () => {
    const world = createWorld(keys)
    const nested = (depth: number) => '['.repeat(depth - 1) + ']'.repeat(depth - 1)
    const deep = (depth: number) =>
      sign(
        defaultHeader(keys.ec),
        JSON.stringify(defaultClaims()).replace('{', `{"a":${nested(depth)},`),
        keys.ec,
      )
    expect(await status(world, await deep(32))).toBe(200)
    expect(await status(world, await deep(33))).toBe(401)
  })

  it('without a kid is tried with 16 keys', async () => {
    const ec = await Promise.all(Array.from({ length: 17 }, () => createTestKey('ES256')))
    const world = createWorld(keys)
    world.jwks = { keys: ec.map(({ jwk }) => jwk) }
    const verdicts = []
    for (const key of ec.slice(-2))
      verdicts.push(await status(world, await world.mint({}, { kid: undefined }, key)))
    expect(verdicts).toEqual([200, 401])
  })
})

describe('a key set', () => {
  it('may have 262,144 bytes', async () => {
    for (const [bytes, expected] of [
      [262_144, 200],
      [262_145, 503],
    ] as const) {
      const world = createWorld(keys)
      world.jwks = filled({ keys: [keys.ec.jwk] }, bytes)
      expect([bytes, await status(world, await world.mint({}, {}, keys.ec))]).toEqual([
        bytes,
        expected,
      ])
    }
  })

  it('may have 100 keys, and the rest are passed over', async () => {
    for (const [others, expected] of [
      [99, 200],
      [100, 401],
    ] as const) {
      const world = createWorld(keys)
      world.jwks = { keys: [...Array(others).fill(keys.rsa.jwk), keys.ec.jwk] }
      expect([others, await status(world, await world.mint({}, {}, keys.ec))]).toEqual([
        others,
        expected,
      ])
    }
  })

  it('may be nested as deep as it likes', async () => {
    const world = createWorld(keys)
    const nested = '['.repeat(100_000) + ']'.repeat(100_000)
    world.jwks = JSON.stringify({ keys: [keys.ec.jwk] }).replace('{', `{"x":${nested},`)
    expect(await status(world, await world.mint({}, {}, keys.ec))).toBe(200)
    await world.settle()
  })

  it('is found through a discovery document of 262,144 bytes', async () => {
    for (const [bytes, expected] of [
      [262_144, 200],
      [262_145, 503],
    ] as const) {
      const main = oidc({ issuer: ISSUER, audience: AUDIENCE })
      const world = createWorld(keys, { config: { schemes: { main } } })
      world.documents.set(
        `${ISSUER}/.well-known/openid-configuration`,
        () => new Response(filled({ issuer: ISSUER, jwks_uri: JWKS_URI }, bytes)),
      )
      expect([bytes, await status(world, await world.mint())]).toEqual([bytes, expected])
    }
  })
})

describe('introspection', () => {
  const endpoint = `${ISSUER}/introspect`

  function introspecting(answer: () => Response): World & { calls: number } {
    const introspect = { clientId: 'gw', endpoint, opaque: true }
    const main = oidc({ issuer: ISSUER, audience: AUDIENCE, jwksUri: JWKS_URI, introspect })
    const world = Object.assign(createWorld(keys, { config: { schemes: { main } } }), { calls: 0 })
    world.documents.set(endpoint, () => {
      world.calls++
      return answer()
    })
    return world
  }
  const active = () => ({ active: true, ...defaultClaims() })

  it('reads 16,384 bytes of an answer', async () => {
    for (const [bytes, expected] of [
      [16_384, 200],
      [16_385, 503],
    ] as const) {
      const world = introspecting(() => new Response(filled(active(), bytes)))
      expect([bytes, await status(world, 'opaque')]).toEqual([bytes, expected])
    }
  })

  it('takes an answer that is nested as deep as that allows', async () => {
    const nested = '['.repeat(7_000) + ']'.repeat(7_000)
    const world = introspecting(
      () => new Response(JSON.stringify(active()).replace('{', `{"x":${nested},`)),
    )
    expect(await status(world, 'opaque')).toBe(200)
  })

  it('asks 40 times in a second about tokens that it does not know', async () => {
    const world = introspecting(() => Response.json({ active: false }))
    const verdicts = new Map<number, number>()
    for (let index = 0; index < 60; index++) {
      const verdict = await status(world, `opaque-${index}`)
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1)
    }
    expect([...verdicts]).toEqual([
      [401, 40],
      [503, 20],
    ])
    expect(world.calls).toBe(40)
    world.clock.now += 1
    expect(await status(world, 'opaque-60')).toBe(401)
  })

  it('remembers 1,000 answers of each kind, and one in use stays', async () => {
    const world = introspecting(() => Response.json(active()))
    expect(await status(world, 'opaque-0')).toBe(200)
    let asked = world.calls
    for (let index = 1; index <= 1_000; index++) {
      if (index % 40 === 0) world.clock.now += 1
      await status(world, `opaque-${index}`)
      if (index < 500) await status(world, 'opaque-0')
    }
    expect(world.calls - asked).toBe(1_000)
    asked = world.calls
    world.clock.now += 1
    await status(world, 'opaque-1')
    expect(world.calls - asked).toBe(1)
  })
})

describe('what the gateway tells the origin', () => {
  it('has all claims in 7,000 characters, and leaves them out where they are longer', async () => {
    const world = createWorld(keys)
    for (const [characters, isThere] of [
      [7_000, true],
      [7_001, false],
    ] as const) {
      // Of a token of 8,192 characters the claims are less: only an answer of the issuer has so many.
      const { claimHeaders } = await import('../../src/upstream/claims.ts')
      const bytes = Math.floor((characters * 3) / 4)
      const filling = 'x'.repeat(bytes - JSON.stringify({ f: '' }).length)
      const claims = { f: filling }
      const encoded = encodePart(claims)
      expect(encoded.length).toBe(isThere ? 7_000 : encoded.length)
      const longer = isThere ? claims : { f: `${filling}x` }
      const { headers, omitted } = claimHeaders(
        {
          kind: 'person',
          subject: 'a',
          issuer: ISSUER,
          scheme: 'main',
          scopes: new Set(),
          roles: [],
          claims: longer,
          expiresAt: NOW,
        },
        {},
      )
      expect(headers.some(([name]) => name === 'x-auth-claims')).toBe(isThere)
      expect(omitted).toEqual(isThere ? [] : ['x-auth-claims'])
    }
    expect(world.strayCalls).toEqual([])
  })
})

describe('a map that is bounded', () => {
  it('has as many entries as it may, and then drops the oldest', () => {
    const map = createBoundedMap<number>({ maxEntries: MAX_PROOFS, maxKeyLength: MAX_PROOF_LENGTH })
    let largest = 0
    for (let index = 0; index < 10_000; index++) {
      map.set(`key-${index}`, index)
      largest = Math.max(largest, map.size)
    }
    expect(largest).toBe(MAX_PROOFS)
    expect(map.get('key-9999')).toBe(9_999)
    expect(map.get('key-8000')).toBeUndefined()
  })

  it('has as much text in its keys as it may', () => {
    const map = createBoundedMap<number>({ maxEntries: 1_000, maxKeyLength: 100 })
    let largest = 0
    for (let index = 0; index < 100; index++) {
      map.set(`${index}`.padStart(10, '0'), index)
      largest = Math.max(largest, map.size)
    }
    expect(largest).toBe(10)
  })
})

describe('an owner', () => {
  const problems = (issuer: Partial<OidcOptions>, route: Partial<RouteConfig> = {}) =>
    createGateway(
      {
        schemes: { main: oidc({ issuer: ISSUER, audience: AUDIENCE, ...issuer }) },
        routes: [{ path: '/*', to: ORIGIN, ...route }],
      },
      { log: () => {} },
    ).problems.length

  it('may allow clocks to differ by 300 s, and an origin to take 600 s', () => {
    expect(problems({ clockSkewSeconds: 300 })).toBe(0)
    expect(problems({ clockSkewSeconds: 300.5 })).toBe(1)
    expect(problems({ clockSkewSeconds: -1 })).toBe(1)
    expect(problems({}, { timeoutSeconds: 600 })).toBe(0)
    expect(problems({}, { timeoutSeconds: 601 })).toBe(1)
    expect(problems({}, { timeoutSeconds: 0 })).toBe(1)
  })
})

describe('an RSA key', () => {
  it('may have 8,192 bits', async () => {
    const { readKeySet } = await import('../../src/auth/bearer/jwk.ts')
    const modulus = (bits: number) => {
      const bytes = new Uint8Array(Math.ceil(bits / 8)).fill(0xff)
      if (bits % 8 !== 0) bytes[0] = 2 ** (bits % 8) - 1
      return encodePart(bytes)
    }
    const count = (bits: number) =>
      readKeySet({ keys: [{ kty: 'RSA', n: modulus(bits), e: 'AQAB' }] })?.length
    expect([2_047, 2_048, 8_192, 8_193].map(count)).toEqual([0, 1, 1, 0])
  })
})
