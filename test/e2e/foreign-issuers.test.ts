// The gateway behind issuers that are not ours, on real sockets: oidc-provider signs, introspects,
// revokes, changes its keys and goes down; the gateway runs on raw workerd.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  DISCOVERY_PATH,
  FORMATS,
  type ForeignIssuer,
  INTROSPECTION_PATH,
  JWKS_PATH,
  SUBJECT,
  startForeignIssuer,
} from '../support/foreign-issuer.ts'
import { type GatewayWorker, startGatewayWorker } from '../support/gateway-worker.ts'

const AUDIENCES = FORMATS.map((name) => `urn:test:${name}`)
const SIGNED = FORMATS.filter((name) => name !== 'opaque')

// `deaf` has no introspection; `open` also takes what does not say for whom it is.
const CONFIG = `{
  schemes: {
    main: oidc({
      issuer: env.ISSUER,
      audience: env.AUDIENCES,
      introspect: { clientId: env.CLIENT_ID, clientSecret: env.CLIENT_SECRET, opaque: true },
    }),
    deaf: oidc({ issuer: env.ISSUER, audience: env.AUDIENCES }),
    wrong: oidc({
      issuer: env.ISSUER,
      audience: env.AUDIENCES,
      introspect: { clientId: env.CLIENT_ID, clientSecret: 'wrong', opaque: true },
    }),
  },
  routes: [
    { path: '/*', auth: 'main', to: claims },
    { path: '/deaf/*', auth: 'deaf', to: claims },
    { path: '/wrong/*', auth: 'wrong', to: claims },
  ],
}`

const GOOD = [200, '']
const BAD = [401, 'invalid_token']
const NO_VERDICT = [503, 'issuer_unavailable']

describe('oidc-provider', () => {
  let issuer: ForeignIssuer
  let gateway: GatewayWorker

  beforeAll(async () => {
    issuer = await startForeignIssuer()
  })
  afterAll(() => issuer.stop())

  // A gateway that knows nothing yet.
  beforeEach(async () => {
    issuer.broken.clear()
    issuer.calls.clear()
    const { id: CLIENT_ID, secret: CLIENT_SECRET } = issuer.client
    const vars = { ISSUER: issuer.issuer, CLIENT_ID, CLIENT_SECRET, AUDIENCES }
    gateway = await startGatewayWorker({ config: CONFIG, vars })
    return () => gateway.stop()
  })

  it('signs tokens with RS256, PS256, ES256 and EdDSA, which are verified here', async () => {
    for (const format of SIGNED) {
      const { status, body } = await gateway.send('/', await issuer.token(format))
      expect([format, status]).toEqual([format, 200])
      expect(JSON.parse(body)).toMatchObject({
        active: true,
        iss: issuer.issuer,
        aud: issuer.audience(format),
        sub: issuer.client.id,
        scope: 'read',
      })
    }
    expect(Object.fromEntries(issuer.calls)).toMatchObject({ [DISCOVERY_PATH]: 1, [JWKS_PATH]: 1 })
    expect(issuer.calls.get(INTROSPECTION_PATH)).toBeUndefined()
  })

  it('issues opaque tokens, which it is asked about where the entry says so', async () => {
    const token = await issuer.token('opaque')
    const { status, body } = await gateway.send('/', token)
    expect(status).toBe(200)
    expect(JSON.parse(body)).toMatchObject({ active: true, sub: SUBJECT, token_type: 'Bearer' })
    expect(await gateway.show(token, '/deaf/')).toEqual(BAD)
    expect(await gateway.show(`${token}x`)).toEqual(BAD)
  })

  it('revokes an opaque token, which ends here within 60 s', async () => {
    const token = await issuer.token('opaque')
    expect(await gateway.show(token)).toEqual(GOOD)
    expect(await issuer.revoke(token)).toBe(200)
    expect(await gateway.show(token)).toEqual(GOOD)
    await gateway.setClockAhead(60)
    expect(await gateway.show(token)).toEqual(BAD)
  })

  it('refuses a wrong secret of ours: 503, and one line in the log that says so', async () => {
    expect(await gateway.show(await issuer.token('opaque'), '/wrong/')).toEqual(NO_VERDICT)
    await gateway.logLine(
      /introspection refuses our client \(401 [\w ]+\): check clientId and clientSecret/,
    )
    expect(gateway.logs().match(/refuses our client/g)).toHaveLength(1)
  })

  it('is restarted with other keys: new tokens pass at once, old ones no longer', async () => {
    const old = await issuer.token('ES256')
    expect(await gateway.show(old)).toEqual(GOOD)
    await issuer.restartWithNewKeys()
    expect(await gateway.show(await issuer.token('ES256'))).toEqual(GOOD)
    expect(await gateway.show(old)).toEqual(BAD)
    expect(issuer.calls.get(INTROSPECTION_PATH)).toBeUndefined()
  })

  it('is down before its keys were ever seen: 503 for everything, good or bad', async () => {
    const tokens = [await issuer.token('RS256'), await issuer.token('opaque')]
    for (const path of [JWKS_PATH, DISCOVERY_PATH, INTROSPECTION_PATH]) issuer.broken.add(path)
    for (const token of tokens) expect(await gateway.show(token)).toEqual(NO_VERDICT)
    expect(await gateway.show(tokens[0], '/deaf/')).toEqual(NO_VERDICT)
  })

  it('introspects no JWT: while its keys are unavailable, its answer 400 is no verdict', async () => {
    issuer.broken.add(JWKS_PATH)
    const token = await issuer.token('RS256')
    // Without keys, discovery is not kept either: the entry has to say where to ask.
    const { id: CLIENT_ID, secret: CLIENT_SECRET } = issuer.client
    const told = await startGatewayWorker({
      config: CONFIG.replace('opaque: true', 'opaque: true, endpoint: env.ENDPOINT'),
      vars: {
        ISSUER: issuer.issuer,
        ENDPOINT: issuer.issuer + INTROSPECTION_PATH,
        CLIENT_ID,
        CLIENT_SECRET,
        AUDIENCES,
      },
    })
    try {
      expect(await told.show(token)).toEqual(NO_VERDICT)
      await told.logLine(/introspection gave no verdict \(400 unsupported_token_type\)/)
      expect(issuer.calls.get(INTROSPECTION_PATH)).toBe(1)
    } finally {
      await told.stop()
    }
  })

  it('is down after its keys were seen: nobody notices', async () => {
    await gateway.show(await issuer.token('PS256'))
    const token = await issuer.token('PS256')
    for (const path of [JWKS_PATH, DISCOVERY_PATH, INTROSPECTION_PATH]) issuer.broken.add(path)
    expect(await gateway.show(token)).toEqual(GOOD)
    await gateway.setClockAhead(1_000)
    expect(await gateway.show(token)).toEqual(GOOD)
  })
})
