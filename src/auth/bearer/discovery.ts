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
 * Fetches the metadata of `issuer`: OpenID Connect discovery, or where there is none that of an OAuth server
 * (RFC 8414). Throws where there is neither, where its `issuer` is another one (Discovery section 4.3), or where a
 * URL in it is not one that we would fetch.
 */
export async function discover(issuer: string, options: DiscoveryOptions): Promise<Endpoints> {
  const body = await fetchMetadata(issuer, options)
  if (!isObject(body) || body.issuer !== issuer) throw new Error(explainOther(issuer, body))
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

/** The same document as it is, for whoever needs more of it, and checks it. Throws where there is none. */
export async function fetchMetadata(
  issuer: string,
  options: Pick<DiscoveryOptions, 'fetch' | 'signal'>,
): Promise<unknown> {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  const statuses: number[] = []
  for (const url of [
    `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
    // RFC 8414 section 3.1: between the host and the path.
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ]) {
    const { status, body } = await fetchJson(url, { ...options, maxBytes: MAX_DOCUMENT_BYTES })
    if (status === 200) return body
    statuses.push(status)
    // A server that is not well has no other document.
    if (status < 400 || status >= 500) break
  }
  throw new Error(`discovery at ${origin} answered ${statuses.join(', then ')}`)
}

/** What the document says may be shown to the operator, who has to compare; it is short and has no secret. */
function explainOther(issuer: string, body: unknown): string {
  const found = isObject(body) ? body.issuer : undefined
  const said = typeof found === 'string' ? found.slice(0, 200) : 'nothing'
  const { origin } = new URL(issuer)
  return `the discovery document at ${origin} is not that of the configured issuer: it names ${said}`
}

/**
 * Whether a URL that the owner did not write may be sent tokens and a client secret: only one on the
 * issuer's own origin.
 */
export function isOwnEndpoint(value: unknown, issuer: string): value is string {
  if (!isSecureUrl(value) || !URL.canParse(issuer)) return false
  return new URL(value).origin === new URL(issuer).origin
}
