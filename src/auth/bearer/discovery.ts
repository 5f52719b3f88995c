/** An issuer's own description of itself (OpenID Connect Discovery 1.0, RFC 8414), read for two URLs. */

import type { Fetch } from '../../lib/fetch.ts'
import { fetchJson } from '../../lib/fetch-json.ts'
import { isObject } from '../../lib/strict-json.ts'
import { isSecureUrl } from '../../lib/url.ts'

const MAX_DOCUMENT_BYTES = 262_144

export interface Endpoints {
  readonly jwksUri: string
  readonly introspectionEndpoint: string | undefined
}

export interface DiscoveryOptions {
  fetch: Fetch
  signal: AbortSignal
  /** All of the issuer's URLs have to be on its own origin, because all go through its binding. */
  sameOrigin: boolean
}

/**
 * Fetches the discovery document of `issuer`. Throws where there is none, where its `issuer` is another
 * one (Discovery section 4.3), or where a URL in it is not one that we would fetch.
 */
export async function discover(issuer: string, options: DiscoveryOptions): Promise<Endpoints> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const { status, body } = await fetchJson(url, { ...options, maxBytes: MAX_DOCUMENT_BYTES })
  if (status !== 200) throw new Error(`discovery answered ${status}`)
  if (!isObject(body) || body.issuer !== issuer) {
    throw new Error('the discovery document is not that of the configured issuer')
  }
  const { jwks_uri: jwksUri, introspection_endpoint: introspectionEndpoint } = body
  const isUsable = (value: unknown): value is string =>
    isSecureUrl(value) && (!options.sameOrigin || new URL(value).origin === new URL(issuer).origin)
  if (!isUsable(jwksUri)) throw new Error('the discovery document has no usable jwks_uri')
  return {
    jwksUri,
    introspectionEndpoint: isOwnEndpoint(introspectionEndpoint, issuer)
      ? introspectionEndpoint
      : undefined,
  }
}

/**
 * Whether a URL that the owner did not write may be sent tokens and a client secret: only one on the
 * issuer's own origin.
 */
export function isOwnEndpoint(value: unknown, issuer: string): value is string {
  if (!isSecureUrl(value) || !URL.canParse(issuer)) return false
  return new URL(value).origin === new URL(issuer).origin
}
