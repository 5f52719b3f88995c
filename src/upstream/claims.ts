/** What the origin is told about the caller: claims as headers, in a form that cannot be misread. */

import { type ClaimLocation, readClaim } from '../auth/claim-location.ts'
import type { Principal } from '../auth/principal.ts'
import { encodeBase64url, encodeUtf8 } from '../lib/bytes.ts'

/** Of one header. nginx with its defaults answers 400 from 8,176 characters on, and its name counts. */
export const MAX_HEADER_LENGTH = 7_000

/** Header name to claim, in lower case: `{ 'x-user-email': 'email' }`. */
export type Forward = Readonly<Record<string, ClaimLocation>>

export interface ClaimHeaders {
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Names of headers that would be longer than {@link MAX_HEADER_LENGTH}, and so are not there. */
  readonly omitted: readonly string[]
}

/**
 * The headers that describe a principal: `X-Auth-Subject`, `-Issuer`, `-Scope`, `-Roles`, `-Claims` and
 * the route's own. A claim that is absent or empty has no header.
 */
export function claimHeaders(principal: Principal, forward: Forward): ClaimHeaders {
  const { subject, issuer, scopes, roles, claims } = principal
  const all: [string, string | undefined][] = [
    ['x-auth-subject', encodeValue(subject)],
    ['x-auth-issuer', encodeValue(issuer)],
    ['x-auth-scope', [...scopes].map(encodeText).join(' ')],
    ['x-auth-roles', encodeValue(roles)],
    ['x-auth-claims', principal.encodedClaims ?? encodeClaims(claims)],
  ]
  for (const [name, location] of Object.entries(forward)) {
    all.push([name, encodeValue(readClaim(claims, location))])
  }
  const headers = all.filter((header): header is [string, string] => Boolean(header[1]))
  const isShort = ([, value]: [string, string]) => value.length <= MAX_HEADER_LENGTH
  return {
    headers: headers.filter(isShort),
    omitted: headers.filter((header) => !isShort(header)).map(([name]) => name),
  }
}

function encodeClaims(claims: Principal['claims']): string {
  return encodeBase64url(encodeUtf8(JSON.stringify(claims)))
}

/**
 * A claim as a header value. Text: everything outside visible ASCII, and `%`, is percent-encoded UTF-8.
 * Lists: each item so, `,` too, joined with commas. Objects: JSON, so encoded.
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
