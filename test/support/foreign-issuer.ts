// An issuer that is none of ours: oidc-provider under Node, on a loopback port, over which its keys
// and its answers change as a test says. Tokens come from its own token endpoint, by HTTP.

import { randomBytes } from 'node:crypto'
import { createServer, type RequestListener } from 'node:http'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { Provider } from 'oidc-provider/lib/provider.js'
import { listenOnLoopback } from './listen.ts'

/** The formats that it issues access tokens in, each for an API of that name. */
export const FORMATS = ['RS256', 'PS256', 'ES256', 'EdDSA', 'opaque'] as const

export type Format = (typeof FORMATS)[number]

export interface ForeignIssuer {
  readonly issuer: string
  readonly client: { id: string; secret: string }
  /** Calls of the gateway by path. */
  readonly calls: Map<string, number>
  /** Answered with 500 from now on. */
  readonly broken: Set<string>
  /** What the API is called that tokens of this format are for. */
  audience(format: Format): string
  /** An access token by client credentials. */
  token(format: Format): Promise<string>
  /** RFC 7009. */
  revoke(token: string): Promise<number>
  /** As an administrator would: stopped, given new keys, started at the same address. */
  restartWithNewKeys(): Promise<void>
  stop(): Promise<void>
}

export const JWKS_PATH = '/jwks'
export const INTROSPECTION_PATH = '/token/introspection'
export const DISCOVERY_PATH = '/.well-known/openid-configuration'

/** `sub` of the tokens for the opaque API; JWTs have the client's id. */
export const SUBJECT = 'somebody'

export async function startForeignIssuer(): Promise<ForeignIssuer> {
  // Characters that are something else in a form (RFC 6749 section 2.3.1).
  const client = { id: 'gateway:1', secret: `+&=%: ${randomBytes(12).toString('base64')}` }
  const calls = new Map<string, number>()
  const broken = new Set<string>()
  let handle: RequestListener = () => {}
  const server = createServer((request, response) => {
    const path = request.url ?? '/'
    calls.set(path, (calls.get(path) ?? 0) + 1)
    if (broken.has(path)) response.writeHead(500).end()
    else handle(request, response)
  })
  const { port, stop } = await listenOnLoopback(server)
  const issuer = `http://127.0.0.1:${port}`
  const audience = (format: Format) => `urn:test:${format}`
  const authorization = `Basic ${btoa([client.id, client.secret].map(encodeURIComponent).join(':'))}`

  async function restart(): Promise<void> {
    const keys = await Promise.all(FORMATS.filter((name) => name !== 'opaque').map(createKey))
    handle = new Provider(issuer, configuration(client, keys)).callback()
  }

  async function post(path: string, form: Record<string, string>): Promise<Response> {
    const body = new URLSearchParams(form)
    return fetch(issuer + path, { method: 'POST', headers: { authorization }, body })
  }

  await restart()
  return {
    issuer,
    client,
    calls,
    broken,
    audience,
    async token(format) {
      const form = { grant_type: 'client_credentials', resource: audience(format), scope: 'read' }
      const response = await post('/token', form)
      const { access_token: token } = (await response.json()) as { access_token?: string }
      if (token === undefined) throw new Error(`oidc-provider: no token (${response.status})`)
      return token
    },
    revoke: async (token) => (await post('/token/revocation', { token })).status,
    restartWithNewKeys: restart,
    stop,
  }
}

function configuration(client: ForeignIssuer['client'], keys: JWK[]): Record<string, unknown> {
  return {
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    jwks: { keys },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    ttl: { ClientCredentials: () => 3_600 },
    // A token without a person has no sub in introspection; this one stands for a person's.
    extraTokenClaims: (_: unknown, { aud }: { aud: string }) =>
      aud === 'urn:test:opaque' ? { sub: SUBJECT } : undefined,
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true, allowedPolicy: () => true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_: unknown, resource: string) => {
          const format = resource.replace('urn:test:', '')
          const common = { scope: 'read', audience: resource }
          if (format === 'opaque') return { ...common, accessTokenFormat: 'opaque' }
          return { ...common, accessTokenFormat: 'jwt', jwt: { sign: { alg: format } } }
        },
      },
    },
  }
}

async function createKey(alg: Format): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true })
  const kid = randomBytes(6).toString('hex')
  return { ...(await exportJWK(privateKey)), alg, use: 'sig', kid }
}
