/** The owner's file: what may stand in it. Types and helpers only; check.ts reads it. */

import type { AnyOf } from '../auth/authorize.ts'
import type { ClaimLocation } from '../auth/claim-location.ts'
import type { Extras, Feature, SchemeFeature } from '../auth/feature.ts'
import type { Needs } from '../auth/needs.ts'
import type { RefusalPage } from '../edge/refusal.ts'
import type { Binding } from '../lib/fetch.ts'
import type { HealthSite } from '../operate/health.ts'
import type { Metrics } from '../operate/metrics/metrics.ts'
import type { RequestLog } from '../operate/request-log.ts'
import type { RevocationFeature } from '../operate/revocation/revocation.ts'
import type { Handler } from '../upstream/target.ts'
import type { RouteParts } from './route-parts.ts'

export interface GatewayConfig {
  /** Host names that are served, without port; any other is 421. Default: every host (workers.dev too). */
  hosts?: readonly string[]
  /** The ways in, by a name of your choice, which routes refer to. */
  schemes: Readonly<Record<string, SchemeFeature>>
  /** Parts for all routes; a route's own one replaces it. Default: none. */
  every?: RouteParts
  /** WARNING: of every route that does not say otherwise, see {@link RouteConfig.dangerouslySimulate}. Default false. */
  dangerouslySimulate?: boolean
  /** Cuts tokens off before they expire: `revocation({ … })`. Default: a token is good until it expires. */
  revocation?: RevocationFeature
  /** What the log has of each request: `requestLog({ … })`. Default: a line for each, without its subject. */
  log?: Feature<RequestLog, string>
  /** Counts answers: `metrics({ dataset: env.METRICS })`. Default: nobody does. */
  metrics?: Feature<Metrics, string>
  /** Says how the gateway is: `health({ operatorKey: env.OPERATOR_KEY })`. Default: nobody can ask. */
  health?: Feature<Extras, HealthSite>
  /**
   * Answers refusals in your own way: `(problem, request) => Response`, or undefined for the problem document. It must
   * answer at once. A status that is no error and no redirect becomes that of the problem; `WWW-Authenticate`, `Allow`,
   * `Retry-After` and `Cache-Control: no-store` are added where they are not set. One that throws, or returns anything
   * else, is not used, and the log says so. Default: the problem document.
   */
  refusal?: RefusalPage
  /** The `type` of a problem: a page of yours, `https://docs.acme.example/errors/{code}`. Default: a URN of ours. */
  problemType?: string
  /** In any order: the most specific path pattern decides. */
  routes: readonly RouteConfig[]
}

/** Every one of the named schemes. */
export interface AllOf {
  readonly allOf: readonly string[]
}

/** The name of a scheme, or several. */
export type Required = string | AnyOf<string> | AllOf

/** `public`: nobody is asked. */
export type AuthConfig = 'public' | Required | { readonly optional: Required }

export interface RouteConfig extends RouteParts, Needs {
  /** `/orders/:id`, `/orders/*`. Matched in any case unless the route is public; `/x/*` matches `/x` too. */
  path: string
  /** Only for this host name. Default: every host. */
  host?: string
  /** Any other is 405. A route with GET serves HEAD. Default: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS. */
  methods?: readonly string[]
  /** A URL (the full path is appended), a service binding, or a handler. */
  to: string | Binding | Handler | { url: string; via: Binding }
  /** A binding through which the URL in `to` is reached. Default: none, and the URL is fetched. */
  via?: Binding
  /** Drops the pattern's literal prefix from the path that the origin gets. Default false. */
  stripPrefix?: boolean
  /**
   * Who may come: the name of an entry of `schemes`, `anyOf('a', 'b')`, `allOf('a', 'b')`, `optional(…)` of
   * these, or `'public'`. Default: the entry of `schemes`, where there is only one.
   */
  auth?: AuthConfig
  /**
   * One of several, of whatever kind, beside `scopes`, `roles` and `claims`:
   * `anyOf({ scopes: ['orders:read'] }, { roles: ['auditor'] })`; else 403. Default: nothing.
   */
  require?: AnyOf<Needs>
  /** Sends claims in headers of your own, header name to claim: `{ 'x-user-email': 'email' }`. Default: none. */
  forward?: Readonly<Record<string, ClaimLocation>>
  /** Headers that go to the origin although they would be removed: `authorization`, or names with `_`. Default: none. */
  keep?: readonly string[]
  /**
   * How long the origin, or a handler, may be silent before its response begins, in seconds. While the client is still sending a
   * body of 64 KiB or more, or of unknown length, it is not the origin's turn. `false`: as long as the platform
   * lets it, whose own 52x answers then come through. Default 30, at most 600.
   */
  timeoutSeconds?: number | false
  /**
   * WARNING: lets `//`, `%2F`, `%5C`, `;` and the like through to the origin. An origin that reads them
   * differently than the gateway lets callers around the rules of every other route with this target. Default false.
   */
  dangerouslyAllowAmbiguousPaths?: boolean
  /**
   * WARNING: a WebSocket or event stream stays open when the token that opened it has expired. In return
   * its messages pass without running through the gateway's code. Default false.
   */
  dangerouslyOutliveToken?: boolean
  /**
   * WARNING: a caller who would be refused for who it is (401) or for what it may (`insufficient_scope`, `forbidden`)
   * is let through, as nobody, with the credential that it sent; the log says `simulated`. For trying rules out in
   * front of a service that still checks credentials itself. Every other refusal stands. A handler gets no such request.
   * Default: as the gateway's own `dangerouslySimulate`.
   */
  dangerouslySimulate?: boolean
}

/** Any one of the values is enough. */
export function anyOf<T>(...values: readonly T[]): AnyOf<T> {
  return { anyOf: values }
}

/** Every one of the schemes; the first named says who it is, the others only have to agree. */
export function allOf(...schemes: readonly string[]): AllOf {
  return { allOf: schemes }
}

/** Without a credential the caller is anonymous; with a bad one it is 401. */
export function optional(required: Required): { readonly optional: Required } {
  return { optional: required }
}

/** Reads the environment once per isolate: secrets, variables and bindings are used where they belong. */
export type Define<Environment> = (env: Environment) => GatewayConfig

/** Types the owner's file. */
export function defineGateway<Environment = Env>(define: Define<Environment>): Define<Environment> {
  return define
}
