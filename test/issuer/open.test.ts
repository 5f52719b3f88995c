import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  createRemoteJWKSet,
  customFetch,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  jwtVerify,
  SignJWT,
} from 'jose'
import * as client from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN_KEY, ISSUER, Person, startOpenIssuerAmongOthers, type World } from './world.ts'

const REDIRECT = 'https://app.example.com/callback'
const BYE = 'https://app.example.com/bye'
const SECRET = 'a-client-secret-of-thirty-two-chars-or-more'
const PASSWORD = 'correct horse battery staple'
const ORDERS = 'urn:audience:orders'
/** Five Workers are bundled. */
const START_TIMEOUT_MS = 180_000
const LEGACY = 'https://legacy.example.com'

let world: World
let web: client.Configuration
let service: client.Configuration
let person: Person
let userId: string
let listener: Server
const logoutTokens: string[] = []

beforeAll(async () => {
  listener = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    logoutTokens.push(new URLSearchParams(body).get('logout_token') ?? '')
    response.end()
  }).listen(0, '127.0.0.1')
  world = await startOpenIssuerAmongOthers()
  person = new Person(world)
  await world.admin({ command: 'client add', id: 'svc', secret: SECRET, kind: 'service' })
  const { port } = listener.address() as AddressInfo
  await world.admin({
    command: 'client add',
    id: 'web',
    secret: SECRET,
    kind: 'web',
    redirectUris: [REDIRECT],
    postLogoutRedirectUris: [BYE],
    backchannelLogoutUri: `http://127.0.0.1:${port}/logout`,
  })
  await world.admin({ command: 'client add', id: 'spa', kind: 'public', redirectUris: [REDIRECT] })
  userId = (
    await world.admin<{ id: string }>({
      command: 'user add',
      login: 'ada',
      password: PASSWORD,
      name: 'Ada',
    })
  ).id
  web = await discover('web', SECRET)
  service = await discover('svc', SECRET)
}, START_TIMEOUT_MS)

afterAll(async () => {
  listener.close()
  await world.close()
})

function throughWorld(url: string | URL, init: unknown): Promise<Response> {
  return world.fetch(String(url), init as RequestInit)
}

function discover(id: string, secret?: string): Promise<client.Configuration> {
  return client.discovery(new URL(ISSUER), id, secret, undefined, {
    algorithm: 'oauth2',
    execute: [client.allowInsecureRequests],
    [client.customFetch]: throughWorld as client.CustomFetch,
  })
}

async function signIn(
  config: client.Configuration,
  parameters: Record<string, string>,
): Promise<client.TokenEndpointResponse & client.TokenEndpointResponseHelpers> {
  const verifier = client.randomPKCECodeVerifier()
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...parameters,
  })
  const callback = await person.authorize(url, 'ada', PASSWORD)
  return client.authorizationCodeGrant(config, callback, { pkceCodeVerifier: verifier })
}

function verify(jwt: string, audience: string) {
  const keys = createRemoteJWKSet(new URL(`${ISSUER}/.well-known/jwks.json`), {
    [customFetch]: throughWorld as typeof fetch,
  })
  return jwtVerify(jwt, keys, { issuer: ISSUER, audience })
}

