/** What becomes known of a request on its way. Its log event, and what a refusal has to say, are made of it. */

import { clientOf } from '../auth/client.ts'
import type { Call, Extras } from '../auth/feature.ts'
import type { Finish, Scheme } from '../auth/scheme.ts'
import type { GatewayError } from '../errors.ts'
import type { Scope } from '../lib/scope.ts'
import type { Location, Match } from '../router.ts'
import type { HeaderChanges } from '../upstream/request.ts'
import type { RequestEvent } from './log.ts'
import type { RequestLog } from './request-log.ts'
import { durationMs, type Steps } from './step.ts'

/** What the log needs to know of a route. */
export interface Traceable {
  /** Its pattern. */
  readonly path: string
  /** Of where its requests go; undefined for a route of the gateway itself. */
  readonly originName?: string
  readonly requirement?: { readonly schemes: readonly Scheme[] } | undefined
  readonly fields: readonly NonNullable<Extras['fields']>[]
  /** Whether its requests are counted. */
  readonly isLimited?: boolean
}

export interface Trace<Route extends Traceable> extends Steps {
  readonly request: Request
  /** The `instance` of the problem document that the client gets; made when something needs it. */
  readonly id: () => string
  /** What `id` gives from now on. */
  requestId?: string
  /** Milliseconds since 1970. */
  readonly startedMs: number
  location?: Location
  match?: Match<Route>
  call?: Call
  isMetered?: boolean
  /** What the request would have been refused with, where the rules are only tried out. */
  simulated?: GatewayError
  /** Why the owner's `refusal` was called and not used. */
  refusalFault?: string
  /** Why a limit did not count. */
  limitFailure?: string
  /** The W3C trace that the request is part of. */
  traceId?: string
  /** The platform's own trace, where that is another one. */
  platformTraceId?: string
  /** Headers that tell the origin of it. */
  onward?: HeaderChanges
  /** Names of headers that the origin did not get because they would have been too long. */
  omitted?: readonly string[]
  /** The schemes behind the outcome. */
  readonly judges: Scheme[]
  /** What changes the headers of the answer, in this order. */
  readonly finishes: Finish[]
}

export function startTrace<Route extends Traceable>(request: Request): Trace<Route> {
  const trace: Trace<Route> = {
    request,
    id: () => (trace.requestId ??= crypto.randomUUID()),
    startedMs: Date.now(),
    judges: [],
    finishes: [],
  }
  return trace
}

/** Undefined rules: the owner has chosen none. */
export function toEvent(
  trace: Trace<Traceable>,
  response: Response,
  refusal: GatewayError | undefined,
  { verdictFrom }: Pick<Scope, 'verdictFrom'>,
  rules: RequestLog | undefined,
): RequestEvent {
  const { id, request, startedMs, location, match, call, judges } = trace
  const { simulated, refusalFault, limitFailure, traceId, platformTraceId, omitted = [] } = trace
  const [principal] = call?.principals ?? []
  const because = refusal ?? simulated
  const own: Record<string, string | number> = {}
  for (const fields of (call && match?.route.fields) ?? []) {
    if (call) Object.assign(own, fields(call, response))
  }
  return {
    ...own,
    event: 'request',
    id: id(),
    method: request.method,
    host: location?.host ?? '',
    path: match?.path ?? location?.rawPath ?? '',
    route: match?.route.path,
    status: response.status,
    durationMs: Date.now() - startedMs,
    authMs: match?.route.requirement && durationMs(trace.authenticate),
    originMs: durationMs(trace.origin),
    origin: trace.origin && match?.route.originName,
    subject: principal && rules?.nameOf(principal),
    issuer: principal?.issuer,
    client: principal && clientOf(principal.claims),
    scheme: principal?.scheme ?? (because && namesOf(judges, match?.route)),
    keys: verdictFrom ?? (principal && judges[0]?.keySet && 'memory'),
    limit: match?.route.isLimited ? limitOf(trace, refusal) : undefined,
    code: refusal?.code,
    reason: because && explain(because),
    ...(traceId !== undefined && { traceId }),
    ...(platformTraceId !== undefined && { platformTraceId }),
    ...(simulated && { simulated: simulated.code }),
    ...(refusalFault !== undefined && { refusalFault }),
    ...(limitFailure !== undefined && { limitFailure }),
    ...(omitted.length > 0 && { omitted: omitted.join(' ') }),
    ...(rules && rules.sampleRatio < 1 && { sampleRatio: rules.sampleRatio }),
  }
}

function limitOf(
  { isMetered, limitFailure }: Trace<Traceable>,
  refusal: GatewayError | undefined,
): RequestEvent['limit'] {
  if (refusal?.code === 'rate_limited') return 'over'
  if (refusal?.code === 'limit_unavailable' || limitFailure !== undefined) return 'unknown'
  return isMetered ? 'within' : undefined
}

/** Who refused, or else who was to be asked. */
function namesOf(judges: readonly Scheme[], route: Traceable | undefined): string | undefined {
  const schemes = judges.length > 0 ? judges : (route?.requirement?.schemes ?? [])
  return schemes.map(({ name }) => name).join(' ') || undefined
}

/** With what lies behind an outage. Behind other refusals is what a client sent, which is not for the log. */
function explain({ code, message, cause }: GatewayError): string {
  const isKnown = code !== 'issuer_unavailable' || !(cause instanceof Error)
  return isKnown || message.includes(cause.message) ? message : `${message}: ${cause.message}`
}
