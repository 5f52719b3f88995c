/** Where a request may carry a bearer token. Reads; never judges whose it is. */

import { GatewayError } from '../../errors.ts'
import { readCookie } from '../../lib/cookies.ts'
import type { Evidence, Place } from '../scheme.ts'
import { readSubprotocol } from './subprotocol.ts'
import { isAmbient, placeOf, type TokenSource } from './token-source.ts'

/** RFC 6750 section 2.1: one scheme in any case, one space or more, one token68. */
const BEARER = /^[Bb][Ee][Aa][Rr][Ee][Rr] +([\w.~+/-]+=*)$/
const TOKEN68 = /^[\w.~+/-]+=*$/
/**
 * What may be a header line of its own: nothing, a token, or a scheme and what belongs to it. Trimmed: with spaces at
 * both ends of the pattern, a line of many would take time by the square of their number.
 */
const LINE = /^(?:[A-Za-z][\w-]*\s+\S.*|[\w.~+/-]*=*)$/
const AUTHORIZATION: Place = { header: 'authorization' }

/**
 * The token of a request, in `Authorization` (RFC 6750 section 2.1) or in one of `sources`; undefined where there
 * is none, also where `Authorization` has another scheme. `search` is the query, with its question mark. What
 * somebody has to set shows intent (a page elsewhere cannot set a header unless CORS lets it), and wins over cookies
 * and what an access proxy makes of them.
 * Throws `multiple_credentials` where two tokens are to be chosen from, `invalid_token` for a malformed one.
 */
export function readCredential(
  headers: Headers,
  sources: readonly TokenSource[] = [],
  search = '',
): Evidence | undefined {
  const bearer = readBearer(headers)
  let found: Evidence | undefined
  if (bearer !== undefined) found = { value: bearer, place: AUTHORIZATION, ambient: false }
  for (const source of sources) {
    const ambient = isAmbient(source)
    if (ambient && found && !found.ambient) continue
    const value = readSource(source, headers, search)
    if (value === undefined || (value === found?.value && found.ambient === ambient)) continue
    if (found && found.ambient === ambient) {
      throw severalTokens('two tokens are in two places', ambient)
    }
    found = { value, place: placeOf(source), ambient }
  }
  return found
}

function readBearer(headers: Headers): string | undefined {
  const value = headers.get('authorization')
  if (value === null) return undefined
  const token = BEARER.exec(value)?.[1]
  if (token !== undefined) return token
  // Several header lines arrive as one value with commas (RFC 9110 section 5.2).
  const lines = value.split(',')
  const isSeveral = lines.length > 1 && lines.every((line) => LINE.test(line.trim()))
  if (isSeveral && lines.some((line) => /^\s*bearer\b/i.test(line))) {
    throw severalTokens('Authorization has several values', false)
  }
  if (/^bearer\b/i.test(value)) {
    throw new GatewayError('invalid_token', { reason: 'the Bearer credential is malformed' })
  }
  return undefined
}

/** The token in one place; undefined where there is none. Throws as {@link readCredential} does. */
export function readSource(source: TokenSource, headers: Headers, search = ''): string | undefined {
  const values = valuesAt(source, headers, search)
  const [token, ...others] = new Set(values.filter((value) => value !== ''))
  if (token === undefined) return undefined
  const ambient = isAmbient(source)
  if (others.length > 0 || token.includes(',')) {
    throw severalTokens('a place has several values', ambient)
  }
  if (!TOKEN68.test(token)) {
    throw new GatewayError('invalid_token', {
      reason: 'a token beside Authorization is malformed',
      isAmbient: ambient,
    })
  }
  return token
}

function valuesAt(source: TokenSource, headers: Headers, search: string): readonly string[] {
  if ('header' in source) return [(headers.get(source.header) ?? '').replace(/^bearer +/i, '')]
  if ('cookie' in source) return readCookie(headers.get('cookie') ?? '', source.cookie)
  if ('subprotocol' in source) return readSubprotocol(headers, source.subprotocol)
  return new URLSearchParams(search).getAll(source.dangerouslyQuery)
}

function severalTokens(reason: string, ambient: boolean): GatewayError {
  return new GatewayError('multiple_credentials', { reason, isAmbient: ambient })
}
