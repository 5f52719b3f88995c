import { describe, expect, it } from 'vitest'
import { oidc } from '../../../src/auth/presets/oidc.ts'
import { checkConfig } from '../../../src/config/prepare.ts'
import {
  AUDIENCE,
  createTestGateway,
  ORIGIN,
  refusal,
  START,
  type TestGateway,
} from '../../support/gateway.ts'
import { createTestIssuer } from '../../support/mint.ts'

const HEADER = 'cf-access-jwt-assertion'
const COOKIE = 'CF_Authorization'

async function world(): Promise<TestGateway & { token: string; other: string }> {
  const issuer = createTestIssuer({ audience: AUDIENCE, now: () => START })
  const gateway = await createTestGateway({
    issuer,
    config: {
      schemes: {
        main: oidc({
          issuer: issuer.issuer,
          audience: AUDIENCE,
          tokenFrom: [{ header: HEADER }, { header: 'x-app-token' }, { cookie: COOKIE }],
        }),
      },
    },
    routes: [
      { path: '/*', to: ORIGIN },
      { path: '/public', to: ORIGIN, auth: 'public' },
      { path: '/kept', to: ORIGIN, auth: 'public', keep: ['cookie'] },
    ],
  })
  const [token, other] = [await issuer.mint(), await issuer.mint({ sub: 'user-2' })]
  return { ...gateway, token, other }
}

const own = { origin: 'https://api.test' }

