/**
 * Signing in at another OpenID provider: the code flow with PKCE, `state`, `nonce` and the `iss` of
 * RFC 9207. The provider's tokens serve to learn who it is, and are not kept.
 */

import {
  type AuthorizationServer,
  allowInsecureRequests,
  authorizationCodeGrantRequest,
  type Client,
  ClientSecretBasic,
  ClientSecretPost,
  calculatePKCECodeChallenge,
  customFetch,
  discoveryRequest,
  generateRandomCodeVerifier,
  generateRandomNonce,
  generateRandomState,
  getValidatedIdTokenClaims,
  processAuthorizationCodeResponse,
  processDiscoveryResponse,
  processUserInfoResponse,
  userInfoRequest,
  validateApplicationLevelSignature,
  validateAuthResponse,
} from 'oauth4webapi'
import type { Upstream } from '../config.ts'
import type { AccountElsewhere } from '../storage/accounts-elsewhere.ts'
import { readBody } from './bounded-body.ts'
import type { Outside } from './outside.ts'
import { told, UpstreamError } from './upstream-failure.ts'

/** Where the provider sends the browser back to. */
export const UPSTREAM_PATH = '/oauth2/upstream'

const METADATA_SECONDS = 3600
const MAX_ANSWER_BYTES = 65_536

/** What has to be there again when the browser comes back. */
export interface UpstreamStart {
  state: string
  nonce: string
  verifier: string
}

/** Who signed in there. */
export interface UpstreamIdentity extends AccountElsewhere {
  /** What the provider says about them; it is asked where the ID token does not say it. */
  profile(): Promise<UpstreamProfile>
}

export interface UpstreamProfile {
  name?: string
  /** Only where the provider says that it has verified it. */
  email?: string
}

export interface UpstreamClient {
  /**
   * Answers where to send the browser, and what to keep for its return. The state begins with `id`;
   * `afresh` asks the provider not to rely on a session of its own. Throws {@link UpstreamError}.
   */
  start(id: string, afresh: boolean): Promise<{ url: URL; kept: UpstreamStart }>
  /** Answers who came back with `answer`. Throws {@link UpstreamError}. */
  finish(kept: UpstreamStart, answer: URLSearchParams): Promise<UpstreamIdentity>
}

/** `issuer` is this server. */
export function createUpstreamClient(
  upstream: Upstream,
  outside: Outside,
  issuer: string,
): UpstreamClient {
  const client: Client = { client_id: upstream.clientId }
  const redirectUri = `${issuer}${UPSTREAM_PATH}`
  const requests = {
    [customFetch]: (url: string, init: AskInit) => ask(outside, url, init),
    // Outside allows plain http for this server's own machine alone, in development.
    [allowInsecureRequests]: issuer.startsWith('http:'),
  }
  let known: { metadata: AuthorizationServer; fetchedAt: number } | undefined

  /** A new object each time: the library hangs keys on it, and one request must not wait for another's. */
  async function discover(): Promise<AuthorizationServer> {
    const now = Math.floor(Date.now() / 1000)
    if (known && now - known.fetchedAt < METADATA_SECONDS) return { ...known.metadata }
    const url = new URL(upstream.issuer)
    const metadata = await processDiscoveryResponse(url, await discoveryRequest(url, requests))
    known = { metadata, fetchedAt: now }
    return { ...metadata }
  }

  return {
    start: (id, afresh) =>
      told(async () => {
        const { authorization_endpoint: endpoint } = await discover()
        if (!endpoint) throw new UpstreamError('refused', 'it has no authorization_endpoint')
        const kept = {
          state: `${id}.${generateRandomState()}`,
          nonce: generateRandomNonce(),
          verifier: generateRandomCodeVerifier(),
        }
        const url = new URL(endpoint)
        const parameters = {
          client_id: upstream.clientId,
          response_type: 'code',
          redirect_uri: redirectUri,
          scope: upstream.scope,
          state: kept.state,
          nonce: kept.nonce,
          code_challenge: await calculatePKCECodeChallenge(kept.verifier),
          code_challenge_method: 'S256',
          ...(afresh && { max_age: '0' }),
        }
        for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
        return { url, kept }
      }),
    finish: ({ state, nonce, verifier }, answer) =>
      told(async () => {
        const server = await discover()
        const parameters = validateAuthResponse(server, client, answer, state)
        const response = await authorizationCodeGrantRequest(
          server,
          client,
          authenticationAt(server, upstream.clientSecret),
          parameters,
          redirectUri,
          verifier,
          requests,
        )
        const tokens = await processAuthorizationCodeResponse(server, client, response, {
          expectedNonce: nonce,
          requireIdToken: true,
        })
        await validateApplicationLevelSignature(server, response, requests)
        const claims = getValidatedIdTokenClaims(tokens)
        if (!claims) throw new UpstreamError('refused', 'it sent no ID token')
        const { issuer } = server
        const { sub: subject } = claims
        return {
          issuer,
          subject,
          profile: () =>
            told(async () => {
              if (claims.email !== undefined || !server.userinfo_endpoint) return profileOf(claims)
              const info = await userInfoRequest(server, client, tokens.access_token, requests)
              return profileOf(await processUserInfoResponse(server, client, subject, info))
            }),
        }
      }),
  }
}

/** What the library gives to a `fetch` of ours, as far as it counts here. */
interface AskInit {
  method: string
  headers: Record<string, string>
  body?: URLSearchParams | undefined
}

async function ask(
  outside: Outside,
  url: string,
  { method, headers: sent, body: form }: AskInit,
): Promise<Response> {
  let answer: Response
  let body: string | undefined
  try {
    answer = await outside.fetch(url, { method, headers: sent, ...(form && { body: form }) })
    body = await readBody(answer, MAX_ANSWER_BYTES)
  } catch (error) {
    throw new UpstreamError('unreachable', error instanceof Error ? error.message : String(error))
  }
  const { status, headers } = answer
  const { pathname } = new URL(url)
  if (status >= 500) throw new UpstreamError('unreachable', `${pathname} answers ${status}`)
  if (body === undefined) throw new UpstreamError('refused', `${pathname} answers too much`)
  return new Response(body, { status, headers })
}

/** RFC 6749 section 2.3.1 wants the header wherever a provider does not say that it cannot take it. */
function authenticationAt(server: AuthorizationServer, secret: string) {
  const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
  return methods.includes('client_secret_basic')
    ? ClientSecretBasic(secret)
    : ClientSecretPost(secret)
}

function profileOf(claims: {
  sub: string
  name?: unknown
  email?: unknown
  email_verified?: unknown
}): UpstreamProfile {
  const { name, email, email_verified: verified } = claims
  // Some providers write every claim as text.
  const isVerified = verified === true || verified === 'true'
  return {
    ...(typeof name === 'string' && { name }),
    ...(isVerified && typeof email === 'string' && { email }),
  }
}
