// The gateway in front of a FusionAuth that really runs, for whoever has one: it settles what the
// stand-in can only assume. Nothing is created or changed there; only tokens are asked for.
//
//   FUSIONAUTH_URL            https://auth.example.com
//   FUSIONAUTH_CLIENT_ID      an application with a user registered for it
//   FUSIONAUTH_CLIENT_SECRET  its secret
//   FUSIONAUTH_LOGIN_ID, FUSIONAUTH_PASSWORD   that user
//   FUSIONAUTH_ISSUER         the tenant's issuer, where it is not the URL

import { FusionAuthClient } from '@fusionauth/typescript-client'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GatewayWorker, startGatewayWorker } from '../support/gateway-worker.ts'

const NEEDED = ['URL', 'CLIENT_ID', 'CLIENT_SECRET', 'LOGIN_ID', 'PASSWORD'] as const

const given = Object.fromEntries(
  NEEDED.map((name) => [name, process.env[`FUSIONAUTH_${name}`]]),
) as Record<(typeof NEEDED)[number], string>
const missing = NEEDED.filter((name) => !given[name]).map((name) => `FUSIONAUTH_${name}`)
if (missing.length > 0) {
  console.warn(`The live FusionAuth suite is skipped: ${missing.join(', ')} not set.`)
}

// `guarded` wants a role that nobody has; `remote` knows the keys of nobody, and has to ask.
const CONFIG = `(() => {
  const { URL: url, CLIENT_ID: clientId, CLIENT_SECRET: clientSecret, ISSUER: issuer } = env
  const keyless = { fetch: async (request) =>
    request.url.endsWith('/jwks.json') ? new Response('', { status: 503 }) : fetch(request) }
  return {
    schemes: {
      main: fusionAuth({ url, issuer, clientId, clientSecret }),
      other: fusionAuth({ url, issuer, clientId: crypto.randomUUID() }),
      remote: fusionAuth({ url, issuer, clientId, clientSecret, via: keyless }),
      wrong: fusionAuth({ url, issuer, clientId, clientSecret: 'wrong', via: keyless }),
    },
    routes: [
      { path: '/*', auth: 'main', to: claims },
      { path: '/guarded/*', auth: 'main', to: claims, roles: ['a role of nobody'] },
      { path: '/other/*', auth: 'other', to: claims },
      { path: '/remote/*', auth: 'remote', to: claims },
      { path: '/wrong/*', auth: 'wrong', to: claims },
    ],
  }
})()`

const BAD = [401, 'invalid_token']

describe.skipIf(missing.length > 0)('FusionAuth itself', () => {
  let gateway: GatewayWorker
  let tokens: { access: string; id: string | undefined }

  beforeAll(async () => {
    const { URL: url, CLIENT_ID, CLIENT_SECRET, LOGIN_ID, PASSWORD } = given
    const client = new FusionAuthClient('', url)
    const { response } = await client.exchangeUserCredentialsForAccessToken(
      LOGIN_ID,
      PASSWORD,
      CLIENT_ID,
      CLIENT_SECRET,
      'openid',
      '',
    )
    tokens = { access: response.access_token as string, id: response.id_token }
    const ISSUER = process.env.FUSIONAUTH_ISSUER ?? url
    const vars = { URL: url, CLIENT_ID, CLIENT_SECRET, ISSUER }
    gateway = await startGatewayWorker({ config: CONFIG, vars })
  })
  afterAll(() => gateway.stop())

  it('issues access tokens that the gateway takes', async () => {
    const { status, body } = await gateway.send('/', tokens.access)
    expect(status).toBe(200)
    expect(JSON.parse(body)).toEqual({ ...decodeJwt(tokens.access), active: true })
  })

  it('says the same of a token when it is asked', async () => {
    const { status, body } = await gateway.send('/remote/', tokens.access)
    expect(status).toBe(200)
    const { sub, aud, iss, exp } = decodeJwt(tokens.access)
    expect(JSON.parse(body)).toMatchObject({ active: true, sub, aud, iss, exp })
  })

  it('issues id tokens that the gateway refuses, asked or not', async ({ skip }) => {
    const { id } = tokens
    if (id === undefined) return skip('no id token was issued')
    expect(await gateway.show(id)).toEqual(BAD)
    expect((await gateway.show(id, '/remote/'))[0]).not.toBe(200)
  })

  it('issues tokens for one application, which no other takes', async () => {
    expect(await gateway.show(tokens.access, '/other/')).toEqual(BAD)
  })

  it('gives roles, and a missing one is 403', async () => {
    expect(await gateway.show(tokens.access, '/guarded/')).toEqual([403, 'forbidden'])
  })

  it('calls a tampered token inactive', async () => {
    const spoilt = `${tokens.access.slice(0, -8)}AAAAAAAA`
    expect(await gateway.show(spoilt)).toEqual(BAD)
    expect((await gateway.show(spoilt, '/remote/'))[0]).not.toBe(200)
  })

  it('refuses a wrong secret in the form that the gateway takes for that', async () => {
    expect(await gateway.show(tokens.access, '/wrong/')).toEqual([503, 'issuer_unavailable'])
    await gateway.logLine(/introspection refuses our client/)
  })

  it('names the key of its tokens', () => {
    expect(decodeProtectedHeader(tokens.access).kid).toEqual(expect.any(String))
  })
})
