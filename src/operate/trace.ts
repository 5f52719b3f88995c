/** What becomes known of a request on its way. Its log event, and what a refusal has to say, are made of it. */

import type { Call, Extras } from '../auth/feature.ts'
import type { Finish, Scheme } from '../auth/scheme.ts'
import type { GatewayError } from '../errors.ts'
import type { Location, Match } from '../router.ts'
import type { HeaderChanges } from '../upstream/request.ts'
import type { RequestEvent } from './log.ts'

/** What the log needs to know of a route. */
export interface Traceable {
  /** Its pattern. */
  readonly path: string
  readonly requirement?: { readonly schemes: readonly Scheme[] } | undefined
  readonly fields: readonly NonNullable<Extras['fields']>[]
}

export interface Trace<Route extends Traceable> {
  readonly request: Request
  /** The `instance` of the problem document that the client gets; made when something needs it. */
  readonly id: () => string
  /** What `id` gives from now on. */
  requestId?: string
  readonly startedMs: number
  location?: Location
  match?: Match<Route>
  call?: Call
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

export function toEvent(
  trace: Trace<Traceable>,
  response: Response,
  refusal: GatewayError | undefined,
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
    subject: principal?.subject,
    scheme: principal?.scheme ?? (because && namesOf(judges, match?.route)),
    code: refusal?.code,
    reason: because && explain(because),
    ...(traceId !== undefined && { traceId }),
    ...(platformTraceId !== undefined && { platformTraceId }),
    ...(simulated && { simulated: simulated.code }),
    ...(refusalFault !== undefined && { refusalFault }),
    ...(limitFailure !== undefined && { limitFailure }),
    ...(omitted.length > 0 && { omitted: omitted.join(' ') }),
  }
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
