// Asking the issuer (RFC 7662): about whom, about whom never, what is made of its answer, how long it
// is remembered, and what a flood costs. The clock is passed in; nothing here waits.

import { describe, expect, it, vi } from 'vitest'
import {
  createIntrospection,
  type IntrospectionOptions,
} from '../../../src/auth/bearer/introspection.ts'
import { type IntrospectOptions, type OidcOptions, oidc } from '../../../src/auth/presets/oidc.ts'
import type { RouteConfig } from '../../../src/config/define.ts'
import { claims } from '../../../src/upstream/claims-handler.ts'
import {
  AUDIENCE,
  createMemoryStore,
  createTestGateway,
  ORIGIN,
  refusal,
  START,
  type TestGateway,
} from '../../support/gateway.ts'
import { createTestIssuer, type MintOptions } from '../../support/mint.ts'
import { encodePart } from '../../support/signing-keys.ts'

const CLIENT = { clientId: 'the gateway', clientSecret: 'se+cret/=:%&é' }
const EVERYTHING = { ...CLIENT, opaque: true, sharedSecret: true }
const WITHOUT_SECRET = { clientId: CLIENT.clientId, opaque: true, sharedSecret: true }
const HMAC = { secret: 'known to the issuer alone', header: { alg: 'HS256', kid: 'hmac' } }

const ROUTES: RouteConfig[] = [
  { path: '/api/claims', to: claims },
  { path: '/admin/*', to: ORIGIN, scopes: ['admin'] },
  { path: '/*', to: ORIGIN },
]

interface World extends TestGateway {
  /** Calls of introspection so far. */
  asked(): number
  /** Sends a token; answers the status and, of a refusal, the code. */
  show(token: string, path?: string): Promise<[number, string]>
}

/** A gateway with one issuer, which it may introspect as said; its keys are held where `warm`. */
async function createWorld(
  introspect: IntrospectOptions | undefined,
  { warm = true, ...options }: Partial<OidcOptions> & { warm?: boolean } = {},
): Promise<World> {
  const clock = { now: START }
  const issuer = createTestIssuer({ audience: AUDIENCE, now: () => clock.now, algs: ['ES256'] })
  const main = oidc({
    issuer: issuer.issuer,
    audience: AUDIENCE,
    ...(introspect && { introspect }),
    ...options,
  })
  const world = await createTestGateway({
    clock,
    issuer,
    routes: ROUTES,
    config: { schemes: { main } },
  })
  const show: World['show'] = async (token, path = '/api/claims') => {
    const response = await world.send(path, { headers: { authorization: `Bearer ${token}` } })
    return response.ok ? [response.status, ''] : refusal(response)
  }
  if (warm) {
    await show(await issuer.mint())
    await world.settle()
  }
  return { ...world, show, asked: () => issuer.counters.introspection }
}

/** The same, with an issuer that serves no keys. */
async function createWorldWithoutKeys(
  introspect: IntrospectOptions | undefined = {
    ...CLIENT,
    endpoint: 'https://idp.test/oauth2/introspect',
  },
): Promise<World> {
  const world = await createWorld(introspect, { warm: false })
  world.issuer.mode = { jwks: 'error', discovery: 'error' }
  return world
}

/** Changes the last byte of the payload, so that no signature fits. */
function tampered(token: string): string {
  const [header, payload, signature] = token.split('.') as [string, string, string]
  const claims = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')))
  const forged = btoa(JSON.stringify({ ...claims, sub: 'somebody else' }))
  return `${header}.${forged.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}.${signature}`
}

