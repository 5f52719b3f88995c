/** What a caller showed, and what the schemes made of it. */

import type { Principal } from '../../auth/principal.ts'
import type { Evidence, NotMine, Verified } from '../../auth/scheme.ts'
import type { GatewayConfig } from '../../config/define.ts'
import { toGatewayError } from '../../errors.ts'
import type { Step } from './observe.ts'
import { type Check, tokenChecks } from './token-checks.ts'

/** What one scheme found in the request, and what it made of it. */
export interface Shown {
  readonly scheme: string
  /** Where the credential stood; undefined where there was none. */
  readonly place?: string
  /** Whether a browser may have sent it by itself. */
  readonly ambient?: boolean
  readonly verdict: 'nothing found' | 'not judged' | 'taken' | 'not its own' | 'refused' | 'unknown'
  readonly reason?: string
  readonly checks?: readonly Check[]
}

/** One entry for each scheme that was asked, in the order in which they were. */
export function schemesIn(
  steps: readonly Step[],
  { schemes }: GatewayConfig,
  now: number,
): Shown[] {
  const found = steps.filter(({ of, name }) => of.startsWith('schemes.') && name === 'find')
  return found.map((step): Shown => {
    const scheme = step.of.slice('schemes.'.length)
    if ('error' in step.outcome) return { scheme, ...refusedBy(step.outcome.error) }
    const evidence = evidenceIn(step)
    if (!evidence) return { scheme, verdict: 'nothing found' }
    const where = { scheme, place: describePlace(evidence.place), ambient: evidence.ambient }
    const judged = steps.find(({ of, name }) => of === step.of && name === 'verify')
    if (!judged) return { ...where, verdict: 'not judged' }
    const verdict = judgedBy(judged)
    const isUndecided = verdict.verdict === 'unknown'
    const { oauth } = schemes[scheme] ?? {}
    const checks = oauth
      ? tokenChecks(evidence.value, { reason: verdict.reason, isUndecided }, oauth, now)
      : []
    return { ...where, ...verdict, ...(checks.length > 0 && { checks }) }
  })
}

export function evidenceIn({ of, name, outcome }: Step): Evidence | undefined {
  const isFound = of.startsWith('schemes.') && name === 'find' && 'value' in outcome
  return isFound ? (outcome.value as Evidence | undefined) : undefined
}

function judgedBy({ outcome }: Step): Pick<Shown, 'verdict' | 'reason'> {
  if ('error' in outcome) return refusedBy(outcome.error)
  const said = outcome.value as Verified | NotMine
  return 'notMine' in said ? { verdict: 'not its own', reason: said.notMine } : { verdict: 'taken' }
}

function refusedBy(error: unknown): { verdict: 'refused' | 'unknown'; reason: string } {
  const { code, message } = toGatewayError(error)
  return { verdict: code === 'issuer_unavailable' ? 'unknown' : 'refused', reason: message }
}

export function principalIn({ of, name, outcome }: Step): Principal[] {
  const isVerdict = of.startsWith('schemes.') && name === 'verify' && 'value' in outcome
  const said = isVerdict ? (outcome.value as Verified | NotMine) : undefined
  return said && 'principal' in said ? [said.principal] : []
}

function describePlace(place: Evidence['place']): string {
  if (place === 'platform') return 'the platform'
  return Object.entries(place)
    .map(([kind, name]) => `${kind} ${name}`)
    .join()
}
