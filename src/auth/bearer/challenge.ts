/** What `WWW-Authenticate` says to a client of an API that takes access tokens. Text alone. */

import type { ErrorCode, GatewayError } from '../../errors.ts'

/** The `error` of each code that is about the token (RFC 6750 section 3.1). */
export const TOKEN_ERRORS: Partial<Record<ErrorCode, string>> = {
  invalid_token: 'invalid_token',
  multiple_credentials: 'invalid_request',
  insufficient_scope: 'insufficient_scope',
}

export interface ChallengeText {
  /** The HTTP authentication scheme. */
  readonly scheme: string
  /** The `error` of each code; another one is not about this scheme, which then has no challenge. */
  readonly errors?: Partial<Record<ErrorCode, string>>
  readonly scopes: readonly string[]
  readonly metadata: string | undefined
  /** Parameters that the scheme has of its own. */
  readonly own?: Readonly<Record<string, string>>
}

/** RFC 6750 section 3.1: who sent no credential is told no error. RFC 9728 section 5.1: where to get one. */
export function challengeText(
  error: GatewayError | undefined,
  { scheme, errors = TOKEN_ERRORS, scopes, metadata, own }: ChallengeText,
): string | undefined {
  const name = error && errors[error.code]
  if (error && name === undefined) return undefined
  const parameters = {
    ...(name !== undefined && { error: name }),
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    ...(metadata !== undefined && { resource_metadata: metadata }),
    ...own,
  }
  const list = Object.entries(parameters).map(([key, value]) => `${key}="${value}"`)
  return [scheme, list.join(', ')].filter(Boolean).join(' ')
}