describe('the issuer is asked', () => {
  it('about an opaque token, where its entry says so', async () => {
    const { issuer, show, asked } = await createWorld({ ...CLIENT, opaque: true })
    expect(await show(issuer.mintOpaque())).toEqual([200, ''])
    expect(asked()).toBe(1)
  })

  it('never about an opaque token otherwise', async () => {
    const { issuer, show, asked } = await createWorld({ ...CLIENT, sharedSecret: true })
    expect(await show(issuer.mintOpaque())).toEqual([401, 'invalid_token'])
    expect(asked()).toBe(0)
  })

  it.each(['HS256', 'HS384', 'HS512'])(
    'about an %s token, where its entry says so',
    async (alg) => {
      const { issuer, show, asked } = await createWorld({ ...CLIENT, sharedSecret: true })
      const token = await issuer.mint({}, { ...HMAC, header: { alg } })
      expect(await show(token)).toEqual([200, ''])
      expect(asked()).toBe(1)
    },
  )

  it('never about an HS256 token otherwise, and the log says what to do', async () => {
    const { issuer, show, asked, lastEvent } = await createWorld({ ...CLIENT, opaque: true })
    expect(await show(await issuer.mint({}, HMAC))).toEqual([401, 'invalid_token'])
    expect(asked()).toBe(0)
    expect(lastEvent()?.reason).toContain('use introspection')
  })

  it('about a signed token while its keys are unavailable', async () => {
    const { issuer, show, asked } = await createWorldWithoutKeys()
    expect(await show(await issuer.mint())).toEqual([200, ''])
    expect(asked()).toBe(1)
  })

  it('at the endpoint of discovery, where the owner wrote none', async () => {
    const { issuer, show, asked } = await createWorld({ ...CLIENT, opaque: true }, { warm: false })
    expect(await show(issuer.mintOpaque())).toEqual([200, ''])
    expect([issuer.counters.discovery, asked()]).toEqual([1, 1])
  })

  it('at the endpoint of discovery also while there are no keys to be had', async () => {
    const { issuer, clock, show, asked } = await createWorld(CLIENT, { warm: false })
    issuer.mode = { jwks: 'error' }
    expect(await show(await issuer.mint({ jti: '1' }))).toEqual([200, ''])
    // And while nobody waits for the next attempt, or discovery fails as well.
    expect(await show(await issuer.mint({ jti: '2' }))).toEqual([200, ''])
    issuer.mode = { jwks: 'error', discovery: 'error' }
    clock.now += 5
    expect(await show(await issuer.mint({ jti: '3' }))).toEqual([200, ''])
    expect(asked()).toBe(3)
  })

  it('about a token whose kid could not be looked up, once per cooldown', async () => {
    const { issuer, show, asked } = await createWorld(CLIENT)
    await issuer.rotate()
    issuer.mode = { jwks: 'error' }
    expect(await show(await issuer.mint({ jti: '1' }))).toEqual([200, ''])
    expect(asked()).toBe(1)
    // Within the cooldown, a kid that is not there is a verdict.
    expect(await show(await issuer.mint({ jti: '2' }))).toEqual([401, 'invalid_token'])
    expect(asked()).toBe(1)
  })

  it('about a signed token once the keys in hand are older than a day, not before', async () => {
    const { issuer, clock, show, asked, settle } = await createWorld(CLIENT)
    issuer.mode = { jwks: 'error' }
    clock.now += 86_399
    expect(await show(await issuer.mint())).toEqual([200, ''])
    await settle()
    expect(asked()).toBe(0)
    clock.now += 1
    expect(await show(await issuer.mint())).toEqual([200, ''])
    expect(asked()).toBe(1)
  })

  it('with the same answer to the client as if it had been verified here', async () => {
    const [local, remote] = [await createWorld(CLIENT), await createWorldWithoutKeys()]
    const bodies = await Promise.all(
      [local, remote].map(async ({ issuer, send }) => {
        const authorization = `Bearer ${await issuer.mint()}`
        return (await send('/api/claims', { headers: { authorization } })).json()
      }),
    )
    expect(remote.asked()).toBe(1)
    expect(bodies[0]).toEqual(bodies[1])
    expect(bodies[0]).toMatchObject({ active: true, sub: 'user-1' })
  })
})

