// Where an issuer describes itself, and what the operator reads where it cannot be found.

import { describe, expect, it } from 'vitest'
import { type OidcOptions, oidc } from '../../../src/auth/presets/oidc.ts'
import { AUDIENCE, createTestGateway, START } from '../../support/gateway.ts'
import { createTestIssuer } from '../../support/mint.ts'

const ISSUER = 'https://idp.test/tenant'
const OIDC = `${ISSUER}/.well-known/openid-configuration`
const OAUTH = 'https://idp.test/.well-known/oauth-authorization-server/tenant'

type Answers = Record<string, () => Response>

/** A gateway whose issuer answers some URLs as told, and the rest as usual. */
async function world(answers: Answers, options: Partial<OidcOptions> = {}) {
  const issuer = createTestIssuer({
    issuer: ISSUER,
    audience: AUDIENCE,
    now: () => START,
    algs: ['ES256'],
  })
  const asked: string[] = []
  const fetch = async (request: Request) => {
    asked.push(request.url)
    return answers[request.url]?.() ?? issuer.fetch(request)
  }
  const gateway = await createTestGateway({
    issuer: { ...issuer, fetch } as typeof issuer,
    config: { schemes: { main: oidc({ issuer: ISSUER, audience: AUDIENCE, ...options }) } },
  })
  const show = async () => {
    const headers = { authorization: `Bearer ${await issuer.mint()}` }
    const response = await gateway.send('/', { headers })
    await gateway.settle()
    return response
  }
  return { ...gateway, asked, show, metadata: () => issuer.fetch(OAUTH) }
}

const status = (code: number) => () => new Response(null, { status: code })

describe('the metadata of an issuer', () => {
  it('is that of an OAuth server where there is no OpenID discovery', async () => {
    for (const code of [404, 400, 401, 405]) {
      const { show, asked } = await world({ [OIDC]: status(code) })
      expect((await show()).status).toBe(200)
      expect(asked.slice(0, 2)).toEqual([OIDC, OAUTH])
    }
  })

  it('is asked for once where the issuer is not well, or there is OpenID discovery', async () => {
    const broken = await world({ [OIDC]: status(503) })
    expect((await broken.show()).status).toBe(503)
    expect(broken.asked).toEqual([OIDC])
    const { show, asked } = await world({})
    expect((await show()).status).toBe(200)
    expect(asked).not.toContain(OAUTH)
  })

  it('of an OAuth server must name the issuer too', async () => {
    const other = () => Response.json({ issuer: 'https://idp.test', jwks_uri: `${ISSUER}/jwks` })
    const { show } = await world({ [OIDC]: status(404), [OAUTH]: other })
    expect((await show()).status).toBe(503)
  })
})

describe('the reason why there are no keys', () => {
  const keySet = `${ISSUER}/.well-known/jwks.json`
  const none = `there are no keys of ${ISSUER} that may be used: `
  it.each<[name: string, answers: Answers, reason: string]>([
    [
      'no metadata at all',
      { [OIDC]: status(404), [OAUTH]: status(404) },
      'discovery at https://idp.test answered 404, then 404',
    ],
    ['an error', { [OIDC]: status(500) }, 'discovery at https://idp.test answered 500'],
    [
      'a redirect',
      { [OIDC]: () => new Response(null, { status: 301, headers: { location: '/secret?x=1' } }) },
      'https://idp.test answered with a redirect (301)',
    ],
    [
      'another issuer',
      { [OIDC]: () => Response.json({ issuer: 'https://idp.test/{tenantid}' }) },
      'the discovery document at https://idp.test is not that of the configured issuer: it names https://idp.test/{tenantid}',
    ],
    [
      'no issuer',
      { [OIDC]: () => new Response('<html>') },
      'the discovery document at https://idp.test is not that of the configured issuer: it names nothing',
    ],
    [
      'a key set that is not there',
      { [keySet]: status(404) },
      'the key set at https://idp.test answered 404',
    ],
    [
      'a key set that is none',
      { [keySet]: () => Response.json({}) },
      'the key set at https://idp.test is not a key set',
    ],
    [
      'no connection',
      {
        [keySet]: () => {
          throw new Error('connection refused')
        },
      },
      'https://idp.test did not answer: connection refused',
    ],
  ])('is in the log of the request: %s', async (_, answers, reason) => {
    const { show, lastEvent } = await world(answers)
    for (const _attempt of ['the first', 'one that waits for nobody']) {
      const response = await show()
      expect(response.status).toBe(503)
      expect(await response.json()).toMatchObject({
        code: 'issuer_unavailable',
        detail:
          'Nothing is wrong with the credential; try again after the time in the Retry-After header.',
      })
      expect(lastEvent()?.reason).toBe(none + reason)
    }
  })

  it('is in the log also where the issuer was to be asked about a token', async () => {
    const { gateway, lastEvent, send } = await world(
      { [OIDC]: status(500) },
      { introspect: { clientId: 'gw', opaque: true } },
    )
    expect(gateway.problems).toEqual([])
    const response = await send('/', { headers: { authorization: 'Bearer opaque' } })
    expect(response.status).toBe(503)
    expect(lastEvent()?.reason).toBe(`${none}discovery at https://idp.test answered 500`)
  })
})
