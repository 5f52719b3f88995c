// The FusionAuth stand-in, driven by FusionAuth's own client over HTTP, so that the gateway's tests
// rest on the client's FusionAuth and not on ours. What the client cannot send goes in by fetch.

import { FusionAuthClient } from '@fusionauth/typescript-client'
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  importSPKI,
  jwtVerify,
} from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Mode } from '../support/fusionauth/faults.ts'
import { listen } from '../support/fusionauth/listen.ts'
import { delivery, publicKeyEvent, userEvent } from '../support/fusionauth/webhooks.ts'
import type { LoginState } from '../support/fusionauth/world.ts'
import { createFusionAuth, type FusionAuth } from '../support/fusionauth.ts'

const START = 1_790_000_000
const JSON_TYPE = { 'content-type': 'application/json' }
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

let time: number
let fusionAuth: FusionAuth
let client: FusionAuthClient
let url: string
let close: () => Promise<void>

// A fresh installation on a port of its own, behind the official client.
beforeEach(async () => {
  time = START
  fusionAuth = await createFusionAuth({ now: () => time, algorithm: 'ES256' })
  const server = await listen(fusionAuth)
  url = server.url
  close = server.close
  client = new FusionAuthClient(fusionAuth.apiKey, url)
})
afterEach(() => close())

/** What the client says of a call that failed: it rejects with its own response object. */
async function failure(call: Promise<unknown>): Promise<{ status: number; body: unknown }> {
  const { statusCode, exception } = await call.then(
    () => Promise.reject(new Error('The call succeeded')),
    (response: { statusCode: number; exception?: unknown }) => response,
  )
  return { status: statusCode, body: exception }
}

/** Introspection as a gateway sends it. */
function introspect(
  form: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Response> {
  const body = new URLSearchParams(form)
  return fetch(`${url}/oauth2/introspect`, { method: 'POST', body, headers })
}

function basic(id: string, secret: string): { authorization: string } {
  return { authorization: `Basic ${btoa(`${id}:${secret}`)}` }
}

describe('discovery', () => {
  it('names an issuer that is no URL, an untenanted key set, and no introspection endpoint', async () => {
    const { response } = await client.retrieveOpenIdConfiguration()
    expect(response).toMatchObject({
      issuer: 'acme.com',
      jwks_uri: `${url}/.well-known/jwks.json`,
      token_endpoint: `${url}/oauth2/token`,
      authorization_response_iss_parameter_supported: true,
    })
    expect(response).not.toHaveProperty('introspection_endpoint')
    expect(response).not.toHaveProperty('revocation_endpoint')
  })

  it('differs per tenant only in the issuer, in both spellings', async () => {
    const { main, second } = fusionAuth.world.tenants
    second.issuer = 'https://second.example'
    const get = async (path: string): Promise<object> => (await fetch(url + path)).json()
    const ours = await get('/.well-known/openid-configuration')
    const theirs = { ...ours, issuer: 'https://second.example' }
    expect(await get(`/.well-known/openid-configuration?tenantId=${second.id}`)).toEqual(theirs)
    expect(await get(`/${second.id}/.well-known/openid-configuration`)).toEqual(theirs)
    expect(await get(`/${main.id}/.well-known/openid-configuration`)).toEqual(ours)
    expect((await fetch(`${url}/${second.id}/.well-known/jwks.json`)).status).toBe(404)
  })

  it('and the key set forbid HTTP caches to keep them', async () => {
    for (const name of ['openid-configuration', 'jwks.json']) {
      const response = await fetch(`${url}/.well-known/${name}`)
      expect(response.headers.get('cache-control')).toBe('no-cache')
    }
  })
})

describe('keys', () => {
  it('of all purposes and types are published together, HMAC secrets never', async () => {
    const { keys } = fusionAuth
    await keys.generate('RS256')
    const foreign = await keys.generate('ES384', { kid: 'adfs', thirdParty: true })
    const nameless = await keys.generate('RS384', { kid: null, members: { x5t: 'thumbprint' } })
    const { response } = await client.retrieveJsonWebKeySet()
    const published = response.keys ?? []
    expect(published.map((key) => [key.kty, key.alg, key.use, key.kid === undefined])).toEqual([
      ['EC', 'ES256', 'sig', false],
      ['EC', 'ES256', 'sig', false],
      ['RSA', 'RS256', 'sig', false],
      ['EC', 'ES384', 'sig', false],
      ['RSA', 'RS384', 'sig', true],
    ])
    expect(published).toContainEqual(foreign.jwk)
    expect(published).toContainEqual({ ...nameless.jwk, x5t: 'thumbprint' })
    expect(published.every((key) => key.d === undefined && key.k === undefined)).toBe(true)
  })

  it('verify the tokens they signed for an independent client', async () => {
    const remote = createRemoteJWKSet(new URL(`${url}/.well-known/jwks.json`))
    const token = await fusionAuth.mint.accessToken()
    const options = { issuer: 'acme.com', currentDate: new Date(START * 1000) }
    const { payload, protectedHeader } = await jwtVerify(token, remote, options)
    expect(payload.sub).toBe(fusionAuth.world.users.ann.id)
    const kid = fusionAuth.keys.signing.kid
    expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'JWT', kid })
  })

  it('rotate with overlap: both are published, and the old token stays active', async () => {
    const before = await fusionAuth.mint.accessToken()
    const old = fusionAuth.keys.signing
    const fresh = await fusionAuth.keys.rotate({ overlap: true })
    const { response } = await client.retrieveJsonWebKeySet()
    expect(response.keys?.map((key) => key.kid)).toEqual(
      expect.arrayContaining([old.kid, fresh.kid]),
    )
    const shop = fusionAuth.world.applications.shop.id
    expect((await client.introspectAccessToken(shop, before)).response.active).toBe(true)
    expect(decodeProtectedHeader(await fusionAuth.mint.accessToken()).kid).toBe(fresh.kid)
  })

  it('since 1.69 distrusts a published key that is neither signing nor verifying', async () => {
    const before = await fusionAuth.mint.accessToken()
    await fusionAuth.keys.rotate({ overlap: true, keepVerifying: false })
    const shop = fusionAuth.world.applications.shop.id
    expect((await client.introspectAccessToken(shop, before)).response).toEqual({ active: false })
    fusionAuth.version = '1.67'
    expect((await client.introspectAccessToken(shop, before)).response.active).toBe(true)
  })

  it('may since 1.69 be published only while configured, by the other assumption', async () => {
    const spare = await fusionAuth.keys.generate('ES256')
    const kids = async () =>
      (await client.retrieveJsonWebKeySet()).response.keys?.map((key) => key.kid)
    expect(await kids()).toContain(spare.kid)
    fusionAuth.assumes.publishedKeys = 'configured'
    expect(await kids()).toEqual([fusionAuth.keys.signing.kid])
    fusionAuth.version = '1.67'
    expect(await kids()).toContain(spare.kid)
  })

  it('rotate without overlap: the old one is gone at once, and its tokens are inactive', async () => {
    const before = await fusionAuth.mint.accessToken()
    const old = fusionAuth.keys.signing
    await fusionAuth.keys.rotate({ overlap: false })
    const { response } = await client.retrieveJsonWebKeySet()
    expect(response.keys?.map((key) => key.kid)).not.toContain(old.kid)
    const shop = fusionAuth.world.applications.shop.id
    expect((await client.introspectAccessToken(shop, before)).response).toEqual({ active: false })
  })

  it('may differ by application and kind of token, and are trusted as configured', async () => {
    const { keys, mint, world } = fusionAuth
    const { shop } = world.applications
    shop.accessTokenKey = await keys.generate('RS256')
    shop.idTokenKey = await keys.generate('EdDSA')
    const token = await mint.accessToken()
    const idToken = await mint.idToken()
    expect(decodeProtectedHeader(token).kid).toBe(shop.accessTokenKey.kid)
    expect(decodeProtectedHeader(idToken).kid).toBe(shop.idTokenKey.kid)
    expect(decodeProtectedHeader(await mint.loginToken()).kid).toBe(shop.accessTokenKey.kid)
    expect((await client.introspectAccessToken(shop.id, token)).response.active).toBe(true)
    const stray = await mint.accessToken({ key: await keys.generate('ES256') })
    expect((await client.introspectAccessToken(shop.id, stray)).response.active).toBe(false)
  })

  it('are an empty set where only HMAC keys are left, and introspection still knows', async () => {
    fusionAuth.keys.useOnlyHmac()
    expect((await client.retrieveJsonWebKeySet()).response).toEqual({ keys: [] })
    const token = await fusionAuth.mint.accessToken()
    expect(decodeProtectedHeader(token).alg).toBe('HS256')
    const shop = fusionAuth.world.applications.shop.id
    expect((await client.introspectAccessToken(shop, token)).response.active).toBe(true)
  })

  it('of a third party verify by the key set, and by introspection only as assumed', async () => {
    fusionAuth.version = '1.67'
    const { keys, mint, world } = fusionAuth
    const foreign = await keys.generate('ES256', { kid: 'adfs', thirdParty: true })
    const forged = await keys.sign(foreign, decodeJwt(await mint.accessToken()))
    const { response } = await client.retrieveJsonWebKeySet()
    const set = createLocalJWKSet(response as Parameters<typeof createLocalJWKSet>[0])
    await jwtVerify(forged, set, { currentDate: new Date(START * 1000) })
    const active = async () =>
      (await client.introspectAccessToken(world.applications.shop.id, forged)).response.active
    expect(await active()).toBe(false)
    fusionAuth.assumes.thirdPartyKey = 'trusted'
    expect(await active()).toBe(true)
  })

  it('are served as PEM by kid and by application, if it has a key of its own', async () => {
    const { shop } = fusionAuth.world.applications
    await fusionAuth.keys.generate('ES256', { kid: null })
    const all = (await client.retrieveJWTPublicKeys()).response.publicKeys
    expect(Object.keys(all ?? {})).toHaveLength(2)
    const kid = fusionAuth.keys.signing.kid ?? ''
    expect((await client.retrieveJWTPublicKey(kid)).response.publicKey).toBe(all?.[kid])
    expect(await failure(client.retrieveJWTPublicKeyByApplicationId(shop.id))).toEqual({
      status: 404,
      body: undefined,
    })
    shop.accessTokenKey = await fusionAuth.keys.generate('RS256')
    const own = await client.retrieveJWTPublicKeyByApplicationId(shop.id)
    const key = await importSPKI(own.response.publicKey ?? '', 'RS256')
    const token = await fusionAuth.mint.accessToken({ application: shop })
    await jwtVerify(token, key, { currentDate: new Date(START * 1000) })
  })
})

