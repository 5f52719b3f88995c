/**
 * The corridor: what happens to a request, in order, and the only place where an error is caught. Every
 * step is a function of the values before it; nothing is written back.
 */

import { authenticate } from './auth/authenticate.ts'
import { authorize } from './auth/authorize.ts'
import { readCredential, refuseForgery } from './auth/credential.ts'
import type { Principal } from './auth/principal.ts'
import { type Compiled, prepare, type Route } from './config/compile.ts'
import type { GatewayConfig } from './config/define.ts'
import { problem } from './edge/problem.ts'
import { answer } from './edge/response.ts'
import { GatewayError } from './errors.ts'
import type { Fetch } from './lib/fetch.ts'
import type { Store } from './lib/kv.ts'
import { type Context, createRequestScope, type RequestScope } from './lib/request-scope.ts'
import { isLocalhost } from './lib/url.ts'
import { consoleLog, type Log, type RequestEvent } from './operate/log.ts'
import { type Location, type Match, readLocation } from './router.ts'
import { endAfter } from './upstream/expiry.ts'
import { originPath, publicLocation } from './upstream/location.ts'
import { outgoingRequest } from './upstream/request.ts'
import { send, targetUrl } from './upstream/target.ts'

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
}

export interface Gateway {
  /** Answers any request; never throws. */
  fetch(request: Request, context: Context): Promise<Response>
  /** Refreshes what is due, so that no request has to wait. Never throws. */
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
    fetch = (request) => globalThis.fetch(request),
    now = () => Math.floor(Date.now() / 1_000),
    store,
    log = consoleLog,
  } = dependencies
  const define = typeof config === 'function' ? config : () => config
  const { problems, compiled } = prepare(define, { fetch, now, store })
  if (!compiled) log({ event: 'config_invalid', problems })

  return {
    problems,

    async fetch(request, context) {
      const started = Date.now()
      const trace: Trace = {}
      let response: Response
      let refusal: GatewayError | undefined
      const id = crypto.randomUUID()
      try {
        response = await handle(request, compiled, createRequestScope(context), trace)
      } catch (error) {
        refusal = toGatewayError(error)
        response = problem(refusal, id, metadataUrl(trace))
      }
      log(toEvent(request, response, refusal, trace, id, Date.now() - started))
      return response
    },

    async scheduled(context) {
      for (const [issuer, keySet] of compiled?.keySets ?? []) {
        try {
          await keySet.refreshOnSchedule(createRequestScope(context))
        } catch (error) {
          log({ event: 'refresh_failed', issuer, reason: toGatewayError(error).message })
        }
      }
    },
  }
}

/** What the log learns on the way; read by nobody else. */
interface Trace {
  location?: Location
  match?: Match<Route>
  principal?: Principal | undefined
}

async function handle(
  request: Request,
  gateway: Compiled | undefined,
  scope: RequestScope,
  trace: Trace,
): Promise<Response> {
  if (!gateway) throw new GatewayError('config_invalid')
  const location = readLocation(request.url)
  trace.location = location
  if (gateway.hosts && !gateway.hosts.has(location.hostname)) throw new GatewayError('host_unknown')
  const isSecure = location.scheme === 'https'
  if (!isSecure && !isLocalhost(location.hostname)) throw new GatewayError('https_required')

  const match = gateway.router.match(request.method, location)
  trace.match = match
  const { route, path } = match
  const publicOrigin = `${location.scheme}://${location.host}`
  const principal = await identify(request, route, publicOrigin, scope)
  trace.principal = principal
  if (principal) authorize(principal, route.policy)

  const outgoing = outgoingRequest(request, {
    url: targetUrl(route.target, publicOrigin, originPath(path, route.mapping) + location.search),
    location,
    rules: route.headers,
    principal,
    isPublic: route.isPublic,
  })
  const { target, timeoutSeconds } = route
  const response = await send(target, outgoing, principal, timeoutSeconds, gateway.fetch)
  return answer(limitLifetime(response, route, principal, gateway.now()), {
    isSecure,
    isPublic: route.isPublic,
    mapLocation: (to) => publicLocation(to, route.mapping, publicOrigin),
  })
}

/** A connection that stays open ends with the credential that opened it. */
function limitLifetime(
  response: Response,
  route: Route,
  principal: Principal | undefined,
  now: number,
): Response {
  if (!principal || route.mayOutliveToken) return response
  return endAfter(response, principal.expiresAt - now)
}

/** Who is calling; undefined for nobody, where the route allows that. */
async function identify(
  request: Request,
  route: Route,
  ownOrigin: string,
  scope: RequestScope,
): Promise<Principal | undefined> {
  if (route.isPublic) return undefined
  const credential = readCredential(request.headers, route.tokenSources)
  if (credential) {
    if (credential.isAmbient) refuseForgery(request, ownOrigin)
    return authenticate(credential, route.issuers, scope)
  }
  if (route.allowsAnonymous) return undefined
  throw new GatewayError('credential_missing')
}

/** Where a refused client learns where to get a token for the route it asked for. */
function metadataUrl({ location, match }: Trace): string | undefined {
  const path = match?.route.metadataPath
  return location && path !== undefined ? `${location.scheme}://${location.host}${path}` : undefined
}

function toGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : 'a value was thrown'
  return new GatewayError('internal', { reason, cause: error })
}

function toEvent(
  request: Request,
  { status }: Response,
  refusal: GatewayError | undefined,
  { location, match, principal }: Trace,
  id: string,
  durationMs: number,
): RequestEvent {
  return {
    event: 'request',
    id,
    method: request.method,
    host: location?.host ?? '',
    path: match?.path ?? location?.rawPath ?? '',
    route: match?.route.path,
    status,
    durationMs,
    subject: principal?.subject,
    issuer: principal?.issuerName,
    code: refusal?.code,
    reason: refusal?.message,
  }
}