describe('while the keys are unavailable', () => {
  it('a good token is 503 where the issuer may not be asked', async () => {
    const world = await createWorld(undefined, { warm: false })
    world.issuer.mode = { jwks: 'error' }
    const token = await world.issuer.mint()
    const response = await world.send('/', { headers: { authorization: `Bearer ${token}` } })
    expect(response.headers.get('retry-after')).toBe('5')
    expect(await refusal(response)).toEqual([503, 'issuer_unavailable'])
    expect(world.asked()).toBe(0)
  })

  it('a tampered token is what the issuer says of it', async () => {
    const { issuer, show, asked } = await createWorldWithoutKeys()
    expect(await show(tampered(await issuer.mint()))).toEqual([401, 'invalid_token'])
    expect(asked()).toBe(1)
  })

  it.each<[string, Record<string, unknown>]>([
    ['of another issuer', { iss: 'https://other.test' }],
    ['for another API', { aud: 'other' }],
    ['for nobody', { aud: undefined }],
    ['that has expired', { exp: START - 30 }],
    ['that never expires', { exp: undefined }],
    ['that is not good yet', { nbf: START + 31 }],
    ['that is bound to a key', { cnf: { jkt: 'x' } }],
    ['that is a security event', { events: {} }],
  ])('a token %s is refused without asking', async (_, wrong) => {
    const { issuer, show, asked } = await createWorldWithoutKeys()
    expect(await show(await issuer.mint(wrong))).toEqual([401, 'invalid_token'])
    expect(asked()).toBe(0)
  })

  it.each<[string, Record<string, unknown>]>([
    ['of another issuer', { iss: 'https://other.test' }],
    ['for another API', { aud: ['other'] }],
    ['that has expired', { exp: START - 30 }],
  ])('an HS256 token %s is refused without asking', async (_, wrong) => {
    const { issuer, show, asked } = await createWorld(EVERYTHING)
    expect(await show(await issuer.mint(wrong, HMAC))).toEqual([401, 'invalid_token'])
    expect(asked()).toBe(0)
  })

  it.each(['none', 'HS256', 'ES256K', 'rs256'])(
    'an alg of %s is refused without asking',
    async (alg) => {
      const { issuer, show, asked } = await createWorldWithoutKeys()
      expect(await show(await issuer.mint({}, { header: { alg } }))).toEqual([401, 'invalid_token'])
      expect(asked()).toBe(0)
    },
  )
})

describe('a verdict is final: the issuer that could be asked about everything is not asked', () => {
  it.each<[string, Record<string, unknown>, MintOptions]>([
    ['a foreign key behind a known kid', {}, { key: 'foreign', header: { kid: 'es256-known' } }],
    ['an unknown kid', {}, { key: 'foreign' }],
    ['a wrong aud', { aud: 'other' }, {}],
    ['a wrong iss', { iss: 'https://other.test' }, {}],
    ['a passed exp', { exp: START - 31 }, {}],
    ['a missing exp', { exp: undefined }, {}],
    ['an nbf to come', { nbf: START + 31 }, {}],
    ['an iat to come', { iat: START + 31 }, {}],
    ['a bound token', { cnf: { jkt: 'x' } }, {}],
    ['an id token’s typ', {}, { header: { typ: 'id+jwt' } }],
    ['a critical extension', {}, { header: { crit: ['exp'] } }],
    ['no signature', {}, { unsigned: true }],
    [
      'two payload members of one name',
      {},
      { payloadText: '{"iss":"https://idp.test","iss":"x"}' },
    ],
  ])('about %s', async (_, wrong, options) => {
    const { issuer, show, asked } = await createWorld(EVERYTHING)
    const known = (await issuer.jwks()).keys[0]?.kid
    const header = options.header?.kid === 'es256-known' ? { kid: known } : options.header
    const token = await issuer.mint(wrong, { ...options, ...(header && { header }) })
    expect(await show(token)).toEqual([401, 'invalid_token'])
    expect(asked()).toBe(0)
  })

  it('about a changed payload', async () => {
    const { issuer, show, asked } = await createWorld(EVERYTHING)
    expect(await show(tampered(await issuer.mint()))).toEqual([401, 'invalid_token'])
    expect(asked()).toBe(0)
  })

  it('about a JWE, which is neither a signed token nor opaque', async () => {
    const { show, asked } = await createWorld(EVERYTHING)
    const header = btoa('{"alg":"dir","enc":"A256GCM"}').replaceAll('=', '')
    expect(await show(`${header}..aaaa.bbbb.cccc`)).toEqual([401, 'invalid_token'])
    expect(asked()).toBe(0)
  })

  it('about an opaque token that is too long', async () => {
    const { show, asked } = await createWorld(EVERYTHING)
    expect(await show('x'.repeat(8_193))).toEqual([401, 'invalid_token'])
    expect(asked()).toBe(0)
  })

  it('about a token that is known here, when its issuer goes down', async () => {
    const { issuer, show, asked } = await createWorld(EVERYTHING)
    const token = await issuer.mint()
    await show(token)
    issuer.mode = 'error'
    expect(await show(token)).toEqual([200, ''])
    expect(asked()).toBe(0)
  })
})

