/** A JWT (RFC 7519) as an access token, read strictly. Says nothing about whether it is true. No I/O, no clock. */

import { GatewayError } from '../../errors.ts'
import { type Compact, readCompact } from './compact.ts'

/** Longer tokens are refused before anything else is done with them, unless the owner lets them be longer. */
export const DEFAULT_TOKEN_LENGTH = 8_192
/** The most that an owner may allow, in characters. */
export const MAX_TOKEN_LENGTH = 16_384

const MAX_KID_LENGTH = 256
/** What an access token may call itself: RFC 7519 section 5.1, RFC 9068 section 2.1; media types ignore case. */
const ACCESS_TOKEN_TYPES = new Set(['jwt', 'at+jwt', 'application/at+jwt'])

export interface UnverifiedToken extends Omit<Compact, 'header'> {
  readonly keyId: string | undefined
}

/** A first part that decodes to something that starts with a brace. */
const JSON_FIRST = /^e[w-z][\w-]*\./

/** Whether a bearer token (RFC 6750 section 2.1) is meant as a JWT, good or bad. If not, it is opaque. */
export function looksLikeJwt(token: string): boolean {
  return JSON_FIRST.test(token)
}

/**
 * Reads a token of at most {@link MAX_TOKEN_LENGTH}. Throws `invalid_token` where it is not in the one form that
 * {@link readCompact} takes, or where `typ` says it is something else than an access token. Keys and URLs in the
 * header (`jwk`, `jku`, `x5u`, `x5c`) mean nothing here.
 */
export function readToken(token: string): UnverifiedToken {
  const { header, ...compact } = readCompact(token, 'token', refused)
  if (!isAccessTokenType(header.typ))
    throw refused('the typ of the token is not that of an access token')
  return { ...compact, keyId: readKeyId(header.kid) }
}

function isAccessTokenType(type: unknown): boolean {
  if (type === undefined) return true
  return typeof type === 'string' && ACCESS_TOKEN_TYPES.has(type.toLowerCase())
}

function readKeyId(keyId: unknown): string | undefined {
  if (keyId === undefined) return undefined
  if (typeof keyId === 'string' && keyId.length <= MAX_KID_LENGTH) return keyId
  throw refused('the kid of the token is no string, or too long')
}

function refused(reason: string, cause?: unknown): GatewayError {
  return new GatewayError('invalid_token', { reason, cause })
}
