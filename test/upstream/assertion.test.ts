import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  type JSONWebKeySet,
  jwtVerify,
} from 'jose'
import { describe, expect, it } from 'vitest'
import type { Principal } from '../../src/auth/principal.ts'
import { optional } from '../../src/config/define.ts'
import { createHouse } from '../../src/config/house.ts'
import { ExactNumber } from '../../src/lib/exact-json.ts'
import { type AssertionOptions, assertion } from '../../src/upstream/assertion/assertion.ts'
import { ASSERTION_KEY, EDWARDS_KEY, EDWARDS_THUMBPRINT } from '../support/assertion-keys.ts'
import {
  createTestGateway,
  ORIGIN,
  refusal,
  START,
  type TestGateway,
  type TestGatewayOptions,
} from '../support/gateway.ts'

const HEADER = 'x-auth-assertion'
const JWKS = '/.well-known/gatehouse/jwks.json'
const proof = (more: Partial<AssertionOptions> = {}) =>
  assertion({ keys: [ASSERTION_KEY], ...more })

function gatewayWith(more: Partial<AssertionOptions> = {}, options: TestGatewayOptions = {}) {
  const routes = [{ path: '/*', to: ORIGIN, assertion: proof(more) }]
  return createTestGateway({ routes, ...options })
}

/** Without a gateway around it. */
function compiled(more: Partial<AssertionOptions> = {}) {
  const dependencies = { fetch: undefined, store: undefined, now: () => START }
  const { house } = createHouse({ schemes: {} }, dependencies)
  const nothing = { hosts: [], methods: [], schemes: [], scopes: [] }
  const site = { path: '/*', host: undefined, target: ORIGIN, ...nothing }
  return proof(more).compile(site, house)
}

function principalUntil(expiresAt: number): Principal {
  return {
    kind: 'person',
    subject: 'user-1',
    issuer: 'https://idp.test',
    scheme: 'main',
    scopes: new Set(),
    roles: [],
    claims: {},
    expiresAt,
  }
}

const sentWith = ({ received }: TestGateway) => received.at(-1)?.headers.get(HEADER) ?? ''

async function keysOf({ send }: TestGateway) {
  return createLocalJWKSet((await (await send(JWKS)).json()) as JSONWebKeySet)
}

async function verified(world: TestGateway, text: string, atSeconds = world.clock.now) {
  const { payload } = await jwtVerify(text, await keysOf(world), {
    audience: ORIGIN,
    issuer: 'urn:gatehouse',
    currentDate: new Date(atSeconds * 1_000),
  })
  return payload
}

