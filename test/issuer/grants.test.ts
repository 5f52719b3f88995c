import * as oauth from 'oauth4webapi'
import * as client from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { API, ISSUER, Person, startIssuer, type World } from './world.ts'

const REDIRECT = 'https://app.example.com/callback'
const SECRET = 'a-client-secret-of-thirty-two-chars-or-more'
const PASSWORD = 'correct horse battery staple'

let world: World
let web: client.Configuration
let service: client.Configuration
let userId: string

beforeAll(async () => {
  world = await startIssuer()
  const { storage } = world
  await storage.addClient({ id: 'svc', secret: SECRET, kind: 'service', roles: ['batch'] })
  await storage.addClient({ id: 'web', secret: SECRET, kind: 'web', redirectUris: [REDIRECT] })
  await storage.addClient({ id: 'spa', kind: 'public', redirectUris: [REDIRECT] })
  const user = await storage.addUser({
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
  person = new Person(world),
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
})

describe('authorization code with PKCE', () => {
  it('signs a person in and answers tokens with their scope and roles', async () => {
    const round = await authorize(web)
    const tokens = await redeem(web, round)
    expect(await validate(tokens.access_token)).toMatchObject({
      sub: userId,
      client_id: 'web',
      scope: 'orders:read',
      roles: ['admin', 'billing'],
    })
    expect(tokens.claims()).toMatchObject({ sub: userId, name: 'Ada', roles: ['admin', 'billing'] })
    const refreshed = await client.refreshTokenGrant(web, tokens.refresh_token ?? '')
    expect(await validate(refreshed.access_token)).toMatchObject({ sub: userId })
  })
})