describe('resource indicators', () => {
  it('name the API whose audience, scopes, lifetime and format the token has', async () => {
    for (const resource of [ORDERS, 'https://api.example.com/mcp']) {
      const scope = 'orders:read legacy'
      const tokens = await client.clientCredentialsGrant(service, { resource, scope })
      const { payload } = await verify(tokens.access_token, 'orders')
      expect([payload.scope, (payload.exp ?? 0) - (payload.iat ?? 0)]).toEqual(['orders:read', 120])
      expect(decodeProtectedHeader(tokens.access_token).typ).toBe('at+jwt')
    }
    const tokens = await client.clientCredentialsGrant(service, {
      resource: LEGACY,
      scope: 'legacy',
    })
    expect(tokens.access_token).toMatch(/^c[\w-]{65}$/)
  })

  it('of a code can only be narrowed when it is redeemed', async () => {
    const verifier = client.randomPKCECodeVerifier()
    const url = client.buildAuthorizationUrl(web, {
      redirect_uri: REDIRECT,
      scope: 'orders:read',
      resource: ORDERS,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    const callback = await person.authorize(url, 'ada', PASSWORD)
    const wider = client.authorizationCodeGrant(
      web,
      callback,
      { pkceCodeVerifier: verifier },
      { resource: LEGACY },
    )
    await expect(wider).rejects.toMatchObject({ error: 'invalid_target' })
  })
})

describe('opaque tokens', () => {
  it('are introspected and revoked by whom they were issued to', async () => {
    const { access_token: token } = await client.clientCredentialsGrant(service, {
      resource: LEGACY,
      scope: 'legacy',
    })
    expect(await client.tokenIntrospection(service, token)).toEqual({
      active: true,
      iss: ISSUER,
      aud: LEGACY,
      client_id: 'svc',
      scope: 'legacy',
      token_type: 'Bearer',
      iat: expect.any(Number),
      exp: expect.any(Number),
    })
    // An API's gateway is a confidential client of its own, and may ask; a public client may not.
    expect(await client.tokenIntrospection(web, token)).toMatchObject({ active: true })
    const spa = await discover('spa')
    expect(await client.tokenIntrospection(spa, token)).toEqual({ active: false })
    const { refresh_token: refresh = '' } = await signIn(web, { scope: 'openid' })
    expect(await client.tokenIntrospection(web, refresh)).toMatchObject({ active: true })
    expect(await client.tokenIntrospection(service, refresh)).toEqual({ active: false })
    await client.tokenRevocation(web, token)
    expect(await client.tokenIntrospection(service, token)).toMatchObject({ active: true })
    await client.tokenRevocation(service, token)
    expect(await client.tokenIntrospection(service, token)).toEqual({ active: false })
  })

  it('that were issued for no API open the userinfo endpoint', async () => {
    const tokens = await signIn(web, { scope: 'openid profile' })
    expect(await client.fetchUserInfo(web, tokens.access_token, userId)).toEqual({
      sub: userId,
      name: 'Ada',
      preferred_username: 'ada',
      roles: [],
    })
  })

  it('that were never issued are inactive, and introspection wants a client', async () => {
    expect(await client.tokenIntrospection(web, 'x'.repeat(43))).toEqual({ active: false })
    const stranger = await world.fetch(`${ISSUER}/oauth2/introspect`, {
      method: 'POST',
      body: new URLSearchParams({ token: 'x' }),
    })
    expect(stranger.status).toBe(400)
    const wrong = await discover('web', `${SECRET}x`)
    await expect(client.tokenIntrospection(wrong, 'x')).rejects.toMatchObject({ status: 401 })
  })
})

describe('a refresh token without grace', () => {
  it('is used once; a second use, also a parallel one, ends the newest too', async () => {
    const first = await signIn(web, { scope: 'openid' })
    const second = await client.refreshTokenGrant(web, first.refresh_token ?? '')
    expect(second.refresh_token).not.toBe(first.refresh_token)
    const reuse = client.refreshTokenGrant(web, first.refresh_token ?? '')
    await expect(reuse).rejects.toMatchObject({ error: 'invalid_grant' })
    const newest = client.refreshTokenGrant(web, second.refresh_token ?? '')
    await expect(newest).rejects.toMatchObject({ error: 'invalid_grant' })

    const { refresh_token = '' } = await signIn(web, { scope: 'openid' })
    const uses = Array.from({ length: 30 }, () => client.refreshTokenGrant(web, refresh_token))
    const settled = await Promise.allSettled(uses)
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })
})

describe('dynamic registration', () => {
  const register = (metadata: object) =>
    world.fetch(`${ISSUER}/oauth2/register`, {
      method: 'POST',
      body: JSON.stringify({ redirect_uris: [REDIRECT], ...metadata }),
      headers: { 'content-type': 'application/json' },
    })

  it('makes a client that can sign people in, and keeps its secret only as a hash', async () => {
    const answer = await register({
      client_name: 'Mine',
      token_endpoint_auth_method: 'client_secret_basic',
    })
    expect(answer.status).toBe(201)
    const registered = await answer.json<{ client_id: string; client_secret: string }>()
    expect(registered).not.toHaveProperty('registration_access_token')
    const stored = JSON.stringify(await world.admin({ command: 'client list' }))
    expect(stored).toContain(registered.client_id)
    expect(stored).not.toContain(registered.client_secret)
    const mine = await discover(registered.client_id, registered.client_secret)
    const tokens = await signIn(mine, { scope: 'orders:read', resource: ORDERS })
    expect((await verify(tokens.access_token, 'orders')).payload.sub).toBe(userId)
    const wrong = await discover(registered.client_id, `${registered.client_secret}x`)
    const refused = client.refreshTokenGrant(wrong, 'x')
    await expect(refused).rejects.toMatchObject({ error: 'invalid_client' })
  })

  it('makes no client that acts for itself or has roles', async () => {
    for (const metadata of [
      { grant_types: ['client_credentials'], response_types: [], redirect_uris: [] },
      { grant_types: ['authorization_code', 'client_credentials'] },
      { roles: ['admin'] },
      { roles: [] },
      { first_party: true },
    ]) {
      const answer = await register(metadata)
      const { error } = await answer.json<{ error: string }>()
      expect([answer.status, error]).toEqual([400, 'invalid_client_metadata'])
    }
  })

  it('is limited per address', async () => {
    const from = (path: string) =>
      world.fetch(`${ISSUER}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'cf-connecting-ip': '192.0.2.7' },
        body: JSON.stringify({ redirect_uris: [REDIRECT] }),
      })
    for (let i = 0; i < 20; i++) {
      expect((await from('/oauth2/register')).status).toBe(201)
    }
    for (const path of ['/oauth2/register', '/oauth2/Register', '/oauth2/register/']) {
      const answer = await from(path)
      expect([path, answer.status, await answer.json()]).toEqual([
        path,
        429,
        { error: 'temporarily_unavailable', error_description: 'too many registrations' },
      ])
    }
  })

  it('takes no redirect URI that runs a script', async () => {
    for (const uri of ['javascript:alert(1)', 'data:text/html,x', 'not a uri']) {
      const answer = await register({ redirect_uris: [uri], application_type: 'native' })
      expect([answer.status, (await answer.json<{ error: string }>()).error]).toEqual([
        400,
        'invalid_redirect_uri',
      ])
    }
  })
})

describe('a call through a service binding', () => {
  it('gets the same discovery document, without a host of its own', async () => {
    const direct = await world.fetch(`${ISSUER}/.well-known/openid-configuration`)
    for (const url of ['http://auth/', 'https://api.example.com/', `${ISSUER}/`]) {
      const bound = await world.through('caller', `${url}.well-known/openid-configuration`)
      expect(await bound.clone().json()).toEqual(await direct.clone().json())
    }
  })

  it('gets tokens', async () => {
    const answer = await world.through('caller', 'http://auth/oauth2/token', {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`svc:${SECRET}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', resource: ORDERS }),
    })
    expect(answer.status).toBe(200)
  })
})

describe('logout', () => {
  it('asks, ends the session, tells the clients that listen, and goes back to the caller', async () => {
    const tokens = await signIn(web, { scope: 'openid' })
    const url = client.buildEndSessionUrl(web, {
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: BYE,
      state: 's',
    })
    const page = await person.visit(url)
    expect(page.text).toContain('Sign out?')
    const left = await person.submit(page, '/confirm', { logout: 'yes' })
    expect(left.url.href).toBe(`${BYE}?state=s`)

    expect(logoutTokens).toHaveLength(1)
    const { payload, protectedHeader } = await verify(logoutTokens[0] ?? '', 'web')
    expect(protectedHeader.typ).toBe('logout+jwt')
    expect(payload).toMatchObject({
      sid: expect.any(String),
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    })
    const refresh = client.refreshTokenGrant(web, tokens.refresh_token ?? '')
    await expect(refresh).rejects.toMatchObject({ error: 'invalid_grant' })
    const account = await person.visit(`${ISSUER}/oauth2/account`)
    expect(account.status).toBe(401)
  })

  it('goes nowhere that the client did not register', async () => {
    const url = new URL(`${ISSUER}/oauth2/logout`)
    url.search = new URLSearchParams({
      client_id: 'web',
      post_logout_redirect_uri: 'https://evil.example/',
    }).toString()
    const page = await person.visit(url)
    expect([page.status, page.url.origin]).toEqual([400, ISSUER])
  })
})

describe('consent', () => {
  it('is not asked for by an application of the owner, which still gets no more than it asks for', async () => {
    await world.admin({
      command: 'client add',
      id: 'own',
      secret: SECRET,
      kind: 'web',
      firstParty: true,
      redirectUris: [REDIRECT],
    })
    const own = await discover('own', SECRET)
    const verifier = client.randomPKCECodeVerifier()
    const url = client.buildAuthorizationUrl(own, {
      redirect_uri: REDIRECT,
      scope: 'openid orders:read root',
      resource: ORDERS,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    const stranger = new Person(world)
    const start = await stranger.visit(url)
    const { url: callback } = await stranger.submit(start, '/login', {
      login: 'ada',
      password: PASSWORD,
    })
    expect(callback.origin).toBe('https://app.example.com')
    const tokens = await client.authorizationCodeGrant(own, callback, {
      pkceCodeVerifier: verifier,
    })
    expect((await verify(tokens.access_token, 'orders')).payload.scope).toBe('orders:read')
  })

  it('shows what the owner wrote about a scope, escaped', async () => {
    const stranger = new Person(world)
    const url = client.buildAuthorizationUrl(web, {
      redirect_uri: REDIRECT,
      scope: 'legacy',
      resource: LEGACY,
      code_challenge: await client.calculatePKCECodeChallenge(client.randomPKCECodeVerifier()),
      code_challenge_method: 'S256',
    })
    const start = await stranger.visit(url)
    expect(start.text).toContain('<h1>Sign in to &lt;Example&gt;</h1>')
    const page = await stranger.submit(start, '/login', { login: 'ada', password: PASSWORD })
    expect(page.text).toContain(
      'Use &lt;b&gt;everything&lt;/b&gt; <span class="muted">(legacy)</span>',
    )
  })
})

describe('DPoP', () => {
  it('binds a token to a key, and takes each proof once however many arrive together', async () => {
    const keys = await client.randomDPoPKeyPair('ES256')
    const handle = client.getDPoPHandle(service, keys)
    const tokens = await client.clientCredentialsGrant(
      service,
      { resource: ORDERS },
      { DPoP: handle },
    )
    expect(tokens.token_type).toBe('dpop')
    const proof = await dpopProof()
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        world.fetch(`${ISSUER}/oauth2/token`, {
          method: 'POST',
          headers: { authorization: `Basic ${btoa(`svc:${SECRET}`)}`, dpop: proof },
          body: new URLSearchParams({ grant_type: 'client_credentials', resource: ORDERS }),
        }),
      ),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    await Promise.all(answers.map((answer) => answer.text()))
  })
})

async function dpopProof(): Promise<string> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  return new SignJWT({ jti: crypto.randomUUID(), htm: 'POST', htu: `${ISSUER}/oauth2/token` })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: await exportJWK(publicKey) })
    .setIssuedAt()
    .sign(privateKey)
}

