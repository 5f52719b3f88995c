/**
 * The compact form of a signed JSON object (RFC 7515 section 3.1), read strictly: one text has one spelling and one
 * meaning. Says nothing about whether it is true. No I/O, no clock.
 */

import { decodeBase64url, decodeUtf8, encodeUtf8, isCanonicalBase64url } from '../../lib/bytes.ts'
import { type JsonObject, parseObject } from '../../lib/strict-json.ts'

export interface Compact {
  readonly algorithm: string
  readonly header: JsonObject
  readonly claims: JsonObject
  /** As the text has them, in base64url. */
  readonly encodedClaims: string
  readonly signature: Uint8Array<ArrayBuffer>
  /** The bytes that are signed. */
  readonly signedBytes: Uint8Array<ArrayBuffer>
}

/** The error for a text that is not what it should be. */
export type Refuse = (reason: string, cause?: unknown) => Error

/**
 * Reads a text of which the caller has bounded the length. Throws what `refused` makes where it is not exactly
 * three canonical base64url parts (so no JWE), where a JSON member is repeated, or where the header names no algorithm
 * or asks for an extension (`crit`, `b64`; section 4.1.11). `name` is what the text is to be: `token`.
 */
export function readCompact(text: string, name: string, refused: Refuse): Compact {
  const [headerPart = '', claimsPart = '', signaturePart = '', ...rest] = text.split('.', 4)
  const isCompact = [headerPart, claimsPart, signaturePart].every(isCanonicalBase64url)
  if (!isCompact || rest.length > 0) {
    throw refused(`the ${name} is not three canonical base64url parts`)
  }
  const readPart = (part: string, partName: string): JsonObject => {
    try {
      return parseObject(decodeUtf8(decodeBase64url(part)))
    } catch (cause) {
      throw refused(`the ${name} ${partName} is not an unambiguous JSON object`, cause)
    }
  }
  const header = readPart(headerPart, 'header')
  const claims = readPart(claimsPart, 'payload')
  if ('crit' in header || 'b64' in header) throw refused(`the ${name} header asks for an extension`)
  if (typeof header.alg !== 'string') throw refused(`the ${name} header names no algorithm`)
  return {
    algorithm: header.alg,
    header,
    claims,
    encodedClaims: claimsPart,
    signature: decodeBase64url(signaturePart),
    signedBytes: encodeUtf8(text.slice(0, headerPart.length + 1 + claimsPart.length)),
  }
}
