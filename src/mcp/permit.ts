/** May they? What the rules say of the callers of a message, and of each thing in a list. */

import { authorize, isAuthorized, scopesToAskFor } from '../auth/authorize.ts'
import type { Principal } from '../auth/principal.ts'
import { GatewayError } from '../errors.ts'
import type { Allows } from './list.ts'
import { inWords, RPC, refused } from './refusal.ts'
import type { Rule, RuleSet } from './rules.ts'
import type { Kind, Target } from './targets.ts'

export type RuleSets = Readonly<Record<Kind, RuleSet>>

/**
 * The first of the callers speaks for all. Throws `operation_unknown` for what has no rule, `credential_missing`,
 * `insufficient_scope` and `forbidden`.
 */
export function permit(
  { kind }: Target,
  rule: Rule | undefined,
  [principal]: readonly Principal[],
  id: unknown,
): void {
  if (!rule) {
    throw refused('operation_unknown', RPC.invalidParams, id, {
      reason: `mcp.${kind} has no rule for the name`,
    })
  }
  const { policy } = rule
  if (!principal) {
    if (asksNothing(rule)) return
    throw inWords(
      new GatewayError('credential_missing', {
        reason: `mcp.${kind} asks a caller of ${rule.pattern} for something`,
        scopes: scopesToAskFor(policy),
      }),
      id,
    )
  }
  try {
    authorize(principal, policy)
  } catch (error) {
    throw error instanceof GatewayError ? inWords(error, id) : error
  }
}

/** Whether a thing is listed: if and only if the callers may use it. */
export function allows(rules: RuleSets, [principal]: readonly Principal[]): Allows {
  return (kind, name) => {
    const rule = rules[kind](name)
    if (!rule) return false
    return principal ? isAuthorized(principal, rule.policy) : asksNothing(rule)
  }
}

function asksNothing({ policy }: Rule): boolean {
  const { scopes, roles, claims, alternatives } = policy
  return [scopes.names, roles, claims, alternatives].every(({ length }) => length === 0)
}
