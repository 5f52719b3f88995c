import { createHash } from 'node:crypto'
import * as oauth from 'oauth4webapi'
import * as client from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ClientInfo } from '../../src/issuer/storage/clients.ts'
import { API, ISSUER, Person, startIssuer, type World } from './world.ts'

const REDIRECT = 'https://app.example.com/callback'
const SECRET = 'a-client-secret-of-thirty-two-chars-or-more'
const PASSWORD = 'correct horse battery staple'

let world: World
let web: client.Configuration
let service: client.Configuration
let userId: string
/** Signs in once; every later authorization finds her session. */
let ada: Person

beforeAll(async () => {
  world = await startIssuer()
  ada = new Person(world)
  await world.admin({
    command: 'client add',
    id: 'svc',
    secret: SECRET,
    kind: 'service',
    roles: ['batch'],
  })
  await world.admin({
    command: 'client add',
    id: 'web',
    secret: SECRET,
    kind: 'web',
    redirectUris: [REDIRECT],
  })
  await world.admin({ command: 'client add', id: 'spa', kind: 'public', redirectUris: [REDIRECT] })
  const user = await world.admin<{ id: string }>({
    command: 'user add',
    login: 'Ada@example.com',
    password: PASSWORD,
    name: 'Ada',
    email: 'ada@example.com',
    roles: ['admin', 'billing'],
  })
  userId = user.id
  web = await discover('web', SECRET)
  service = await discover('svc', SECRET)
})

afterAll(() => world.close())

function discover(id: string, secret?: string): Promise<client.Configuration> {
  return client.discovery(new URL(ISSUER), id, secret, undefined, {
    execute: [client.allowInsecureRequests],
    [client.customFetch]: (url, init) => world.fetch(url, init as unknown as RequestInit),
  })
}

interface Round {
  person: Person
  verifier: string
  state: string
  callback: URL
}

async function authorize(
  config: client.Configuration,
  parameters: Record<string, string> = {},
  person = ada,
): Promise<Round> {
  const verifier = client.randomPKCECodeVerifier()
  const state = client.randomState()
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT,
    scope: 'openid profile orders:read',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    ...parameters,
  })
  return {
    person,
    verifier,
    state,
    callback: await person.authorize(url, 'ada@example.com', PASSWORD),
  }
}

function redeem(config: client.Configuration, { callback, verifier, state }: Round) {
  return client.authorizationCodeGrant(config, callback, {
    pkceCodeVerifier: verifier,
    expectedState: state,
  })
}

async function validate(accessToken: string): Promise<oauth.JWTAccessTokenClaims> {
  const as: oauth.AuthorizationServer = {
    issuer: ISSUER,
    jwks_uri: `${ISSUER}/.well-known/jwks.json`,
  }
  const request = new Request(API, { headers: { authorization: `Bearer ${accessToken}` } })
  return oauth.validateJwtAccessToken(as, request, API, {
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: (url, init) => world.fetch(url, init as unknown as RequestInit),
  })
}

async function refused(attempt: Promise<unknown>): Promise<[number | undefined, string]> {
  try {
    await attempt
  } catch (error) {
    const { status, error: code } = error as { status?: number; error?: string }
    return [status, code ?? (error as { code?: string }).code ?? String(error)]
  }
  throw new Error('expected a refusal')
}

function tokenRequest(parameters: Record<string, string>): Promise<Response> {
  return world.fetch(`${ISSUER}/oauth2/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`web:${SECRET}`)}` },
    body: new URLSearchParams(parameters),
  })
}