describe('of the answer', () => {
  it.each<[string, unknown]>([
    ['the string "true"', 'true'],
    ['1', 1],
    ['null', null],
    ['an object', {}],
    ['nothing', undefined],
  ])('active as %s is no answer', async (_, active) => {
    const { issuer, show } = await createWorld(EVERYTHING)
    issuer.onIntrospection = () => Response.json({ ...goodClaims(issuer.issuer), active })
    expect(await show('opaque')).toEqual([503, 'issuer_unavailable'])
  })

  it('claims beside active false are not believed', async () => {
    const { issuer, show } = await createWorld(EVERYTHING)
    issuer.onIntrospection = () => Response.json({ ...goodClaims(issuer.issuer), active: false })
    expect(await show('opaque')).toEqual([401, 'invalid_token'])
  })

  it.each<[string, Record<string, unknown>]>([
    ['another iss', { iss: 'https://other.test' }],
    ['no iss', { iss: undefined }],
    ['an iss with a slash more', { iss: 'https://idp.test/' }],
    ['another aud', { aud: 'other' }],
    ['no aud', { aud: undefined }],
    ['an aud that only begins like ours', { aud: `${AUDIENCE}s` }],
    ['no exp', { exp: undefined }],
    ['a passed exp', { exp: START - 30 }],
    ['an exp that is text', { exp: `${START + 300}` }],
    ['an nbf to come', { nbf: START + 31 }],
    ['an iat to come', { iat: START + 31 }],
    ['no sub', { sub: undefined }],
    ['a sub that is a number', { sub: 1 }],
    ['a key that the token is bound to', { cnf: { jkt: 'x' } }],
    ['a token_type other than Bearer', { token_type: 'DPoP' }],
    ['a token_type that is no text', { token_type: ['Bearer'] }],
    ['a security event', { events: {} }],
  ])('%s is refused, also when it is remembered', async (_, wrong) => {
    const { issuer, show, asked } = await createWorld(EVERYTHING)
    const answer = { ...goodClaims(issuer.issuer), active: true, ...wrong }
    issuer.onIntrospection = () => Response.json(answer)
    expect(await show('opaque')).toEqual([401, 'invalid_token'])
    expect(await show('opaque')).toEqual([401, 'invalid_token'])
    expect(asked()).toBe(wrong.exp === START - 30 ? 2 : 1)
  })

  it.each(['Bearer', 'bearer', 'BEARER'])('token_type %s is taken', async (token_type) => {
    const { issuer, show } = await createWorld(EVERYTHING)
    const answer = { ...goodClaims(issuer.issuer), active: true, token_type }
    issuer.onIntrospection = () => Response.json(answer)
    expect(await show('opaque')).toEqual([200, ''])
  })

  it.each(['iss', 'aud', 'sub'] as const)(
    '%s may be absent only where the entry says so',
    async (name) => {
      const { issuer, show } = await createWorld({ ...EVERYTHING, mayOmit: [name] })
      const all = goodClaims(issuer.issuer)
      issuer.onIntrospection = () => Response.json({ ...all, active: true, [name]: undefined })
      expect(await show('opaque')).toEqual([200, ''])
      issuer.onIntrospection = () => Response.json({ ...all, active: true, [name]: 7 })
      expect(await show('another')).toEqual([401, 'invalid_token'])
    },
  )

  it('what is not good yet is judged again on every request, not asked about again', async () => {
    const { issuer, clock, show, asked } = await createWorld(EVERYTHING)
    const answer = { ...goodClaims(issuer.issuer), active: true, nbf: START + 50 }
    issuer.onIntrospection = () => Response.json(answer)
    expect(await show('opaque')).toEqual([401, 'invalid_token'])
    clock.now += 20
    expect(await show('opaque')).toEqual([200, ''])
    expect(asked()).toBe(1)
  })

  it('scopes are judged for the route of each request, also when it is remembered', async () => {
    const { issuer, show, asked } = await createWorld(EVERYTHING)
    const [plain, admin] = [issuer.mintOpaque(), issuer.mintOpaque({ scope: 'admin' })]
    expect(await show(plain)).toEqual([200, ''])
    expect(await show(plain, '/admin/x')).toEqual([403, 'insufficient_scope'])
    expect(await show(admin, '/admin/x')).toEqual([200, ''])
    expect(asked()).toBe(2)
  })
})

