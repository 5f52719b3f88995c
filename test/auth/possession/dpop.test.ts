import { describe, expect, it } from 'vitest'
import { apiKeys } from '../../../src/auth/key/api-keys.ts'
import { dpop } from '../../../src/auth/possession/dpop.ts'
import { oidc } from '../../../src/auth/presets/oidc.ts'
import { anyOf, optional } from '../../../src/config/define.ts'
import { protectedResource } from '../../../src/edge/resource-metadata.ts'
import {
  ALGS,
  createDpopClient,
  createDpopWorld,
  makeProof,
  NONCE_KEY,
  STATE,
} from '../../support/dpop.ts'
import {
  AUDIENCE,
  createMemoryStore,
  createTestGateway,
  ORIGIN,
  refusal,
  START,
} from '../../support/gateway.ts'

const bearer = (token: string, others: Record<string, string> = {}) => ({
  headers: { authorization: `Bearer ${token}`, ...others },
})
const challenge = (response: Response) => response.headers.get('www-authenticate')

describe('a token that is bound to a key', () => {
  it('is refused as plain Bearer, with and without a proof', async () => {
    const { send, token, proof } = await createDpopWorld()
    for (const others of [{}, { dpop: await proof() }]) {
      const response = await send('/', bearer(token, others))
      expect(await refusal(response)).toEqual([401, 'invalid_token'])
      expect(challenge(response)).toBe(
        `Bearer error="invalid_token", DPoP error="invalid_token", ${ALGS}`,
      )
    }
  })

  it('is refused in any other place', async () => {
    const { send, token, proof } = await createDpopWorld({
      entry: { tokenFrom: [{ header: 'x-token' }, { cookie: 'token' }] },
    })
    for (const place of [{ 'x-token': token }, { cookie: `token=${token}` }]) {
      const headers = { ...place, dpop: await proof() } as Record<string, string>
      expect(await refusal(await send('/', { headers }))).toEqual([401, 'invalid_token'])
    }
  })

  it('is judged with every request, also when its signature was proven before', async () => {
    const { send, sendBound, sendProof, proof, token, clock } = await createDpopWorld()
    expect((await sendBound('/')).status).toBe(200)
    expect(await refusal(await send('/', bearer(token)))).toEqual([401, 'invalid_token'])
    const noProof = await send('/', { headers: { authorization: `DPoP ${token}` } })
    expect(await refusal(noProof)).toEqual([401, 'invalid_dpop_proof'])
    const made = await proof()
    clock.now += 61
    expect(await refusal(await sendProof('/', made))).toEqual([401, 'invalid_dpop_proof'])
  })

  it.each([
    ['a member that nobody checks', { 'x5t#S256': 'x' }],
    ['one such member beside its own', { jkt: '', 'x5t#S256': 'x' }],
    ['no member', {}],
    ['null', null],
    ['a list', [{ jkt: '' }]],
    ['a number', { jkt: 1 }],
  ])('is refused where cnf has %s', async (_what, cnf) => {
    const { issuer, sendProof, client } = await createDpopWorld()
    const bound = cnf && 'jkt' in cnf && cnf.jkt === '' ? { ...cnf, jkt: client.thumbprint } : cnf
    const token = await issuer.mint({ cnf: bound })
    const init = { headers: { authorization: `DPoP ${token}` } }
    const response = await sendProof('/', await makeProof(client, token), init)
    expect(await refusal(response)).toEqual([401, 'invalid_token'])
  })

  it('is refused by an entry without dpop(), whatever is sent with it', async () => {
    const { send, issuer } = await createTestGateway()
    const client = await createDpopClient()
    const token = await issuer.mint({ cnf: { jkt: client.thumbprint } })
    const proof = await makeProof(client, token)
    const asBearer = await send('/', bearer(token, { dpop: proof }))
    expect(await refusal(asBearer)).toEqual([401, 'invalid_token'])
    const asDpop = await send('/', { headers: { authorization: `DPoP ${token}`, dpop: proof } })
    expect(await refusal(asDpop)).toEqual([401, 'credential_missing'])
  })

  it('is taken from introspection, which calls it DPoP', async () => {
    const introspect = { clientId: 'gateway', clientSecret: 'of-the-test', opaque: true }
    const { issuer, client, sendProof, send } = await createDpopWorld({ entry: { introspect } })
    const show = async (claims: Record<string, unknown>, scheme: string) => {
      const token = issuer.mintOpaque(claims)
      const headers = { authorization: `${scheme} ${token}` }
      if (scheme === 'Bearer') return (await send('/', { headers })).status
      return (await sendProof('/', await makeProof(client, token), { headers })).status
    }
    const cnf = { jkt: client.thumbprint }
    expect(await show({ cnf, token_type: 'DPoP' }, 'DPoP')).toBe(200)
    expect(await show({ cnf, token_type: 'DPoP' }, 'Bearer')).toBe(401)
    expect(await show({ token_type: 'DPoP' }, 'DPoP')).toBe(401)
    expect(await show({ token_type: 'Bearer' }, 'Bearer')).toBe(200)
  })
})

