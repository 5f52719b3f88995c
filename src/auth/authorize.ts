/** May this principal do this here? Decided from facts on every request, cached nowhere. No I/O. */

import { GatewayError } from '../errors.ts'
import { ExactNumber } from '../lib/exact-json.ts'
import { isObject } from '../lib/strict-json.ts'
import type { Principal } from './principal.ts'

/** Any one of the listed values is enough. */
export interface AnyOf<T> {
  readonly anyOf: readonly T[]
}

/** What may be asked of a caller beyond a valid credential: all of it. */
export interface Need {
  /** All of these, or any one of `anyOf`. */
  readonly scopes: { readonly names: readonly string[]; readonly any: boolean }
  /** Any of these; empty asks for none. */
  readonly roles: readonly string[]
  /** Each claim must have, or contain, one of its values. */
  readonly claims: readonly { readonly claim: string; readonly values: readonly ClaimValue[] }[]
}

/** What a route asks of its caller. */
export interface Policy extends Need {
  /** One of these has to be met too; empty asks for none. */
  readonly alternatives: readonly Need[]
  /** The scopes that a client should ask its issuer for; undefined for those that are checked. */
  readonly published: readonly string[] | undefined
}

/** A whole number beyond 2^53 is a bigint, here and in the owner's file. */
export type ClaimValue = string | number | boolean | bigint

/** Throws `insufficient_scope` or `forbidden`. */
export function authorize(principal: Principal, policy: Policy): void {
  const refusal = refusalOfPolicy(principal, policy)
  if (!refusal) return
  const { code, reason } = refusal
  const scopes = code === 'insufficient_scope' ? { scopes: scopesToAskFor(policy) } : {}
  throw new GatewayError(code, { reason, ...scopes })
}

/** The same as an answer. */
export function isAuthorized(principal: Principal, policy: Policy): boolean {
  return refusalOfPolicy(principal, policy) === undefined
}

/**
 * Every scope that a request needs, not only those that a token lacks: a client that asks for these alone
 * must not lose what it has.
 */
export function scopesToAskFor({
  published,
  scopes,
  alternatives,
}: Pick<Policy, 'published' | 'scopes' | 'alternatives'>): readonly string[] {
  const either = alternatives.find((need) => need.scopes.names.length > 0)?.scopes.names ?? []
  return published ?? [...new Set([...scopes.names, ...either])]
}

interface Refusal {
  readonly code: 'insufficient_scope' | 'forbidden'
  readonly reason: string
}

function refusalOfPolicy(principal: Principal, policy: Policy): Refusal | undefined {
  return refusalOf(principal, policy) ?? refusalOfAll(principal, policy.alternatives)
}

/** Undefined where one of them is met. What can be helped by asking for more is said before what cannot. */
function refusalOfAll(principal: Principal, needs: readonly Need[]): Refusal | undefined {
  let said: Refusal | undefined
  for (const need of needs) {
    const refusal = refusalOf(principal, need)
    if (!refusal) return undefined
    if (!said || (said.code === 'forbidden' && refusal.code !== 'forbidden')) said = refusal
  }
  return said
}

function refusalOf(principal: Principal, need: Need): Refusal | undefined {
  const { names, any } = need.scopes
  const has = (name: string) => principal.scopes.has(name)
  const isInScope = names.length === 0 || (any ? names.some(has) : names.every(has))
  if (!isInScope) {
    const lacking = any ? names : names.filter((name) => !has(name))
    const reason = any
      ? `the token has none of the scopes ${lacking.join(', ')}`
      : `the token lacks ${lacking.length === 1 ? 'the scope' : 'the scopes'} ${lacking.join(', ')}`
    return { code: 'insufficient_scope', reason }
  }
  const hasRole =
    need.roles.length === 0 || need.roles.some((role) => principal.roles.includes(role))
  if (!hasRole) {
    return forbidden(principal, `the caller has none of the roles ${need.roles.join(', ')}`)
  }
  for (const { claim, values } of need.claims) {
    if (!claimValues(principal, claim).some((value) => isAmong(values, value))) {
      const reason = `the claim ${claim} has none of the values that the route asks for`
      return forbidden(principal, reason)
    }
  }
  return undefined
}

/** OpenID Connect Core section 5.6.2: an issuer may leave out what is too long, and say where it is instead. */
function forbidden({ claims }: Principal, reason: string): Refusal {
  const elsewhere = isObject(claims._claim_names) ? Object.keys(claims._claim_names) : []
  const hasOverage = elsewhere.includes('groups') || claims.hasgroups === true
  const hint = '; the token leaves groups out because there are too many of them (overage)'
  return { code: 'forbidden', reason: hasOverage ? reason + hint : reason }
}

function claimValues({ claims }: Principal, claim: string): readonly unknown[] {
  const value = Object.hasOwn(claims, claim) ? claims[claim] : undefined
  return Array.isArray(value) ? value : [value]
}

/** A number beyond what a double holds equals its own digits, and nothing that is merely near. */
function isAmong(values: readonly ClaimValue[], value: unknown): boolean {
  if (!(value instanceof ExactNumber)) return values.includes(value as ClaimValue)
  return values.some((wanted) => typeof wanted === 'bigint' && String(wanted) === value.digits)
}