describe('the answer is remembered', () => {
  it('for 60 s where it is active, which bounds a revocation', async () => {
    const { issuer, clock, show, asked } = await createWorld(EVERYTHING)
    const token = issuer.mintOpaque()
    await show(token)
    issuer.revoke(token)
    clock.now += 59
    expect(await show(token)).toEqual([200, ''])
    expect(asked()).toBe(1)
    clock.now += 1
    expect(await show(token)).toEqual([401, 'invalid_token'])
    expect(asked()).toBe(2)
  })

  it('until exp where that is sooner', async () => {
    const { issuer, clock, show, asked } = await createWorld(EVERYTHING)
    const token = issuer.mintOpaque({ exp: START + 20 })
    await show(token)
    clock.now += 19
    expect(await show(token)).toEqual([200, ''])
    expect(asked()).toBe(1)
    clock.now += 1
    expect(await show(token)).toEqual([401, 'invalid_token'])
    expect(asked()).toBe(2)
  })

  it('for 10 s where it is inactive', async () => {
    const { issuer, clock, show, asked } = await createWorld(EVERYTHING)
    const good = { ...goodClaims(issuer.issuer), active: true }
    issuer.onIntrospection = () => Response.json({ active: false })
    expect(await show('opaque')).toEqual([401, 'invalid_token'])
    issuer.onIntrospection = () => Response.json(good)
    clock.now += 9
    expect(await show('opaque')).toEqual([401, 'invalid_token'])
    expect(asked()).toBe(1)
    clock.now += 1
    expect(await show('opaque')).toEqual([200, ''])
  })

  it('for the whole token, not for a part of it', async () => {
    const { issuer, show } = await createWorld(EVERYTHING)
    const token = issuer.mintOpaque()
    expect(await show(token)).toEqual([200, ''])
    expect(await show(`${token}x`)).toEqual([401, 'invalid_token'])
    expect(await show(token.toUpperCase())).toEqual([401, 'invalid_token'])
  })

  it('for the endpoint that gave it: another issuer is asked for itself', async () => {
    const partner = createTestIssuer({ issuer: 'https://partner.test', audience: AUDIENCE })
    const clock = { now: START }
    const issuer = createTestIssuer({ audience: AUDIENCE, now: () => clock.now })
    const entry = (name: string, fetch: typeof issuer.fetch) =>
      oidc({ issuer: name, audience: AUDIENCE, introspect: EVERYTHING, via: { fetch } })
    const { send } = await createTestGateway({
      clock,
      issuer,
      routes: [
        { path: '/*', to: ORIGIN, auth: 'main' },
        { path: '/partner/*', to: ORIGIN, auth: 'partner' },
      ],
      config: {
        schemes: {
          main: entry(issuer.issuer, issuer.fetch),
          partner: entry(partner.issuer, partner.fetch),
        },
      },
    })
    const headers = { authorization: `Bearer ${issuer.mintOpaque()}` }
    expect((await send('/x', { headers })).status).toBe(200)
    expect((await send('/partner/x', { headers })).status).toBe(401)
    expect(partner.counters.introspection).toBe(1)
  })
})