describe('tokens', () => {
  it('of a registered user carry roles and the application, seconds, and no client_id', async () => {
    const { tenants, users, applications } = fusionAuth.world
    const refreshToken = fusionAuth.mint.refreshToken()
    const token = await fusionAuth.mint.accessToken({
      scope: 'openid offline_access',
      refreshToken,
    })
    expect(decodeJwt(token)).toEqual({
      aud: applications.shop.id,
      exp: START + 3600,
      iat: START,
      iss: 'acme.com',
      sub: users.ann.id,
      jti: expect.any(String),
      authenticationType: 'PASSWORD',
      auth_time: START,
      tid: tenants.main.id,
      scope: 'openid offline_access',
      gty: ['authorization_code'],
      email: 'ann@example.com',
      email_verified: true,
      preferred_username: 'ann',
      applicationId: applications.shop.id,
      roles: ['admin', 'user'],
      sid: refreshToken.id,
      tty: 'at',
    })
  })

  it('distinguish no roles from no registration', async () => {
    const { ben, cal } = fusionAuth.world.users
    expect(decodeJwt(await fusionAuth.mint.accessToken({ user: ben })).roles).toEqual([])
    const unregistered = decodeJwt(await fusionAuth.mint.accessToken({ user: cal }))
    expect(unregistered).not.toHaveProperty('roles')
    expect(unregistered).not.toHaveProperty('applicationId')
    expect(unregistered.aud).toBe(fusionAuth.world.applications.shop.id)
  })

  it('leave the e-mail address out where scopes are handled strictly', async () => {
    const { office } = fusionAuth.world.applications
    const token = decodeJwt(await fusionAuth.mint.accessToken({ application: office }))
    expect(token).not.toHaveProperty('email')
    expect(token).not.toHaveProperty('preferred_username')
    expect(token.roles).toEqual(['auditor'])
    const idToken = async (scope: string) =>
      decodeJwt(await fusionAuth.mint.idToken({ application: office, scope }))
    expect(await idToken('openid')).not.toHaveProperty('email')
    expect((await idToken('openid email')).email).toBe('ann@example.com')
    const login = decodeJwt(await fusionAuth.mint.loginToken({ application: office }))
    expect(login).toMatchObject({ aud: office.id, email: 'ann@example.com' })
  })

  it('for a universal application name the tenant of the user', async () => {
    const { everywhere } = fusionAuth.world.applications
    const { ann, dot } = fusionAuth.world.users
    const tid = async (user: typeof ann) =>
      decodeJwt(await fusionAuth.mint.accessToken({ application: everywhere, user })).tid
    expect(await tid(ann)).toBe(fusionAuth.world.tenants.main.id)
    expect(await tid(dot)).toBe(fusionAuth.world.tenants.second.id)
  })

  it('of both kinds share key, audience and typ; only tty tells them apart', async () => {
    const accessToken = await fusionAuth.mint.accessToken()
    const idToken = await fusionAuth.mint.idToken({
      accessToken,
      nonce: 'n',
      scope: 'openid profile',
    })
    expect(decodeProtectedHeader(idToken)).toEqual(decodeProtectedHeader(accessToken))
    const claims = decodeJwt(idToken)
    expect(claims).toMatchObject({
      aud: decodeJwt(accessToken).aud,
      tty: 'idt',
      nonce: 'n',
      name: 'ann Example',
      at_hash: expect.stringMatching(/^[\w-]{22}$/),
    })
    expect(claims).not.toHaveProperty('roles')
    expect(claims).not.toHaveProperty('applicationId')
  })

  it('before 1.60 have gty in the header, no tty, and one entity audience as a string', async () => {
    fusionAuth.version = '<1.60'
    const { robot, orders, stock } = fusionAuth.world.entities
    const token = await fusionAuth.mint.accessToken()
    expect(decodeProtectedHeader(token).gty).toEqual(['authorization_code'])
    expect(decodeJwt(token)).not.toHaveProperty('gty')
    expect(decodeJwt(token)).not.toHaveProperty('tty')
    expect(decodeJwt(await fusionAuth.mint.entityToken()).aud).toBe(orders.id)
    const both = await fusionAuth.mint.entityToken({ permissions: robot.grants })
    expect(decodeJwt(both).aud).toEqual([orders.id, stock.id])
  })

  it('since 1.67 have an array as audience where a resource was asked for and allowed', async () => {
    const { shop } = fusionAuth.world.applications
    shop.resources = ['https://api.example']
    const resources = ['https://api.example', 'https://elsewhere.example']
    const audience = async () => decodeJwt(await fusionAuth.mint.accessToken({ resources })).aud
    expect(await audience()).toEqual([shop.id, 'https://api.example'])
    fusionAuth.version = '1.60'
    expect(await audience()).toBe(shop.id)
  })

  it('bound to a DPoP key say so since 1.63', async () => {
    const bound = async () => decodeJwt(await fusionAuth.mint.accessToken({ jkt: 'thumbprint' }))
    expect((await bound()).cnf).toEqual({ jkt: 'thumbprint' })
    fusionAuth.version = '1.60'
    expect(await bound()).not.toHaveProperty('cnf')
  })

  it('obey a populate lambda, but not where FusionAuth forbids it', async () => {
    const { mint } = fusionAuth
    const claims = { aud: ['a', 'b'], exp: START + 60, extra: 1, email: undefined }
    const token = decodeJwt(await mint.accessToken({ claims }))
    expect(token).toMatchObject({ aud: ['a', 'b'], exp: START + 60, extra: 1 })
    expect(token).not.toHaveProperty('email')
    const forbidden: Record<string, unknown>[] = [{ tid: 'x' }, { sub: 'x' }, { exp: START + 9999 }]
    for (const one of forbidden) {
      await expect(mint.accessToken({ claims: one })).rejects.toThrow(/No lambda may/)
    }
  })
})

