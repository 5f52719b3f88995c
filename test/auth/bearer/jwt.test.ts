import type { JWK } from 'jose'
import { describe, expect, it } from 'vitest'
import { readKeySet } from '../../../src/auth/bearer/jwk.ts'
import { type OidcOptions, oidc } from '../../../src/auth/presets/oidc.ts'
import { anyOf, type RouteConfig } from '../../../src/config/define.ts'
import {
  AUDIENCE,
  createTestGateway,
  ORIGIN,
  refusal,
  START,
  type TestGateway,
} from '../../support/gateway.ts'
import { createTestIssuer, type MintOptions, type TestIssuer } from '../../support/mint.ts'
import {
  createTestKey,
  encodePart,
  joinParts,
  signParts,
  type TestKey,
} from '../../support/signing-keys.ts'

const NOW = { now: () => START }

function createIssuer(options: Parameters<typeof createTestIssuer>[0] = {}): TestIssuer {
  return createTestIssuer({ ...NOW, audience: AUDIENCE, algs: ['ES256'], ...options })
}

function createGateway(options: Parameters<typeof createTestGateway>[0] = {}) {
  return createTestGateway({ issuer: createIssuer(), ...options })
}

async function ask({ send }: Pick<TestGateway, 'send'>, token: string, path = '/') {
  return send(path, { headers: { authorization: `Bearer ${token}` } })
}

/** `200`, or the code of the refusal. */
async function outcomeOf(response: Response): Promise<number | string> {
  return response.status === 200 ? 200 : (await refusal(response))[1]
}

