import { describe, expect, it } from 'vitest'
import type { SchemeFeature } from '../src/auth/feature.ts'
import type { LinkOptions } from '../src/auth/link/options.ts'
import { signLink } from '../src/auth/link/sign.ts'
import { signedLinks } from '../src/auth/link/signed-links.ts'
import { oidc } from '../src/auth/presets/oidc.ts'
import { addresses } from '../src/edge/addresses.ts'
import { cached } from '../src/edge/cache/cached.ts'
import { limit } from '../src/edge/limit/limit.ts'
import { ERROR_CODES, type ErrorCode, GatewayError } from '../src/errors.ts'
import { revocation } from '../src/operate/revocation/revocation.ts'
import { createKeyWorld } from './support/api-keys.ts'
import { ALGS, createDpopWorld, NONCE_KEY } from './support/dpop.ts'
import { createTestGateway, ORIGIN, refusal, type TestGateway } from './support/gateway.ts'
import { createSessionWorld } from './support/sessions.ts'

type Case = (gateway: TestGateway) => Promise<Response>

const ROUTES = [
  { path: '/*', to: ORIGIN },
  { path: '/scope', to: ORIGIN, scopes: ['admin'] },
  { path: '/role', to: ORIGIN, roles: ['admin'] },
  { path: '/get', to: ORIGIN, methods: ['GET'] },
  { path: '/slow', auth: 'public' as const, to: ORIGIN, timeoutSeconds: 0.02 },
  { path: '/inside', to: ORIGIN, addresses: addresses({ allow: ['203.0.113.0/24'] }) },
  { path: '/away', auth: 'public' as const, to: ORIGIN },
  { path: '/fault', auth: 'public' as const, to: () => Promise.reject(new Error('s3cr3t')) },
]

const LINKS: LinkOptions = { keys: ['A7fPq2Zs9vXk4LmN8bRt6WcY3hJd5GeQ'], ttlSeconds: 600 }

/** A scheme with a mistake in it. */
const BROKEN: SchemeFeature = {
  check: () => {},
  compile: (name) => ({
    name,
    withholds: [],
    find: () => {
      throw new TypeError('s3cr3t')
    },
    verify: () => ({ notMine: '' }),
    challenge: () => undefined,
  }),
}

const limited = (binding: { limit(): Promise<{ success: boolean }> }) =>
  gatewayWith([
    {
      path: '/',
      to: ORIGIN,
      limit: limit({ by: 'address', requests: 9, perSeconds: 60, binding, onFailure: 'closed' }),
    },
  ])

/** One request for each code; a code without one is no public contract. */
const CASES: Record<ErrorCode, Case> = {
  invalid_request: ({ gateway }) => {
    // What the request line "GET *" becomes; no Request can be made of it.
    const request = new Request('https://api.test/')
    const url = 'http://api.test*'
    const get = (_: Request, name: keyof Request) => (name === 'url' ? url : request[name])
    return gateway.fetch(new Proxy(request, { get } as ProxyHandler<Request>), {
      waitUntil: () => {},
    })
  },
  path_ambiguous: ({ send }) => send('/a%2fb'),
  multiple_credentials: ({ send }) => send('/', bearer('a, Bearer b')),
  operation_unknown: () => plain('operation_unknown'),
  credential_missing: ({ send }) => send('/', { headers: { authorization: 'Basic eA==' } }),
  invalid_token: ({ send }) => send('/', bearer('forged')),
  invalid_dpop_proof: async () => (await createDpopWorld()).sendProof('/', 'forged'),
  use_dpop_nonce: async () => (await createDpopWorld({ nonce: { key: NONCE_KEY } })).sendBound('/'),
  api_key_invalid: async () => {
    const { sendKey } = await createKeyWorld()
    return sendKey('forged')
  },
  body_too_large: async () => (await gatewayWithOperator()).revoke('x'.repeat(20_000)),
  session_invalid: async () => createSessionWorld().newBrowser().go('/auth/me'),
  login_failed: async () => createSessionWorld().newBrowser().go('/auth/callback?code=x&state=y'),
  signature_invalid: async () => (await gatewayWithLinks()).send('/?verify=x'),
  signature_expired: async () => {
    const { send, clock } = await gatewayWithLinks()
    const { url } = await signLink('https://api.test/', LINKS, { now: clock.now - 600 })
    return send(url)
  },
  insufficient_scope: ({ sendWithToken }) => sendWithToken('/scope'),
  forbidden: ({ sendWithToken }) => sendWithToken('/role'),
  csrf: async () => {
    const tokenFrom = [{ cookie: 'token' }]
    const main = oidc({ issuer: 'https://idp.test', audience: 'gatehouse', tokenFrom })
    const { send, issuer } = await createTestGateway({ config: { schemes: { main } } })
    return send('/', { method: 'POST', headers: { cookie: `token=${await issuer.mint()}` } })
  },
  address_denied: ({ send }) => send('/inside'),
  https_required: ({ send }) => send('http://api.test/'),
  not_found: async () => (await gatewayWith([{ path: '/x', to: ORIGIN }])).send('/y'),
  method_not_allowed: ({ send }) => send('/get', { method: 'POST' }),
  unsupported_media_type: () => plain('unsupported_media_type'),
  host_unknown: async () => {
    const { send } = await createTestGateway({ config: { hosts: ['other.test'] } })
    return send('/')
  },
  rate_limited: async () => (await limited({ limit: async () => ({ success: false }) })).send('/'),
  config_invalid: async () => (await gatewayWith([])).send('/'),
  internal: async () => {
    const { send } = await createTestGateway({ config: { schemes: { main: BROKEN } } })
    return send('/')
  },
  origin_unreachable: ({ send }) => send('/away'),
  issuer_unavailable: ({ sendWithToken, issuer }) => {
    issuer.mode = 'unreachable'
    return sendWithToken('/')
  },
  limit_unavailable: async () =>
    (await limited({ limit: () => Promise.reject(new Error('s3cr3t')) })).send('/'),
  not_cached: async () => {
    const cache = cached({ share: 'everyone' })
    const { send } = await gatewayWith([{ path: '/*', to: ORIGIN, auth: 'public', cache }])
    return send('/not-cached', { headers: { 'cache-control': 'only-if-cached' } })
  },
  origin_timeout: ({ send }) => send('/slow'),
  origin_loop: ({ send }) => send('/away', { headers: { 'x-gatehouse-hops': '5' } }),
}

