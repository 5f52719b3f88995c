/** What an answer is stored under. Whoever differs in any part of it never gets it. */

import { type ClaimLocation, readClaim } from '../../auth/claim-location.ts'
import type { Principal } from '../../auth/principal.ts'
import { digest } from '../../lib/bytes.ts'
import { type Location, originOf } from '../../router.ts'

/** Who shares a stored answer: everyone whom the route lets in, one caller, or all with the same values of claims. */
export type Share = 'everyone' | 'subject' | readonly ClaimLocation[]

/** What every new token has anew: it says nothing of what the caller may see. */
const OF_ONE_TOKEN = new Set(['exp', 'iat', 'nbf', 'jti'])

/**
 * What sets a caller apart from those it shares with. Undefined where that cannot be said: a caller without a
 * subject, or without one of the claims, shares with nobody.
 */
export function partitionOf(share: Share, principals: readonly Principal[]): string[] | undefined {
  // Who came without a credential where one is optional may be shown something else.
  if (share === 'everyone') return [principals.length === 0 ? 'anyone' : 'known']
  if (principals.length === 0) return ['nobody']
  if (share !== 'subject') return groupOf(share, principals)
  if (principals.some(({ subject }) => subject === undefined)) return undefined
  return ['subject', ...principals.flatMap(identity)]
}

/** All that the origin is told of a caller, so that one who has lost a role is not shown what the role had seen. */
function identity(principal: Principal): string[] {
  const { kind, issuer, scheme, subject = '', scopes, roles, claims } = principal
  const lasting = Object.entries(claims).filter(([name]) => !OF_ONE_TOKEN.has(name))
  const rights = [[...scopes].toSorted(byText), roles.toSorted(byText), lasting]
  return [kind, issuer, scheme, subject, JSON.stringify(rights)]
}

function groupOf(
  share: readonly ClaimLocation[],
  principals: readonly Principal[],
): string[] | undefined {
  const group = ['claims']
  for (const { issuer, claims } of principals) {
    group.push(issuer)
    for (const location of share) {
      const value = readClaim(claims, location)
      if (value === undefined) return undefined
      group.push(JSON.stringify(value))
    }
  }
  return group
}

/** The name of an answer, of parts that none of them can pass for another (length-prefixed, SHA-256). */
export function primaryKey(
  location: Location,
  target: string,
  parts: readonly string[],
): Promise<string> {
  // Not the client's own URL: what it has in a query for the gateway alone, such as a signed link's token, is not in
  // the target, and the origin's answer does not depend on it.
  return digest(['gatehouse-cache-1', originOf(location), target, ...parts])
}

/** What the answers of one URL differ in. */
export interface Variants {
  /** Of headers, in lower case. */
  readonly names: readonly string[]
  /** Another one after each invalidation, so that no variant comes back. */
  readonly epoch: string
}

/** RFC 9111 section 4.1: of the headers that the origin got, those that its answer depends on. */
export function variantKey(
  primary: string,
  { names, epoch }: Variants,
  headers: Headers,
): Promise<string> {
  const values = names.flatMap((name) => {
    const value = headers.get(name)
    return [name, value === null ? 'absent' : `is ${value.trim()}`]
  })
  return digest([primary, epoch, ...values])
}

/** The names in `Vary`, in order and in lower case; undefined where it depends on more than headers. */
export function namesInVary(vary: string | null): readonly string[] | undefined {
  const names = (vary ?? '').split(',').map((name) => name.trim().toLowerCase())
  const distinct = [...new Set(names)].filter((name) => name !== '').toSorted(byText)
  if (distinct.includes('*') || distinct.length > MAX_NAMES) return undefined
  return distinct
}

const MAX_NAMES = 16

/** One order for the same names, however they were sent. */
export function byText(one: string, other: string): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}
