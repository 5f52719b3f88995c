// Introspection endpoints as they are in the field: how they refuse us, what their answers lack, and a key
// instead of a client's secret.

import { describe, expect, it } from 'vitest'
import { type IntrospectOptions, oidc } from '../../../src/auth/presets/oidc.ts'
import { checkConfig } from '../../../src/config/prepare.ts'
import { AUDIENCE, createTestGateway, ORIGIN, refusal, START } from '../../support/gateway.ts'
import { createTestIssuer } from '../../support/mint.ts'

const CLIENT = { clientId: 'gw', clientSecret: 'wrong', opaque: true }

async function world(introspect: IntrospectOptions, answer: unknown, status = 200) {
  const issuer = createTestIssuer({ audience: AUDIENCE, now: () => START, algs: ['ES256'] })
  const asked: { form: URLSearchParams; authorization: string | null }[] = []
  issuer.onIntrospection = (form, request) => {
    asked.push({ form, authorization: request.headers.get('authorization') })
    return typeof answer === 'string'
      ? new Response(answer, { status })
      : Response.json(answer, { status })
  }
  const gateway = await createTestGateway({
    issuer,
    config: {
      schemes: { main: oidc({ issuer: issuer.issuer, audience: AUDIENCE, introspect }) },
    },
    // An event stream, which ends with what it was opened with.
    origin: () => new Response('data: 1\n\n', { headers: { 'content-type': 'text/event-stream' } }),
  })
  const show = async () => {
    const response = await gateway.send('/', { headers: { authorization: 'Bearer opaque' } })
    return response.status === 200 ? [200, ''] : refusal(response)
  }
  return { ...gateway, show, asked }
}

const UNAVAILABLE = [503, 'issuer_unavailable']
const BAD = [401, 'invalid_token']

describe('a 401 of the introspection endpoint', () => {
  const bodies: Record<string, unknown> = {
    'of RFC 6749': { error: 'invalid_client' },
    'of Keycloak': { error: 'invalid_request', error_description: 'Authentication failed.' },
    'of Ory': { error: { code: 401, status: 'Unauthorized', message: 'invalid' } },
    'of Spring Boot': { status: 401, error: 'Unauthorized', path: '/introspect' },
    'of a proxy': '<html>401</html>',
    'with an array': [],
    empty: '',
  }

  it.each(Object.entries(bodies))('is about us where we showed a secret: %s', async (_, body) => {
    const { show, lastEvent } = await world(CLIENT, body, 401)
    expect(await show()).toEqual(UNAVAILABLE)
    expect(lastEvent()?.reason).toMatch(
      /^introspection refuses our client \(401 [\w ]+\): check clientId and clientSecret, or bearerKey$/,
    )
  })

  it('is about us with a bearer key too', async () => {
    const { show } = await world({ bearerKey: 'ory_pat_x', opaque: true }, '', 401)
    expect(await show()).toEqual(UNAVAILABLE)
  })

  it('is about the token where it says so, or where we showed nothing', async () => {
    expect(await (await world(CLIENT, { error: 'invalid_token' }, 401)).show()).toEqual(BAD)
    for (const body of Object.values(bodies)) {
      expect(await (await world({ clientId: 'gw', opaque: true }, body, 401)).show()).toEqual(BAD)
    }
  })

  it.each(['invalid_client', 'unauthorized_client'])('may be a 400: %s', async (error) => {
    expect(await (await world(CLIENT, { error }, 400)).show()).toEqual(UNAVAILABLE)
    expect(await (await world(CLIENT, { error: 'invalid_request' }, 400)).show()).toEqual(BAD)
  })
})

describe('an answer of introspection', () => {
  const answer = { active: true, iss: 'https://idp.test', sub: 'u', aud: AUDIENCE, exp: START + 60 }

  it('may have an empty audience where it may have none, and nowhere else', async () => {
    const empty = { ...answer, aud: [] }
    expect(await (await world({ ...CLIENT, mayOmit: ['aud'] }, empty)).show()).toEqual([200, ''])
    expect(await (await world(CLIENT, empty)).show()).toEqual(BAD)
    for (const aud of ['', ['other'], [''], {}, null]) {
      const { show } = await world({ ...CLIENT, mayOmit: ['aud'] }, { ...answer, aud })
      expect(await show(), JSON.stringify(aud)).toEqual(BAD)
    }
  })

  it('may lack exp where the owner says so: it is believed for 60 s, and asked for again', async () => {
    const { exp: _, ...endless } = answer
    expect(await (await world(CLIENT, endless)).show()).toEqual(BAD)
    const { show, asked, clock } = await world({ ...CLIENT, mayOmit: ['exp'] }, endless)
    for (const [now, calls] of [
      [START, 1],
      [START + 59, 1],
      [START + 60, 2],
    ] as const) {
      clock.now = now
      expect([await show(), asked.length]).toEqual([[200, ''], calls])
    }
    const past = await world({ ...CLIENT, mayOmit: ['exp'] }, { ...answer, exp: START - 31 })
    expect(await past.show()).toEqual(BAD)
  })
})

describe('a bearer key', () => {
  it('says who asks, instead of a client', async () => {
    const { show, asked } = await world({ bearerKey: 'ory_pat_x', opaque: true }, { active: false })
    expect(await show()).toEqual(BAD)
    expect(
      asked.map(({ form, authorization }) => [Object.fromEntries(form), authorization]),
    ).toEqual([[{ token: 'opaque', token_type_hint: 'access_token' }, 'Bearer ory_pat_x']])
  })

  it('goes with no other secret, and somebody has to ask', () => {
    const check = (introspect: IntrospectOptions) =>
      checkConfig({
        schemes: { main: oidc({ issuer: 'https://idp.test', audience: 'a', introspect }) },
        routes: [{ path: '/', to: ORIGIN }],
      })
    expect(check({ bearerKey: 'k' })).toEqual([])
    expect(check({ bearerKey: 'k', clientId: 'c', clientSecret: 's' })).toEqual([
      'schemes.main.introspect: has clientSecret and bearerKey, and only one of them can be sent. Take bearerKey out, or, where the issuer wants a fixed key, clientSecret',
    ])
    expect(check({ opaque: true })).toEqual([
      'schemes.main.introspect: must say who asks, or the issuer does not answer. Add clientId: env.CLIENT_ID (and clientSecret: env.CLIENT_SECRET), or, where the issuer wants a fixed key, bearerKey: env.INTROSPECTION_KEY',
    ])
  })
})
