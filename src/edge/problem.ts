/** A refusal as the client sees it: problem details (RFC 9457) and, for credentials, challenges (RFC 9110). */

import type { Scheme } from '../auth/scheme.ts'
import { ERROR_CODES, type GatewayError } from '../errors.ts'

/** What the refused request had to do with credentials. */
export interface Asked {
  /** The schemes that the route takes. */
  readonly schemes: readonly Scheme[]
  /** What a client should ask an issuer for. */
  readonly scopes: readonly string[]
  /** Those whose evidence was judged. */
  readonly judges: readonly Scheme[]
  /** The URL of the route's metadata document (RFC 9728), if it has one. */
  readonly metadata: string | undefined
}

/**
 * Builds the response. Its text comes from the table of codes and from configuration, never from the
 * request.
 */
export function problem(error: GatewayError, requestId: string, asked?: Asked): Response {
  const { code, status, options } = error
  const [, title, detail] = ERROR_CODES[code]
  const headers = new Headers({
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
  })
  for (const challenge of asked ? challenges(error, asked) : []) {
    headers.append('www-authenticate', challenge)
  }
  if (options.allow) headers.set('allow', options.allow.join(', '))
  if (options.retryAfterSeconds !== undefined)
    headers.set('retry-after', `${options.retryAfterSeconds}`)
  const body = {
    type: `urn:gatehouse:error:${code}`,
    title,
    status,
    code,
    detail: options.detail ?? detail,
    instance: `urn:uuid:${requestId}`,
  }
  return new Response(JSON.stringify(body), { status, headers })
}

/**
 * A 401 names every way in (RFC 9110 section 15.5.2); any other refusal is explained by who judged alone.
 * Two issuers with one challenge are one way in.
 */
function challenges(error: GatewayError, asked: Asked): Set<string> {
  const { schemes, judges, metadata } = asked
  const { scopes = error.status === 401 ? asked.scopes : [] } = error.options
  const isJudge = (scheme: Scheme) => judges.includes(scheme)
  const named = error.status === 401 ? schemes : schemes.filter(isJudge)
  return new Set(
    named.flatMap(
      (scheme) => scheme.challenge(isJudge(scheme) ? error : undefined, scopes, metadata) ?? [],
    ),
  )
}
