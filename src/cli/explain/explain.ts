/** What the gateway would do with a request, and why: its own code does it, and is overheard. */

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
import { policyChecks } from './policy-checks.ts'
import { redact } from './redact.ts'
import { evidenceIn, principalIn, type Shown, schemesIn } from './shown.ts'
import type { Check } from './token-checks.ts'

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

function outcomeOf(outcome: Step['outcome']): string {
  if (!('error' in outcome)) return 'ok'
  const { code, message } = toGatewayError(outcome.error)
  return `${code}: ${message}`
}

function headersOf(headers: Headers, secrets: readonly string[]): Record<string, string> {
  const entries = [...headers].map(([name, value]) => [name, redact(value, secrets, name)])
  return Object.fromEntries(entries)
}
