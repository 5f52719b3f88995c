// A DPoP client that is none of ours (oauth4webapi) gets its token from an authorization server that is none of ours
// (oidc-provider), and goes with it over a real socket to two gateways that share one state Worker.

import { calculateJwkThumbprint, type JWK } from 'jose'
import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestHarness } from 'wrangler'
import { type ForeignIssuer, startForeignIssuer } from '../support/foreign-issuer.ts'

const compatibility_date = '2026-11-01'
const INSECURE = { [oauth.allowInsecureRequests]: true }
const AUDIENCE = 'urn:test:ES256'

type Instance = 'one' | 'two'

let issuer: ForeignIssuer
let harness: ReturnType<typeof createTestHarness>
let base: URL
let server: oauth.AuthorizationServer
let client: oauth.Client

beforeAll(async () => {
  issuer = await startForeignIssuer()
  const gateway = (name: Instance) => ({
    config: {
      name,
      main: './test/e2e/dpop/gateway.ts',
      compatibility_date,
      services: [{ binding: 'STATE', service: 'gatehouse-state', entrypoint: 'State' }],
      vars: {
        ISSUER: issuer.issuer,
        AUDIENCE,
        DPOP_NONCE_KEY: 'B2hQw9Zt5vXk4LmN8bRs6WcY3hJd5GfP',
      },
    },
  })
  harness = createTestHarness({
    workers: [
      {
        config: {
          name: 'front',
          main: './test/e2e/dpop/front.ts',
          compatibility_date,
          services: [
            { binding: 'one', service: 'one' },
            { binding: 'two', service: 'two' },
          ],
        },
      },
      gateway('one'),
      gateway('two'),
      { configPath: './src/state/wrangler.toml' },
    ],
  })
  base = (await harness.listen()).url
  const at = new URL(issuer.issuer)
  server = await oauth.processDiscoveryResponse(at, await oauth.discoveryRequest(at, INSECURE))
  client = { client_id: issuer.client.id }
})

afterAll(async () => {
  await harness.close()
  await issuer.stop()
})

/** A client with a key and a token that is bound to it. */
async function createClient() {
  const handle = oauth.DPoP(client, await oauth.generateKeyPair('ES256'))
  const response = await oauth.clientCredentialsGrantRequest(
    server,
    client,
    oauth.ClientSecretBasic(issuer.client.secret),
    { resource: AUDIENCE, scope: 'read' },
    { DPoP: handle, ...INSECURE },
  )
  const granted = await oauth.processClientCredentialsResponse(server, client, response)
  expect(granted.token_type).toBe('dpop')
  const { access_token: token } = granted

  /** What the library sends, and the answer to it; `send` may do something else with it. */
  async function call(
    path: string,
    instance: Instance,
    send: (request: Request) => Promise<Response> = fetch,
  ): Promise<Response> {
    return oauth.protectedResourceRequest(
      token,
      'GET',
      new URL(path, base),
      new Headers({ 'x-instance': instance }),
      null,
      {
        DPoP: handle,
        ...INSECURE,
        [oauth.customFetch]: (url, { method, headers }) =>
          send(new Request(url, { method, headers })),
      },
    )
  }
  return { token, call }
}

describe('oauth4webapi', () => {
  it('gets through with its bound token and a proof for each request', async () => {
    const { call } = await createClient()
    for (const instance of ['one', 'two', 'one'] as const) {
      const response = await call('/claims?page=2', instance)
      expect(response.status).toBe(200)
      expect(await response.json()).toMatchObject({
        active: true,
        cnf: { jkt: expect.any(String) as string },
      })
    }
  })

  it('uses the nonce that it is told, and the gateways know those of each other', async () => {
    const { call } = await createClient()
    const error = await call('/fresh/x', 'one').catch((cause: unknown) => cause)
    expect(oauth.isDPoPNonceError(error)).toBe(true)
    expect((await call('/fresh/x', 'one')).status).toBe(200)
    expect((await call('/fresh/x', 'two')).status).toBe(200)
  })

  it('reads the challenge: both ways in, or DPoP alone', async () => {
    const challenges = async (path: string) => {
      const response = await fetch(new URL(path, base))
      const error = await oauth
        .protectedResourceRequest('x', 'GET', new URL(path, base), undefined, null, INSECURE)
        .catch((cause: unknown) => cause)
      await response.text()
      if (!(error instanceof oauth.WWWAuthenticateChallengeError)) throw error
      return error.cause.map(({ scheme, parameters }) => [scheme, Object.keys(parameters)])
    }
    expect(await challenges('/claims')).toEqual([
      ['bearer', ['error', 'resource_metadata']],
      ['dpop', ['error', 'resource_metadata', 'algs']],
    ])
    expect(await challenges('/fresh/x')).toEqual([['dpop', ['error', 'resource_metadata', 'algs']]])
  })

  it('finds DPoP in the metadata of the resource', async () => {
    const resource = new URL('/fresh', base)
    const response = await oauth.resourceDiscoveryRequest(resource, INSECURE)
    const metadata = await oauth.processResourceDiscoveryResponse(resource, response)
    expect(metadata).toMatchObject({
      authorization_servers: [issuer.issuer],
      dpop_bound_access_tokens_required: true,
      dpop_signing_alg_values_supported: expect.arrayContaining(['ES256']) as string[],
    })
  })
})

describe('a request of a client that somebody has seen', () => {
  async function seen(): Promise<Request> {
    const { call } = await createClient()
    let request: Request | undefined
    await call('/claims', 'one', async (sent) => {
      request = sent
      return new Response()
    })
    if (!request) throw new Error('nothing was sent')
    return request
  }

  /** Sends the same again, to this gateway. */
  async function send(request: Request, instance: Instance): Promise<string> {
    const headers = new Headers(request.headers)
    headers.set('x-instance', instance)
    const response = await fetch(request.url, { headers })
    const { code = '' } = (await response.json()) as { code?: string }
    return `${response.status} ${code}`.trim()
  }

  it('does not get through a second time, at either gateway', async () => {
    const request = await seen()
    expect(await send(request, 'one')).toBe('200')
    expect(await send(request, 'one')).toBe('401 invalid_dpop_proof')
    expect(await send(request, 'two')).toBe('401 invalid_dpop_proof')
  })

  it('gets through once where both gateways get it at the same time, twenty times', async () => {
    for (let round = 0; round < 20; round++) {
      const request = await seen()
      const answers = await Promise.all([send(request, 'one'), send(request, 'two')])
      expect(answers.toSorted()).toEqual(['200', '401 invalid_dpop_proof'])
    }
  })

  it('gets nowhere as Bearer, or at another address', async () => {
    const request = await seen()
    const token = request.headers.get('authorization')?.slice('DPoP '.length) ?? ''
    const bearer = new Request(request, { headers: { authorization: `Bearer ${token}` } })
    expect(await send(bearer, 'one')).toBe('401 invalid_token')
    const elsewhere = new Request(new URL('/fresh/x', base), { headers: request.headers })
    expect(await send(elsewhere, 'one')).toBe('401 invalid_dpop_proof')
  })

  it('does not get through when the memory has left the memory of its machine', async () => {
    const request = await seen()
    expect(await send(request, 'one')).toBe('200')
    const proof = JSON.parse(atob(request.headers.get('dpop')?.split('.')[0] ?? '')) as {
      jwk: JWK
    }
    const name = await calculateJwkThumbprint(proof.jwk)
    await harness.getWorker('gatehouse-state').evictDurableObject('Proofs', { name })
    expect(await send(request, 'two')).toBe('401 invalid_dpop_proof')
  })
})