describe('the Login API', () => {
  const request = () => ({
    loginId: 'ann@example.com',
    password: "ann's password",
    applicationId: fusionAuth.world.applications.shop.id,
  })

  it('answers a token without scope, sid and grant types', async () => {
    const { statusCode, response } = await client.login(request())
    expect(statusCode).toBe(200)
    expect(response.tokenExpirationInstant).toBe((START + 3600) * 1000)
    expect(response.user?.id).toBe(fusionAuth.world.users.ann.id)
    const token = decodeJwt(response.token ?? '')
    expect(token).toMatchObject({ aud: request().applicationId, roles: ['admin', 'user'] })
    for (const claim of ['scope', 'sid', 'gty', 'tty']) expect(token).not.toHaveProperty(claim)
  })

  it('answers a token without audience where no application was named', async () => {
    const { loginId, password } = request()
    const anonymous = new FusionAuthClient('', url)
    expect((await failure(anonymous.login({ loginId, password }))).status).toBe(401)
    fusionAuth.world.tenants.main.requireAuthentication = false
    const { statusCode, response } = await anonymous.login({ loginId, password })
    expect(statusCode).toBe(200)
    expect(decodeJwt(response.token ?? '')).toEqual({
      exp: START + 3600,
      iat: START,
      iss: 'acme.com',
      sub: fusionAuth.world.users.ann.id,
      jti: expect.any(String),
      authenticationType: 'PASSWORD',
      auth_time: START,
      tid: fusionAuth.world.tenants.main.id,
      email: 'ann@example.com',
      email_verified: true,
    })
  })

  it('sets its cookies, and neither token nor cookie if no JWT was wanted', async () => {
    const post = (body: object) =>
      fetch(`${url}/api/login`, {
        method: 'POST',
        headers: { authorization: fusionAuth.apiKey },
        body: JSON.stringify(body),
      })
    const names = (response: Response) =>
      response.headers.getSetCookie().map((cookie) => cookie.split('=')[0])
    expect(names(await post(request()))).toEqual(['access_token', 'refresh_token'])
    const bare = await post({ ...request(), noJWT: true })
    expect(names(bare)).toEqual([])
    expect(Object.keys((await bare.json()) as object)).toEqual(['user'])
  })

  it('admits a user who is not registered with 202 and a token without roles', async () => {
    const { statusCode, response } = await client.login({
      ...request(),
      loginId: 'cal',
      password: "cal's password",
    })
    expect(statusCode).toBe(202)
    expect(decodeJwt(response.token ?? '')).not.toHaveProperty('roles')
  })

  it('wants an API key by default, as it is, and answers 401 without a body', async () => {
    const nobody = { status: 401, body: undefined }
    const anonymous = new FusionAuthClient('', url)
    expect(await failure(anonymous.login(request()))).toEqual(nobody)
    const withScheme = new FusionAuthClient(`Bearer ${fusionAuth.apiKey}`, url)
    expect(await failure(withScheme.login(request()))).toEqual(nobody)
    fusionAuth.world.applications.shop.requireAuthentication = false
    expect((await anonymous.login(request())).statusCode).toBe(200)
  })

  it('does not say whether user or password was wrong', async () => {
    const nobody = { status: 404, body: undefined }
    expect(await failure(client.login({ ...request(), password: 'wrong' }))).toEqual(nobody)
    expect(await failure(client.login({ ...request(), loginId: 'eve' }))).toEqual(nobody)
    fusionAuth.world.users.ann.gone = true
    expect(await failure(client.login(request()))).toEqual(nobody)
  })

  it('looks in the tenant that the header or the application names', async () => {
    const { applications, tenants } = fusionAuth.world
    const { second } = tenants
    const login = { loginId: 'dot', password: "dot's password" }
    expect((await failure(client.login(login))).status).toBe(404)
    const scoped = new FusionAuthClient(fusionAuth.apiKey, url, second.id)
    expect(decodeJwt((await scoped.login(login)).response.token ?? '').tid).toBe(second.id)
    const theirs = { ...applications.shop, id: 'theirs', tenantId: second.id }
    applications.theirs = theirs
    expect((await client.login({ ...login, applicationId: theirs.id })).statusCode).toBe(202)
  })

  it('reports missing fields and unknown applications as Errors', async () => {
    const { applicationId } = request()
    const unknown = await failure(client.login({ ...request(), applicationId: 'unknown' }))
    expect(unknown).toMatchObject({ status: 400, body: { generalErrors: [{}] } })
    expect(await failure(client.login({ applicationId }))).toMatchObject({
      status: 400,
      body: { fieldErrors: { loginId: [{ code: '[blank]loginId' }], password: expect.any(Array) } },
    })
  })

  it.each<[LoginState, number, object | undefined]>([
    ['change password', 203, { changePasswordReason: 'Administrative' }],
    ['unverified', 212, { user: { verified: false } }],
    ['unverified registration', 213, { user: {} }],
    ['two factor', 242, { twoFactorId: expect.any(String) }],
    ['prevented', 409, { actions: [{}] }],
    ['expired', 410, undefined],
    ['locked', 423, undefined],
    ['webhook failed', 504, { generalErrors: [{ code: '[WebhookTransactionException]' }] }],
  ])('answers a user whose state is "%s" with %d and no token', async (state, status, shape) => {
    fusionAuth.world.users.ann.login = state
    const answer =
      status < 300
        ? await client.login(request()).then((ok) => ({ status: ok.statusCode, body: ok.response }))
        : await failure(client.login(request()))
    expect(answer.status).toBe(status)
    if (shape === undefined) expect(answer.body).toBeUndefined()
    else expect(answer.body).toMatchObject(shape)
    expect(answer.body ?? {}).not.toHaveProperty('token')
  })
})

