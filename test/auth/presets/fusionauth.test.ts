// The gateway in front of FusionAuth, as far as that can be had here: the stand-in of test/support,
// which its own tests drive with FusionAuth's client. What FusionAuth leaves open is tried both ways.

import { describe, expect, it, vi } from 'vitest'
import { type FusionAuthOptions, fusionAuth } from '../../../src/auth/presets/fusionauth.ts'
import { claims } from '../../../src/upstream/claims-handler.ts'
import type { Assumptions } from '../../support/fusionauth/assumptions.ts'
import type { Mode } from '../../support/fusionauth/faults.ts'
import type { Version } from '../../support/fusionauth/versions.ts'
import {
  createFusionAuth,
  type FusionAuth,
  type FusionAuthOptions as StandInOptions,
} from '../../support/fusionauth.ts'
import {
  createTestGateway,
  ORIGIN,
  refusal,
  START,
  type TestGateway,
} from '../../support/gateway.ts'

const URL_OF_FUSIONAUTH = 'https://auth.test'
const VERSIONS: Version[] = ['<1.60', '1.60', '1.67', '1.70']

interface World extends TestGateway {
  standIn: FusionAuth
  /** Sends a token; answers the status and, of a refusal, the code. */
  show(token: string, path?: string): Promise<[number, string]>
}

/** A gateway for the application `shop`, with what the owner writes over that. */
async function createWorld(
  given: Partial<StandInOptions> = {},
  written: (standIn: FusionAuth) => Partial<FusionAuthOptions> = () => ({}),
): Promise<World> {
  const clock = { now: START }
  // The stand-in's keys; RSA keys take a while to make.
  const standIn = await createFusionAuth({ now: () => clock.now, algorithm: 'ES256', ...given })
  const clientId = standIn.world.applications.shop.id
  const { issuer, ...options } = { issuer: 'acme.com', ...written(standIn) }
  const main = fusionAuth({
    url: URL_OF_FUSIONAUTH,
    clientId,
    via: standIn,
    ...(issuer !== URL_OF_FUSIONAUTH && { issuer }),
    ...options,
  })
  const world = await createTestGateway({
    clock,
    config: { schemes: { main } },
    routes: [
      { path: '/api/claims', to: claims },
      { path: '/admin/*', to: ORIGIN, roles: ['admin'] },
      { path: '/*', to: ORIGIN },
    ],
  })
  const show: World['show'] = async (token, path = '/') => {
    const response = await world.send(path, { headers: { authorization: `Bearer ${token}` } })
    return response.ok ? [response.status, ''] : refusal(response)
  }
  return { ...world, standIn, show }
}

const withSecret = ({ world }: FusionAuth) => ({ clientSecret: world.applications.shop.secret })
const hmac = ({ keys }: FusionAuth) => ({ key: keys.hmac })

const GOOD: [number, string] = [200, '']
const BAD: [number, string] = [401, 'invalid_token']
const NOT_REGISTERED: [number, string] = [403, 'forbidden']
const NO_VERDICT: [number, string] = [503, 'issuer_unavailable']