describe('what the endpoint answers with', () => {
  const oauthError = (status: number, error: string) => () => Response.json({ error }, { status })

  it.each<[string, IntrospectOptions, () => Response, number]>([
    ['401 without a secret of ours', WITHOUT_SECRET, oauthError(401, 'invalid_client'), 401],
    ['401 with an empty body, without a secret', WITHOUT_SECRET, empty(401), 401],
    ['401 that is about the token', EVERYTHING, oauthError(401, 'invalid_token'), 401],
    ['401 invalid_client', EVERYTHING, oauthError(401, 'invalid_client'), 503],
    ['401 with an empty body, where there is a secret', EVERYTHING, empty(401), 503],
    ['400', EVERYTHING, oauthError(400, 'invalid_request'), 401],
    ['403', EVERYTHING, oauthError(403, 'access_denied'), 503],
    ['404', EVERYTHING, empty(404), 503],
    ['429', EVERYTHING, empty(429), 503],
    ['500', EVERYTHING, oauthError(500, 'server_error'), 503],
    ['204', EVERYTHING, empty(204), 503],
    ['a page', EVERYTHING, () => new Response('<!doctype html><title>Hello</title>'), 503],
    ['a list', EVERYTHING, () => Response.json([{ active: true }]), 503],
    ['a signed answer (RFC 9701)', EVERYTHING, () => new Response('eyJhbGciOiJub25lIn0.e30.'), 503],
  ])('%s, about an opaque token', async (_, options, answer, status) => {
    const { issuer, show } = await createWorld(options)
    issuer.onIntrospection = answer
    const code = status === 401 ? 'invalid_token' : 'issuer_unavailable'
    expect(await show('opaque')).toEqual([status, code])
  })

  it.each<[string, string, number]>([
    ['400 about a shared-secret token', 'invalid_token', 401],
    ['400 unsupported_token_type about it', 'unsupported_token_type', 401],
  ])('%s', async (_, error, status) => {
    const { issuer, show } = await createWorld(EVERYTHING)
    issuer.onIntrospection = oauthError(400, error)
    expect((await show(await issuer.mint({}, HMAC)))[0]).toBe(status)
  })

  it('400 unsupported_token_type about a signed token is no verdict', async () => {
    const { issuer, show } = await createWorldWithoutKeys()
    issuer.onIntrospection = oauthError(400, 'unsupported_token_type')
    expect(await show(await issuer.mint())).toEqual([503, 'issuer_unavailable'])
  })

  it('a wrong secret of ours is one clear line in the log, without secret or token', async () => {
    const { issuer, show, events } = await createWorld(EVERYTHING)
    issuer.onIntrospection = oauthError(401, 'invalid_client')
    events.length = 0
    expect(await show('opaque-token')).toEqual([503, 'issuer_unavailable'])
    expect(events).toEqual([
      expect.objectContaining({
        status: 503,
        code: 'issuer_unavailable',
        reason:
          'introspection refuses our client (401 invalid_client): check clientId and clientSecret, or bearerKey',
      }),
    ])
    expect(JSON.stringify(events)).not.toMatch(/opaque-token|se\+cret/)
  })

  it('an error text of the issuer does not get into the log', async () => {
    const { issuer, show, lastEvent } = await createWorld(EVERYTHING)
    issuer.onIntrospection = oauthError(403, 'your token is "abc"\n')
    await show('opaque')
    expect(lastEvent()?.reason).toBe('introspection gave no verdict (403 without a known error)')
  })
})

describe('the endpoint rests for 10 s', () => {
  it.each(['error', 'unreachable', 'redirect', 'half'] as const)(
    'after %s, and then is asked again',
    async (mode) => {
      const { issuer, clock, show, asked, send } = await createWorld(EVERYTHING)
      issuer.mode = { introspection: mode }
      const token = issuer.mintOpaque()
      expect(await show(token)).toEqual([503, 'issuer_unavailable'])
      issuer.mode = 'ok'
      clock.now += 9
      const response = await send('/', { headers: { authorization: `Bearer ${token}` } })
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1'])
      expect(asked()).toBe(1)
      clock.now += 1
      expect(await show(token)).toEqual([200, ''])
      expect(asked()).toBe(2)
    },
  )

  it.each(['huge', 'endless'] as const)(
    'but not after an answer that is %s, which is about one token',
    async (mode) => {
      const { issuer, show, asked } = await createWorld(EVERYTHING)
      issuer.mode = { introspection: mode }
      expect(await show(issuer.mintOpaque())).toEqual([503, 'issuer_unavailable'])
      issuer.mode = 'ok'
      expect(await show(issuer.mintOpaque())).toEqual([200, ''])
      expect(asked()).toBe(2)
    },
  )

  it('after it was too slow', async () => {
    const issuer = createTestIssuer({ audience: AUDIENCE })
    const deadline = new AbortController()
    const scope = { deadline: () => deadline.signal, waitUntil: () => {} }
    const { answerFor } = createIntrospection(
      OPTIONS,
      async () => undefined,
      issuer.fetch,
      () => START,
    )
    issuer.mode = 'hang'
    const asking = answerFor(issuer.mintOpaque(), 'opaque', scope)
    await vi.waitUntil(() => issuer.counters.introspection === 1)
    deadline.abort(new DOMException('late', 'TimeoutError'))
    await expect(asking).rejects.toMatchObject({ code: 'issuer_unavailable' })
    issuer.mode = 'ok'
    const again = { ...scope, deadline: () => new AbortController().signal }
    await expect(answerFor(issuer.mintOpaque(), 'opaque', again)).rejects.toMatchObject({
      code: 'issuer_unavailable',
      message: 'introspection rests after a failure',
    })
    expect(issuer.counters.introspection).toBe(1)
  })

  it('but what is remembered is still good', async () => {
    const { issuer, show } = await createWorld(EVERYTHING)
    const token = issuer.mintOpaque()
    await show(token)
    issuer.mode = { introspection: 'error' }
    await show(issuer.mintOpaque())
    expect(await show(token)).toEqual([200, ''])
  })
})

