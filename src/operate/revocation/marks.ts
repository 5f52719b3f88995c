/**
 * What cuts tokens off before they expire: a mark names some of an issuer's tokens and a moment, and what was issued
 * until then is refused. Marks only move forward, so that the same news twice, or in another order, changes nothing.
 * No I/O, no clock.
 */

import type { Selection } from '../../auth/cutoff.ts'
import type { Principal } from '../../auth/principal.ts'
import { toDouble } from '../../lib/exact-json.ts'

export interface Mark {
  readonly name: string
  /** Unix seconds: tokens issued until then, the second itself included, are refused. */
  readonly before: number
}

/** All tokens of the issuer. Written where there are more marks than can be kept. */
export const EVERYBODY = '[]'

/** Two different selections never share a name. */
export function nameOfMark(selection: Selection): string {
  if ('session' in selection) return name('session', selection.session)
  if ('token' in selection) return name('token', selection.token)
  const { client } = selection
  if (!('subject' in selection)) return name('client', client ?? '')
  return client === undefined
    ? name('subject', selection.subject)
    : name('subject', selection.subject, client)
}

function name(...parts: string[]): string {
  return JSON.stringify(parts)
}

/** Whether one of the marks is about this caller. A credential that does not say when it was issued is in doubt, and so it is. */
export function isRevoked(
  principal: Principal,
  marks: { get(name: string): number | undefined },
): boolean {
  const issuedAt = toDouble(principal.claims.iat) ?? -Infinity
  return namesOf(principal).some((name) => {
    const before = marks.get(name)
    // The whole of its second: `iat` may have a fraction.
    return before !== undefined && issuedAt < before + 1
  })
}

/** The names of all marks that would be about this caller. */
export function namesOf(principal: Principal): readonly string[] {
  const known = names.get(principal)
  if (known) return known
  const { subject, claims } = principal
  const { sid, jti } = claims
  const clients = clientsOf(principal)
  const all = [
    EVERYBODY,
    ...(subject === undefined ? [] : [nameOfMark({ subject })]),
    ...(typeof sid === 'string' ? [nameOfMark({ session: sid })] : []),
    ...(typeof jti === 'string' ? [nameOfMark({ token: jti })] : []),
    ...clients.map((client) => nameOfMark({ client })),
    ...(subject === undefined ? [] : clients.map((client) => nameOfMark({ subject, client }))),
  ]
  names.set(principal, all)
  return all
}

/** A principal is kept for the token's next requests, and so is this. */
const names = new WeakMap<Principal, readonly string[]>()

/** What issuers call the application that got a token: RFC 9068, OpenID Connect, FusionAuth; and whom it is for. */
function clientsOf({ claims }: Principal): readonly string[] {
  const { client_id: clientId, azp, applicationId, aud } = claims
  const all = [clientId, azp, applicationId, aud].flat()
  return [...new Set(all.filter((value) => typeof value === 'string'))]
}
