/** What a request shows to say who is calling. Reads; never judges who it is. */

import * as v from 'valibot'
import { GatewayError } from '../errors.ts'
import { readCookie } from '../lib/cookies.ts'
import { text } from '../options/schemas.ts'

/** A place for a token beside `Authorization`. Header names are in lower case, cookie names as they are. */
export type TokenSource = { readonly header: string } | { readonly cookie: string }

/** The owner's option. */
export const tokenSources = v.array(
  v.union(
    [
      v.strictObject({
        header: v.pipe(text, v.regex(/^(?!authorization$|cookie$)[a-z0-9-]+$/)),
      }),
      v.strictObject({ cookie: v.pipe(text, v.regex(/^[\w!#$%&'*+.^`|~-]+$/)) }),
    ],
    "must be { header } with another header's name in lower case, or { cookie } with a cookie's name",
  ),
  'must be an array',
)

export interface Credential {
  readonly token: string
  /** Whether a browser may have sent it without being asked to: then a page elsewhere may be behind it. */
  readonly isAmbient: boolean
}

/** RFC 6750 section 2.1: one scheme in any case, one space or more, one token68. */
const BEARER = /^[Bb][Ee][Aa][Rr][Ee][Rr] +([\w.~+/-]+=*)$/
const TOKEN68 = /^[\w.~+/-]+=*$/
/** RFC 9110 section 9.2.1. */
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * The token of a request, from `Authorization` (RFC 6750 section 2.1) or one of `sources`; undefined where
 * there is none, also where `Authorization` has another scheme. The same token in two places is one.
 * Throws `multiple_credentials` for more than one, `invalid_token` for a malformed one.
 */
export function readCredential(
  headers: Headers,
  sources: readonly TokenSource[] = [],
): Credential | undefined {
  const bearer = readBearer(headers)
  if (sources.length === 0)
    return bearer === undefined ? undefined : { token: bearer, isAmbient: false }
  const [token, ...others] = new Set([
    ...(bearer === undefined ? [] : [bearer]),
    ...sources.flatMap((source) => readSource(headers, source)),
  ])
  if (token === undefined) return undefined
  if (others.length > 0) {
    throw new GatewayError('multiple_credentials', { reason: 'two tokens are in two places' })
  }
  // An access proxy makes such a header of its cookie, so that only Authorization is proof of intent.
  return { token, isAmbient: bearer === undefined }
}

/**
 * Throws `csrf` where a request that changes something, or switches protocols, carries a credential that
 * the browser added by itself, and nothing says that a page of `ownOrigin` has made it.
 */
export function refuseForgery(request: Request, ownOrigin: string): void {
  const isUpgrade = request.headers.has('upgrade')
  if (SAFE_METHODS.has(request.method) && !isUpgrade) return
  const origin = request.headers.get('origin')
  const isOwn =
    origin === null ? request.headers.get('sec-fetch-site') === 'same-origin' : origin === ownOrigin
  if (!isOwn) throw new GatewayError('csrf', { reason: 'the request comes from another origin' })
}

function readBearer(headers: Headers): string | undefined {
  const value = headers.get('authorization')
  if (value === null) return undefined
  const token = BEARER.exec(value)?.[1]
  if (token !== undefined) return token
  // Several header lines arrive as one value with commas (RFC 9110 section 5.2).
  if (value.includes(',') && /(^|,)\s*bearer\b/i.test(value)) {
    throw new GatewayError('multiple_credentials', { reason: 'Authorization has several values' })
  }
  if (/^bearer\b/i.test(value)) {
    throw new GatewayError('invalid_token', { reason: 'the Bearer credential is malformed' })
  }
  return undefined
}

function readSource(headers: Headers, source: TokenSource): string[] {
  const values =
    'header' in source
      ? [headers.get(source.header) ?? '']
      : readCookie(headers.get('cookie') ?? '', source.cookie)
  const tokens = values.filter((value) => value !== '')
  if (tokens.some((token) => token.includes(','))) {
    throw new GatewayError('multiple_credentials', { reason: 'a header has several values' })
  }
  if (!tokens.every((token) => TOKEN68.test(token))) {
    throw new GatewayError('invalid_token', {
      reason: 'a token in a header or cookie is malformed',
    })
  }
  return tokens
}
