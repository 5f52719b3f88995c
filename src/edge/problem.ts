/** A refusal as the client sees it: problem details (RFC 9457) and, for credentials, a challenge (RFC 6750). */

import { ERROR_CODES, type GatewayError } from '../errors.ts'

/** Builds the response. Its text comes from the table of codes and from configuration, never from the request. */
export function problem(error: GatewayError, requestId: string): Response {
  const { code, status, options } = error
  const [, title, detail] = ERROR_CODES[code]
  const headers = new Headers({
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
  })
  const challenge = challengeFor(error)
  if (challenge) headers.set('www-authenticate', challenge)
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

/** RFC 6750 section 3.1: who sent no credential is told no error. */
function challengeFor({ code, options }: GatewayError): string | undefined {
  switch (code) {
    case 'credential_missing':
      return 'Bearer'
    case 'invalid_token':
      return 'Bearer error="invalid_token"'
    case 'multiple_credentials':
      return 'Bearer error="invalid_request"'
    case 'insufficient_scope':
      return `Bearer error="insufficient_scope", scope="${(options.scopes ?? []).join(' ')}"`
    default:
      return undefined
  }
}