describe('an access token of FusionAuth', () => {
  it.each(VERSIONS)(
    'of version %s is verified here, and FusionAuth is not asked',
    async (version) => {
      const { standIn, show } = await createWorld({ version })
      expect(await show(await standIn.mint.accessToken())).toEqual(GOOD)
      expect(await show(await standIn.mint.loginToken())).toEqual(GOOD)
      expect(standIn.calls).toMatchObject({ discovery: 0, jwks: 1, introspect: 0 })
    },
  )

  it.each(['RS256', 'RS512', 'ES384', 'EdDSA'] as const)(
    'may be signed with %s',
    async (algorithm) => {
      const { standIn, show } = await createWorld({ algorithm })
      expect(await show(await standIn.mint.accessToken())).toEqual(GOOD)
    },
  )

  it('tells the origin who it is and which roles they have in this application', async () => {
    const { standIn, show, received } = await createWorld()
    await show(await standIn.mint.accessToken({ scope: 'openid orders' }))
    const { headers } = received[0] as Request
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-auth-subject': standIn.world.users.ann.id,
      'x-auth-issuer': 'acme.com',
      'x-auth-roles': 'admin,user',
      'x-auth-scope': 'openid orders',
    })
    expect(headers.get('authorization')).toBeNull()
  })

  it('of a user without roles passes where none is asked for', async () => {
    const { standIn, show } = await createWorld()
    const token = await standIn.mint.accessToken({ user: standIn.world.users.ben })
    expect(await show(token)).toEqual(GOOD)
    expect(await show(token, '/admin/x')).toEqual(NOT_REGISTERED)
  })

  it('may name resources beside the application', async () => {
    const { standIn, show } = await createWorld({ version: '1.67' })
    const { shop, office } = standIn.world.applications
    for (const application of [shop, office]) application.resources = ['https://orders.test']
    const resources = ['https://orders.test']
    expect(await show(await standIn.mint.accessToken({ resources }))).toEqual(GOOD)
    expect(await show(await standIn.mint.accessToken({ application: office, resources }))).toEqual(
      BAD,
    )
  })

  it('for another application is refused without asking', async () => {
    const { standIn, show } = await createWorld()
    const { office: application } = standIn.world.applications
    expect(await show(await standIn.mint.accessToken({ application }))).toEqual(BAD)
    expect(await show(await standIn.mint.accessToken({ application, ...hmac(standIn) }))).toEqual(
      BAD,
    )
    expect(standIn.calls.introspect).toBe(0)
  })

  it('from the Login API without an application is refused: it is for nobody', async () => {
    const { standIn, show } = await createWorld({}, () => ({ registered: false }))
    expect(await show(await standIn.mint.loginToken({ application: null }))).toEqual(BAD)
  })

  it('bound to a DPoP key is refused as a bearer token', async () => {
    const { standIn, show } = await createWorld()
    expect(await show(await standIn.mint.accessToken({ jkt: 'thumbprint' }))).toEqual(BAD)
    const token = await standIn.mint.accessToken({ jkt: 'thumbprint', ...hmac(standIn) })
    expect(await show(token)).toEqual(BAD)
    expect(standIn.calls.introspect).toBe(0)
  })

  it('from another tenant’s issuer is refused', async () => {
    const { standIn, show } = await createWorld()
    standIn.world.tenants.main.issuer = 'https://elsewhere.test'
    expect(await show(await standIn.mint.accessToken())).toEqual(BAD)
  })

  it('has the URL as issuer where the owner writes no other', async () => {
    const { standIn, show } = await createWorld({}, () => ({ issuer: URL_OF_FUSIONAUTH }))
    expect(await show(await standIn.mint.accessToken())).toEqual(BAD)
    standIn.world.tenants.main.issuer = URL_OF_FUSIONAUTH
    expect(await show(await standIn.mint.accessToken())).toEqual(GOOD)
  })
})

describe('an id token of FusionAuth, which looks like an access token', () => {
  const anybody = () => ({ registered: false })

  it.each(['1.60', '1.67', '1.70'] as const)('of %s is refused by its tty', async (version) => {
    const { standIn, show, lastEvent } = await createWorld({ version }, anybody)
    expect(await show(await standIn.mint.idToken())).toEqual(BAD)
    expect(lastEvent()?.reason).toBe('the token is an id token')
  })

  it('of versions before 1.60 is refused by its at_hash or its nonce', async () => {
    const { standIn, show, lastEvent } = await createWorld({ version: '<1.60' }, anybody)
    const accessToken = await standIn.mint.accessToken()
    for (const token of [
      await standIn.mint.idToken({ accessToken }),
      await standIn.mint.idToken({ nonce: 'n' }),
    ]) {
      expect(await show(token)).toEqual(BAD)
      expect(lastEvent()?.reason).toBe('the token is an id token')
    }
  })

  it('of versions before 1.60 with neither shows no registration', async () => {
    const { standIn, show } = await createWorld({ version: '<1.60' })
    expect(await show(await standIn.mint.idToken())).toEqual(NOT_REGISTERED)
  })

  it.each(VERSIONS)('of %s that is signed with HS256 is refused too', async (version) => {
    const { standIn, show } = await createWorld({ version }, anybody)
    const accessToken = await standIn.mint.accessToken()
    expect(await show(await standIn.mint.idToken({ accessToken, ...hmac(standIn) }))).toEqual(BAD)
    expect(standIn.calls.introspect).toBe(1)
  })
})

