/** Where a request may carry a bearer token. Reads; never judges whose it is. */

import * as v from 'valibot'
import { GatewayError } from '../../errors.ts'
import { readCookie } from '../../lib/cookies.ts'
import { isObject } from '../../lib/strict-json.ts'
import { told } from '../../options/schemas.ts'
import type { Evidence, Place } from '../scheme.ts'

/**
 * A place for a token beside `Authorization`. Header names are in lower case, cookie names as they are. A header
 * has the token with or without `Bearer` before it.
 */
export type TokenSource =
  | {
      readonly header: string
      /**
       * Whether a proxy in front of the gateway sets the header from a cookie, so that a page elsewhere may be
       * behind it. Default false, and true for the headers of proxies that are known to do that.
       */
      readonly ambient?: boolean | undefined
    }
  | { readonly cookie: string }

const SOURCES = "[{ header: 'cf-access-jwt-assertion' }, { cookie: 'CF_Authorization' }]"

const tokenSource = told<TokenSource>((source) => {
  const { ambient, ...place } = isObject(source) ? source : {}
  const places = Object.entries(place)
  const [[kind, name] = []] = places
  if (places.length !== 1 || (kind !== 'header' && kind !== 'cookie')) {
    return `must be { header: '…' } or { cookie: '…' }, as in ${SOURCES}`
  }
  if (typeof name !== 'string' || name === '') {
    return `must have the name of a ${kind} in quotes, as in ${SOURCES}`
  }
  if (kind === 'cookie') {
    if (isObject(source) && Object.hasOwn(source, 'ambient')) {
      return "must not have ambient beside a cookie, which is always sent by the browser itself. Take ambient out, as in { cookie: 'CF_Authorization' }"
    }
    return /^[\w!#$%&'*+.^`|~-]+$/.test(name)
      ? undefined
      : "must have the name of one cookie, without spaces and '=', as in { cookie: 'CF_Authorization' }"
  }
  if (isObject(source) && Object.hasOwn(source, 'ambient') && typeof ambient !== 'boolean') {
    return "must have ambient: true or ambient: false, without quotes, as in { header: 'x-session-token', ambient: true }"
  }
  if (/^authorization$/i.test(name))
    return 'must not name authorization, which is always read. Take it out'
  if (/^cookie$/i.test(name))
    return "must not name the header cookie. Name the cookie: { cookie: 'CF_Authorization' }"
  if (/^[a-z0-9-]+$/.test(name)) return undefined
  return "must have the name of one header in lower case, of letters, digits and '-', as in { header: 'cf-access-jwt-assertion' }"
})

/** The owner's option. */
export const tokenSources = v.array(tokenSource, `must be a list in [ ], for example ${SOURCES}`)

/** RFC 6750 section 2.1: one scheme in any case, one space or more, one token68. */
const BEARER = /^[Bb][Ee][Aa][Rr][Ee][Rr] +([\w.~+/-]+=*)$/
const TOKEN68 = /^[\w.~+/-]+=*$/
/** What may be a header line of its own: nothing, a token, or a scheme and what belongs to it. */
const LINE = /^\s*(?:[A-Za-z][\w-]*\s+\S.*|[\w.~+/-]*=*)\s*$/
const AUTHORIZATION: Place = { header: 'authorization' }
/**
 * Cloudflare Access, Google's Identity-Aware Proxy, load balancers of Amazon, App Service of Azure and
 * oauth2-proxy make these of the cookie that a browser sends.
 */
const SET_BY_PROXIES = /^(?:cf-|x-goog-|x-amzn-|x-ms-|x-forwarded-|x-auth-request-)/

/** Of a token source, which may say more. */
export function placeOf(source: TokenSource): Place {
  return 'header' in source ? { header: source.header } : { cookie: source.cookie }
}

/**
 * The token of a request, in `Authorization` (RFC 6750 section 2.1) or in one of `sources`; undefined where there
 * is none, also where `Authorization` has another scheme. A header that somebody has to set shows intent (a page
 * elsewhere cannot set one unless CORS lets it), and wins over cookies and what an access proxy makes of them.
 * Throws `multiple_credentials` where two tokens are to be chosen from, `invalid_token` for a malformed one.
 */
export function readCredential(
  headers: Headers,
  sources: readonly TokenSource[] = [],
): Evidence | undefined {
  const bearer = readBearer(headers)
  let found: Evidence | undefined
  if (bearer !== undefined) found = { value: bearer, place: AUTHORIZATION, ambient: false }
  for (const source of sources) {
    const ambient = isAmbient(source)
    if (ambient && found && !found.ambient) continue
    const value = readSource(headers, source)
    if (value === undefined || (value === found?.value && found.ambient === ambient)) continue
    if (found && found.ambient === ambient) throw severalTokens('two tokens are in two places')
    found = { value, place: placeOf(source), ambient }
  }
  return found
}

function isAmbient(source: TokenSource): boolean {
  return 'cookie' in source || (source.ambient ?? SET_BY_PROXIES.test(source.header))
}

function readBearer(headers: Headers): string | undefined {
  const value = headers.get('authorization')
  if (value === null) return undefined
  const token = BEARER.exec(value)?.[1]
  if (token !== undefined) return token
  // Several header lines arrive as one value with commas (RFC 9110 section 5.2).
  const lines = value.split(',')
  const isSeveral = lines.length > 1 && lines.every((line) => LINE.test(line))
  if (isSeveral && lines.some((line) => /^\s*bearer\b/i.test(line))) {
    throw severalTokens('Authorization has several values')
  }
  if (/^bearer\b/i.test(value)) {
    throw new GatewayError('invalid_token', { reason: 'the Bearer credential is malformed' })
  }
  return undefined
}

function readSource(headers: Headers, source: TokenSource): string | undefined {
  const values =
    'header' in source
      ? [(headers.get(source.header) ?? '').replace(/^bearer +/i, '')]
      : readCookie(headers.get('cookie') ?? '', source.cookie)
  const [token, ...others] = new Set(values.filter((value) => value !== ''))
  if (token === undefined) return undefined
  if (others.length > 0 || token.includes(',')) throw severalTokens('a place has several values')
  if (!TOKEN68.test(token)) {
    throw new GatewayError('invalid_token', {
      reason: 'a token in a header or cookie is malformed',
    })
  }
  return token
}

function severalTokens(reason: string): GatewayError {
  return new GatewayError('multiple_credentials', { reason })
}