describe('introspection', () => {
  const shop = () => fusionAuth.world.applications.shop

  it('answers 200 with the payload and a boolean, to nothing but client_id and token', async () => {
    const token = await fusionAuth.mint.accessToken()
    const { statusCode, response } = await client.introspectAccessToken(shop().id, token)
    expect(statusCode).toBe(200)
    expect(response).toEqual({ active: true, ...decodeJwt(token) })
    expect(fusionAuth.last.introspect?.headers.has('authorization')).toBe(false)
  })

  it('answers 200 and nothing but inactive for expired, tampered, foreign and opaque tokens', async () => {
    const token = await fusionAuth.mint.accessToken({ lifetimeSeconds: 60 })
    const claims = decodeJwt(token)
    const [header, , signature] = token.split('.')
    const tampered = `${header}.${btoa(JSON.stringify({ ...claims, roles: ['root'] })).replaceAll('=', '')}.${signature}`
    const stranger = await createFusionAuth({ now: () => time, algorithm: 'ES256' })
    const unknown = await stranger.mint.accessToken()
    for (const bad of [tampered, unknown, 'garbage', 'a.b.c']) {
      expect((await client.introspectAccessToken(shop().id, bad)).response).toEqual({
        active: false,
      })
    }
    time += 59
    expect((await client.introspectAccessToken(shop().id, token)).response.active).toBe(true)
    time += 1
    expect((await client.introspectAccessToken(shop().id, token)).response).toEqual({
      active: false,
    })
    fusionAuth.assumes.refusal = 'error'
    expect(await failure(client.introspectAccessToken(shop().id, token))).toMatchObject({
      status: 400,
      body: { error: 'invalid_token', error_reason: 'access_token_expired' },
    })
    expect(await failure(client.introspectAccessToken(shop().id, 'garbage'))).toMatchObject({
      status: 400,
      body: { error_reason: 'access_token_malformed' },
    })
  })

  it.each([
    ['a body that is not called a form', JSON_TYPE, 'client_id=x&token=x', 'missing_token'],
    ['no token', FORM, 'client_id=x', 'missing_token'],
    ['a token in the query only', FORM, '', 'missing_token'],
    ['no client', FORM, 'token=x', 'missing_client_id'],
  ])('answers 400 and an OAuthError to %s', async (_, headers, body, reason) => {
    const response = await fetch(`${url}/oauth2/introspect?token=x`, {
      method: 'POST',
      headers,
      body,
    })
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({
      error: 'invalid_request',
      error_description: expect.any(String),
      error_reason: reason,
    })
  })

  it('answers inactive for a token without exp, and for one that names another kid', async () => {
    const { keys, mint } = fusionAuth
    const claims = decodeJwt(await mint.accessToken())
    const endless = await keys.sign(keys.signing, { ...claims, exp: undefined })
    const misnamed = await keys.sign(keys.signing, claims, { kid: keys.webhook.kid })
    for (const bad of [endless, misnamed]) {
      expect((await client.introspectAccessToken(shop().id, bad)).response).toEqual({
        active: false,
      })
    }
  })

  it('answers 401 for the token of another application, with a body or without', async () => {
    const token = await fusionAuth.mint.accessToken()
    const { office } = fusionAuth.world.applications
    const ask = () => failure(client.introspectAccessToken(office.id, token))
    expect(await ask()).toMatchObject({ status: 401, body: { error: 'invalid_token' } })
    fusionAuth.assumes.audienceMismatch = 'invalid_client'
    expect(await ask()).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
    fusionAuth.assumes.audienceMismatch = 'empty'
    expect(await ask()).toEqual({ status: 401, body: undefined })
  })

  it('answers 401 for a token without audience, and looks into an array of them', async () => {
    const { mint } = fusionAuth
    const bare = await mint.loginToken({ application: null })
    expect((await failure(client.introspectAccessToken(shop().id, bare))).status).toBe(401)
    const many = await mint.accessToken({ claims: { aud: ['https://api.example', shop().id] } })
    expect((await client.introspectAccessToken(shop().id, many)).response.active).toBe(true)
  })

  it('answers 500 and 503 with JSON when FusionAuth is unwell', async () => {
    const token = await fusionAuth.mint.accessToken()
    fusionAuth.mode.introspect = '500'
    expect(await failure(client.introspectAccessToken(shop().id, token))).toMatchObject({
      status: 500,
      body: { error: 'server_error' },
    })
    fusionAuth.mode.introspect = '503'
    expect(await failure(client.introspectAccessToken(shop().id, token))).toMatchObject({
      status: 503,
      body: { generalErrors: [{}] },
    })
    expect(fusionAuth.calls.introspect).toBe(2)
  })

  it('takes a secret, joined as it is in Basic, and refuses a wrong one with 401', async () => {
    const token = await fusionAuth.mint.accessToken()
    const { id, secret } = shop()
    expect(secret).toMatch(/[%&=+]/)
    expect((await introspect({ token }, basic(id, secret))).status).toBe(200)
    expect((await introspect({ token, client_id: id, client_secret: secret })).status).toBe(200)
    const refusals = [
      introspect({ token }, basic(id, encodeURIComponent(secret))),
      introspect({ token, client_id: id, client_secret: 'wrong' }),
      introspect({ token, client_id: id }, { authorization: 'Basic ???' }),
      introspect({ token, client_id: id }, { authorization: `Basic ${btoa('no colon')}` }),
    ]
    for (const response of await Promise.all(refusals)) {
      expect(response.status).toBe(401)
      expect(await response.json()).toMatchObject({
        error: 'invalid_client',
        error_reason: 'invalid_client_authentication',
      })
    }
  })

  it('refuses a client it does not know, and two clients in one request', async () => {
    const token = await fusionAuth.mint.accessToken()
    expect((await introspect({ token, client_id: 'stranger' })).status).toBe(401)
    fusionAuth.assumes.unknownClientStatus = 400
    expect((await introspect({ token, client_id: 'stranger' })).status).toBe(400)
    const two = await introspect({ token, client_id: 'other' }, basic(shop().id, shop().secret))
    expect(await two.json()).toMatchObject({ error_reason: 'client_id_mismatch' })
  })

  it('ignores an API key sent as Bearer, or refuses it, as assumed', async () => {
    const form = { token: await fusionAuth.mint.accessToken(), client_id: shop().id }
    const key = { authorization: `Bearer ${fusionAuth.apiKey}` }
    expect((await introspect(form, key)).status).toBe(200)
    expect((await introspect({ token: form.token }, key)).status).toBe(400)
    fusionAuth.assumes.bearerAtIntrospection = 'refused'
    expect((await introspect(form, key)).status).toBe(401)
    expect((await introspect(form)).status).toBe(200)
  })

  it('takes an id token for active without a hint, and checks the hint since 1.60', async () => {
    const { mint } = fusionAuth
    const accessToken = await mint.accessToken()
    const idToken = await mint.idToken({ accessToken })
    const ask = (token: string, token_type_hint?: string) =>
      client.introspectAccessTokenWithRequest({
        client_id: shop().id,
        token,
        ...(token_type_hint !== undefined && { token_type_hint }),
      })
    expect((await ask(idToken)).response).toMatchObject({ active: true, tty: 'idt' })
    expect((await ask(idToken, 'id_token')).response.active).toBe(true)
    expect((await ask(accessToken, 'access_token')).response.active).toBe(true)
    for (const call of [ask(idToken, 'access_token'), ask(accessToken, 'id_token')]) {
      expect(await failure(call)).toMatchObject({
        status: 400,
        body: { error_reason: 'token_type_hint_mismatch' },
      })
    }
    expect(await failure(ask(accessToken, 'saml'))).toMatchObject({
      status: 400,
      body: { error_reason: 'unsupported_token_type' },
    })
    fusionAuth.version = '<1.60'
    const old = await mint.idToken({ accessToken })
    expect((await ask(old, 'access_token')).response.active).toBe(true)
    fusionAuth.assumes.oldTokenTypeHint = 'checked'
    expect((await failure(ask(old, 'access_token'))).status).toBe(400)
  })

  it('tells only active and exp of a refresh token, and only since 1.60 with the hint', async () => {
    const { id, value, expiresAt } = fusionAuth.mint.refreshToken()
    const ask = (client_id: string) =>
      client.introspectAccessTokenWithRequest({
        client_id,
        token: value,
        token_type_hint: 'refresh_token',
      })
    expect((await ask(shop().id)).response).toEqual({ active: true, exp: expiresAt })
    expect((await failure(ask(fusionAuth.world.applications.office.id))).status).toBe(401)
    const unhinted = await client.introspectAccessToken(shop().id, value)
    expect(unhinted.response).toEqual({ active: false })
    fusionAuth.version = '<1.60'
    expect((await ask(shop().id)).response).toEqual({ active: false })
    fusionAuth.version = '1.60'
    time = expiresAt
    expect((await ask(shop().id)).response).toEqual({ active: false })
    time = START
    await client.revokeRefreshTokenById(id)
    expect((await ask(shop().id)).response).toEqual({ active: false })
  })

  it('takes an entity token alone or from the entity itself, and from no other client', async () => {
    const token = await fusionAuth.mint.entityToken()
    const { robot, orders } = fusionAuth.world.entities
    const { response } = await client.introspectClientCredentialsAccessToken(token)
    expect(response).toMatchObject({
      active: true,
      aud: [orders.id],
      sub: robot.id,
      permissions: { [orders.id]: ['read', 'write'] },
    })
    const hinted = await introspect({ token, token_type_hint: 'id_token' })
    expect(hinted.status).toBe(400)
    const own = await introspect({ token }, basic(robot.clientId, robot.clientSecret))
    expect(await own.json()).toEqual({ active: true, ...decodeJwt(token) })
    for (const other of [orders, { clientId: shop().id, clientSecret: shop().secret }]) {
      const refused = await introspect({ token }, basic(other.clientId, other.clientSecret))
      expect(refused.status).toBe(401)
    }
  })

  it('knows HS256 tokens, DPoP-bound ones and delegated ones', async () => {
    const { mint, keys, world } = fusionAuth
    const { robot, orders } = world.entities
    const symmetric = await mint.accessToken({ key: keys.hmac })
    expect((await client.introspectAccessToken(shop().id, symmetric)).response.active).toBe(true)
    const bound = await mint.accessToken({ jkt: 'thumbprint' })
    const { response } = await client.introspectAccessToken(shop().id, bound)
    expect(response).toMatchObject({ active: true, cnf: { jkt: 'thumbprint' } })
    const delegated = await mint.exchangedToken({
      subjectToken: bound,
      actor: robot,
      audience: orders,
    })
    const audience = await client.introspectAccessToken(orders.clientId, delegated)
    expect(audience.response).toMatchObject({
      active: true,
      sub: world.users.ann.id,
      act: { sub: robot.clientId, sub_profile: 'robot' },
    })
  })

  it('does not notice logout, revocation, or (as assumed) that the user is gone', async () => {
    const { mint, world } = fusionAuth
    const refreshToken = mint.refreshToken()
    const token = await mint.accessToken({ refreshToken })
    await fetch(`${url}/oauth2/logout?client_id=${shop().id}`, { redirect: 'manual' })
    await client.revokeRefreshTokenById(refreshToken.id)
    world.users.ann.gone = true
    const ask = async () => (await client.introspectAccessToken(shop().id, token)).response
    expect(await ask()).toMatchObject({ active: true })
    fusionAuth.assumes.goneUser = 'inactive'
    expect(await ask()).toEqual({ active: false })
  })

  it('needs the tenant of a universal application only as assumed', async () => {
    const application = fusionAuth.world.applications.everywhere
    const token = await fusionAuth.mint.accessToken({ application })
    const request = { client_id: application.id, token }
    const ask = (tenantId?: string) =>
      client.introspectAccessTokenWithRequest({ ...request, ...(tenantId && { tenantId }) })
    expect((await ask()).response.active).toBe(true)
    expect((await failure(ask('no such tenant'))).status).toBe(400)
    fusionAuth.assumes.universalTenantId = 'required'
    expect(await failure(ask())).toMatchObject({ body: { error_reason: 'missing_tenant_id' } })
    expect((await ask(fusionAuth.world.tenants.main.id)).response.active).toBe(true)
    const bound = await client.introspectAccessToken(shop().id, await fusionAuth.mint.accessToken())
    expect(bound.response.active).toBe(true)
  })

  it('can give times in milliseconds, a textual active, and read the query, as documented wrongly', async () => {
    const token = await fusionAuth.mint.accessToken()
    Object.assign(fusionAuth.assumes, {
      introspectionTimes: 'milliseconds',
      activeType: 'string',
      queryAtIntrospection: 'read',
    })
    const query = new URLSearchParams({ client_id: shop().id, token })
    const response = await fetch(`${url}/oauth2/introspect?${query}`, {
      method: 'POST',
      headers: FORM,
    })
    expect(await response.json()).toMatchObject({
      active: 'true',
      iat: START * 1000,
      exp: (START + 3600) * 1000,
    })
  })
})

