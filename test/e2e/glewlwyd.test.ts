// The gateway behind Glewlwyd, where Debian's package is installed. It introspects its own JWTs, and
// its answers lack iss and sub: the issuer that `mayOmit` is there for.

import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GatewayWorker, startGatewayWorker } from '../support/gateway-worker.ts'
import { type Glewlwyd, SCOPE, startGlewlwyd, whyNoGlewlwyd } from '../support/glewlwyd.ts'

const reason = whyNoGlewlwyd()
if (reason !== undefined) console.warn(`The Glewlwyd suite is skipped: ${reason}.`)

// Behind all but `main` there are no keys to be had.
const CONFIG = `(() => {
  const client = { clientId: env.CLIENT_ID, clientSecret: env.CLIENT_SECRET, endpoint: env.ENDPOINT }
  const keyless = (introspect) => oidc({
    issuer: env.ISSUER,
    audience: env.AUDIENCE,
    jwksUri: env.ISSUER + '/no-keys-here',
    introspect,
  })
  return {
    schemes: {
      main: oidc({ issuer: env.ISSUER, audience: env.AUDIENCE }),
      lenient: keyless({ ...client, mayOmit: ['iss', 'sub'] }),
      strict: keyless(client),
      wrong: keyless({ ...client, clientSecret: 'wrong', mayOmit: ['iss', 'sub'] }),
    },
    routes: [
      { path: '/*', auth: 'main', to: claims },
      { path: '/lenient/*', auth: 'lenient', to: claims },
      { path: '/strict/*', auth: 'strict', to: claims },
      { path: '/wrong/*', auth: 'wrong', to: claims },
    ],
  }
})()`

const GOOD = [200, '']
const BAD = [401, 'invalid_token']

describe.skipIf(reason !== undefined)('Glewlwyd', () => {
  let issuer: Glewlwyd
  let gateway: GatewayWorker

  beforeAll(async () => {
    issuer = await startGlewlwyd()
    gateway = await startGatewayWorker({
      config: CONFIG,
      vars: {
        ISSUER: issuer.issuer,
        ENDPOINT: issuer.introspectionUri,
        CLIENT_ID: issuer.client.id,
        CLIENT_SECRET: issuer.client.secret,
        AUDIENCE: SCOPE,
      },
    })
  })
  afterAll(async () => {
    await gateway.stop()
    await issuer.stop()
  })

  it('issues tokens that are verified here', async () => {
    const token = await issuer.token()
    const { status, body } = await gateway.send('/', token)
    expect(status).toBe(200)
    expect(JSON.parse(body)).toEqual({ ...decodeJwt(token), active: true })
    expect(await gateway.show(`${token.slice(0, -8)}AAAAAAAA`)).toEqual(BAD)
  })

  it('introspects its JWTs without iss and sub, which passes where the entry says so', async () => {
    const token = await issuer.token()
    const { status, body } = await gateway.send('/lenient/', token)
    expect(status).toBe(200)
    const claims = JSON.parse(body) as Record<string, unknown>
    expect(claims).toMatchObject({ active: true, aud: SCOPE, scope: SCOPE, token_type: 'bearer' })
    expect(claims).not.toHaveProperty('iss')
    expect(claims).not.toHaveProperty('sub')
    expect(await gateway.show(token, '/strict/')).toEqual(BAD)
  })

  it('calls a tampered token inactive', async () => {
    const token = await issuer.token()
    expect(await gateway.show(`${token.slice(0, -8)}AAAAAAAA`, '/lenient/')).toEqual(BAD)
  })

  it('revokes a JWT, which introspection learns within 60 s', async () => {
    const token = await issuer.token()
    expect(await gateway.show(token, '/lenient/')).toEqual(GOOD)
    expect(await issuer.revoke(token)).toBe(200)
    await gateway.setClockAhead(60)
    expect(await gateway.show(token, '/lenient/')).toEqual(BAD)
    await gateway.setClockAhead(0)
  })

  it('refuses a wrong secret of ours without a word: 503, and a line in the log', async () => {
    expect(await gateway.show(await issuer.token(), '/wrong/')).toEqual([503, 'issuer_unavailable'])
    await gateway.logLine(/introspection refuses our client/)
  })
})
