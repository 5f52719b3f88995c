/** What the gateway would do with a request, and why: its own code does it, and is overheard. */

import { authorize, type Policy } from '../../auth/authorize.ts'
import type { Principal } from '../../auth/principal.ts'
import type { Evidence, NotMine, Verified } from '../../auth/scheme.ts'
import type { GatewayConfig } from '../../config/define.ts'
import { prepare } from '../../config/prepare.ts'
import { type ErrorCode, GatewayError, toGatewayError } from '../../errors.ts'
import { createGateway } from '../../gateway.ts'
import type { Fetch } from '../../lib/fetch.ts'
import type { Store } from '../../lib/kv.ts'
import type { RequestEvent } from '../../operate/log.ts'
import { readLocation } from '../../router.ts'
import { type NearMiss, nearMisses } from './near-misses.ts'
import { observed, type Step } from './observe.ts'
import { redact } from './redact.ts'
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

export interface Explanation {
  readonly method: string
  readonly url: string
  /** Of the route that was matched. */
  readonly route:
    | { readonly path: string; readonly host?: string; readonly auth: string }
    | undefined
  readonly nearMisses: readonly NearMiss[]
  readonly shown: readonly Shown[]
  /** What the caller has to have beyond a credential. */
  readonly policy: readonly Check[]
  /** What the parts of the route were asked and said. */
  readonly parts: readonly {
    readonly part: string
    readonly step: string
    readonly outcome: string
  }[]
  readonly keysFrom: readonly string[]
  /** What the origin would get; undefined where nothing would be sent. */
  readonly origin: OriginRequest | undefined
  /** `answered`: the gateway itself would. `undecided`: there was no verdict on the credential. */
  readonly verdict: 'forwarded' | 'answered' | 'refused' | 'undecided'
  readonly status: number
  readonly code?: ErrorCode
  readonly reason?: string
  /** The code that it would be refused with, where rules are only tried out. */
  readonly simulated?: ErrorCode
  /** What the client would get in the headers of a refusal. */
  readonly answer: Readonly<Record<string, string>>
}

interface OriginRequest {
  /** Undefined where a function of the owner's file answers. */
  readonly url: string | undefined
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
}

export interface Circumstances {
  readonly fetch: Fetch
  readonly store: Store | undefined
  /** Unix seconds. */
  readonly now: () => number
  /** Where keys came from, in words. */
  readonly sources?: ReadonlySet<string>
}

/** Explains a request to a gateway with a sound config. */
export async function explain(
  config: GatewayConfig,
  request: Request,
  { fetch, store, now, sources = new Set() }: Circumstances,
): Promise<Explanation> {
  const steps: Step[] = []
  let arrived: { readonly request: Request; readonly isHandled: boolean } | undefined
  const arrive = (isHandled: boolean) => (arriving: Request) => {
    arrived = { request: arriving, isHandled }
    return new Response()
  }
  let event: RequestEvent | undefined
  const overheard = observed(
    config,
    { step: (step) => steps.push(step) },
    { fetch: async (arriving) => arrive(false)(arriving), handle: arrive(true) },
  )
  const gateway = createGateway(overheard, {
    fetch,
    now,
    ...(store && { store }),
    log: (logged) => {
      if (logged.event === 'request') event = logged
    },
  })
  const response = await gateway.fetch(request, { waitUntil: (work) => void work.catch(() => {}) })
  const { code, reason, simulated } = event ?? {}
  const { match, misses } = routing(config, request, { fetch, store, now })
  const shown = schemesIn(steps, config, now())
  const [principal] = steps.flatMap(principalIn)
  const isRefused = code !== undefined
  const origin = arrived as { request: Request; isHandled: boolean } | undefined
  const secrets = steps.flatMap((step) => evidenceIn(step)?.value ?? [])
  return {
    method: request.method,
    url: redact(request.url, secrets),
    route: match && {
      path: match.path,
      ...(match.host !== undefined && { host: match.host }),
      auth: describeAuth(match),
    },
    nearMisses: misses,
    shown,
    policy: match && !match.endpoint && principal ? policyChecks(principal, match.policy) : [],
    parts: steps
      .filter(({ of }) => !of.startsWith('schemes.'))
      .map(({ of, name, outcome }) => ({ part: of, step: name, outcome: outcomeOf(outcome) })),
    keysFrom: [...sources],
    origin: origin && {
      url: origin.isHandled ? undefined : redact(origin.request.url, secrets),
      method: origin.request.method,
      headers: headersOf(origin.request.headers, secrets),
    },
    verdict: isRefused
      ? code === 'issuer_unavailable'
        ? 'undecided'
        : 'refused'
      : origin
        ? 'forwarded'
        : 'answered',
    status: response.status,
    ...(code !== undefined && { code }),
    ...(reason !== undefined && { reason }),
    ...(simulated !== undefined && { simulated }),
    answer: isRefused ? headersOf(response.headers, secrets) : {},
  }
}

