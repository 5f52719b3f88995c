/** Which of a client's headers go to the origin of a route. */

import { remembered } from '../lib/remembered.ts'
import type { Forward } from './claims.ts'
import { fold, isHopByHop, isReserved, isWithheld } from './header-names.ts'
import type { Withheld } from './withheld.ts'

export interface HeaderRules {
  /** Every name that any route of this gateway forwards a claim under: a client's copy never passes. */
  readonly forwardedNames: ReadonlySet<string>
  /** Names that pass on this route although they would be removed: credentials, or names with `_`. */
  readonly keep: ReadonlySet<string>
  readonly forward: Forward
  /** The part of the public path that the origin does not get to see; empty where it sees all. */
  readonly prefix: string
  readonly withheld: Withheld
  /** Of the names of a client's headers those that do not go to the origin. */
  readonly removedAmong: (names: readonly string[]) => readonly string[]
}

/**
 * Completes the rules of a route. The same few names arrive with every request, so each is judged once; and clients of
 * one kind send the same names together, so that one question mostly is enough for all of them.
 */
export function headerRules(rules: Omit<HeaderRules, 'removedAmong'>): HeaderRules {
  const { keep, forwardedNames, withheld } = rules
  const mayPass = remembered((name) => {
    const isCredential = withheld.headers.has(name)
    if (!isWithheld(name) && !forwardedNames.has(name) && !isCredential) return true
    return keep.has(name) && !isOurs(name, forwardedNames) && !isHopByHop(name)
  })
  // No name has an end of line in it (RFC 9110 section 5.6.2).
  const judge = remembered((names) => names.split('\n').filter((name) => !mayPass(name)))
  return { ...rules, removedAmong: (names) => judge(names.join('\n')) }
}

/** What speaks for the gateway is never taken from a client, also not when an owner asks for it. */
export function isOurs(name: string, forwardedNames: ReadonlySet<string>): boolean {
  return forwardedNames.has(name) || /^x-(?:auth|gatehouse|forwarded)-/.test(name)
}

/** For config checks: a kept name that a folding origin would take for one of ours. */
export function impersonates(name: string, forwardedNames: ReadonlySet<string>): boolean {
  const folded = fold(name)
  return (
    folded !== name &&
    (isReserved(folded) || forwardedNames.has(folded) || folded === 'authorization')
  )
}