describe('the token endpoint', () => {
  const ann = { username: 'ann@example.com', password: "ann's password" }
  const shop = () => fusionAuth.world.applications.shop
  const password = (scope = 'openid offline_access') =>
    client.exchangeUserCredentialsForAccessToken(
      ann.username,
      ann.password,
      shop().id,
      shop().secret,
      scope,
      '',
    )
  const refresh = (token: string, scope = '') =>
    client.exchangeRefreshTokenForAccessToken(token, shop().id, shop().secret, scope, '')
  const post = (form: Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(`${url}/oauth2/token`, { method: 'POST', body: new URLSearchParams(form), headers })

  it('gives a password the tokens that its scopes ask for', async () => {
    const { response } = await password()
    expect(response).toEqual({
      access_token: expect.any(String),
      expires_in: 3600,
      id_token: expect.any(String),
      refresh_token: expect.any(String),
      refresh_token_id: expect.any(String),
      scope: 'openid offline_access',
      token_type: 'Bearer',
      userId: fusionAuth.world.users.ann.id,
    })
    const claims = decodeJwt(response.access_token ?? '')
    expect(claims).toMatchObject({ gty: ['password'], sid: response.refresh_token_id })
    expect(decodeJwt(response.id_token ?? '').tty).toBe('idt')
    const bare = (await password('email')).response
    expect(Object.keys(bare)).not.toContain('id_token')
    expect(Object.keys(bare)).not.toContain('refresh_token')
  })

  it('refreshes with the same session, authentication time and a grown list of grants', async () => {
    const first = (await password()).response
    time += 100
    const second = (await refresh(first.refresh_token ?? '')).response
    expect(decodeJwt(second.access_token ?? '')).toMatchObject({
      authenticationType: 'REFRESH_TOKEN',
      auth_time: START,
      iat: START + 100,
      sid: first.refresh_token_id,
      gty: ['password', 'refresh_token'],
      scope: 'openid offline_access',
    })
    expect(second).not.toHaveProperty('refresh_token')
  })

  it('changes a one-time refresh token, but not its id', async () => {
    shop().refreshTokens = 'OneTimeUse'
    const first = (await password()).response
    const second = (await refresh(first.refresh_token ?? '')).response
    expect(second.refresh_token).not.toBe(first.refresh_token)
    expect(second.refresh_token_id).toBe(first.refresh_token_id)
    expect(await failure(refresh(first.refresh_token ?? ''))).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant', error_reason: 'refresh_token_not_found' },
    })
  })

  it('narrows scope and lifetime at refresh, and widens neither', async () => {
    const { value } = fusionAuth.mint.refreshToken({ scope: 'openid email' })
    const narrow = (await refresh(value, 'email')).response
    expect(decodeJwt(narrow.access_token ?? '').scope).toBe('email')
    expect((await failure(refresh(value, 'email profile'))).status).toBe(400)
    const client = basic(shop().id, shop().secret)
    const lifetime = async (seconds: string) => {
      const form = { grant_type: 'refresh_token', refresh_token: value, expires_in: seconds }
      return ((await (await post(form, client)).json()) as { expires_in: number }).expires_in
    }
    expect(await lifetime('60')).toBe(60)
    expect(await lifetime('7200')).toBe(3600)
  })

  it('refreshes neither for another application nor after the token has expired', async () => {
    const { office } = fusionAuth.world.applications
    const foreign = fusionAuth.mint.refreshToken({ application: office })
    expect((await failure(refresh(foreign.value))).status).toBe(400)
    const own = fusionAuth.mint.refreshToken()
    time = own.expiresAt
    expect((await failure(refresh(own.value))).status).toBe(400)
    time -= 1
    expect((await refresh(own.value)).statusCode).toBe(200)
  })

  it('refuses clients with 401, grants and users with 400', async () => {
    const { id, secret } = shop()
    const grant = { grant_type: 'password', ...ann }
    const reason = async (form: Record<string, string>) => {
      const response = await post(form)
      const { error, error_reason } = (await response.json()) as Record<string, string>
      return [response.status, error, error_reason]
    }
    const full = { ...grant, client_id: id, client_secret: secret }
    expect(await reason({ ...full, client_secret: 'wrong' })).toEqual([
      401,
      'invalid_client',
      'invalid_client_authentication',
    ])
    expect(await reason({ ...grant, client_id: id })).toEqual([
      401,
      'invalid_client',
      'client_authentication_missing',
    ])
    expect(await reason(grant)).toEqual([400, 'invalid_request', 'missing_client_id'])
    expect(await reason({ client_id: id })).toEqual([400, 'invalid_request', 'missing_grant_type'])
    expect(await reason({ ...full, grant_type: 'magic' })).toEqual([
      400,
      'unsupported_grant_type',
      'invalid_grant_type',
    ])
    const wrong = [400, 'invalid_grant', 'invalid_user_credentials']
    expect(await reason({ ...full, password: 'wrong' })).toEqual(wrong)
    fusionAuth.world.users.ann.login = 'locked'
    expect(await reason(full)).toEqual([400, 'invalid_grant', 'user_locked'])
    shop().clientSecret = 'NotRequired'
    fusionAuth.world.users.ann.login = 'ok'
    expect((await post({ ...grant, client_id: id })).status).toBe(200)
  })

  it('gives an entity a token with a map of permissions and an array as audience', async () => {
    const { robot, orders, stock } = fusionAuth.world.entities
    const grant = async (scope: string) => {
      const { clientId, clientSecret } = robot
      const { response } = await client.clientCredentialsGrant(clientId, clientSecret, scope)
      expect(response).toMatchObject({ expires_in: 3600, scope, token_type: 'Bearer' })
      expect(response).not.toHaveProperty('userId')
      return decodeJwt(response.access_token ?? '')
    }
    expect(await grant(`target-entity:${orders.id}:read`)).toEqual({
      aud: [orders.id],
      exp: START + 3600,
      iat: START,
      iss: 'acme.com',
      sub: robot.id,
      jti: expect.any(String),
      permissions: { [orders.id]: ['read'] },
      scope: `target-entity:${orders.id}:read`,
      tid: fusionAuth.world.tenants.main.id,
      gty: ['client_credentials'],
      tty: 'at',
    })
    const both = await grant(`target-entity:${orders.id} target-entity:${stock.id}:read`)
    expect(both.aud).toEqual([orders.id, stock.id])
    expect(both.permissions).toEqual(robot.grants)
  })

  it('refuses an entity a wrong secret, a target and a permission it was not granted', async () => {
    const { robot, orders, stock } = fusionAuth.world.entities
    const grant = (secret: string, scope: string) =>
      failure(client.clientCredentialsGrant(robot.clientId, secret, scope))
    expect(await grant('wrong', `target-entity:${orders.id}`)).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' },
    })
    expect((await grant('', `target-entity:${orders.id}`)).status).toBe(401)
    for (const scope of [`target-entity:${robot.id}`, `entity:${orders.id}`]) {
      expect(await grant(robot.clientSecret, scope)).toMatchObject({
        status: 400,
        body: { error_reason: 'invalid_target_entity_scope' },
      })
    }
    expect(await grant(robot.clientSecret, `target-entity:${stock.id}:write`)).toMatchObject({
      status: 400,
      body: { error_reason: 'invalid_entity_permission_scope' },
    })
  })

  it('exchanges a user token for one that names the actor, two deep, and only since 1.70', async () => {
    const { robot, orders } = fusionAuth.world.entities
    const exchange = (subject_token: string, audience = orders.clientId, more = {}) =>
      post(
        {
          grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
          subject_token,
          subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
          audience,
          ...more,
        },
        basic(robot.clientId, robot.clientSecret),
      )
    const token = async (response: Response) =>
      ((await response.json()) as { access_token: string }).access_token
    const once = await token(await exchange(await fusionAuth.mint.accessToken()))
    const actor = { sub: robot.clientId, sub_profile: 'robot' }
    expect(decodeJwt(once)).toMatchObject({
      aud: orders.clientId,
      sub: fusionAuth.world.users.ann.id,
      scope: 'openid',
      act: actor,
    })
    const twice = await token(await exchange(once))
    expect(decodeJwt(twice).act).toEqual({ ...actor, act: actor })
    expect((await exchange(twice)).status).toBe(403)
    expect((await exchange(once, robot.clientId)).status).toBe(403)
    expect((await exchange('garbage')).status).toBe(400)
    const wrongType = {
      subject_token: once,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    }
    expect((await exchange(once, orders.clientId, wrongType)).status).toBe(400)
    const resource = { resource: 'https://api.example' }
    expect((await exchange(once, orders.clientId, resource)).status).toBe(403)
    fusionAuth.version = '1.67'
    expect((await exchange(once)).status).toBe(400)
    const mint = fusionAuth.mint.exchangedToken
    await expect(mint({ subjectToken: once, actor: robot, audience: orders })).rejects.toThrow(
      '1.70',
    )
  })
})