describe('client_credentials', () => {
  it('answers an RFC 9068 access token with the scope and the roles of the client', async () => {
    const tokens = await client.clientCredentialsGrant(service, { scope: 'orders:read' })
    const { jti: _, iat, exp, ...claims } = await validate(tokens.access_token)
    expect(claims).toEqual({
      iss: ISSUER,
      aud: API,
      sub: 'svc',
      client_id: 'svc',
      scope: 'orders:read',
      roles: ['batch'],
    })
    expect(exp - iat).toBe(600)
  })

  it('is refused with a wrong secret, without one, and to a client that is not for it', async () => {
    const wrong = await discover('svc', `${SECRET}x`)
    expect(await refused(client.clientCredentialsGrant(wrong))).toEqual([401, 'invalid_client'])
    const none = await discover('svc')
    expect(await refused(client.clientCredentialsGrant(none))).toEqual([401, 'invalid_client'])
    const unknown = await discover('nobody', SECRET)
    expect(await refused(client.clientCredentialsGrant(unknown))).toEqual([401, 'invalid_client'])
    expect(await refused(client.clientCredentialsGrant(web))).toEqual([400, 'invalid_request'])
  })

  it('is refused with the stored hash of the secret in its place', async () => {
    const { hash } = await import('node:crypto')
    const leaked = await discover('svc', `sha256$${hash('sha256', SECRET, 'base64url')}`)
    expect(await refused(client.clientCredentialsGrant(leaked))).toEqual([401, 'invalid_client'])
  })

  it('is refused for a resource that is no API of this server', async () => {
    const grant = client.clientCredentialsGrant(service, { resource: 'https://other.example' })
    expect(await refused(grant)).toEqual([400, 'invalid_target'])
  })

  it('drops a scope that the API does not know', async () => {
    const tokens = await client.clientCredentialsGrant(service, { scope: 'orders:read root' })
    expect((await validate(tokens.access_token)).scope).toBe('orders:read')
  })
})

describe('authorization code with PKCE', () => {
  it('signs a person in and answers tokens with their scope and roles', async () => {
    const tokens = await redeem(web, await authorize(web))
    expect(await validate(tokens.access_token)).toMatchObject({
      sub: userId,
      client_id: 'web',
      scope: 'orders:read',
      roles: ['admin', 'billing'],
    })
    expect(tokens.claims()).toMatchObject({
      sub: userId,
      name: 'Ada',
      preferred_username: 'ada@example.com',
      roles: ['admin', 'billing'],
    })
  })

  it('works for a client that can keep no secret', async () => {
    const spa = await discover('spa')
    const tokens = await redeem(spa, await authorize(spa))
    expect(await validate(tokens.access_token)).toMatchObject({ sub: userId, client_id: 'spa' })
  })

  it('asks nothing a second time in the same browser', async () => {
    const { person } = await authorize(web)
    const verifier = client.randomPKCECodeVerifier()
    const page = await person.visit(
      client.buildAuthorizationUrl(web, {
        redirect_uri: REDIRECT,
        scope: 'openid profile orders:read',
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        prompt: 'none',
      }),
    )
    expect([page.url.origin, page.url.searchParams.has('code')]).toEqual([
      'https://app.example.com',
      true,
    ])
  })

  it('is refused with another verifier, and the code is of no use to another client', async () => {
    const round = await authorize(web)
    const verifier = client.randomPKCECodeVerifier()
    expect(await refused(redeem(web, { ...round, verifier }))).toEqual([400, 'invalid_grant'])
    const spa = await discover('spa')
    expect(await refused(redeem(spa, round))).toEqual([400, 'invalid_grant'])
    expect((await redeem(web, round)).access_token).toBeTypeOf('string')
  })

  it('is refused without a challenge and with a plain one', async () => {
    const start = (parameters: Record<string, string>) =>
      new Person(world).visit(
        client.buildAuthorizationUrl(web, {
          redirect_uri: REDIRECT,
          scope: 'openid',
          ...parameters,
        }),
      )
    const without = await start({})
    expect(without.url.searchParams.get('error')).toBe('invalid_request')
    const plain = await start({ code_challenge: 'x'.repeat(43), code_challenge_method: 'plain' })
    expect(plain.url.searchParams.get('error')).toBe('invalid_request')
  })

  it('sends nobody to a redirect URI that the client did not register', async () => {
    for (const redirect_uri of [
      'https://evil.example/callback',
      `${REDIRECT}/../x`,
      `${REDIRECT}?x=1`,
      'https://app.example.com.evil.example/callback',
      `${REDIRECT}#x`,
    ]) {
      const url = client.buildAuthorizationUrl(web, { redirect_uri, code_challenge: 'x' })
      const page = await new Person(world).visit(url)
      expect([page.status, page.url.origin]).toEqual([400, ISSUER])
      expect(page.text).toContain('invalid_redirect_uri')
    }
  })

  it('gives a state back unchanged, and a client refuses one that is not its own', async () => {
    const round = await authorize(web)
    expect(round.callback.searchParams.get('state')).toBe(round.state)
    expect(round.callback.searchParams.get('iss')).toBe(ISSUER)
    const replayed = redeem(web, { ...round, state: client.randomState() })
    expect((await refused(replayed))[1]).toBe('OAUTH_INVALID_RESPONSE')
  })

  it('gives one of 100 parallel requests the tokens, and the reuse ends what it got', async () => {
    const { callback, verifier } = await authorize(web)
    const parameters = {
      grant_type: 'authorization_code',
      code: callback.searchParams.get('code') ?? '',
      redirect_uri: REDIRECT,
      code_verifier: verifier,
    }
    const redeemed = async () => {
      const answer = await tokenRequest(parameters)
      // Read at once: Node's client may drop a body that waits for ninety-nine others.
      return (await answer.json()) as { error?: string; refresh_token?: string }
    }
    const bodies = await Promise.all(Array.from({ length: 100 }, redeemed))
    const won = bodies.filter(({ error }) => error === undefined)
    expect(won).toHaveLength(1)
    expect(new Set(bodies.map(({ error }) => error))).toEqual(new Set([undefined, 'invalid_grant']))
    const refresh = client.refreshTokenGrant(web, won[0]?.refresh_token ?? '')
    expect(await refused(refresh)).toEqual([400, 'invalid_grant'])
  })
})