describe('an assertion', () => {
  it('says to the origin who is calling, and verifies with the published key', async () => {
    const world = await gatewayWith()
    const token = await world.issuer.mint({ scope: 'orders:read orders:write', roles: ['admin'] })
    await world.send('/', { headers: { authorization: `Bearer ${token}` } })
    expect(await verified(world, sentWith(world))).toEqual({
      iss: 'urn:gatehouse',
      aud: ORIGIN,
      iat: START,
      exp: START + 60,
      sub: 'user-1',
      idp: 'https://idp.test',
      scope: 'orders:read orders:write',
      roles: ['admin'],
    })
    expect(decodeProtectedHeader(sentWith(world))).toEqual({
      alg: 'ES256',
      kid: 'es-1',
      typ: 'JWT',
    })
  })

  it('says no scope that the gateway does not know the caller to have', async () => {
    const world = await gatewayWith()
    const token = await world.issuer.mint({ scope: ['orders:read orders:write', 'notes'] })
    await world.send('/', { headers: { authorization: `Bearer ${token}` } })
    expect(decodeJwt(sentWith(world)).scope).toBe('notes')
  })

  it('is refused when it was changed, has ended, is for another origin, or is of another key', async () => {
    const world = await gatewayWith()
    await world.sendWithToken('/')
    const good = sentWith(world)
    const [head, body = '', signature] = good.split('.')
    const other = Buffer.from(body, 'base64url').toString().replace('user-1', 'user-2')
    const changed = [head, Buffer.from(other).toString('base64url'), signature].join('.')
    await expect(verified(world, changed)).rejects.toThrow('signature verification failed')
    await expect(verified(world, good, START + 60)).rejects.toThrow('"exp" claim')
    const elsewhere = jwtVerify(good, await keysOf(world), {
      audience: 'https://other.test',
      currentDate: new Date(START * 1_000),
    })
    await expect(elsewhere).rejects.toThrow('"aud" claim')
    const stranger = await gatewayWith({ keys: [EDWARDS_KEY] })
    await stranger.sendWithToken('/')
    await expect(verified(world, sentWith(stranger))).rejects.toThrow('no applicable key')
  })

  it('is never one that a client has sent, on any route', async () => {
    const world = await createTestGateway({
      routes: [
        { path: '/signed/*', to: ORIGIN, assertion: proof() },
        { path: '/open/*', to: ORIGIN, auth: 'public' },
        { path: '/*', to: ORIGIN },
      ],
    })
    for (const [path, name] of [
      ['/signed', HEADER],
      ['/open', HEADER],
      ['/', HEADER],
      ['/', 'x_auth_assertion'],
    ] as const) {
      await world.sendWithToken(path, { headers: { [name]: 'forged' } })
      expect(sentWith(world)).not.toContain('forged')
      expect(world.received.at(-1)?.headers.has('x_auth_assertion')).toBe(false)
    }
  })

  it('never reaches a client, also where the origin sends it back', async () => {
    const world = await gatewayWith(
      {},
      {
        origin: (request) =>
          new Response(null, { headers: { [HEADER]: request.headers.get(HEADER) ?? '' } }),
      },
    )
    const response = await world.sendWithToken('/')
    expect(sentWith(world)).not.toBe('')
    expect(response.headers.has(HEADER)).toBe(false)
  })

  it('about nobody says only that the request came through the gateway', async () => {
    const nobody = { iss: 'urn:gatehouse', aud: ORIGIN, iat: START, exp: START + 60 }
    for (const auth of ['public', optional('main')] as const) {
      const world = await createTestGateway({
        routes: [{ path: '/*', to: ORIGIN, auth, assertion: proof() }],
      })
      await world.send('/')
      expect(await verified(world, sentWith(world))).toEqual(nobody)
    }
  })

  it('is not made for a request that is let through although it would be refused', async () => {
    const world = await createTestGateway({
      routes: [{ path: '/*', to: ORIGIN, dangerouslySimulate: true, assertion: proof() }],
    })
    await world.send('/')
    expect(world.received).toHaveLength(1)
    expect(sentWith(world)).toBe('')
    await world.sendWithToken('/')
    expect(sentWith(world)).not.toBe('')
  })

  it('is sent again for half of its life, and not to another caller', async () => {
    const world = await gatewayWith()
    const bearer = async (claims = {}) => ({
      headers: { authorization: `Bearer ${await world.issuer.mint(claims)}` },
    })
    const ada = await bearer({ jti: 'a' })
    await world.send('/', ada)
    const first = sentWith(world)
    world.clock.now += 29
    await world.send('/', ada)
    expect(sentWith(world)).toBe(first)
    await world.send('/', await bearer({ sub: 'user-2' }))
    expect(decodeJwt(sentWith(world)).sub).toBe('user-2')
    world.clock.now += 1
    await world.send('/', ada)
    expect(decodeJwt(sentWith(world))).toMatchObject({ sub: 'user-1', iat: START + 30 })
  })

  it('is not sent again where the clock was set back', async () => {
    const world = await gatewayWith()
    const token = { headers: { authorization: `Bearer ${await world.issuer.mint()}` } }
    await world.send('/', token)
    world.clock.now -= 10
    await world.send('/', token)
    expect(decodeJwt(sentWith(world)).iat).toBe(START - 10)
  })

  it('ends with the credential that it was made of, the first that ends of several', async () => {
    const world = await gatewayWith()
    const token = await world.issuer.mint({ exp: START + 5 })
    await world.send('/', { headers: { authorization: `Bearer ${token}` } })
    // The credential is taken for the clock's skew of 30 s longer.
    expect(decodeJwt(sentWith(world)).exp).toBe(START + 35)
    world.clock.now = START + 34
    await world.send('/', { headers: { authorization: `Bearer ${token}` } })
    expect(decodeJwt(sentWith(world)).exp).toBe(START + 35)

    const person = principalUntil(START + 300)
    const { prove } = compiled()
    for (const expiresAt of [START + 55, START + 35.5, Infinity]) {
      const text = await prove([person, principalUntil(expiresAt)])
      expect(decodeJwt(text).exp).toBe(Math.min(START + 60, Math.floor(expiresAt)))
    }
  })

  it('names whom the owner names, and the path of a route to a binding', async () => {
    const seen: (string | null)[] = []
    const fetch = async (request: Request) => {
      seen.push(request.headers.get(HEADER))
      return new Response()
    }
    const world = await createTestGateway({
      config: { hosts: ['api.test'] },
      routes: [
        { path: '/named/*', to: { fetch }, assertion: proof({ audience: 'orders', issuer: 'gw' }) },
        { path: '/orders/:id', to: { fetch }, assertion: proof() },
      ],
    })
    await world.sendWithToken('/named/1')
    await world.sendWithToken('/orders/1')
    const [named, byPath] = seen.map((text) => decodeJwt(text ?? ''))
    expect(named).toMatchObject({ iss: 'gw', aud: 'orders' })
    expect(byPath).toMatchObject({ iss: 'https://api.test', aud: '/orders' })
  })

  it('has the claims that are asked for, numbers with all their digits, and no others', async () => {
    const { prove } = compiled({ claims: ['email', 'account', 'absent', 'toString'] })
    const account = new ExactNumber('281674916028284929')
    const claims = { email: 'ada@acme.example', account, phone: '1' }
    const text = await prove([{ ...principalUntil(START + 300), claims }])
    const payload = Buffer.from(text.split('.')[1] ?? '', 'base64url').toString()
    expect(payload).toContain('"claims":{"email":"ada@acme.example","account":281674916028284929}}')
  })

  it('that would be too long for a header is left out, and the log says so', async () => {
    const world = await gatewayWith({ claims: ['note'] })
    const token = await world.issuer.mint({ note: 'x'.repeat(5_100) })
    const response = await world.send('/', { headers: { authorization: `Bearer ${token}` } })
    expect(response.status).toBe(200)
    expect(world.received.at(-1)?.headers.has(HEADER)).toBe(false)
    expect(world.lastEvent()?.omitted).toBe(HEADER)
  })

  it('goes with the request that opens a WebSocket', async () => {
    const world = await gatewayWith()
    await world.sendWithToken('/', { headers: { upgrade: 'websocket' } })
    expect(world.received.at(-1)?.headers.get('upgrade')).toBe('websocket')
    expect((await verified(world, sentWith(world))).sub).toBe('user-1')
  })

  it('is not signed with a key whose parts do not belong together: the request is refused', async () => {
    const wrong = JSON.stringify({
      ...JSON.parse(EDWARDS_KEY),
      x: 'Xx4_L89E6RsyvDTzN9wuN3cDwgifPkXMgFJv_HMIxdk',
    })
    const world = await gatewayWith({ keys: [wrong] })
    expect(await refusal(await world.sendWithToken('/'))).toEqual([500, 'config_invalid'])
    expect(world.received).toEqual([])
    expect(world.lastEvent()?.reason).toMatch(/private and public parts do not belong together/)
  })
})