describe('a token signed with HS256, FusionAuth’s first choice', () => {
  it.each(VERSIONS)('is introspected, in version %s', async (version) => {
    const { standIn, show, received } = await createWorld({ version })
    expect(await show(await standIn.mint.accessToken(hmac(standIn)))).toEqual(GOOD)
    expect(await show(await standIn.mint.loginToken(hmac(standIn)))).toEqual(GOOD)
    expect(standIn.calls).toMatchObject({ discovery: 0, jwks: 0, introspect: 2 })
    expect(received[0]?.headers.get('x-auth-roles')).toBe('admin,user')
  })

  it('is introspected with the application’s secret where there is one, whatever is in it', async () => {
    const { standIn, show } = await createWorld({}, withSecret)
    const { shop } = standIn.world.applications
    expect(await show(await standIn.mint.accessToken(hmac(standIn)))).toEqual(GOOD)
    expect(sent(standIn)).toMatchObject({ client_id: shop.id, client_secret: shop.secret })
  })

  it('is introspected as an access token, by a form, never with an API key', async () => {
    const { standIn, show } = await createWorld()
    const token = await standIn.mint.accessToken(hmac(standIn))
    await show(token)
    const { method, url, headers } = standIn.last.introspect ?? {}
    expect([method, url]).toEqual(['POST', `${URL_OF_FUSIONAUTH}/oauth2/introspect`])
    expect(headers?.get('authorization')).toBeNull()
    expect(sent(standIn)).toEqual({
      token,
      token_type_hint: 'access_token',
      client_id: standIn.world.applications.shop.id,
    })
  })

  it('with a wrong secret of ours is 503 and one clear line in the log', async () => {
    const { standIn, show, events } = await createWorld({}, () => ({ clientSecret: 'wrong' }))
    events.length = 0
    expect(await show(await standIn.mint.accessToken(hmac(standIn)))).toEqual(NO_VERDICT)
    expect(events).toEqual([
      expect.objectContaining({
        code: 'issuer_unavailable',
        reason:
          'introspection refuses our client (401 invalid_client): check clientId and clientSecret, or bearerKey',
      }),
    ])
  })

  it('is refused where it was tampered with', async () => {
    const { standIn, show } = await createWorld()
    const token = await standIn.mint.accessToken(hmac(standIn))
    expect(await show(`${token.slice(0, -6)}AAAAAA`)).toEqual(BAD)
  })

  it('is judged by the rules for the tenant and the registration, as any other', async () => {
    const { standIn, show } = await createWorld()
    const { cal } = standIn.world.users
    const token = await standIn.mint.accessToken({ user: cal, ...hmac(standIn) })
    expect(await show(token)).toEqual(NOT_REGISTERED)
  })
})

describe('a user who is not registered for the application', () => {
  it('is 403, unless the owner says that registration does not matter', async () => {
    for (const [written, expected] of [
      [{}, NOT_REGISTERED],
      [{ registered: true }, NOT_REGISTERED],
      [{ registered: false }, GOOD],
    ] as const) {
      const { standIn, show } = await createWorld({}, () => written)
      const { cal } = standIn.world.users
      expect(await show(await standIn.mint.accessToken({ user: cal }))).toEqual(expected)
    }
  })

  it('is not registered by being registered for another one', async () => {
    const { standIn, show } = await createWorld()
    const { office } = standIn.world.applications
    const token = await standIn.mint.accessToken({ claims: { applicationId: office.id } })
    expect(await show(token)).toEqual(NOT_REGISTERED)
  })
})