describe('a token that is bound to no key', () => {
  it('is taken as Bearer, with or without a proof, and refused as DPoP', async () => {
    const { send, sendProof, issuer, client, received } = await createDpopWorld()
    const token = await issuer.mint()
    const proof = await makeProof(client, token)
    expect((await send('/', bearer(token))).status).toBe(200)
    expect((await send('/', bearer(token, { dpop: proof }))).status).toBe(200)
    expect(received.map(({ headers }) => headers.get('dpop'))).toEqual([null, null])
    const init = { headers: { authorization: `DPoP ${token}` } }
    expect(await refusal(await sendProof('/', proof, init))).toEqual([401, 'invalid_token'])
  })

  it('is refused where every token has to be bound, and the challenge names DPoP alone', async () => {
    const { send, sendWithToken, sendBound } = await createDpopWorld({ required: true })
    const response = await sendWithToken('/')
    expect(await refusal(response)).toEqual([401, 'invalid_token'])
    expect(challenge(response)).toBe(`DPoP error="invalid_token", ${ALGS}`)
    expect(challenge(await send('/'))).toBe(`DPoP ${ALGS}`)
    expect((await sendBound('/')).status).toBe(200)
  })
})

describe('the credential', () => {
  it('is one: two tokens are 400, and the same twice is one', async () => {
    const { send, token, proof, issuer } = await createDpopWorld({
      entry: { tokenFrom: [{ header: 'x-token' }, { cookie: 'token' }] },
    })
    const other = await issuer.mint()
    const show = async (authorization: string, others: Record<string, string> = {}) => {
      const headers = { authorization, dpop: await proof(), ...others }
      return (await send('/', { headers })).status
    }
    expect(await show(`DPoP ${token}, DPoP ${token}`)).toBe(400)
    expect(await show(`DPoP ${token}, Bearer ${other}`)).toBe(400)
    expect(await show(`DPoP ${token}`, { 'x-token': other })).toBe(400)
    expect(await show(`DPoP ${token}`, { 'x-token': token })).toBe(200)
    expect(await show(`DPoP ${token}`, { cookie: `token=${other}` })).toBe(200)
    expect(await show('DPoP')).toBe(401)
    expect(await show('DPoP a b')).toBe(401)
    expect(await show(`DPoPx ${token}`)).toBe(401)
  })

  it('stands beside cookies that nobody could choose from or read', async () => {
    const { send, token, proof } = await createDpopWorld({
      entry: { tokenFrom: [{ cookie: 'token' }] },
    })
    for (const cookie of ['token=a; token=b', 'token="a b"']) {
      const headers = { authorization: `DPoP ${token}`, dpop: await proof(), cookie }
      expect((await send('/', { headers })).status).toBe(200)
    }
  })

  it('leaves nobody behind it: a proof alone is no credential', async () => {
    const routes = [{ path: '/*', auth: optional('main'), to: ORIGIN }]
    const { send, proof, received } = await createDpopWorld({ routes })
    const response = await send('/', { headers: { dpop: await proof() } })
    expect([response.status, received[0]?.headers.get('x-auth-subject')]).toEqual([200, null])
    expect(received[0]?.headers.get('dpop')).toBeNull()
  })

  it('is the right entry’s: that of another issuer is left unjudged, and its proof unused', async () => {
    const partner = await createDpopWorld()
    const main = oidc({
      issuer: 'https://main.test',
      audience: AUDIENCE,
      possession: [dpop({ state: STATE })],
    })
    const { issuer } = partner
    const other = oidc({
      issuer: issuer.issuer,
      audience: AUDIENCE,
      possession: [dpop({ state: STATE })],
    })
    const { send } = await createTestGateway({
      issuer,
      config: { schemes: { main, other } },
      routes: [{ path: '/*', auth: anyOf('main', 'other'), to: ORIGIN }],
    })
    const headers = { authorization: `DPoP ${partner.token}`, dpop: await partner.proof() }
    expect((await send('/', { headers })).status).toBe(200)
  })
})