describe('the question', () => {
  const OPAQUE = 'a+b/c~d.e-f=='

  async function question(introspect: IntrospectOptions) {
    const { issuer, show } = await createWorld(introspect)
    const { promise, resolve } = Promise.withResolvers<{
      form: URLSearchParams
      request: Request
    }>()
    issuer.onIntrospection = (form, request) => {
      resolve({ form, request })
      return Response.json({ active: false })
    }
    await show(OPAQUE)
    return promise
  }

  it('is a form in the body, token and hint encoded, nothing in the URL', async () => {
    const { form, request } = await question({ ...CLIENT, opaque: true })
    expect([request.method, request.url]).toEqual(['POST', 'https://idp.test/oauth2/introspect'])
    expect(request.headers.get('content-type')).toBe('application/x-www-form-urlencoded')
    expect([...form]).toEqual([
      ['token', OPAQUE],
      ['token_type_hint', 'access_token'],
    ])
  })

  it('has id and secret form-encoded in Basic (RFC 6749 section 2.3.1)', async () => {
    const { request } = await question({ ...CLIENT, opaque: true })
    const pair = 'the+gateway:se%2Bcret%2F%3D%3A%25%26%C3%A9'
    expect(request.headers.get('authorization')).toBe(`Basic ${btoa(pair)}`)
  })

  it('has id and secret in the form where the entry says so', async () => {
    const clientAuthentication = 'client_secret_post'
    const { form, request } = await question({ ...CLIENT, clientAuthentication, opaque: true })
    expect(request.headers.get('authorization')).toBeNull()
    expect(form.get('client_id')).toBe(CLIENT.clientId)
    expect(form.get('client_secret')).toBe(CLIENT.clientSecret)
  })

  it('names the client in the form where there is no secret', async () => {
    const { form, request } = await question({ clientId: 'the gateway', opaque: true })
    expect(request.headers.get('authorization')).toBeNull()
    expect(form.get('client_id')).toBe('the gateway')
  })

  it('carries nothing of the request that it is about', async () => {
    const { issuer, send } = await createWorld(EVERYTHING)
    const names: string[] = []
    issuer.onIntrospection = (_, request) => {
      names.push(...request.headers.keys())
      return Response.json({ active: false })
    }
    const headers = { authorization: 'Bearer opaque', cookie: 'a=b', 'x-forwarded-for': '1.2.3.4' }
    await send('/', { headers })
    expect(new Set(names)).toEqual(new Set(['accept', 'authorization', 'content-type']))
  })

  it('does not go to another origin that discovery names, secret or not', async () => {
    for (const introspect of [EVERYTHING, WITHOUT_SECRET]) {
      const { issuer, show, lastEvent } = await createWorld(introspect, { warm: false })
      issuer.metadata = { introspection_endpoint: `${ORIGIN}/steal` }
      expect(await show('opaque')).toEqual([503, 'issuer_unavailable'])
      expect(lastEvent()?.reason).toContain('introspection endpoint')
    }
  })

  it('goes to another origin where the owner wrote it', async () => {
    const world = await createWorld({ ...EVERYTHING, endpoint: `${ORIGIN}/introspect` })
    await world.show('opaque')
    expect(world.received.map(({ url }) => url)).toEqual([`${ORIGIN}/introspect`])
  })

  it('does not follow a redirect', async () => {
    const { issuer, show, asked } = await createWorld(EVERYTHING)
    issuer.onIntrospection = () => Response.redirect(`${issuer.introspectionUri}?moved=1`, 307)
    expect(await show('opaque')).toEqual([503, 'issuer_unavailable'])
    expect([asked(), issuer.counters.unexpected]).toEqual([1, 0])
  })
})