describe('a token of an entity', () => {
  const forOrders = ({ world }: FusionAuth) => ({ clientId: world.entities.orders.id })

  it.each(VERSIONS)(
    'of version %s passes with its permissions, which are a map',
    async (version) => {
      const { standIn, send } = await createWorld({ version }, forOrders)
      const { orders, robot } = standIn.world.entities
      const authorization = `Bearer ${await standIn.mint.entityToken()}`
      const response = await send('/api/claims', { headers: { authorization } })
      expect(await response.json()).toMatchObject({
        active: true,
        sub: robot.id,
        aud: version === '<1.60' ? orders.id : [orders.id],
        permissions: { [orders.id]: ['read', 'write'] },
      })
    },
  )

  it('for another entity is refused', async () => {
    const { standIn, show } = await createWorld({}, forOrders)
    const { stock } = standIn.world.entities
    const token = await standIn.mint.entityToken({ permissions: { [stock.id]: ['read'] } })
    expect(await show(token)).toEqual(BAD)
  })

  it.each(['invalid_token', 'invalid_client', 'empty'] as const)(
    'signed with HS256 is FusionAuth’s to refuse to others than it: 401 with body %s',
    async (audienceMismatch) => {
      const open = await createWorld({ assumes: { audienceMismatch } }, forOrders)
      const token = await open.standIn.mint.entityToken(hmac(open.standIn))
      expect(await open.show(token)).toEqual(BAD)
      expect(open.standIn.calls.introspect).toBe(1)
      // With a secret, 401 may mean that the secret is wrong; only the body says which.
      const secret = await createWorld({ assumes: { audienceMismatch } }, (standIn) => ({
        ...forOrders(standIn),
        clientSecret: standIn.world.entities.orders.clientSecret,
      }))
      const again = await secret.standIn.mint.entityToken(hmac(secret.standIn))
      const expected = audienceMismatch === 'invalid_token' ? BAD : NO_VERDICT
      expect(await secret.show(again)).toEqual(expected)
    },
  )

  it('that acts for a user is the user, whom the owner has to let in without registration', async () => {
    for (const registered of [true, false]) {
      const { standIn, show, received } = await createWorld({}, (at) => ({
        ...forOrders(at),
        registered,
      }))
      const { robot: actor, orders: audience } = standIn.world.entities
      const subjectToken = await standIn.mint.accessToken()
      const token = await standIn.mint.exchangedToken({ subjectToken, actor, audience })
      expect(await show(token)).toEqual(registered ? NOT_REGISTERED : GOOD)
      const subjects = received.map(({ headers }) => headers.get('x-auth-subject'))
      expect(subjects).toEqual(registered ? [] : [standIn.world.users.ann.id])
    }
  })
})

describe('tenants that share an issuer and an application', () => {
  it.each([true, false])('are told apart by tid where the owner names them: %s', async (named) => {
    const { standIn, show } = await createWorld({}, ({ world }) => ({
      clientId: world.applications.everywhere.id,
      ...(named && { tenants: [world.tenants.main.id] }),
    }))
    const { everywhere: application } = standIn.world.applications
    const { ann, dot } = standIn.world.users
    for (const key of [standIn.keys.signing, standIn.keys.hmac]) {
      expect(await show(await standIn.mint.accessToken({ user: ann, application, key }))).toEqual(
        GOOD,
      )
      const foreign = await standIn.mint.accessToken({ user: dot, application, key })
      expect(await show(foreign)).toEqual(named ? BAD : GOOD)
    }
  })

  it('a token without tid is of none of them', async () => {
    const { standIn, show } = await createWorld({}, ({ world }) => ({
      tenants: [world.tenants.main.id],
    }))
    const { tid: _, ...payload } = payloadOf(await standIn.mint.accessToken())
    expect(await show(await standIn.keys.sign(standIn.keys.signing, payload))).toEqual(BAD)
  })
})

