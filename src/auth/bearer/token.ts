/**
 * The compact form of a signed JWT (RFC 7515 section 3.1, RFC 7519), read strictly: one token has one
 * spelling and one meaning. Says nothing about whether it is true. No I/O, no clock.
 */

import { GatewayError } from '../../errors.ts'
import { decodeBase64url, decodeUtf8, encodeUtf8, isCanonicalBase64url } from '../../lib/bytes.ts'
import { type JsonObject, parseObject } from '../../lib/strict-json.ts'

/** Longer tokens are refused before anything else is done with them, unless the owner lets them be longer. */
export const DEFAULT_TOKEN_LENGTH = 8_192
/** The most that an owner may allow, in characters. */
export const MAX_TOKEN_LENGTH = 16_384

const MAX_KID_LENGTH = 256
/** What an access token may call itself: RFC 7519 section 5.1, RFC 9068 section 2.1; media types ignore case. */
const ACCESS_TOKEN_TYPES = new Set(['jwt', 'at+jwt', 'application/at+jwt'])

export interface UnverifiedToken {
  readonly algorithm: string
  readonly keyId: string | undefined
  readonly claims: JsonObject
  readonly signature: Uint8Array<ArrayBuffer>
  /** The bytes that are signed. */
  readonly signedBytes: Uint8Array<ArrayBuffer>
}

/** A first part that decodes to something that starts with a brace. */
const JSON_FIRST = /^e[w-z][\w-]*\./

/** Whether a bearer token (RFC 6750 section 2.1) is meant as a JWT, good or bad. If not, it is opaque. */
export function looksLikeJwt(token: string): boolean {
  return JSON_FIRST.test(token)
}

/**
 * Reads a token of at most {@link MAX_TOKEN_LENGTH}. Throws `invalid_token` where it is not exactly
 * three canonical base64url parts (so no JWE), where a JSON member is repeated, where the header asks
 * for an extension (`crit`, `b64`; RFC 7515 section 4.1.11), or where `typ` says it is something else
 * than an access token. Keys and URLs in the header (`jwk`, `jku`, `x5u`, `x5c`) mean nothing here.
 */
export function readToken(token: string): UnverifiedToken {
  const [headerPart = '', claimsPart = '', signaturePart = '', ...rest] = token.split('.', 4)
  const isCompact = [headerPart, claimsPart, signaturePart].every(isCanonicalBase64url)
  if (!isCompact || rest.length > 0) {
    throw refused('the token is not three canonical base64url parts')
  }
  const header = readPart(headerPart, 'header')
  const claims = readPart(claimsPart, 'payload')
  if ('crit' in header || 'b64' in header) throw refused('the token header asks for an extension')
  if (!isAccessTokenType(header.typ))
    throw refused('the typ of the token is not that of an access token')
  if (typeof header.alg !== 'string') throw refused('the token header names no algorithm')
  return {
    algorithm: header.alg,
    keyId: readKeyId(header.kid),
    claims,
    signature: decodeBase64url(signaturePart),
    signedBytes: encodeUtf8(token.slice(0, headerPart.length + 1 + claimsPart.length)),
  }
}

function readPart(part: string, name: string): JsonObject {
  try {
    return parseObject(decodeUtf8(decodeBase64url(part)))
  } catch (cause) {
    throw refused(`the token ${name} is not an unambiguous JSON object`, cause)
  }
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