describe('a flood of', { timeout: 60_000 }, () => {
  const PER_SECOND = 500

  /** Shows tokens, so many in each second; answers all statuses that came back. */
  async function flood(
    { send, clock }: World,
    count: number,
    tokenOf: (n: number) => string,
    eachSecond: () => void = () => {},
  ): Promise<Set<number>> {
    const statuses = new Set<number>()
    for (let n = 0; n < count; n += PER_SECOND) {
      const requests = Array.from({ length: PER_SECOND }, (_, index) =>
        send('/', { headers: { authorization: `Bearer ${tokenOf(n + index)}` } }),
      )
      for (const { status } of await Promise.all(requests)) statuses.add(status)
      eachSecond()
      clock.now += 1
    }
    return statuses
  }

  it('10,000 tokens with random kids costs one refetch and one KV read per cooldown', async () => {
    const world = await createWorld(EVERYTHING)
    const { issuer, store } = world
    const { payload, signature } = await issuer.mintParts()
    const before = { ...issuer.counters }
    const reads = store.reads
    const token = () =>
      `${encodePart({ alg: 'ES256', kid: crypto.randomUUID() })}.${payload}.${signature}`
    // 20 s are one cooldown of 30.
    expect(await flood(world, 10_000, token)).toEqual(new Set([401]))
    await world.settle()
    expect(issuer.counters).toEqual({ ...before, jwks: before.jwks + 1 })
    expect(store.reads).toBe(reads + 1)
    world.clock.now += 10
    await flood(world, 500, token)
    expect(issuer.counters).toEqual({ ...before, jwks: before.jwks + 2 })
    expect(store.reads).toBe(reads + 2)
  })

  it('2,000 tampered tokens costs one refetch and one KV read per cooldown', async () => {
    const world = await createWorld(EVERYTHING)
    const reads = world.store.reads
    const { header, payload } = await world.issuer.mintParts()
    const before = { ...world.issuer.counters }
    const token = (n: number) => `${header}.${payload}.${encodePart(`${n}`.padStart(64, '.'))}`
    expect(await flood(world, 2_000, token)).toEqual(new Set([401]))
    expect(world.issuer.counters).toEqual({ ...before, jwks: before.jwks + 1 })
    expect(world.store.reads).toBe(reads + 1)
  })

  it.each([
    [10_000, 'opaque'],
    [2_000, 'HS256'],
  ])('%i random %s tokens never costs more than 40 calls in a second', async (count, kind) => {
    const world = await createWorld(EVERYTHING)
    const { issuer, show, asked } = world
    const { payload } = await issuer.mintParts()
    const header = encodePart({ alg: 'HS256', typ: 'JWT' })
    const token = (n: number) =>
      kind === 'opaque' ? `random-${n}` : `${header}.${payload}.${encodePart(`signature ${n}`)}`
    const good = issuer.mintOpaque()
    await show(good)
    world.clock.now += 1
    let before = asked()
    const calls = new Set<number>()
    const statuses = await flood(world, count, token, () => {
      calls.add(asked() - before)
      before = asked()
    })
    expect([...calls]).toEqual([40])
    expect(statuses).toEqual(new Set([401, 503]))
    // Who was known before is not pushed out.
    expect(await show(good)).toEqual([200, ''])
    expect(asked()).toBe(before)
  })
})

describe('fifty isolates that start at once', () => {
  it('fetch the keys once each at the most, and then not for 600 s', async () => {
    const clock = { now: START }
    const issuer = createTestIssuer({ audience: AUDIENCE, now: () => clock.now, algs: ['ES256'] })
    const store = createMemoryStore()
    const isolates = await Promise.all(
      Array.from({ length: 50 }, () => createTestGateway({ clock, issuer, store })),
    )
    const all = async () => {
      const token = await issuer.mint()
      const headers = { authorization: `Bearer ${token}` }
      const responses = await Promise.all(isolates.map(({ send }) => send('/', { headers })))
      await Promise.all(isolates.map(({ settle }) => settle()))
      return new Set(responses.map(({ status }) => status))
    }
    expect(await all()).toEqual(new Set([200]))
    const { discovery, jwks } = issuer.counters
    expect(discovery).toBeLessThanOrEqual(50)
    expect(jwks).toBeLessThanOrEqual(50)
    for (const age of [1, 300, 599]) {
      clock.now = START + age
      expect(await all()).toEqual(new Set([200]))
    }
    expect(issuer.counters).toMatchObject({ discovery, jwks })
  })
})

const OPTIONS: IntrospectionOptions = {
  ...CLIENT,
  clientAuthentication: 'client_secret_basic',
  endpoint: 'https://idp.test/oauth2/introspect',
  opaque: true,
  sharedSecret: true,
  mayOmit: [],
}

function goodClaims(iss: string): Record<string, unknown> {
  return { iss, aud: AUDIENCE, sub: 'user-1', iat: START, exp: START + 300 }
}

function empty(status: number): () => Response {
  return () => new Response(null, { status })
}
