/** A refusal as the client sees it: problem details (RFC 9457) and, for credentials, challenges (RFC 9110). */

import type { Scheme } from '../auth/scheme.ts'
import { ERROR_CODES, type ErrorCode, type GatewayError } from '../errors.ts'

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

/** Problem details (RFC 9457 section 3.1), with the code of {@link ERROR_CODES}. */
export interface ProblemDocument {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: ErrorCode
  readonly detail: string
  /** Finds the line of the log. */
  readonly instance: string
}

const URN = 'urn:gatehouse:error:{code}'
/** What a request is called by default. A client may call it otherwise, where the route has `trace`. */
const UUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i

/**
 * Says what is wrong, with `{code}` in `type` replaced. Its text comes from the table of codes and from configuration,
 * never from the request.
 */
export function problemDocument(
  { code, status, options }: GatewayError,
  requestId: string,
  type: string = URN,
): ProblemDocument {
  const [, title, detail] = ERROR_CODES[code]
  return {
    type: type.replaceAll('{code}', code),
    title,
    status,
    code,
    detail: options.detail ?? detail,
    instance: `${UUID.test(requestId) ? 'urn:uuid:' : 'urn:gatehouse:request:'}${requestId}`,
  }
}

/** What every answer to a refusal has, whatever its body is. */
export function problemHeaders(error: GatewayError, asked: Asked | undefined): Headers {
  const { allow, retryAfterSeconds } = error.options
  const headers = new Headers({ 'cache-control': 'no-store' })
  for (const challenge of asked ? challenges(error, asked) : []) {
    headers.append('www-authenticate', challenge)
  }
  if (allow) headers.set('allow', allow.join(', '))
  if (retryAfterSeconds !== undefined) headers.set('retry-after', `${retryAfterSeconds}`)
  return headers
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