describe('userinfo', () => {
  it('knows the user of an access token, and in Strict mode wants openid and no id token', async () => {
    const { mint, world } = fusionAuth
    const { shop, office } = world.applications
    const { response } = await client.retrieveUserInfoFromAccessToken(await mint.accessToken())
    expect(response).toEqual({
      sub: world.users.ann.id,
      email: 'ann@example.com',
      email_verified: true,
      preferred_username: 'ann',
      applicationId: shop.id,
      roles: ['admin', 'user'],
    })
    const strict = { application: office, scope: 'openid email' }
    const token = await mint.accessToken(strict)
    const { response: narrow } = await client.retrieveUserInfoFromAccessToken(token)
    expect(narrow).toEqual({
      sub: world.users.ann.id,
      email: 'ann@example.com',
      email_verified: true,
    })
    for (const bad of [mint.accessToken({ ...strict, scope: 'email' }), mint.idToken(strict)]) {
      const refused = await failure(client.retrieveUserInfoFromAccessToken(await bad))
      expect(refused.status).toBe(400)
    }
  })

  it('answers 401 without a token, to a bad one, and to one without audience', async () => {
    const nobody = await fetch(`${url}/oauth2/userinfo`)
    expect(nobody.status).toBe(401)
    expect(await nobody.json()).toMatchObject({ error_reason: 'access_token_required' })
    const bare = await fusionAuth.mint.loginToken({ application: null })
    for (const token of ['garbage', bare]) {
      expect((await failure(client.retrieveUserInfoFromAccessToken(token))).status).toBe(401)
    }
  })
})