describe('a token beside Authorization', () => {
  it('is taken from a header and from a cookie that the issuer names', async () => {
    const { send, received, token } = await world()
    expect((await send('/a', { headers: { [HEADER]: token } })).status).toBe(200)
    expect((await send('/a', { headers: { cookie: `a=1; ${COOKIE}=${token}; b=2` } })).status).toBe(
      200,
    )
    expect(received.map(({ headers }) => headers.get('x-auth-subject'))).toEqual([
      'user-1',
      'user-1',
    ])
    expect(received.map(({ headers }) => headers.get(HEADER))).toEqual([null, null])
    expect(received.map(({ headers }) => headers.get('cookie'))).toEqual([null, 'a=1; b=2'])
  })

  it('is one credential where the same token stands in several places', async () => {
    const { send, token } = await world()
    const headers = {
      [HEADER]: token,
      cookie: `${COOKIE}=${token}`,
      authorization: `Bearer ${token}`,
    }
    expect((await send('/a', { headers })).status).toBe(200)
    expect(
      (await send('/a', { headers: { [HEADER]: token, cookie: `${COOKIE}=${token}` } })).status,
    ).toBe(200)
  })

  it('is refused where two places have two tokens, or one place has two', async () => {
    const { send, token, other, received } = await world()
    for (const headers of [
      { [HEADER]: token, cookie: `${COOKIE}=${other}` },
      { cookie: `${COOKIE}=${token}; ${COOKIE}=${other}` },
      { cookie: `${COOKIE}=${token}, ${COOKIE}=${other}` },
      { [HEADER]: `${token}, ${token}` },
    ]) {
      expect(await refusal(await send('/a', { headers }))).toEqual([400, 'multiple_credentials'])
    }
    expect(received).toEqual([])
  })

  it('counts for nothing beside Authorization, and reaches no origin all the same', async () => {
    const { send, received, token, other } = await world()
    const authorization = `Bearer ${token}`
    for (const beside of [{ [HEADER]: other }, { cookie: `${COOKIE}=${other}` }]) {
      const post = { method: 'POST', headers: { authorization, ...beside } }
      expect((await send('/a', post)).status).toBe(200)
    }
    for (const { headers } of received) {
      expect([headers.get('x-auth-subject'), headers.get(HEADER), headers.get('cookie')]).toEqual([
        'user-1',
        null,
        null,
      ])
    }
  })

  it('is 401 where it is malformed, and nothing where it is empty', async () => {
    const { send } = await world()
    const bad = await send('/a', { headers: { cookie: `${COOKIE}=a b` } })
    expect(await refusal(bad)).toEqual([401, 'invalid_token'])
    const empty = await send('/a', { headers: { cookie: `${COOKIE}=` } })
    expect(await refusal(empty)).toEqual([401, 'credential_missing'])
  })

  it('changes nothing for a page elsewhere', async () => {
    const { send, token, received } = await world()
    const cookie = `${COOKIE}=${token}`
    for (const headers of [
      { origin: 'https://evil.test' },
      { origin: 'null' },
      { origin: 'https://evil.test', 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'same-site' },
    ]) {
      for (const credential of [{ cookie }, { [HEADER]: token }]) {
        const post = await send('/a', { method: 'POST', headers: { ...headers, ...credential } })
        expect(await refusal(post)).toEqual([403, 'csrf'])
        const upgrade = { ...headers, ...credential, upgrade: 'websocket' }
        expect(await refusal(await send('/a', { headers: upgrade }))).toEqual([403, 'csrf'])
      }
    }
    expect(received).toEqual([])
    for (const headers of [own, { 'sec-fetch-site': 'same-origin' }]) {
      const post = await send('/a', { method: 'POST', headers: { ...headers, cookie } })
      expect(post.status).toBe(200)
    }
    const explicit = { authorization: `Bearer ${token}`, cookie }
    expect((await send('/a', { method: 'POST', headers: explicit })).status).toBe(200)
  })

  it('stands in a header of its own with or without the word Bearer', async () => {
    const { send, received, token } = await world()
    for (const value of [token, `Bearer ${token}`, `bearer   ${token}`]) {
      expect((await send('/a', { headers: { 'x-app-token': value } })).status).toBe(200)
    }
    expect(received.map(({ headers }) => headers.get('x-app-token'))).toEqual([null, null, null])
    for (const value of [
      `Basic ${token}`,
      `Bearer ${token} x`,
      'Bearer',
      `Bearer Bearer ${token}`,
    ]) {
      expect(await refusal(await send('/a', { headers: { 'x-app-token': value } }))).toEqual([
        401,
        'invalid_token',
      ])
    }
  })

  it('in a header of its own was put there by somebody, so that a page elsewhere is no danger', async () => {
    const { send, received, token, other } = await world()
    const headers = { 'x-app-token': token, origin: 'https://evil.test' }
    expect((await send('/a', { method: 'POST', headers })).status).toBe(200)
    // And it wins over what a browser adds, as Authorization does.
    const beside = { 'x-app-token': token, [HEADER]: other, cookie: `${COOKIE}=${other}` }
    expect((await send('/a', { method: 'POST', headers: beside })).status).toBe(200)
    expect(received.map((request) => request.headers.get('x-auth-subject'))).toEqual([
      'user-1',
      'user-1',
    ])
    const two = { 'x-app-token': token, authorization: `Bearer ${other}` }
    expect(await refusal(await send('/a', { headers: two }))).toEqual([400, 'multiple_credentials'])
  })

  it('in a header that a proxy makes of a cookie is no sign of intent, if the proxy is known or named', async () => {
    const issuer = createTestIssuer({ audience: AUDIENCE, now: () => START })
    const names = ['x-goog-iap-jwt-assertion', 'x-amzn-oidc-accesstoken', 'x-auth-request-token']
    const tokenFrom = [
      ...names.map((header) => ({ header })),
      { header: 'x-our-proxy', ambient: true },
      { header: 'cf-told-otherwise', ambient: false },
    ]
    const { send } = await createTestGateway({
      issuer,
      config: {
        schemes: { main: oidc({ issuer: issuer.issuer, audience: AUDIENCE, tokenFrom }) },
      },
    })
    const token = await issuer.mint()
    const origin = 'https://evil.test'
    for (const name of [...names, 'x-our-proxy']) {
      const response = await send('/a', { method: 'POST', headers: { [name]: token, origin } })
      expect([name, ...(await refusal(response))]).toEqual([name, 403, 'csrf'])
    }
    const headers = { 'cf-told-otherwise': token, origin }
    expect((await send('/a', { method: 'POST', headers })).status).toBe(200)
  })

  it('reaches no origin on a public route either, unless the route keeps its cookies', async () => {
    const { send, received, token } = await world()
    const headers = { [HEADER]: token, 'x-app-token': token, cookie: `${COOKIE}=${token}` }
    await send('/public', { headers })
    await send('/kept', { headers })
    expect(received.map((request) => request.headers.get('cookie'))).toEqual([
      null,
      `${COOKIE}=${token}`,
    ])
    for (const name of [HEADER, 'x-app-token']) {
      expect(received.map((request) => request.headers.get(name))).toEqual([null, null])
    }
  })

  it('is not looked for where the issuer names no place', async () => {
    const { send, issuer } = await createTestGateway()
    const response = await send('/a', { headers: { cookie: `${COOKIE}=${await issuer.mint()}` } })
    expect(await refusal(response)).toEqual([401, 'credential_missing'])
  })

  it('has places that are checked', () => {
    const problems = checkConfig({
      schemes: {
        main: oidc({
          issuer: 'https://idp.test',
          audience: 'a',
          tokenFrom: [{ header: 'authorization' }, { cookie: 'a b' }],
        }),
      },
      routes: [{ path: '/*', to: ORIGIN }],
    })
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'schemes.main.tokenFrom[0]',
      'schemes.main.tokenFrom[1]',
    ])
  })
})