describe('the key set, which is that of the whole installation', () => {
  const pinned = ({ keys }: FusionAuth) => ({ kids: [keys.signing.kid as string] })

  it('holds keys of others: whoever has one passes, unless the owner pins the kids', async () => {
    for (const written of [undefined, pinned]) {
      const { standIn, show } = await createWorld({}, written)
      const foreign = await standIn.keys.generate('ES256', { thirdParty: true })
      for (const key of [foreign, standIn.keys.webhook]) {
        expect(await show(await standIn.mint.accessToken({ key }))).toEqual(written ? BAD : GOOD)
      }
      expect(await show(await standIn.mint.accessToken())).toEqual(GOOD)
    }
  })

  it.each([
    ['held here', 'ok', 0],
    ['unavailable', '500', 0],
  ] as const)('pinned kids hold while it is %s', async (_, mode, asked) => {
    const { standIn, show } = await createWorld(
      { version: '1.67', assumes: { thirdPartyKey: 'trusted' } },
      pinned,
    )
    standIn.mode.jwks = mode
    const foreign = await standIn.keys.generate('ES256', { thirdParty: true })
    expect(await show(await standIn.mint.accessToken({ key: foreign }))).toEqual(BAD)
    expect(await show(await standIn.mint.accessToken(hmac(standIn)))).toEqual(BAD)
    expect(standIn.calls.introspect).toBe(asked)
    expect(await show(await standIn.mint.accessToken())).toEqual(GOOD)
  })

  it('may hold a key without kid, which nobody’s kid leads to', async () => {
    const { standIn, show } = await createWorld()
    const nameless = await standIn.keys.generate('ES256', { kid: null })
    expect(await show(await standIn.mint.accessToken())).toEqual(GOOD)
    expect(await show(await standIn.mint.accessToken({ key: nameless }))).toEqual(GOOD)
    const payload = payloadOf(await standIn.mint.accessToken())
    const { kid } = standIn.keys.signing
    expect(await show(await standIn.keys.sign(nameless, payload, { kid }))).toEqual(BAD)
    expect(await show(await standIn.keys.sign(nameless, payload, { kid: 'unknown' }))).toEqual(BAD)
  })

  it('may hold certificates, keys of all kinds and none that is ours', async () => {
    const { standIn, show } = await createWorld()
    const members = { x5c: ['MIIB'], x5t: 'x', 'x5t#S256': 'y' }
    await standIn.keys.generate('ES384', { members })
    await standIn.keys.generate('EdDSA')
    expect(await show(await standIn.mint.accessToken())).toEqual(GOOD)
    standIn.keys.delete(standIn.keys.signing)
  })

  it('is empty where all keys are shared secrets: these are introspected, others refused', async () => {
    const { standIn, show } = await createWorld()
    const before = await standIn.mint.accessToken()
    standIn.keys.useOnlyHmac()
    expect(await show(await standIn.mint.accessToken())).toEqual(GOOD)
    expect(await show(before)).toEqual(BAD)
    expect(standIn.calls.introspect).toBe(1)
  })

  it('is fetched once although FusionAuth says no-cache', async () => {
    const { standIn, show, settle } = await createWorld()
    for (let n = 0; n < 3; n++) await show(await standIn.mint.accessToken())
    await settle()
    expect(standIn.calls.jwks).toBe(1)
  })
})

