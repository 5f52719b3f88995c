/** Who is calling, as a verifier established it. Facts only: whether they may is decided per request. */

import type { JsonObject } from '../lib/strict-json.ts'

export interface Principal {
  /** A browser may be made to act for a person; a client acts for itself. */
  readonly kind: 'person' | 'client' | 'key' | 'link'
  /** The token's `sub`, the owner of a key; undefined where it has none. */
  readonly subject: string | undefined
  /** The `iss` that was verified, exactly as configured; `urn:gatehouse:<entry>` for what the gateway itself gives out. */
  readonly issuer: string
  /** The name of the entry in `schemes` that verified it. */
  readonly scheme: string
  readonly scopes: ReadonlySet<string>
  readonly roles: readonly string[]
  /**
   * Every claim of the credential. Only bytes that were verified are in here. A number that JavaScript would
   * change is an ExactNumber (lib/exact-json.ts): `JSON.stringify` and `String` give its digits.
   */
  readonly claims: JsonObject
  /** The same as base64url of JSON, to the letter of the token; undefined where there is none with them in it. */
  readonly encodedClaims?: string | undefined
  /** Unix seconds from which the credential is refused: a clock's skew is in it. Infinity: it does not expire. */
  readonly expiresAt: number
}
