/** Where a request may carry a bearer token. Reads; never judges whose it is. */

import * as v from 'valibot'
import { GatewayError } from '../../errors.ts'
import { readCookie } from '../../lib/cookies.ts'
import { isObject } from '../../lib/strict-json.ts'
import { told } from '../../options/schemas.ts'
import type { Evidence, Place } from '../scheme.ts'

/** A place for a token beside `Authorization`. Header names are in lower case, cookie names as they are. */
export type TokenSource = { readonly header: string } | { readonly cookie: string }

const SOURCES = "[{ header: 'cf-access-jwt-assertion' }, { cookie: 'CF_Authorization' }]"

const tokenSource = told<TokenSource>((source) => {
  const places = isObject(source) ? Object.entries(source) : []
  const [[kind, name] = []] = places
  if (places.length !== 1 || (kind !== 'header' && kind !== 'cookie')) {
    return `must be { header: '…' } or { cookie: '…' }, as in ${SOURCES}`
  }
  if (typeof name !== 'string' || name === '') {
    return `must have the name of a ${kind} in quotes, as in ${SOURCES}`
  }
  if (kind === 'cookie') {
    return /^[\w!#$%&'*+.^`|~-]+$/.test(name)
      ? undefined
      : "must have the name of one cookie, without spaces and '=', as in { cookie: 'CF_Authorization' }"
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
const AUTHORIZATION: Place = { header: 'authorization' }

/**
 * The token of a request: that of `Authorization` (RFC 6750 section 2.1), else that of one of `sources`;
 * undefined where there is none, also where `Authorization` has another scheme. An access proxy makes a header
 * of its cookie, so that only `Authorization` shows intent and wins over the rest. Throws
 * `multiple_credentials` where one place has two tokens or two sources differ, `invalid_token` for a malformed one.
 */
export function readCredential(
  headers: Headers,
  sources: readonly TokenSource[] = [],
): Evidence | undefined {
  const bearer = readBearer(headers)
  if (bearer !== undefined) return { value: bearer, place: AUTHORIZATION, ambient: false }
  let found: Evidence | undefined
  for (const place of sources) {
    const value = readSource(headers, place)
    if (value === undefined || value === found?.value) continue
    if (found) throw severalTokens('two tokens are in two places')
    found = { value, place, ambient: true }
  }
  return found
}

function readBearer(headers: Headers): string | undefined {
  const value = headers.get('authorization')
  if (value === null) return undefined
  const token = BEARER.exec(value)?.[1]
  if (token !== undefined) return token
  // Several header lines arrive as one value with commas (RFC 9110 section 5.2).
  if (value.includes(',') && /(^|,)\s*bearer\b/i.test(value)) {
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
      ? [headers.get(source.header) ?? '']
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