describe('a rotation', () => {
  it.each([true, false])(
    'with overlap (%s) costs one fetch, at the first token of the new key',
    async (overlap) => {
      const { standIn, show } = await createWorld()
      const old = await standIn.mint.accessToken()
      await show(old)
      await standIn.keys.rotate({ overlap })
      expect(await show(old)).toEqual(GOOD)
      expect(await show(await standIn.mint.accessToken())).toEqual(GOOD)
      expect(standIn.calls).toMatchObject({ jwks: 2, introspect: 0 })
      expect(await show(old)).toEqual(overlap ? GOOD : BAD)
    },
  )

  it('without overlap ends the old key within 900 s, although nobody shows a new token', async () => {
    const { standIn, show, clock, settle } = await createWorld()
    const old = await standIn.mint.accessToken({ lifetimeSeconds: 3_600 })
    await show(old)
    await settle()
    await standIn.keys.rotate({ overlap: false })
    clock.now += 599
    expect(await show(old)).toEqual(GOOD)
    clock.now += 301
    expect(await show(old)).toEqual(BAD)
  })

  it('ends the old key sooner where requests come in the meantime', async () => {
    const { standIn, show, clock, settle } = await createWorld()
    const old = await standIn.mint.accessToken({ lifetimeSeconds: 3_600 })
    await show(old)
    await settle()
    await standIn.keys.rotate({ overlap: false })
    clock.now += 600
    expect(await show(old)).toEqual(GOOD)
    await settle()
    expect(await show(old)).toEqual(BAD)
  })
})

describe('on a bad day of FusionAuth', () => {
  const FAULTS: Mode[] = ['500', '503', 'down', 'malformed', 'half', 'html', 'huge', 'redirect']

  it.each(FAULTS)(
    'with the key set %s, a good token is introspected and a bad one never passes',
    async (mode) => {
      const { standIn, show } = await createWorld()
      standIn.mode.jwks = mode
      const token = await standIn.mint.accessToken()
      expect(await show(token)).toEqual(GOOD)
      expect(await show(`${token.slice(0, -6)}AAAAAA`)).toEqual(BAD)
      expect(await show(await standIn.mint.idToken())).not.toEqual(GOOD)
      expect(standIn.calls.introspect).toBe(3)
    },
  )

  it.each(FAULTS)('with everything %s, a token is 503, good or bad', async (mode) => {
    const { standIn, show } = await createWorld()
    for (const endpoint of ['jwks', 'introspect'] as const) standIn.mode[endpoint] = mode
    for (const key of [standIn.keys.signing, standIn.keys.hmac]) {
      const token = await standIn.mint.accessToken({ key })
      expect(await show(token)).toEqual(NO_VERDICT)
      expect(await show(`${token.slice(0, -6)}AAAAAA`)).toEqual(NO_VERDICT)
    }
  })

  it.each([
    ['jwks', 'signing'],
    ['introspect', 'hmac'],
  ] as const)('with a slow %s, a token waits for it', async (endpoint, key) => {
    const { standIn, show } = await createWorld()
    standIn.mode[endpoint] = 'held'
    const shown = show(await standIn.mint.accessToken({ key: standIn.keys[key] }))
    await vi.waitUntil(() => standIn.calls[endpoint] === 1)
    standIn.release()
    expect(await shown).toEqual(GOOD)
  })

  it.each(FAULTS)('with introspection %s, tokens that are verified here pass', async (mode) => {
    const { standIn, show } = await createWorld()
    standIn.mode.introspect = mode
    expect(await show(await standIn.mint.accessToken())).toEqual(GOOD)
    expect(await show(await standIn.mint.accessToken(hmac(standIn)))).toEqual(NO_VERDICT)
  })

  it.each(FAULTS)('with everything %s, the keys in hand last for a day', async (mode) => {
    const { standIn, show, clock, settle } = await createWorld()
    await show(await standIn.mint.accessToken())
    await settle()
    for (const endpoint of ['jwks', 'introspect'] as const) standIn.mode[endpoint] = mode
    clock.now += 86_399
    expect(await show(await standIn.mint.accessToken())).toEqual(GOOD)
    clock.now += 1
    expect(await show(await standIn.mint.accessToken())).toEqual(NO_VERDICT)
  })
})