describe('logout', () => {
  const logout = async (query: Record<string, string>, method = 'GET') => {
    const form = new URLSearchParams(query)
    const response =
      method === 'GET'
        ? await fetch(`${url}/oauth2/logout?${form}`, { redirect: 'manual' })
        : await fetch(`${url}/oauth2/logout`, { method, body: form, redirect: 'manual' })
    return [response.status, response.headers.get('location')]
  }

  it('redirects to the URL of the request, the application, the tenant, or the root', async () => {
    const { shop } = fusionAuth.world.applications
    const { main } = fusionAuth.world.tenants
    shop.redirectUris = ['https://shop.example/bye']
    const asked = { client_id: shop.id, post_logout_redirect_uri: 'https://shop.example/bye' }
    expect(await logout({ ...asked, state: 's' })).toEqual([
      302,
      'https://shop.example/bye?state=s',
    ])
    expect(await logout({})).toEqual([302, `${url}/`])
    main.logoutUrl = 'https://tenant.example/'
    expect(await logout({ tenantId: main.id })).toEqual([302, 'https://tenant.example/'])
    shop.logoutUrl = 'https://shop.example/out'
    time += 9999
    const id_token_hint = await fusionAuth.mint.idToken({ issuedAtSeconds: START })
    expect(await logout({ id_token_hint }, 'POST')).toEqual([302, 'https://shop.example/out'])
  })

  it('refuses a URL that the application has not authorised', async () => {
    const { id } = fusionAuth.world.applications.shop
    const query = { client_id: id, post_logout_redirect_uri: 'https://evil.example/' }
    expect(await logout(query)).toEqual([400, null])
  })

  it('revokes no refresh token', async () => {
    const { value } = fusionAuth.mint.refreshToken()
    await logout({ client_id: fusionAuth.world.applications.shop.id })
    expect(fusionAuth.refreshTokens.has(value)).toBe(true)
    expect(fusionAuth.events).toEqual([])
  })
})

describe('validation', () => {
  it('checks signature and exp of any token, HS256 too, and binds it to no client', async () => {
    const { mint, keys } = fusionAuth
    const tokens = [mint.accessToken({ key: keys.hmac }), mint.entityToken(), mint.idToken()]
    for (const token of await Promise.all(tokens)) {
      expect((await client.validateJWT(token)).response.jwt).toEqual(decodeJwt(token))
    }
    const token = await mint.accessToken()
    const validate = (headers: Record<string, string>) =>
      fetch(`${url}/api/jwt/validate`, { headers }).then((response) => response.status)
    expect(await validate({ authorization: `JWT ${token}` })).toBe(200)
    expect(await validate({ cookie: `a=b; access_token=${token}` })).toBe(200)
    expect(await validate({})).toBe(401)
    time += 3600
    expect(await failure(client.validateJWT(token))).toEqual({ status: 401, body: undefined })
  })
})

