/** May this principal do this here? Decided from facts on every request, cached nowhere. No I/O. */

import { GatewayError } from '../errors.ts'
import type { Principal } from './principal.ts'

/** Any one of the listed values is enough. */
export interface AnyOf<T> {
  readonly anyOf: readonly T[]
}

/** What a route asks of its caller beyond a valid credential. */
export interface Policy {
  /** All of these, or any one of `anyOf`. */
  readonly scopes: { readonly names: readonly string[]; readonly any: boolean }
  /** Any of these; empty asks for none. */
  readonly roles: readonly string[]
  /** Each claim must have, or contain, one of its values. */
  readonly claims: readonly { readonly claim: string; readonly values: readonly ClaimValue[] }[]
}

export type ClaimValue = string | number | boolean

/** Throws `insufficient_scope` or `forbidden`. */
export function authorize(principal: Principal, policy: Policy): void {
  const { names, any } = policy.scopes
  const has = (name: string) => principal.scopes.has(name)
  const isInScope = names.length === 0 || (any ? names.some(has) : names.every(has))
  if (!isInScope) {
    const scopes = any ? names : names.filter((name) => !has(name))
    const reason = any
      ? `the token has none of the scopes ${scopes.join(', ')}`
      : `the token lacks ${scopes.length === 1 ? 'the scope' : 'the scopes'} ${scopes.join(', ')}`
    throw new GatewayError('insufficient_scope', { reason, scopes })
  }
  const hasRole =
    policy.roles.length === 0 || policy.roles.some((role) => principal.roles.includes(role))
  if (!hasRole) {
    const reason = `the caller has none of the roles ${policy.roles.join(', ')}`
    throw new GatewayError('forbidden', { reason })
  }
  for (const { claim, values } of policy.claims) {
    if (!claimValues(principal, claim).some((value) => values.includes(value as ClaimValue))) {
      const reason = `the claim ${claim} has none of the values that the route asks for`
      throw new GatewayError('forbidden', { reason })
    }
  }
}

function claimValues({ claims }: Principal, claim: string): readonly unknown[] {
  const value = Object.hasOwn(claims, claim) ? claims[claim] : undefined
  return Array.isArray(value) ? value : [value]
}