describe('what FusionAuth leaves open, answered each way', () => {
  /** Results for a good HS256 token, a tampered one, and a good and a tampered one without keys. */
  async function results(assumes: Partial<Assumptions>, version: Version = '1.70') {
    const { standIn, show } = await createWorld({ assumes, version })
    const shared = await standIn.mint.accessToken(hmac(standIn))
    const signed = await standIn.mint.accessToken()
    const outcome = [await show(shared), await show(`${shared.slice(0, -6)}AAAAAA`)]
    standIn.mode.jwks = '500'
    outcome.push(await show(signed), await show(`${signed.slice(0, -6)}AAAAAA`))
    return outcome.map(([status]) => status)
  }

  it.each<[Partial<Assumptions>, number[]]>([
    [{}, [200, 401, 200, 401]],
    [{ audienceMismatch: 'empty' }, [200, 401, 200, 401]],
    [{ audienceMismatch: 'invalid_client' }, [200, 401, 200, 401]],
    // 400 is a verdict on a shared-secret token; on others it may mean that JWTs are not introspected.
    [{ refusal: 'error' }, [200, 401, 200, 503]],
    [{ bearerAtIntrospection: 'refused' }, [200, 401, 200, 401]],
    [{ queryAtIntrospection: 'read' }, [200, 401, 200, 401]],
    [{ universalTenantId: 'required' }, [200, 401, 200, 401]],
    [{ thirdPartyKey: 'trusted' }, [200, 401, 200, 401]],
    [{ publishedKeys: 'configured' }, [200, 401, 200, 401]],
    [{ unknownClientStatus: 400 }, [200, 401, 200, 401]],
    // Observed are seconds and a boolean; what only the samples show is not guessed at.
    [{ introspectionTimes: 'milliseconds' }, [401, 401, 401, 401]],
    [{ activeType: 'string' }, [503, 503, 503, 503]],
  ])('%o', async (assumes, expected) => {
    expect(await results(assumes)).toEqual(expected)
  })

  it.each(['ignored', 'checked'] as const)(
    'an old token_type_hint that is %s',
    async (oldTokenTypeHint) => {
      expect(await results({ oldTokenTypeHint }, '<1.60')).toEqual([200, 401, 200, 401])
    },
  )

  it.each(['active', 'inactive'] as const)('a user who is gone and %s', async (goneUser) => {
    const { standIn, show } = await createWorld({ assumes: { goneUser } })
    standIn.world.users.ann.gone = true
    // A token that is verified here is good until it expires: introspection is no revocation.
    expect(await show(await standIn.mint.accessToken())).toEqual(GOOD)
    const expected = goneUser === 'active' ? GOOD : BAD
    expect(await show(await standIn.mint.accessToken(hmac(standIn)))).toEqual(expected)
  })

  it.each(['optional', 'required'] as const)(
    'the tenant at introspection of a universal application: %s',
    async (universalTenantId) => {
      const { standIn, show } = await createWorld(
        { assumes: { universalTenantId } },
        ({ world }) => ({
          clientId: world.applications.everywhere.id,
          tenants: [world.tenants.main.id],
        }),
      )
      const { everywhere: application } = standIn.world.applications
      const token = await standIn.mint.accessToken({ application, ...hmac(standIn) })
      expect(await show(token)).toEqual(GOOD)
    },
  )

  it.each([400, 401] as const)('an application that is gone: %i', async (unknownClientStatus) => {
    const { standIn, show } = await createWorld({ assumes: { unknownClientStatus } }, withSecret)
    const token = await standIn.mint.accessToken(hmac(standIn))
    standIn.world.applications.shop.id = crypto.randomUUID()
    expect(await show(token)).toEqual(NO_VERDICT)
  })
})

function sent({ last }: FusionAuth): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(last.introspect?.body))
}

function payloadOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}
