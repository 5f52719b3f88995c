/** Who is calling: which evidence counts, and which of a route's schemes judges it. */

import { GatewayError } from '../errors.ts'
import type { Scope } from '../lib/scope.ts'
import { refuseForgery } from './csrf.ts'
import type { Evidence, Inbound, Scheme, Verified } from './scheme.ts'

/** How a caller of a route has to show who it is. */
export interface Requirement {
  readonly schemes: readonly Scheme[]
  /** Whether every one of them has to be satisfied, or any. */
  readonly all: boolean
  /** Whether a request without evidence may pass, as nobody. */
  readonly optional: boolean
  /** Scopes that a client should ask for: a 401 names them (RFC 6750 section 3). */
  readonly scopes: readonly string[]
  /** Whether pages of another origin may use what a browser adds by itself. Undefined: of none. */
  readonly trustsPagesOf?: ((origin: string) => boolean) | undefined
}

interface Shown {
  readonly scheme: Scheme
  readonly evidence: Evidence
}

/** Evidence that cannot be read, and that a browser may have sent unasked. */
interface Unread {
  readonly scheme: Scheme
  readonly error: GatewayError
}

/**
 * The verified callers of a request, the first of which speaks for all; none where nothing was shown and the
 * route allows that. `judges` afterwards holds the schemes behind the outcome, also where this throws:
 * `credential_missing`, `multiple_credentials`, `csrf`, and what the schemes throw.
 */
export async function identify(
  inbound: Inbound,
  { schemes, all, optional, trustsPagesOf }: Requirement,
  scope: Scope,
  judges: Scheme[],
): Promise<readonly Verified[]> {
  const shown: Shown[] = []
  let unread: Unread | undefined
  for (const scheme of schemes) {
    const evidence = findFor(scheme, inbound, scope, judges)
    if (evidence && 'error' in evidence) unread ??= evidence
    else if (evidence) shown.push({ scheme, evidence })
  }
  if (unread && (all || shown.every(({ evidence }) => evidence.ambient))) {
    judges.push(unread.scheme)
    throw unread.error
  }
  if (shown.length === 0 && optional) return []
  if (shown.length === 0 || (all && shown.length < schemes.length)) {
    const missing = schemes.filter((scheme) => !shown.some((other) => other.scheme === scheme))
    throw new GatewayError('credential_missing', { reason: explainMissing(missing, inbound) })
  }
  const chosen = all || shown.length === 1 ? shown : choose(shown, judges)
  const verify = all ? verifyAll : verifyAny
  const callers = await verify(chosen, inbound, scope, judges)
  const ambient = callers.filter((_, index) => chosen[index]?.evidence.ambient)
  if (ambient.length > 0) refuseForgery(inbound, ambient, trustsPagesOf)
  return callers
}

function explainMissing(missing: readonly Scheme[], { request }: Inbound): string {
  const names = missing.map(({ name }) => `schemes.${name}`)
  const hint = request.headers.has('authorization')
    ? '; Authorization is there, with something that they do not read'
    : ''
  return `nothing was sent that ${names.join(' or ')} reads${hint}`
}

function findFor(
  scheme: Scheme,
  inbound: Inbound,
  scope: Scope,
  judges: Scheme[],
): Evidence | Unread | undefined {
  try {
    return scheme.find(inbound, scope)
  } catch (error) {
    if (error instanceof GatewayError && error.options.isAmbient) return { scheme, error }
    judges.push(scheme)
    throw error
  }
}

/**
 * What somebody chose to send wins over what a browser or an access proxy adds by itself. Two that were
 * chosen leave open who is meant; of several that were not, the first named scheme's counts.
 */
function choose(shown: readonly Shown[], judges: Scheme[]): readonly Shown[] {
  const explicit = shown.filter(({ evidence }) => !evidence.ambient)
  const [first, ...others] = explicit.length > 0 ? explicit : shown
  const isSame = ({ evidence }: Shown) => evidence.value === first?.evidence.value
  if (explicit.length > 0 && !others.every(isSame)) {
    judges.push(...explicit.map(({ scheme }) => scheme))
    const places = explicit.map(({ evidence }) => describePlace(evidence.place))
    const reason = `two credentials were sent, ${[...new Set(places)].join(' and ')}`
    throw new GatewayError('multiple_credentials', { reason })
  }
  return explicit.length > 0 ? explicit : shown.filter(isSame)
}

function describePlace(place: Evidence['place']): string {
  if (place === 'platform') return 'by the platform'
  const [kind, name] = Object.entries(place)[0] ?? []
  return `in the ${kind} ${name}`
}

async function verifyAny(
  shown: readonly Shown[],
  inbound: Inbound,
  scope: Scope,
  judges: Scheme[],
): Promise<readonly [Verified]> {
  const reasons: string[] = []
  for (const { scheme, evidence } of shown) {
    judges.push(scheme)
    const verdict = await scheme.verify(evidence, inbound, scope)
    if (!('notMine' in verdict)) {
      if (judges.length > 1) setJudge(judges, scheme)
      return [verdict]
    }
    reasons.push(verdict.notMine)
  }
  throw new GatewayError('invalid_token', { reason: [...new Set(reasons)].join('; ') })
}

async function verifyAll(
  shown: readonly Shown[],
  inbound: Inbound,
  scope: Scope,
  judges: Scheme[],
): Promise<readonly Verified[]> {
  const verified: Verified[] = []
  for (const { scheme, evidence } of shown) {
    setJudge(judges, scheme)
    const verdict = await scheme.verify(evidence, inbound, scope)
    if ('notMine' in verdict) throw new GatewayError('invalid_token', { reason: verdict.notMine })
    verified.push(verdict)
  }
  if (shown[0]) setJudge(judges, shown[0].scheme)
  return verified
}

function setJudge(judges: Scheme[], scheme: Scheme): void {
  judges.splice(0, judges.length, scheme)
}