const HEADERS: Partial<Record<ErrorCode, Record<string, string>>> = {
  multiple_credentials: { 'www-authenticate': 'Bearer error="invalid_request"' },
  credential_missing: { 'www-authenticate': 'Bearer' },
  invalid_token: { 'www-authenticate': 'Bearer error="invalid_token"' },
  invalid_dpop_proof: { 'www-authenticate': `Bearer, DPoP error="invalid_dpop_proof", ${ALGS}` },
  use_dpop_nonce: {
    'www-authenticate': `Bearer, DPoP error="use_dpop_nonce", ${ALGS}`,
    'dpop-nonce': expect.stringMatching(/^[\w-]{43}$/) as string,
  },
  api_key_invalid: { 'www-authenticate': 'ApiKey header="x-api-key", error="api_key_invalid"' },
  signature_invalid: { 'www-authenticate': 'SignedLink error="signature_invalid"' },
  signature_expired: { 'www-authenticate': 'SignedLink error="signature_expired"' },
  insufficient_scope: {
    'www-authenticate': 'Bearer error="insufficient_scope", scope="admin"',
  },
  method_not_allowed: { allow: 'GET, HEAD' },
  rate_limited: { 'retry-after': '60', 'ratelimit-policy': '"address";q=9;w=60' },
  issuer_unavailable: { 'retry-after': '5' },
  limit_unavailable: { 'retry-after': '5' },
}

function bearer(token: string) {
  return { headers: { authorization: `Bearer ${token}` } }
}

function gatewayWith(routes: NonNullable<Parameters<typeof createTestGateway>[0]>['routes']) {
  return createTestGateway({ ...(routes && { routes }) })
}

/** Of a refusal that an MCP client gets in other words (test/mcp): the problem document alone. */
async function plain(code: ErrorCode): Promise<Response> {
  const to = () => {
    throw new GatewayError(code)
  }
  return (await gatewayWith([{ path: '/', auth: 'public', to }])).send('/')
}

function gatewayWithLinks() {
  return createTestGateway({ config: { schemes: { links: signedLinks(LINKS) } } })
}

async function gatewayWithOperator() {
  const operatorKey = 'p8Xn2Vq7Lr4Tz9Wc1Ks6Bd3Fh5Jm0GyQ'
  const state = { fetch: () => Promise.reject(new Error('not asked')) }
  const { send } = await createTestGateway({
    config: { revocation: revocation({ state, operatorKey }) },
  })
  const revoke = (body: string, key = operatorKey) =>
    send('/.well-known/gatehouse/revoke', {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body,
    })
  return { revoke }
}

/** Never answers `/slow`, and is not there for `/away`. */
async function origin({ url, signal }: Request): Promise<Response> {
  if (!url.endsWith('/slow')) throw new Error('connection refused by 10.0.0.7: s3cr3t')
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })
}

describe('every code', () => {
  for (const [code, ask] of Object.entries(CASES) as [ErrorCode, Case][]) {
    const [status, title, detail] = ERROR_CODES[code]

    it(`${code} is ${status} with a problem document`, async () => {
      const gateway = await createTestGateway({ routes: ROUTES, origin })
      const response = await ask(gateway)
      expect(response.status).toBe(status)
      expect(Object.fromEntries(response.headers)).toEqual({
        'cache-control': 'no-store',
        'content-type': 'application/problem+json',
        ...HEADERS[code],
      })
      expect(await response.json()).toEqual({
        type: `urn:gatehouse:error:${code}`,
        title,
        status,
        code,
        detail,
        instance: expect.stringMatching(/^urn:uuid:[\da-f-]{36}$/),
      })
    })
  }

  it('has a case above', () => {
    expect(Object.keys(CASES).toSorted(byText)).toEqual(Object.keys(ERROR_CODES).toSorted(byText))
  })
})

describe('a refusal', () => {
  it('is JSON for a browser too', async () => {
    const { send } = await createTestGateway()
    const response = await send('/', { headers: { accept: 'text/html' } })
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(await refusal(response)).toEqual([401, 'credential_missing'])
  })

  it('has nothing of the request, and nothing of what went wrong inside', async () => {
    const gateway = await createTestGateway({ routes: ROUTES, origin })
    for (const target of ['/fault', '/away', '/role']) {
      const response = await gateway.sendWithToken(`${target}?q=s3cr3t`, {
        headers: { 'x-custom': 's3cr3t' },
      })
      const text = await response.text()
      for (const leak of ['s3cr3t', '10.0.0.7', 'at ', 'admin', 'user-1', target]) {
        expect(text, target).not.toContain(leak)
      }
    }
  })
})

function byText(a: string, b: string): number {
  return a.localeCompare(b)
}
