/**
 * The corridor: what happens to a request, in order, and the only place where an error is caught. Every
 * step is a function of the values before it; nothing is written back.
 */

import { admit, readOperation } from './auth/admit.ts'
import type { Inbound } from './auth/scheme.ts'
import type { Compiled, OwnRoute, Route } from './config/compile.ts'
import type { GatewayConfig } from './config/define.ts'
import { prepare, unconfigured } from './config/prepare.ts'
import { checkDoor } from './edge/door.ts'
import { preflight } from './edge/preflight.ts'
import { refuse } from './edge/refusal.ts'
import { answer, finish } from './edge/response.ts'
import { simulate } from './edge/simulate.ts'
import { type GatewayError, toGatewayError } from './errors.ts'
import type { Fetch } from './lib/fetch.ts'
import type { Store } from './lib/kv.ts'
import { type Context, createScope, type Scope } from './lib/scope.ts'
import { consoleLog, type Log } from './operate/log.ts'
import { report, serverTiming } from './operate/report.ts'
import { timed } from './operate/step.ts'
import { startTrace, type Trace } from './operate/trace.ts'
import { originOf, readLocation } from './router.ts'
import { departureOf } from './upstream/departure.ts'
import { endWith } from './upstream/expiry.ts'
import { publicLocation } from './upstream/location.ts'
import { type Outgoing, outgoingRequest } from './upstream/request.ts'
import { send } from './upstream/target.ts'

/** What a gateway needs from outside. Tests pass their own. */
export interface GatewayDependencies {
  /** Reaches issuers and origins that have no binding. Default: the global fetch. */
  fetch?: Fetch
  /** Unix seconds. Default: the platform's clock. */
  now?: () => number
  /** Keeps key sets across isolates. Default: none, and every isolate asks the issuer. */
  store?: Store
  /** Takes one event per request. Default: a line of JSON on the console. */
  log?: Log
  /** Local development: `hosts` has no say about this machine's own names. Default false. */
  isLocal?: boolean
}

export interface Gateway {
  /** Answers any request; never throws. */
  fetch(request: Request, context: Context): Promise<Response>
  /** Does what is due, so that no request has to wait for it. Never throws. */
  scheduled(context: Context): Promise<void>
  /** What is wrong with the config; while there is anything, every request is 500 `config_invalid`. */
  readonly problems: readonly string[]
}

/**
 * Builds a gateway of a config, or of a function that makes one. Never throws: a gateway with problems
 * refuses everything, which is the safe thing to do.
 */
export function createGateway(
  config: GatewayConfig | (() => GatewayConfig),
  dependencies: GatewayDependencies = {},
): Gateway {
  const {
    fetch,
    now = () => Math.floor(Date.now() / 1_000),
    store,
    log = consoleLog,
    isLocal = false,
  } = dependencies
  const define = typeof config === 'function' ? config : () => config
  const { problems, compiled } = prepare(define, { fetch, now, store })
  if (!compiled) log({ event: 'config_invalid', problems })

  return {
    problems,

    async fetch(request, context) {
      const trace = startTrace<Route | OwnRoute>(request)
      const scope = createScope(context)
      let response: Response
      let refusal: GatewayError | undefined
      try {
        if (!compiled) throw unconfigured(problems)
        response = await handle(request, compiled, scope, trace, isLocal)
      } catch (error) {
        refusal = toGatewayError(error)
        response = refuse(refusal, trace, compiled?.refusals)
      }
      const cors = trace.match ? trace.match.route.parts.cors : compiled?.cors
      if (cors) trace.finishes.push(cors.finish(request))
      const reporting = compiled?.reporting
      if (reporting?.log?.serverTiming) trace.finishes.push(serverTiming(trace))
      const finished = finish(response, trace.finishes)
      report(trace, finished, refusal, scope, reporting, log)
      return finished
    },

    async scheduled(context) {
      for (const [of, work] of compiled?.scheduled ?? []) {
        try {
          await work(createScope(context))
        } catch (error) {
          log({ event: 'scheduled_failed', of, reason: toGatewayError(error).message })
        }
      }
    },
  }
}

async function handle(
  request: Request,
  gateway: Compiled,
  scope: Scope,
  trace: Trace<Route | OwnRoute>,
  isLocal: boolean,
): Promise<Response> {
  const location = readLocation(request.url, request.headers.get('host'))
  trace.location = location
  checkDoor(location, gateway.hosts, isLocal)
  const isSecure = location.scheme === 'https'

  const asked = preflight(location, gateway, trace)
  if (asked) return answer(asked, { isSecure, isPublic: true })
  const match = gateway.router.match(request.method, location)
  trace.match = match
  const { route, path } = match
  const inbound: Inbound = { request, location, path }
  if (route.parts.deprecated) trace.finishes.push(route.parts.deprecated.finish)
  route.parts.trace?.begin(inbound, trace, scope.platform)
  if (route.parts.addresses) route.parts.addresses.admit(inbound)
  if (route.parts.limit) await route.parts.limit.admit(inbound, trace)
  if (route.endpoint) {
    return answer(await route.endpoint.handle(inbound, scope), { isSecure, isPublic: true })
  }

  if (route.parts.bodyLimit) route.parts.bodyLimit.admit(inbound)
  const admitted = timed('authenticate', trace, () =>
    admit(inbound, route, gateway.revocation, scope, trace),
  )
  const principals = await (route.simulation ? simulate(admitted, trace) : admitted)
  const [principal] = principals
  const { mcp } = route.parts
  if (mcp && trace.simulated && !trace.call?.operation) {
    // Only the rules about callers are tried out, and those about messages stand.
    await simulate(
      readOperation(inbound, mcp, route.parts, trace.call?.principals ?? [], trace),
      trace,
    )
  }

  const rules = (trace.simulated && route.simulation) || route.headers
  const { assertion } = route.parts
  const proof = assertion && !trace.simulated ? await assertion.prove(principals) : undefined
  const way = departureOf(inbound, route, rules, principal, proof, trace.onward)
  const operation = trace.call?.operation
  const outgoing = outgoingRequest(request, way, operation?.body)
  trace.omitted = outgoing.omitted
  const forward = (ready: Outgoing) =>
    timed('origin', trace, () => send(route, ready, principals, gateway.fetch))
  // What is only tried out has no caller whose answers these would be.
  const call = trace.simulated ? undefined : trace.call
  const { cache } = route.parts
  const isStored = cache && call
  const sent = await (isStored ? cache.send(outgoing, call, scope, forward) : forward(outgoing))
  const response = call?.operation ? await call.operation.filter(principals, sent) : sent
  const lasting = route.mayOutliveToken ? response : endWith(response, principals, gateway.now)
  const mapLocation = (to: string) => publicLocation(to, route.mapping, originOf(location))
  return answer(lasting, { isSecure, isPublic: route.isPublic, mapLocation })
}