/** The route, by the router of the same config. */
function routing(config: GatewayConfig, request: Request, around: Circumstances) {
  const { compiled } = prepare(() => config, around)
  if (!compiled) return { match: undefined, misses: [] }
  try {
    const location = readLocation(request.url, request.headers.get('host'))
    let match: ReturnType<typeof compiled.router.match>['route'] | undefined
    try {
      match = compiled.router.match(request.method, location).route
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
    }
    return { match, misses: nearMisses(compiled, request.method, location, match) }
  } catch (error) {
    if (error instanceof GatewayError) return { match: undefined, misses: [] }
    throw error
  }
}

function describeAuth({ requirement, endpoint }: NonNullable<ReturnType<typeof routing>['match']>) {
  if (endpoint) return 'the gateway answers itself'
  if (!requirement) return 'public'
  const names = requirement.schemes.map(({ name }) => name).join(requirement.all ? ' and ' : ' or ')
  return requirement.optional ? `${names}, or nobody` : names
}

function schemesIn(steps: readonly Step[], { schemes }: GatewayConfig, now: number): Shown[] {
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

function evidenceIn({ of, name, outcome }: Step): Evidence | undefined {
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

function principalIn({ of, name, outcome }: Step): Principal[] {
  const isVerdict = of.startsWith('schemes.') && name === 'verify' && 'value' in outcome
  const said = isVerdict ? (outcome.value as Verified | NotMine) : undefined
  return said && 'principal' in said ? [said.principal] : []
}

/** Each part of the policy alone, in the order in which they are asked. */
function policyChecks(principal: Principal, policy: Policy): Check[] {
  const none = { scopes: { names: [], any: false }, roles: [], claims: [], alternatives: [] }
  const { scopes, roles, claims, alternatives, published } = policy
  const parts: [name: string, part: Partial<Policy>, asked: boolean][] = [
    ['scopes', { scopes }, scopes.names.length > 0],
    ['roles', { roles }, roles.length > 0],
    ...claims.map((claim): [string, Partial<Policy>, boolean] => [
      `claim ${claim.claim}`,
      { claims: [claim] },
      true,
    ]),
    ['require', { alternatives }, alternatives.length > 0],
  ]
  let isOver = false
  return parts
    .filter(([, , asked]) => asked)
    .map(([name, part]): Check => {
      if (isOver) return { name, verdict: 'not looked at' }
      try {
        authorize(principal, { ...none, published, ...part })
        return { name, verdict: 'ok' }
      } catch (error) {
        isOver = true
        return { name, verdict: 'wrong', detail: toGatewayError(error).message }
      }
    })
}

function describePlace(place: Evidence['place']): string {
  if (place === 'platform') return 'the platform'
  return Object.entries(place)
    .map(([kind, name]) => `${kind} ${name}`)
    .join()
}

function outcomeOf(outcome: Step['outcome']): string {
  if (!('error' in outcome)) return 'ok'
  const { code, message } = toGatewayError(outcome.error)
  return `${code}: ${message}`
}

function headersOf(headers: Headers, secrets: readonly string[]): Record<string, string> {
  const entries = [...headers].map(([name, value]) => [name, redact(value, secrets, name)])
  return Object.fromEntries(entries)
}
