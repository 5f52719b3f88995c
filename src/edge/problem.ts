/** A refusal as the client sees it: problem details (RFC 9457) and, for credentials, a challenge (RFC 6750). */

import { ERROR_CODES, type ErrorCode, type GatewayError } from '../errors.ts'

/**
 * Builds the response. Its text comes from the table of codes and from configuration, never from the
 * request. `resourceMetadata` is the URL of the route's metadata document, if it has one.
 */
export function problem(
  error: GatewayError,
  requestId: string,
  resourceMetadata?: string,
): Response {
  const { code, status, options } = error
  const [, title, detail] = ERROR_CODES[code]
  const headers = new Headers({
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
  })
  const challenge = challengeFor(error, resourceMetadata)
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

/** RFC 6750 section 3.1: who sent no credential is told no error. RFC 9728 section 5.1: where to get one. */
function challengeFor(
  { code, options }: GatewayError,
  resourceMetadata?: string,
): string | undefined {
  const error = CHALLENGES[code]
  if (error === undefined) return undefined
  const parameters = {
    ...(error !== '' && { error }),
    ...(options.scopes && { scope: options.scopes.join(' ') }),
    ...(resourceMetadata !== undefined && { resource_metadata: resourceMetadata }),
  }
  const list = Object.entries(parameters).map(([name, value]) => `${name}="${value}"`)
  return ['Bearer', list.join(', ')].filter(Boolean).join(' ')
}

/** The `error` of each code that has a challenge. */
const CHALLENGES: Partial<Record<ErrorCode, string>> = {
  credential_missing: '',
  invalid_token: 'invalid_token',
  multiple_credentials: 'invalid_request',
  insufficient_scope: 'insufficient_scope',
}