describe('the published keys', () => {
  it('are public parts alone, of all keys of all routes, each once', async () => {
    const key = proof({ keys: [EDWARDS_KEY, ASSERTION_KEY] })
    const { send } = await createTestGateway({
      config: { every: { assertion: key } },
      routes: [
        { path: '/a', to: ORIGIN },
        { path: '/b', to: ORIGIN, assertion: proof() },
        { path: '/*', to: ORIGIN },
      ],
    })
    const response = await send(JWKS)
    expect(response.headers.get('content-type')).toBe('application/jwk-set+json')
    expect(response.headers.get('cache-control')).toBe('public, max-age=300')
    expect(await response.json()).toEqual({
      keys: [
        {
          kty: 'OKP',
          crv: 'Ed25519',
          x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
          kid: EDWARDS_THUMBPRINT,
          alg: 'EdDSA',
          use: 'sig',
        },
        {
          kty: 'EC',
          crv: 'P-256',
          x: 'RpAKhJAmD0g8gUD3Q9SNKJfurUGxXGHx2c9NIPBkEyI',
          y: 'TcWIJZsTf54b-8oLKOcnL4P8b2uc8-hcfEnMGAQ3aws',
          kid: 'es-1',
          alg: 'ES256',
          use: 'sig',
        },
      ],
    })
  })

  it('are at every host that has routes of its own', async () => {
    const { send } = await createTestGateway({
      config: { every: { assertion: proof() } },
      routes: [
        { path: '/*', host: 'one.test', to: ORIGIN },
        { path: '/*', to: ORIGIN },
      ],
    })
    for (const host of ['one.test', 'two.test']) {
      expect((await send(`https://${host}${JWKS}`)).status).toBe(200)
    }
  })

  it('let keys be changed: the next is there before it signs, and the last one after', async () => {
    const [before, after] = await Promise.all([
      gatewayWith({ keys: [ASSERTION_KEY, EDWARDS_KEY] }),
      gatewayWith({ keys: [EDWARDS_KEY, ASSERTION_KEY] }),
    ])
    for (const world of [before, after]) await world.sendWithToken('/')
    expect(decodeProtectedHeader(sentWith(before)).kid).toBe('es-1')
    expect(decodeProtectedHeader(sentWith(after)).kid).toBe(EDWARDS_THUMBPRINT)
    for (const keys of [before, after]) {
      expect((await verified(keys, sentWith(before))).sub).toBe('user-1')
      expect((await verified(keys, sentWith(after))).sub).toBe('user-1')
    }
  })
})
