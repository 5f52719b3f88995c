/** A scheme that asks for a proof beside the token, on every request: what is remembered of a token is never this. */

import type { Scope } from '../../lib/scope.ts'
import { isObject } from '../../lib/strict-json.ts'
import type { Extras } from '../feature.ts'
import type {
  BoundTokens,
  Evidence,
  Finish,
  Inbound,
  NotMine,
  Place,
  Scheme,
  Verified,
} from '../scheme.ts'

export interface Possession {
  /** The member of `cnf` that says what a token is bound to. */
  readonly member: string
  /** Where the proof stands. No origin gets to see it. */
  readonly withholds: readonly Place[]
  readonly boundTokens: BoundTokens
  /**
   * Throws where the caller does not have what the token is bound to, or the token should be bound and is not.
   * `bound` is the member of `cnf`, undefined where the token has none.
   */
  check(
    bound: unknown,
    evidence: Evidence,
    inbound: Inbound,
    scope: Scope,
  ): Finish | undefined | Promise<Finish | undefined>
}

/** Only a token that the scheme itself has found to be good gets as far as the check. */
export function guarded(scheme: Scheme & Extras, possession: Possession): Scheme & Extras {
  const { member, withholds, boundTokens } = possession

  function judge(
    verdict: Verified | NotMine,
    evidence: Evidence,
    inbound: Inbound,
    scope: Scope,
  ): Verified | NotMine | Promise<Verified> {
    if ('notMine' in verdict) return verdict
    const { cnf } = verdict.principal.claims
    const bound = isObject(cnf) && Object.hasOwn(cnf, member) ? cnf[member] : undefined
    const finish = possession.check(bound, evidence, inbound, scope)
    if (finish === undefined) return verdict
    return 'then' in finish
      ? finish.then((later) => withFinish(verdict, later))
      : withFinish(verdict, finish)
  }

  return {
    ...scheme,
    withholds: [...scheme.withholds, ...withholds],
    boundTokens: together(scheme.boundTokens, boundTokens),
    verify(evidence, inbound, scope) {
      const verdict = scheme.verify(evidence, inbound, scope)
      return 'then' in verdict
        ? verdict.then((later) => judge(later, evidence, inbound, scope))
        : judge(verdict, evidence, inbound, scope)
    },
  }
}

function withFinish(verdict: Verified, finish: Finish | undefined): Verified {
  if (!finish) return verdict
  const { finish: earlier } = verdict
  if (!earlier) return { ...verdict, finish }
  return {
    ...verdict,
    finish(headers, status) {
      earlier(headers, status)
      finish(headers, status)
    },
  }
}

function together(one: BoundTokens | undefined, other: BoundTokens): BoundTokens {
  if (!one) return other
  return {
    dpopAlgorithms: [...one.dpopAlgorithms, ...other.dpopAlgorithms],
    requiresDpop: one.requiresDpop || other.requiresDpop,
    certificates: one.certificates || other.certificates,
  }
}
