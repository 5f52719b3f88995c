/**
 * The gateway as an OAuth client: the code flow with PKCE, `state`, `nonce`, the `iss` of RFC 9207 and resource
 * indicators (RFC 8707); refresh; revocation (RFC 7009); logout (OpenID Connect RP-Initiated Logout 1.0).
 */

import {
  type AuthorizationServer,
  authorizationCodeGrantRequest,
  type Client,
  calculatePKCECodeChallenge,
  clockSkew,
  clockTolerance,
  generateRandomCodeVerifier,
  generateRandomNonce,
  generateRandomState,
  getValidatedIdTokenClaims,
  processAuthorizationCodeResponse,
  processRefreshTokenResponse,
  ResponseBodyError,
  refreshTokenGrantRequest,
  revocationRequest,
  type TokenEndpointResponse,
  validateAuthResponse,
} from 'oauth4webapi'
import { GatewayError } from '../errors.ts'
import type { JsonObject } from '../lib/strict-json.ts'
import { authenticationAt, type ClientAuthentication } from './client-authentication.ts'
import { explain, toRefusal, unavailable } from './failure.ts'
import type { Server } from './server.ts'

export interface ClientOptions extends ClientAuthentication {
  readonly clientId: string
  readonly scopes: readonly string[] | undefined
  readonly resource: string | undefined
  readonly parameters: Readonly<Record<string, string>>
  /** Unix seconds. */
  readonly now: () => number
}

/** What has to be there again when the browser comes back. */
export interface LoginStart {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
}

/** What the issuer gave. */
export interface Tokens {
  readonly accessToken: string
  /** Unix seconds. */
  readonly accessUntil: number
  readonly refreshToken: string | undefined
  readonly idToken: string | undefined
  /** Of the ID token. */
  readonly claims: JsonObject | undefined
}

export interface SessionClient {
  /** `more` goes into the address too. Throws `issuer_unavailable`. */
  start(
    redirectUri: string,
    more: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<{ url: URL; kept: LoginStart }>
  /** Throws `login_failed`, `issuer_unavailable`. */
  finish(
    kept: LoginStart,
    answer: URLSearchParams,
    redirectUri: string,
    signal: AbortSignal,
  ): Promise<Tokens>
  /** Undefined where the issuer says that the refresh token is no longer good. Throws `issuer_unavailable`. */
  refresh(refreshToken: string, signal: AbortSignal): Promise<Tokens | undefined>
  /** Where the issuer has an endpoint for it. Throws where it does not answer. */
  revoke(refreshToken: string, signal: AbortSignal): Promise<void>
  /** Where the person's browser signs out at the issuer; undefined where that has no such page. */
  logoutUrl(
    idToken: string | undefined,
    returnTo: string,
    signal: AbortSignal,
  ): Promise<URL | undefined>
}

/** Asked for where the issuer says that it knows them, and the owner names none. */
const WISHES = ['profile', 'email', 'offline_access']
/** Of a token whose answer does not say when it ends. */
const SHORT_SECONDS = 300
const CLOCK_TOLERANCE_SECONDS = 30

export function createClient(server: Server, options: ClientOptions): SessionClient {
  const { clientId, now, resource, parameters } = options
  const additionalParameters = resource === undefined ? undefined : { resource }

  /** As the clock is now: the library has one of its own. */
  const client = (): Client => ({
    client_id: clientId,
    [clockSkew]: now() - Math.floor(Date.now() / 1_000),
    [clockTolerance]: CLOCK_TOLERANCE_SECONDS,
  })

  function requests(signal: AbortSignal) {
    return { ...server.requests(signal), ...(additionalParameters && { additionalParameters }) }
  }

  function toTokens(answer: TokenEndpointResponse): Tokens {
    return {
      accessToken: answer.access_token,
      accessUntil: now() + (answer.expires_in ?? SHORT_SECONDS),
      refreshToken: answer.refresh_token,
      idToken: answer.id_token,
      claims: getValidatedIdTokenClaims(answer),
    }
  }

  return {
    async start(redirectUri, more, signal) {
      const metadata = await server.metadata(signal)
      const { authorization_endpoint: endpoint } = metadata
      if (endpoint === undefined) throw unavailable('the issuer has no authorization_endpoint')
      const kept = {
        state: generateRandomState(),
        nonce: generateRandomNonce(),
        verifier: generateRandomCodeVerifier(),
      }
      const url = new URL(endpoint)
      const own = {
        client_id: clientId,
        response_type: 'code',
        redirect_uri: redirectUri,
        scope: scopesFor(metadata, options.scopes).join(' '),
        state: kept.state,
        nonce: kept.nonce,
        code_challenge: await calculatePKCECodeChallenge(kept.verifier),
        code_challenge_method: 'S256',
        ...additionalParameters,
      }
      for (const [name, value] of Object.entries({ ...parameters, ...more, ...own })) {
        url.searchParams.set(name, value)
      }
      return { url, kept }
    },

    async finish({ state, nonce, verifier }, answer, redirectUri, signal) {
      const metadata = await server.metadata(signal)
      try {
        const code = validateAuthResponse(metadata, client(), answer, state)
        const response = await authorizationCodeGrantRequest(
          metadata,
          client(),
          authenticationAt(metadata, options),
          code,
          redirectUri,
          verifier,
          requests(signal),
        )
        // OpenID Connect Core section 3.1.3.7: straight from the token endpoint, TLS says who it is from.
        const expected = { expectedNonce: nonce, requireIdToken: true }
        return toTokens(
          await processAuthorizationCodeResponse(metadata, client(), response, expected),
        )
      } catch (error) {
        throw toRefusal(error)
      }
    },

    async refresh(refreshToken, signal) {
      const metadata = await server.metadata(signal)
      try {
        const response = await refreshTokenGrantRequest(
          metadata,
          client(),
          authenticationAt(metadata, options),
          refreshToken,
          requests(signal),
        )
        return toTokens(await processRefreshTokenResponse(metadata, client(), response))
      } catch (error) {
        if (error instanceof ResponseBodyError && error.error === 'invalid_grant') return undefined
        // Whatever else it is, the person is not to blame, and keeps the session.
        if (error instanceof GatewayError) throw error
        throw unavailable(`the issuer did not refresh: ${explain(error)}`, error)
      }
    },

    async revoke(refreshToken, signal) {
      const metadata = await server.metadata(signal)
      if (metadata.revocation_endpoint === undefined) return
      const authentication = authenticationAt(metadata, options)
      const hint = { additionalParameters: { token_type_hint: 'refresh_token' } }
      const rules = { ...server.requests(signal), ...hint }
      await revocationRequest(metadata, client(), authentication, refreshToken, rules)
    },

    async logoutUrl(idToken, returnTo, signal) {
      const { end_session_endpoint: endpoint } = await server.metadata(signal)
      if (endpoint === undefined) return undefined
      const url = new URL(endpoint)
      url.searchParams.set('client_id', clientId)
      url.searchParams.set('post_logout_redirect_uri', returnTo)
      if (idToken !== undefined) url.searchParams.set('id_token_hint', idToken)
      return url
    },
  }
}

function scopesFor(
  { scopes_supported: supported = [] }: AuthorizationServer,
  scopes: readonly string[] | undefined,
): readonly string[] {
  return scopes ?? ['openid', ...WISHES.filter((name) => supported.includes(name))]
}
