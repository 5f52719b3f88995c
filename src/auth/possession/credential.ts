/** Where a token that is bound to a key stands: `Authorization: DPoP` (RFC 9449 section 7.1). Reads; never judges. */

import { GatewayError } from '../../errors.ts'
import type { Evidence, Inbound, Place } from '../scheme.ts'

const AUTHORIZATION = { header: 'authorization' } satisfies Place
const SCHEME = /^dpop\b/i
/** One scheme in any case, one space or more, one token68. */
const DPOP = /^dpop +([\w.~+/-]+=*)$/i

/**
 * The token under the DPoP scheme, or else what `find` finds in another place. What was chosen wins over what a
 * browser sends by itself. Throws `multiple_credentials` where two were chosen.
 */
export function findDpopToken(
  inbound: Inbound,
  find: (inbound: Inbound) => Evidence | undefined,
): Evidence | undefined {
  const value = inbound.request.headers.get('authorization')
  if (value === null || !SCHEME.test(value)) return find(inbound)
  if (value.includes(',')) throw severalTokens('Authorization has several values')
  const token = DPOP.exec(value)?.[1]
  if (token === undefined) {
    throw new GatewayError('invalid_token', { reason: 'the DPoP credential is malformed' })
  }
  const found = find(withoutCookies(inbound))
  if (found && !found.ambient && found.value !== token) {
    throw severalTokens('two tokens are in two places')
  }
  return { value: token, place: AUTHORIZATION, ambient: false }
}

/** A cookie that cannot be read is no fault of somebody who shows something else. */
function withoutCookies(inbound: Inbound): Inbound {
  const { url, headers: sent } = inbound.request
  if (!sent.has('cookie')) return inbound
  const headers = new Headers(sent)
  headers.delete('cookie')
  return { ...inbound, request: new Request(url, { headers }) }
}

/** Whether it is what {@link findDpopToken} has read, and not a token in another place. */
export function isSentAsDpop({ place }: Evidence, { request }: Inbound): boolean {
  if (place === 'platform' || !('header' in place) || place.header !== AUTHORIZATION.header)
    return false
  return SCHEME.test(request.headers.get('authorization') ?? '')
}

function severalTokens(reason: string): GatewayError {
  return new GatewayError('multiple_credentials', { reason })
}