describe('revocation', () => {
  it('of one refresh token takes an API key or the JWT of its owner', async () => {
    const { mint, world } = fusionAuth
    const [first, second] = [mint.refreshToken(), mint.refreshToken()]
    const token = await mint.accessToken({ refreshToken: first })
    const { sid } = decodeJwt<{ sid: string }>(token)
    const asOwner = new FusionAuthClient(`Bearer ${token}`, url)
    const theirs = await mint.accessToken({ user: world.users.ben })
    const asOther = new FusionAuthClient(`Bearer ${theirs}`, url)
    expect((await failure(asOther.revokeRefreshTokenById(sid))).status).toBe(401)
    expect((await asOwner.revokeRefreshTokenById(sid)).statusCode).toBe(200)
    expect((await client.revokeRefreshTokenByToken(second.value)).statusCode).toBe(200)
    expect((await failure(client.revokeRefreshTokenById(sid))).status).toBe(404)
    expect(fusionAuth.refreshTokens.size).toBe(0)
  })

  it('of a user or an application takes an API key', async () => {
    const { mint, world, refreshTokens } = fusionAuth
    const { ann, ben } = world.users
    const { shop, office } = world.applications
    for (const user of [ann, ben]) mint.refreshToken({ user })
    mint.refreshToken({ user: ann, application: office })
    const owner = new FusionAuthClient(`Bearer ${await mint.accessToken()}`, url)
    expect((await failure(owner.revokeRefreshTokensByUserId(ann.id))).status).toBe(401)
    const nothing = await fetch(`${url}/api/jwt/refresh`, {
      method: 'DELETE',
      headers: { authorization: fusionAuth.apiKey },
    })
    expect([nothing.status, refreshTokens.size]).toEqual([400, 3])
    await client.revokeRefreshTokensByUserIdForApplication(ann.id, office.id)
    expect(refreshTokens.size).toBe(2)
    await client.revokeRefreshTokensByUserId(ann.id)
    expect(refreshTokens.size).toBe(1)
    await client.revokeRefreshTokensByApplicationId(shop.id)
    expect(refreshTokens.size).toBe(0)
  })

  it('leaves an event of each of the three kinds, and none where nothing was revoked', async () => {
    const { mint, world, events } = fusionAuth
    const { shop, office } = world.applications
    const { ann } = world.users
    const one = mint.refreshToken()
    await client.revokeRefreshTokenById(one.id)
    for (const application of [shop, office]) mint.refreshToken({ application })
    await client.revokeRefreshTokensByUserId(ann.id)
    mint.refreshToken()
    await client.revokeRefreshTokensByApplicationId(shop.id)
    await client.revokeRefreshTokensByApplicationId(shop.id)
    const common = { type: 'jwt.refresh-token.revoke', createInstant: START * 1000 }
    expect(events).toHaveLength(3)
    expect(events).toMatchObject([
      {
        ...common,
        userId: ann.id,
        applicationId: shop.id,
        applicationTimeToLiveInSeconds: { [shop.id]: 3600 },
        refreshToken: { id: one.id, token: one.value },
      },
      {
        ...common,
        userId: ann.id,
        applicationTimeToLiveInSeconds: { [shop.id]: 3600, [office.id]: 3600 },
      },
      {
        ...common,
        applicationId: shop.id,
        applicationTimeToLiveInSeconds: { [shop.id]: 3600 },
      },
    ])
    expect(events[1]).not.toHaveProperty('refreshToken')
    expect(events[2]).not.toHaveProperty('userId')
  })
})

describe('webhooks', () => {
  it('are signed over their bytes by a published key, in plain base64, without exp or iat', async () => {
    const { ann } = fusionAuth.world.users
    const event = userEvent(fusionAuth, 'user.deactivate', ann.id)
    const request = await delivery(fusionAuth, event, 'https://gateway.example/hooks')
    expect(request.headers.get('content-type')).toBe('application/json')
    const set = createRemoteJWKSet(new URL(`${url}/.well-known/jwks.json`))
    const signature = request.headers.get('x-fusionauth-signature-jwt') ?? ''
    const { payload, protectedHeader } = await jwtVerify(signature, set)
    const bytes = await request.arrayBuffer()
    const digest = Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('base64')
    expect(payload).toEqual({ request_body_sha256: digest })
    expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'JWT', kid: fusionAuth.keys.webhook.kid })
    expect(JSON.parse(new TextDecoder().decode(bytes))).toEqual({ event })
  })

  it('can be unsigned, signed with a shared secret, or changed on the way', async () => {
    const event = publicKeyEvent(fusionAuth, [fusionAuth.world.applications.shop.id])
    const to = 'https://gateway.example/hooks'
    const name = 'x-fusionauth-signature-jwt'
    const unsigned = await delivery(fusionAuth, event, to, { key: null })
    expect(unsigned.headers.has(name)).toBe(false)
    const shared = await delivery(fusionAuth, event, to, { key: fusionAuth.keys.hmac })
    await jwtVerify(shared.headers.get(name) ?? '', fusionAuth.keys.hmac.public)
    const changed = await delivery(fusionAuth, event, to, { body: '{}' })
    expect(changed.headers.has(name)).toBe(true)
    expect(await changed.text()).toBe('{}')
  })
})

describe('on a bad day', () => {
  const keySet = () => fetch(`${url}/.well-known/jwks.json`, { redirect: 'manual' })

  it('an endpoint fails alone, is counted, and recovers', async () => {
    fusionAuth.mode.jwks = '503'
    expect((await failure(client.retrieveJsonWebKeySet())).status).toBe(503)
    expect((await client.retrieveOpenIdConfiguration()).statusCode).toBe(200)
    fusionAuth.mode.jwks = 'ok'
    expect((await client.retrieveJsonWebKeySet()).statusCode).toBe(200)
    expect(fusionAuth.calls).toMatchObject({ jwks: 2, discovery: 1, introspect: 0 })
  })

  it.each<Mode>(['malformed', 'html', 'half'])('a "%s" body is no JSON', async (mode) => {
    fusionAuth.mode.jwks = mode
    const response = await keySet()
    expect(response.status).toBe(200)
    await expect(response.json()).rejects.toThrow()
  })

  it('half a body is the beginning of the right one, then the connection breaks', async () => {
    const whole = await (await keySet()).text()
    fusionAuth.mode.jwks = 'half'
    const reader = (await keySet()).body?.getReader()
    const first = await reader?.read()
    const text = new TextDecoder().decode(first?.value)
    expect(text).toBe(whole.slice(0, whole.length >> 1))
    await expect(reader?.read()).rejects.toThrow()
  })

  it('a huge body is the right answer, 32 MiB later', async () => {
    const whole = await (await keySet()).text()
    fusionAuth.mode.jwks = 'huge'
    const text = await (await keySet()).text()
    expect(text.length).toBe(32 * 1024 * 1024 + whole.length)
    expect(text.trim()).toBe(whole)
  })

  it('a redirect leads whoever follows to the right answer', async () => {
    const whole = await (await keySet()).text()
    fusionAuth.mode.jwks = 'redirect'
    const response = await keySet()
    expect(response.status).toBe(302)
    const followed = await fetch(response.headers.get('location') ?? '')
    expect(await followed.text()).toBe(whole)
    const asFetch = await fusionAuth.fetch(`${url}/.well-known/jwks.json`)
    expect(await asFetch.text()).toBe(whole)
  })

  it('a held call answers when released, or ends when its caller gives up', async () => {
    fusionAuth.mode.jwks = 'held'
    const gone = new AbortController()
    const request = new Request(`${url}/.well-known/jwks.json`, { signal: gone.signal })
    const [patient, hasty] = [keySet(), fusionAuth.fetch(request)]
    await expect.poll(() => fusionAuth.calls.jwks).toBe(2)
    gone.abort(new Error('too slow'))
    await expect(hasty).rejects.toThrow('too slow')
    fusionAuth.release()
    expect((await patient).status).toBe(200)
  })

  it('a server that is down has no status', async () => {
    fusionAuth.mode.login = 'down'
    expect((await failure(client.login({ loginId: 'a', password: 'b' }))).status).toBeUndefined()
  })

  it('an endpoint of the Login API fails without a body', async () => {
    fusionAuth.mode.login = '500'
    const answer = await failure(client.login({ loginId: 'a', password: 'b' }))
    expect(answer).toEqual({ status: 500, body: undefined })
  })

  it('what does not exist is 404, and a wrong method 405', async () => {
    expect((await fetch(`${url}/.well-known/oauth-authorization-server`)).status).toBe(404)
    for (const path of ['/oauth2/introspect', '/oauth2/token', '/api/login']) {
      expect((await fetch(url + path)).status).toBe(405)
    }
    expect((await fetch(`${url}/.well-known/jwks.json`, { method: 'POST' })).status).toBe(405)
  })
})