describe('a page of another origin', () => {
  it('reads the answers of the token endpoint only where its client sends people back to it', async () => {
    const allowed = async (origin: string, client_id: string) => {
      const answer = await world.fetch(`${ISSUER}/oauth2/token`, {
        method: 'POST',
        headers: { origin },
        body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'x', client_id }),
      })
      await answer.text()
      return answer.headers.get('access-control-allow-origin')
    }
    expect(await allowed('https://app.example.com', 'spa')).toBe('https://app.example.com')
    expect(await allowed('https://evil.example', 'spa')).toBeNull()
    expect(await allowed('https://app.example.com', 'web')).toBeNull()
  })
})

describe('refresh tokens', () => {
  it('rotate, and in their grace give the same successor again, also to 100 at once', async () => {
    const first = await redeem(web, await authorize(web))
    const parameters = { grant_type: 'refresh_token', refresh_token: first.refresh_token ?? '' }
    const refreshed = async () => {
      const answer = await tokenRequest(parameters)
      return (await answer.json()) as { refresh_token: string; access_token: string }
    }
    const answers = await Promise.all(Array.from({ length: 100 }, refreshed))
    const [successor = '', ...others] = new Set(answers.map((answer) => answer.refresh_token))
    expect(others).toEqual([])
    expect(successor).not.toBe(first.refresh_token)
    expect(await validate(answers[0]?.access_token ?? '')).toMatchObject({
      sub: userId,
      scope: 'orders:read',
    })
    // A second tab that comes late gets no token of its own, and harms nobody.
    const third = await client.refreshTokenGrant(web, successor)
    expect(await refreshed()).toMatchObject({ refresh_token: successor })
    expect((await client.refreshTokenGrant(web, third.refresh_token ?? '')).token_type).toBe(
      'bearer',
    )
  })

  it('and codes are not used up by a request that fails', async () => {
    const round = await authorize(web)
    const elsewhere = { resource: 'https://other.example' }
    const proof = { pkceCodeVerifier: round.verifier, expectedState: round.state }
    const wrong = client.authorizationCodeGrant(web, round.callback, proof, elsewhere)
    expect(await refused(wrong)).toEqual([400, 'invalid_target'])
    const { refresh_token = '' } = await redeem(web, round)
    const wrongRefresh = client.refreshTokenGrant(web, refresh_token, elsewhere)
    expect(await refused(wrongRefresh)).toEqual([400, 'invalid_target'])
    const tokens = await client.refreshTokenGrant(web, refresh_token)
    expect(await validate(tokens.access_token)).toMatchObject({ sub: userId })
  })

  it('end with their client, also for one that is added again under its id', async () => {
    await world.admin({
      command: 'client add',
      id: 'shop',
      secret: SECRET,
      kind: 'web',
      redirectUris: [REDIRECT],
    })
    const shop = await discover('shop', SECRET)
    const { refresh_token = '' } = await redeem(shop, await authorize(shop))
    const [stored] = (await world.admin<ClientInfo[]>({ command: 'client list' })).filter(
      ({ id }) => id === 'shop',
    )
    await world.admin({ command: 'client remove', id: 'shop' })
    expect(await client.tokenIntrospection(web, refresh_token)).toEqual({ active: false })
    // As it would be added again a while later.
    await world.admin({
      command: 'import client',
      client: {
        id: 'shop',
        metadata: JSON.stringify(stored?.metadata),
        secretHash: `sha256$${createHash('sha256').update(SECRET).digest('base64url')}`,
        roles: [],
        createdAt: Math.floor(Date.now() / 1000) + 2,
      },
    })
    const refresh = client.refreshTokenGrant(shop, refresh_token)
    await expect(refresh).rejects.toMatchObject({ error: 'invalid_grant' })
    const page = await ada.visit(
      `${ISSUER}/oauth2/authorize?${new URLSearchParams({
        client_id: 'shop',
        response_type: 'code',
        redirect_uri: REDIRECT,
        scope: 'openid profile orders:read',
        code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
        code_challenge_method: 'S256',
      })}`,
    )
    expect(page.text).toContain('/consent"')
  })

  it('are revoked by their client, with everything of the same grant', async () => {
    const { refresh_token = '' } = await redeem(web, await authorize(web))
    await client.tokenRevocation(web, refresh_token)
    const refresh = client.refreshTokenGrant(web, refresh_token)
    expect(await refused(refresh)).toEqual([400, 'invalid_grant'])
  })

  it('are introspected while they live', async () => {
    const { refresh_token = '' } = await redeem(web, await authorize(web))
    expect(await client.tokenIntrospection(web, refresh_token)).toMatchObject({
      active: true,
      sub: userId,
      client_id: 'web',
    })
    await client.tokenRevocation(web, refresh_token)
    expect(await client.tokenIntrospection(web, refresh_token)).toEqual({ active: false })
  })

  it('never widen their scope', async () => {
    const { refresh_token = '' } = await redeem(web, await authorize(web))
    const wider = client.refreshTokenGrant(web, refresh_token, {
      scope: 'orders:read orders:write',
    })
    expect(await refused(wider)).toEqual([400, 'invalid_scope'])
  })

  it('end when the person is disabled or reset', async () => {
    const login = 'grace'
    await world.admin({ command: 'user add', login, password: PASSWORD, roles: ['reader'] })
    const start = async () => {
      const person = new Person(world)
      const verifier = client.randomPKCECodeVerifier()
      const url = client.buildAuthorizationUrl(web, {
        redirect_uri: REDIRECT,
        scope: 'openid orders:read',
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      })
      const callback = await person.authorize(url, login, PASSWORD)
      return client.authorizationCodeGrant(web, callback, { pkceCodeVerifier: verifier })
    }
    const tokens = await start()
    await world.admin({ command: 'user reset', login: login, password: PASSWORD })
    const afterReset = client.refreshTokenGrant(web, tokens.refresh_token ?? '')
    expect(await refused(afterReset)).toEqual([400, 'invalid_grant'])
    const again = await start()
    await world.admin({ command: 'user disable', login: login })
    const afterDisable = client.refreshTokenGrant(web, again.refresh_token ?? '')
    expect(await refused(afterDisable)).toEqual([400, 'invalid_grant'])
    const shown = await client.tokenIntrospection(web, again.refresh_token ?? '')
    expect(shown).toEqual({ active: false })
  })
})
