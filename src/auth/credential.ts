/** What a request shows to say who is calling (RFC 6750 section 2.1). Reads; never judges. */

import { GatewayError } from '../errors.ts'

/** RFC 6750 section 2.1: one scheme in any case, one space or more, one token68. */
const BEARER = /^[Bb][Ee][Aa][Rr][Ee][Rr] +([\w.~+/-]+=*)$/

export interface Credential {
  readonly token: string
}

/**
 * The bearer token of a request; undefined where there is none, also where `Authorization` has another
 * scheme. Throws `multiple_credentials` for more than one, `invalid_token` for a malformed one.
 */
export function readCredential(headers: Headers): Credential | undefined {
  const value = headers.get('authorization')
  if (value === null) return undefined
  const token = BEARER.exec(value)?.[1]
  if (token !== undefined) return { token }
  // Several header lines arrive as one value with commas (RFC 9110 section 5.2).
  if (value.includes(',') && /(^|,)\s*bearer\b/i.test(value)) {
    throw new GatewayError('multiple_credentials', { reason: 'Authorization has several values' })
  }
  if (/^bearer\b/i.test(value)) {
    throw new GatewayError('invalid_token', { reason: 'the Bearer credential is malformed' })
  }
  return undefined
}