describe('a server on https', () => {
  it('has cookies that plain http and the services on its hostname cannot see', async () => {
    const issuer = 'https://auth.example.com'
    const admin = (command: object) =>
      world.through('secure', `${issuer}/oauth2/admin`, {
        method: 'POST',
        headers: { authorization: `Bearer ${ADMIN_KEY}` },
        body: JSON.stringify(command),
      })
    await admin({ command: 'client add', id: 'spa', kind: 'public', redirectUris: [REDIRECT] })
    await admin({ command: 'user add', login: 'ada', password: PASSWORD })
    const visitor = new Person({ issuer, fetch: (url, init) => world.through('secure', url, init) })
    const query = new URLSearchParams({
      client_id: 'spa',
      response_type: 'code',
      scope: 'openid',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    })
    await visitor.authorize(`${issuer}/oauth2/authorize?${query}`, 'ada', PASSWORD)
    const names = visitor.received.map((line) => line.replace(/=.*/, ''))
    expect(new Set(names)).toEqual(
      new Set([
        ...['interaction', 'resume', 'session'].flatMap((name) => {
          return [`__Secure-issuer_${name}`, `__Secure-issuer_${name}.sig`]
        }),
        ...['start', 'finish', 'device'].map((name) => `__Secure-issuer_${name}`),
      ]),
    )
    for (const line of visitor.received) {
      expect(line).toMatch(/; path=\/(oauth2|interaction).*; samesite=lax; secure; httponly/)
    }
    const page = await visitor.visit(`${issuer}/oauth2/account`)
    expect(page.headers.get('strict-transport-security')).toBe('max-age=31536000')
  })
})

describe('administration', () => {
  it('does not exist without its secret', async () => {
    const answer = await world.through('closed', `${ISSUER}/oauth2/admin`, {
      method: 'POST',
      body: '{"command":"user list"}',
      headers: { authorization: 'Bearer undefined' },
    })
    expect(answer.status).toBe(404)
  })
})

describe('a server that is not configured', () => {
  it('issues nothing and logs every problem', async () => {
    const answer = await world.through('broken', `${ISSUER}/.well-known/openid-configuration`)
    expect([answer.status, await answer.json()]).toEqual([
      500,
      { error: 'server_error', error_description: 'the authorization server is not configured' },
    ])
    const problems = world.logs().filter((line) => line.startsWith('issuer: '))
    expect(problems).toEqual(
      expect.arrayContaining([
        'issuer: ISSUER: must be an origin alone, without a path or a trailing slash',
        'issuer: ADMIN_KEY: must have at least 32 characters',
        'issuer: apis[0].audience: must not be empty',
      ]),
    )
  })
})