describe('the challenge', () => {
  it('names both ways, beside those of other schemes, with scope and metadata', async () => {
    const { issuer } = await createDpopWorld()
    const possession = [dpop({ state: STATE, algorithms: ['ES256', 'EdDSA'] })]
    const { send } = await createTestGateway({
      issuer,
      config: {
        schemes: {
          main: oidc({ issuer: issuer.issuer, audience: AUDIENCE, possession }),
          keys: apiKeys({ store: createMemoryStore() }),
        },
      },
      routes: [
        {
          path: '/*',
          auth: anyOf('main', 'keys'),
          to: ORIGIN,
          scopes: ['a'],
          resource: protectedResource(),
        },
      ],
    })
    const rest =
      'scope="a", resource_metadata="https://api.test/.well-known/oauth-protected-resource"'
    expect(challenge(await send('/'))).toBe(
      `Bearer ${rest}, DPoP ${rest}, algs="ES256 EdDSA", ApiKey header="x-api-key"`,
    )
  })

  it('says both ways what scope is missing', async () => {
    const routes = [{ path: '/*', to: ORIGIN, scopes: ['admin'] }]
    const { sendBound } = await createDpopWorld({ routes })
    const response = await sendBound('/')
    const error = 'error="insufficient_scope", scope="admin"'
    expect([response.status, challenge(response)]).toEqual([
      403,
      `Bearer ${error}, DPoP ${error}, ${ALGS}`,
    ])
  })
})

describe('a nonce', () => {
  const nonce = { key: NONCE_KEY, rotationSeconds: 100 }
  const nonceOf = (response: Response) => response.headers.get('dpop-nonce') ?? ''

  async function start() {
    const clock = { now: 1_767_225_600 }
    const world = await createDpopWorld({ nonce, clock })
    const show = (value?: unknown, claims: Record<string, unknown> = {}) =>
      world.sendBound('/', { claims: { iat: clock.now, nonce: value, ...claims } })
    return { ...world, clock, show }
  }

  it('is asked for with the one to use, which then is good', async () => {
    const { show, received } = await start()
    const asked = await show()
    expect(await refusal(asked.clone())).toEqual([401, 'use_dpop_nonce'])
    expect(challenge(asked)).toBe(`Bearer, DPoP error="use_dpop_nonce", ${ALGS}`)
    expect(received).toEqual([])
    const answer = await show(nonceOf(asked))
    expect([answer.status, nonceOf(answer)]).toEqual([200, ''])
  })

  it('is replaced in an answer when there is a newer one, and ends after two turns', async () => {
    const { show, clock } = await start()
    const first = nonceOf(await show())
    clock.now += 199
    const answer = await show(first)
    const second = nonceOf(answer)
    expect([answer.status, second]).toEqual([200, expect.stringMatching(/^[\w-]{43}$/)])
    expect(second).not.toBe(first)
    clock.now += 1
    expect(await refusal(await show(first))).toEqual([401, 'use_dpop_nonce'])
    expect((await show(second)).status).toBe(200)
  })

  it.each([['another text'], [''], [1], [null], [['x']]])(
    'that the gateway has not made is none: %j',
    async (value) => {
      const { show } = await start()
      expect(await refusal(await show(value))).toEqual([401, 'use_dpop_nonce'])
    },
  )

  it('is the same in every isolate that has the key, and another with another key', async () => {
    const [one, other] = [await start(), await start()]
    const made = nonceOf(await one.show())
    expect((await other.show(made)).status).toBe(200)
    const stranger = await createDpopWorld({
      nonce: { key: `${NONCE_KEY}x`, rotationSeconds: 100 },
    })
    const response = await stranger.sendBound('/', { claims: { nonce: made } })
    expect(await refusal(response)).toEqual([401, 'use_dpop_nonce'])
  })

  it('is not asked of a bad proof, and does not use a good one up', async () => {
    const { show } = await start()
    expect(await refusal(await show(undefined, { htm: 'POST' }))).toEqual([
      401,
      'invalid_dpop_proof',
    ])
    const jti = crypto.randomUUID()
    const asked = await show(undefined, { jti })
    expect((await show(nonceOf(asked), { jti })).status).toBe(200)
  })

  it('is not asked of tokens that are bound to no key', async () => {
    const { sendWithToken } = await start()
    const response = await sendWithToken('/')
    expect([response.status, nonceOf(response)]).toEqual([200, ''])
  })
})

