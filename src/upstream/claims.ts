/** What the origin is told about the caller: claims as headers, in a form that cannot be misread. */

import { type ClaimLocation, readClaim } from '../auth/claim-location.ts'
import type { Principal } from '../auth/principal.ts'
import { encodeBase64url, encodeUtf8 } from '../lib/bytes.ts'

/** Of `X-Auth-Claims`, encoded. Longer ones are left out; the origin then asks the single headers. */
export const MAX_CLAIMS_LENGTH = 8_192

/** Header name to claim, in lower case: `{ 'x-user-email': 'email' }`. */
export type Forward = Readonly<Record<string, ClaimLocation>>

/**
 * The headers that describe a principal: `X-Auth-Subject`, `-Issuer`, `-Scope`, `-Roles`, `-Claims` and
 * the route's own. A claim that is absent or empty has no header.
 */
export function claimHeaders(
  principal: Principal,
  forward: Forward,
): readonly (readonly [string, string])[] {
  const { subject, issuer, scopes, roles, claims } = principal
  const encodedClaims = encodeBase64url(encodeUtf8(JSON.stringify(claims)))
  const headers: [string, string | undefined][] = [
    ['x-auth-subject', encodeValue(subject)],
    ['x-auth-issuer', encodeValue(issuer)],
    ['x-auth-scope', [...scopes].map(encodeText).join(' ')],
    ['x-auth-roles', encodeValue(roles)],
    ['x-auth-claims', encodedClaims.length <= MAX_CLAIMS_LENGTH ? encodedClaims : undefined],
  ]
  for (const [name, location] of Object.entries(forward)) {
    headers.push([name, encodeValue(readClaim(claims, location))])
  }
  return headers.filter((header): header is [string, string] => Boolean(header[1]))
}

/**
 * A claim as a header value. Text: everything outside visible ASCII, and `%`, is percent-encoded UTF-8. Lists: each item so, `,` too, joined with commas. Objects: JSON, so encoded.
 */
export function encodeValue(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  if (Array.isArray(value)) return value.map(encodeItem).join(',')
  return encodeText(toText(value))
}

function encodeItem(item: unknown): string {
  return encodeText(toText(item)).replaceAll(',', '%2C')
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function encodeText(text: string): string {
  return text.toWellFormed().replace(/[^!-~]+|%/g, encodeURIComponent)
}