describe('the claims of a token', () => {
  type Row = [claims: Record<string, unknown>, outcome: number | string]
  const OK = 200
  const NO = 'invalid_token'
  const TABLES: Record<string, Row[]> = {
    iss: [
      [{ iss: 'https://idp.test' }, OK],
      [{ iss: 'https://idp.test/' }, NO],
      [{ iss: 'https://IDP.test' }, NO],
      [{ iss: 'https://evil.test' }, NO],
      [{ iss: ['https://idp.test'] }, NO],
      [{ iss: '' }, NO],
      [{ iss: null }, NO],
      [{ iss: undefined }, NO],
    ],
    aud: [
      [{ aud: 'gatehouse' }, OK],
      [{ aud: ['other', 'gatehouse'] }, OK],
      [{ aud: 'other' }, NO],
      [{ aud: 'Gatehouse' }, NO],
      [{ aud: 'gatehouse other' }, NO],
      [{ aud: ['gatehouse', 7] }, NO],
      [{ aud: [['gatehouse']] }, NO],
      [{ aud: { gatehouse: true } }, NO],
      [{ aud: [] }, NO],
      [{ aud: '' }, NO],
      [{ aud: null }, NO],
      [{ aud: undefined }, NO],
    ],
    exp: [
      [{ exp: START + 1 }, OK],
      [{ exp: START }, OK],
      [{ exp: START - 29 }, OK],
      [{ exp: START - 29.5 }, OK],
      [{ exp: START - 30 }, NO],
      [{ exp: START - 31 }, NO],
      [{ exp: 0 }, NO],
      [{ exp: -1 }, NO],
      [{ exp: 2 ** 53 }, OK],
      [{ exp: 2 ** 53 + 2 }, NO],
      [{ exp: `${START + 100}` }, NO],
      [{ exp: [START + 100] }, NO],
      [{ exp: true }, NO],
      [{ exp: null }, NO],
      [{ exp: undefined }, NO],
    ],
    nbf: [
      [{ nbf: START }, OK],
      [{ nbf: START + 30 }, OK],
      [{ nbf: START + 30.5 }, NO],
      [{ nbf: START + 31 }, NO],
      [{ nbf: `${START}` }, NO],
      [{ nbf: null }, NO],
      [{ nbf: -1 }, NO],
    ],
    iat: [
      [{ iat: undefined }, OK],
      [{ iat: 0 }, OK],
      [{ iat: START + 30 }, OK],
      [{ iat: START + 31 }, NO],
      [{ iat: `${START}` }, NO],
      [{ iat: false }, NO],
    ],
    sub: [
      [{ sub: undefined }, OK],
      [{ sub: '' }, OK],
      [{ sub: 7 }, NO],
      [{ sub: ['user-1'] }, NO],
      [{ sub: null }, NO],
    ],
    'what it is': [
      [{ cnf: { jkt: 'x' } }, NO],
      [{ cnf: null }, NO],
      [{ events: {} }, NO],
      [{ events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }, NO],
    ],
  }
  for (const [claim, rows] of Object.entries(TABLES)) {
    it(`are judged by ${claim}`, async () => {
      const gateway = await createGateway()
      for (const [claims, outcome] of rows) {
        const response = await ask(gateway, await gateway.issuer.mint(claims))
        expect(await outcomeOf(response), JSON.stringify(claims)).toBe(outcome)
      }
    })
  }

  it('may be for any of several audiences', async () => {
    const issuer = createIssuer()
    const entry = oidc({ issuer: issuer.issuer, audience: ['a', 'b'] })
    const gateway = await createGateway({ issuer, config: { schemes: { main: entry } } })
    for (const [aud, outcome] of [
      ['a', 200],
      [['x', 'b'], 200],
      ['gatehouse', 'invalid_token'],
    ] as const) {
      expect(await outcomeOf(await ask(gateway, await issuer.mint({ aud })))).toBe(outcome)
    }
  })

  it('are judged with the clock skew of the issuer', async () => {
    const issuer = createIssuer()
    const entry = oidc({ issuer: issuer.issuer, audience: AUDIENCE, clockSkewSeconds: 0 })
    const gateway = await createGateway({ issuer, config: { schemes: { main: entry } } })
    for (const [claims, outcome] of [
      [{ exp: START + 1 }, 200],
      [{ exp: START }, 'invalid_token'],
      [{ nbf: START }, 200],
      [{ nbf: START + 1 }, 'invalid_token'],
    ] as const) {
      expect(await outcomeOf(await ask(gateway, await issuer.mint(claims)))).toBe(outcome)
    }
  })

  it('say nothing of why they are refused but to the log', async () => {
    const gateway = await createGateway()
    const token = await gateway.issuer.mint({ aud: 'secret-audience' })
    const response = await ask(gateway, token)
    expect(response.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"')
    const body = await response.text()
    for (const leak of ['aud', 'secret', token.slice(0, 20)]) expect(body).not.toContain(leak)
    expect(gateway.lastEvent()).toMatchObject({
      status: 401,
      code: 'invalid_token',
      reason: 'aud does not name this API',
    })
    expect(JSON.stringify(gateway.events)).not.toContain(token.slice(0, 20))
  })
})

describe('a token', () => {
  const forged: Record<string, MintOptions> = {
    'signed by a key that is not in the set': { key: 'foreign' },
    'not signed': { unsigned: true },
    'signed with a secret': { secret: 'secret' },
    'that says another algorithm than its key has': { header: { alg: 'RS256' } },
    'that says no algorithm at all': { header: { alg: 'None' } },
    'that says HS256 over an asymmetric signature': { header: { alg: 'HS256' } },
    'with a kid that is not in the set': { header: { kid: 'unknown' } },
    'with an empty kid': { header: { kid: '' } },
    'of a type that is no access token': { header: { typ: 'id+jwt' } },
  }
  for (const [what, options] of Object.entries(forged)) {
    it(`${what} is refused`, async () => {
      const gateway = await createGateway()
      const token = await gateway.issuer.mint({}, options)
      expect(await refusal(await ask(gateway, token))).toEqual([401, 'invalid_token'])
      expect(gateway.received).toEqual([])
    })
  }

  it('signed with the public key as a secret is refused (RFC 8725 section 2.1)', async () => {
    const gateway = await createGateway()
    const [jwk] = (await gateway.issuer.jwks()).keys as [JWK]
    for (const secret of [JSON.stringify(jwk), jwk.x as string]) {
      const token = await gateway.issuer.mint({}, { secret })
      expect(await outcomeOf(await ask(gateway, token))).toBe('invalid_token')
    }
  })

  it('that brings its own key, or says where it is, is refused and nobody is asked', async () => {
    const gateway = await createGateway()
    const key = await createTestKey('ES256')
    for (const header of [
      { jwk: key.jwk },
      { jku: 'https://evil.test/keys' },
      { x5u: 'https://evil.test/cert' },
    ]) {
      const known = await gateway.issuer.mint({}, { key, header })
      const unknown = await gateway.issuer.mint({}, { key, header: { ...header, kid: undefined } })
      for (const token of [known, unknown]) {
        expect(await outcomeOf(await ask(gateway, token))).toBe('invalid_token')
      }
    }
    expect(gateway.issuer.counters.unexpected).toBe(0)
  })

  it('is refused with any one bit of its signature, header or payload changed', async () => {
    const gateway = await createGateway()
    const parts = await gateway.issuer.mintParts()
    for (const name of ['header', 'payload', 'signature'] as const) {
      const bytes = Buffer.from(parts[name], 'base64url')
      for (const at of [0, bytes.length >> 1, bytes.length - 1]) {
        const changed = Buffer.from(bytes)
        changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
        const token = joinParts({ ...parts, [name]: changed.toString('base64url') })
        expect(await outcomeOf(await ask(gateway, token))).toBe('invalid_token')
      }
    }
    expect(await outcomeOf(await ask(gateway, joinParts(parts)))).toBe(200)
  })

  it('may have 8,192 characters and no more', async () => {
    const gateway = await createGateway()
    const empty = await gateway.issuer.mint({ pad: '' })
    for (const [length, outcome] of [
      [8_192, 200],
      [8_193, 'invalid_token'],
    ] as const) {
      // Three bytes are four characters; the header makes up for the rest.
      const pad = 'x'.repeat(Math.floor(((length - empty.length) * 3) / 4))
      const token = await padTo(length, pad, gateway.issuer)
      expect(token.length).toBe(length)
      expect(await outcomeOf(await ask(gateway, token))).toBe(outcome)
    }
  })

  it('that is opaque is refused', async () => {
    const gateway = await createGateway()
    expect(await outcomeOf(await ask(gateway, 'opaque-token'))).toBe('invalid_token')
    expect(gateway.issuer.counters).toMatchObject({ jwks: 0, introspection: 0 })
  })

  it('is verified by each algorithm', async () => {
    const algs = ['ES256', 'ES384', 'ES512', 'EdDSA', 'RS256', 'PS256'] as const
    const gateway = await createGateway({ issuer: createIssuer({ algs: [...algs] }) })
    for (const alg of algs) {
      expect(await outcomeOf(await ask(gateway, await gateway.issuer.mint({}, { alg })))).toBe(200)
    }
  })

  it('is refused where its algorithm is not among those of the issuer', async () => {
    const issuer = createIssuer({ algs: ['ES256', 'EdDSA'] })
    const entry = oidc({ issuer: issuer.issuer, audience: AUDIENCE, algorithms: ['EdDSA'] })
    const gateway = await createGateway({ issuer, config: { schemes: { main: entry } } })
    const outcome = async (alg: 'ES256' | 'EdDSA') =>
      outcomeOf(await ask(gateway, await issuer.mint({}, { alg })))
    expect([await outcome('EdDSA'), await outcome('ES256')]).toEqual([200, 'invalid_token'])
  })
})

/** A token of exactly this length: one claim and the header make it up. */
async function padTo(length: number, pad: string, issuer: TestIssuer): Promise<string> {
  for (let less = 0; less < 12; less++) {
    for (const extra of ['', 'x', 'xx', 'xxx']) {
      const claims = { pad: pad.slice(less) }
      const token = await issuer.mint(claims, { header: { x: extra } })
      if (token.length === length) return token
    }
  }
  throw new Error(`no token has ${length} characters`)
}

describe('the key of a token', () => {
  /** A gateway whose issuer publishes exactly these keys. */
  async function gatewayWith(keys: unknown[], options: Partial<OidcOptions> = {}) {
    let calls = 0
    const via = {
      async fetch() {
        calls++
        return Response.json({ keys })
      },
    }
    const entry = oidc({
      issuer: 'https://idp.test',
      audience: AUDIENCE,
      jwksUri: 'https://idp.test/keys',
      via,
      ...options,
    })
    const gateway = await createGateway({ config: { schemes: { main: entry } } })
    return { ...gateway, calls: () => calls }
  }

  async function sign(key: TestKey, header: Record<string, unknown> = {}): Promise<string> {
    const claims = { iss: 'https://idp.test', aud: AUDIENCE, exp: START + 60 }
    return joinParts(await signParts({ alg: key.alg, kid: key.kid, ...header }, claims, key))
  }

  it('is one of the first 16 that fit, where the token names none', async () => {
    const keys = await Promise.all(Array.from({ length: 17 }, () => createTestKey('ES256')))
    const other = await createTestKey('EdDSA')
    const gateway = await gatewayWith([other, ...keys].map(({ jwk }) => jwk))
    const outcomes: unknown[] = []
    for (const key of keys) {
      outcomes.push(await outcomeOf(await ask(gateway, await sign(key, { kid: undefined }))))
    }
    expect(outcomes).toEqual([...Array.from({ length: 16 }, () => 200), 'invalid_token'])
    expect(gateway.calls()).toBe(2)
  })

  it('is the one that the token names, and no other', async () => {
    const [one, two] = [await createTestKey('ES256'), await createTestKey('ES256')]
    const gateway = await gatewayWith([one.jwk, two.jwk])
    expect(await outcomeOf(await ask(gateway, await sign(two)))).toBe(200)
    expect(await outcomeOf(await ask(gateway, await sign(two, { kid: one.kid })))).toBe(
      'invalid_token',
    )
    expect(gateway.calls()).toBe(2)
  })

  it('may share its kid with a key of another type', async () => {
    const [one, two] = [await createTestKey('EdDSA'), await createTestKey('ES256')]
    const gateway = await gatewayWith([
      { ...one.jwk, kid: 'same' },
      { ...two.jwk, kid: 'same' },
    ])
    expect(await outcomeOf(await ask(gateway, await sign(two, { kid: 'same' })))).toBe(200)
  })

  it('is not one without a kid where the token names one', async () => {
    const key = await createTestKey('ES256')
    const { kid: _, ...jwk } = key.jwk
    const gateway = await gatewayWith([jwk])
    expect(await outcomeOf(await ask(gateway, await sign(key)))).toBe('invalid_token')
    expect(await outcomeOf(await ask(gateway, await sign(key, { kid: undefined })))).toBe(200)
  })

  const unfit: Record<string, (jwk: JWK) => unknown> = {
    'is for another algorithm': (jwk) => ({ ...jwk, alg: 'ES384' }),
    'is for encryption': (jwk) => ({ ...jwk, use: 'enc' }),
    'has a use that is no text': (jwk) => ({ ...jwk, use: ['sig'] }),
    'is for signing alone': (jwk) => ({ ...jwk, key_ops: ['sign'] }),
    'has operations that are no list': (jwk) => ({ ...jwk, key_ops: 'verify' }),
    'is on another curve': (jwk) => ({ ...jwk, crv: 'P-384' }),
    'is on a curve that nobody knows': (jwk) => ({ ...jwk, crv: 'secp256k1' }),
    'is no point of its curve': (jwk) => ({ ...jwk, y: jwk.x }),
    'is not all there': ({ y: _, ...jwk }) => jwk,
    'is padded': (jwk) => ({ ...jwk, x: `${jwk.x}=` }),
    'is of a type that nobody knows': (jwk) => ({ ...jwk, kty: 'ec' }),
    'is a secret': (jwk) => ({ kty: 'oct', k: 'c2VjcmV0', kid: jwk.kid, alg: 'HS256' }),
  }
  for (const [what, change] of Object.entries(unfit)) {
    it(`is passed over where it ${what}, and the others go on working`, async () => {
      const [bad, good] = [await createTestKey('ES256'), await createTestKey('ES256')]
      const gateway = await gatewayWith([null, 'key', change(bad.jwk), good.jwk])
      expect(await outcomeOf(await ask(gateway, await sign(bad)))).toBe('invalid_token')
      expect(await outcomeOf(await ask(gateway, await sign(good)))).toBe(200)
    })
  }

  const fit: Record<string, (jwk: JWK) => unknown> = {
    'says nothing of its use': ({ use: _, alg: __, ...jwk }) => jwk,
    'may verify and more': (jwk) => ({ ...jwk, key_ops: ['sign', 'verify'] }),
    'has members that nobody knows': (jwk) => ({ ...jwk, x5t: 'x', nbf: 1, 'x-y': {} }),
  }
  for (const [what, change] of Object.entries(fit)) {
    it(`is used where it ${what}`, async () => {
      const key = await createTestKey('ES256')
      const gateway = await gatewayWith([change(key.jwk)])
      expect(await outcomeOf(await ask(gateway, await sign(key)))).toBe(200)
    })
  }

  it('may be called by both names of its algorithm', async () => {
    const key = await createTestKey('EdDSA')
    const { alg: _, ...jwk } = key.jwk
    const gateway = await gatewayWith([jwk])
    for (const alg of ['EdDSA', 'Ed25519']) {
      expect(await outcomeOf(await ask(gateway, await sign(key, { alg })))).toBe(200)
    }
  })

  it('is among the first hundred of the set', async () => {
    const [last, beyond] = [await createTestKey('ES256'), await createTestKey('ES256')]
    const filler = { kty: 'oct', k: 'x' }
    const gateway = await gatewayWith([...Array(99).fill(filler), last.jwk, beyond.jwk])
    expect(await outcomeOf(await ask(gateway, await sign(last)))).toBe(200)
    expect(await outcomeOf(await ask(gateway, await sign(beyond)))).toBe('invalid_token')
  })
})

describe('an RSA key', () => {
  /** Keys that are read of a set with one RSA key whose modulus has so many bits. */
  function readable(bits: number, exponent: readonly number[] = [1, 0, 1]): number | undefined {
    const modulus = new Uint8Array(Math.ceil(bits / 8)).fill(0xff)
    modulus[0] = 0xff >> (modulus.length * 8 - bits)
    const jwk = { kty: 'RSA', n: encodePart(modulus), e: encodePart(Uint8Array.from(exponent)) }
    return readKeySet({ keys: [jwk] })?.length
  }

  it('has 2,048 to 8,192 bits', () => {
    expect([1_024, 2_047, 2_048, 4_096, 8_192, 8_193].map((bits) => readable(bits))).toEqual([
      0, 0, 1, 1, 1, 0,
    ])
  })

  it('has its bits counted without the zeros before them', () => {
    const padded = new Uint8Array(257).fill(0xff)
    padded.set([0, 0x7f])
    const jwk = { kty: 'RSA', n: encodePart(padded), e: 'AQAB' }
    expect(readKeySet({ keys: [jwk] })).toEqual([])
  })

  it('has an odd exponent of 2 to 32 bits', () => {
    const exponents = [[3], [1, 0, 1], [0xff, 0xff, 0xff, 0xff], [1], [2], [0], [1, 0, 0, 0, 1]]
    expect(exponents.map((exponent) => readable(2_048, exponent))).toEqual([1, 1, 1, 0, 0, 0, 0])
  })
})

describe('a key set', () => {
  it('is an object with a list of keys, in which none need be usable', () => {
    for (const document of [undefined, null, 'x', [], {}, { keys: {} }, { keys: null }]) {
      expect(readKeySet(document)).toBeUndefined()
    }
    expect(readKeySet({ keys: [] })).toEqual([])
    expect(
      readKeySet({ keys: [null, 7, 'x', [], {}, { kty: 'EC' }, { kty: 'oct', k: 'x' }] }),
    ).toEqual([])
  })
})

describe('a proven token', () => {
  it('is not verified again, and still expires', async () => {
    const gateway = await createGateway()
    const { clock, issuer } = gateway
    const token = await issuer.mint()
    expect(await outcomeOf(await ask(gateway, token))).toBe(200)
    clock.now = START + 300 + 29
    expect(await outcomeOf(await ask(gateway, token))).toBe(200)
    clock.now += 1
    expect(await outcomeOf(await ask(gateway, token))).toBe('invalid_token')
    clock.now = START
    expect(await outcomeOf(await ask(gateway, token))).toBe(200)
    clock.now = START - 31
    expect(await outcomeOf(await ask(gateway, token))).toBe('invalid_token')
  })

  it('is nothing once its key has left the set', async () => {
    const issuer = createIssuer()
    const gateway = await createGateway({ issuer })
    const token = await issuer.mint({}, { lifetimeSeconds: 86_400 })
    expect(await outcomeOf(await ask(gateway, token))).toBe(200)
    await issuer.rotate()
    gateway.clock.now += 900
    expect(await outcomeOf(await ask(gateway, token))).toBe('invalid_token')
  })

  it('is nothing where another key has taken the kid of its own', async () => {
    const key = await createTestKey('ES256')
    const usurper = await createTestKey('ES256')
    const keys = [key.jwk]
    const via = { fetch: async () => Response.json({ keys }) }
    const entry = oidc({
      issuer: 'https://idp.test',
      audience: AUDIENCE,
      jwksUri: 'https://idp.test/keys',
      via,
    })
    const gateway = await createGateway({ config: { schemes: { main: entry } } })
    const token = await gateway.issuer.mint({}, { key, lifetimeSeconds: 86_400 })
    expect(await outcomeOf(await ask(gateway, token))).toBe(200)
    keys[0] = { ...usurper.jwk, kid: key.kid }
    gateway.clock.now += 900
    expect(await outcomeOf(await ask(gateway, token))).toBe('invalid_token')
  })

  it('stays proven while its key stays in the set', async () => {
    const issuer = createIssuer()
    const gateway = await createGateway({ issuer })
    const token = await issuer.mint({}, { lifetimeSeconds: 86_400 })
    await issuer.rotate({ overlap: true })
    for (const age of [0, 900, 1_800]) {
      gateway.clock.now = START + age
      expect(await outcomeOf(await ask(gateway, token))).toBe(200)
    }
  })

  it('is not found under a token that only looks like it', async () => {
    const gateway = await createGateway()
    const token = await gateway.issuer.mint()
    expect(await outcomeOf(await ask(gateway, token))).toBe(200)
    for (const other of [`${token}=`, token.slice(0, -1), token.toUpperCase(), `${token}.x`]) {
      expect(await outcomeOf(await ask(gateway, other))).toBe('invalid_token')
    }
  })
})

describe('two issuers, a route each', () => {
  const routes: RouteConfig[] = [
    { path: '/one/*', auth: 'one', to: ORIGIN },
    { path: '/two/*', auth: 'two', to: ORIGIN, roles: ['admin'] },
    { path: '/both/*', auth: anyOf('one', 'two'), to: ORIGIN },
  ]

  /** Entries `one` and `two`, each reached through a binding of its own. */
  async function createTwo(one: TestIssuer, two: TestIssuer, options: Partial<OidcOptions> = {}) {
    const entry = (issuer: TestIssuer) =>
      oidc({ issuer: issuer.issuer, audience: AUDIENCE, via: issuer, ...options })
    return createTestGateway({
      issuer: one,
      routes,
      config: { schemes: { one: entry(one), two: entry(two) } },
    })
  }

  it('keep their tokens apart, whatever roles these have', async () => {
    const [one, two] = [createIssuer(), createIssuer({ issuer: 'https://two.test' })]
    const gateway = await createTwo(one, two)
    const ofOne = await one.mint({ roles: ['admin'] })
    const ofTwo = await two.mint({ roles: ['admin'] })
    const table: [token: string, path: string, outcome: number | string][] = [
      [ofOne, '/one/', 200],
      [ofOne, '/two/', 'invalid_token'],
      [ofTwo, '/two/', 200],
      [ofTwo, '/one/', 'invalid_token'],
      [ofOne, '/both/', 200],
      [ofTwo, '/both/', 200],
      [ofOne, '/two/', 'invalid_token'],
      [ofTwo, '/one/', 'invalid_token'],
    ]
    for (const [token, path, outcome] of table) {
      expect(await outcomeOf(await ask(gateway, token, path)), path).toBe(outcome)
    }
    expect(gateway.received.map((request) => request.headers.get('x-auth-issuer'))).toEqual([
      one.issuer,
      two.issuer,
      one.issuer,
      two.issuer,
    ])
  })

  it('do not sign for each other', async () => {
    const [one, two] = [createIssuer(), createIssuer({ issuer: 'https://two.test' })]
    const gateway = await createTwo(one, two)
    const claims = { iss: two.issuer, roles: ['admin'] }
    for (const header of [{}, { kid: (await two.jwks()).keys[0]?.kid }, { kid: undefined }]) {
      const token = await one.mint(claims, { header })
      for (const path of ['/two/', '/both/', '/one/']) {
        expect(await outcomeOf(await ask(gateway, token, path))).toBe('invalid_token')
      }
    }
  })

  it('are told apart by their entry where they have the same name', async () => {
    const [one, two] = [createIssuer(), createIssuer()]
    const entry = (issuer: TestIssuer) =>
      oidc({ issuer: issuer.issuer, audience: AUDIENCE, via: issuer })
    const gateway = await createTestGateway({
      issuer: one,
      routes: routes.slice(0, 2),
      config: { schemes: { one: entry(one), two: entry(two) } },
    })
    const ofOne = await one.mint({ roles: ['admin'] })
    const ofTwo = await two.mint({ roles: ['admin'] })
    const table: [token: string, path: string, outcome: number | string][] = [
      [ofOne, '/one/', 200],
      [ofOne, '/two/', 'invalid_token'],
      [ofTwo, '/two/', 200],
      [ofTwo, '/one/', 'invalid_token'],
    ]
    // The second time, every good token has been proven.
    for (const [token, path, outcome] of [...table, ...table]) {
      expect(await outcomeOf(await ask(gateway, token, path)), path).toBe(outcome)
    }
  })

  it('judge the same token each by its own rules', async () => {
    const issuer = createIssuer({ audience: ['a', 'b'] })
    const common = { issuer: issuer.issuer, via: issuer }
    const gateway = await createTestGateway({
      issuer,
      routes: [
        { path: '/a', auth: 'a', to: ORIGIN, roles: ['admin'] },
        { path: '/b', auth: 'b', to: ORIGIN, roles: ['admin'] },
        { path: '/c', auth: 'c', to: ORIGIN },
      ],
      config: {
        schemes: {
          a: oidc({ ...common, audience: 'a', rolesClaim: ['realm_access', 'roles'] }),
          b: oidc({ ...common, audience: 'b' }),
          c: oidc({ ...common, audience: 'c' }),
        },
      },
    })
    const token = await issuer.mint({ realm_access: { roles: ['admin'] } })
    for (let count = 0; count < 2; count++) {
      expect(await outcomeOf(await ask(gateway, token, '/a'))).toBe(200)
      expect(await outcomeOf(await ask(gateway, token, '/b'))).toBe('forbidden')
      expect(await outcomeOf(await ask(gateway, token, '/c'))).toBe('invalid_token')
    }
  })
})