describe('resource metadata', () => {
  const routes = [{ path: '/*', to: ORIGIN, resource: protectedResource() }]
  const read = async (send: (target: string) => Promise<Response>) =>
    (await send('/.well-known/oauth-protected-resource')).json<Record<string, unknown>>()

  it('names DPoP, its algorithms, and whether every token has to be bound', async () => {
    const some = await createDpopWorld({ routes, algorithms: ['ES256'] })
    expect(await read(some.send)).toEqual({
      resource: 'https://api.test',
      authorization_servers: ['https://idp.test'],
      bearer_methods_supported: ['header'],
      dpop_signing_alg_values_supported: ['ES256'],
    })
    const all = await createDpopWorld({
      routes,
      algorithms: ['ES256'],
      required: true,
      certificates: {},
    })
    expect(await read(all.send)).toMatchObject({
      dpop_signing_alg_values_supported: ['ES256'],
      dpop_bound_access_tokens_required: true,
      tls_client_certificate_bound_access_tokens: true,
    })
  })

  it('wants bound tokens only where every issuer of the route does', async () => {
    const { issuer } = await createDpopWorld()
    const entry = (name: string, required: boolean) =>
      oidc({
        issuer: name,
        audience: AUDIENCE,
        possession: [dpop({ state: STATE, required, algorithms: [required ? 'ES256' : 'EdDSA'] })],
      })
    const { send } = await createTestGateway({
      issuer,
      config: {
        schemes: { main: entry('https://idp.test', true), other: entry('https://b.test', false) },
      },
      routes: [
        { path: '/*', auth: anyOf('main', 'other'), to: ORIGIN, resource: protectedResource() },
      ],
    })
    const document = await read(send)
    expect(document.dpop_signing_alg_values_supported).toEqual(['ES256', 'EdDSA'])
    expect(document).not.toHaveProperty('dpop_bound_access_tokens_required')
  })

  it('says nothing of it where nobody takes bound tokens', async () => {
    const { send } = await createTestGateway({ routes })
    expect(Object.keys(await read(send)).filter((name) => /dpop|tls/.test(name))).toEqual([])
  })
})

describe('the log', () => {
  it('says why, and never what was sent', async () => {
    const { sendBound, lastEvent, token } = await createDpopWorld()
    await sendBound('/', { claims: { ath: 'x', jti: 'secret-id' } })
    expect(lastEvent()?.reason).toBe('ath is not the hash of the token')
    await sendBound('/', { claims: { iat: START - 100 } })
    expect(lastEvent()?.reason).toBe('the proof is older than 60 s')
    expect(JSON.stringify(lastEvent())).not.toContain(token.slice(-20))
  })
})
