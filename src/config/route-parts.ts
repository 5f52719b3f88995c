/** Every part that a route can have, and so the whole list of what a feature can add to the corridor. */

import * as v from 'valibot'
import type { Endpoint, Extras, Feature, House, RoutePart, RouteSite } from '../auth/feature.ts'
import type { Addresses } from '../edge/addresses.ts'
import type { BodyLimit } from '../edge/body-limit.ts'
import type { Cached } from '../edge/cache/cached.ts'
import type { Cors } from '../edge/cors.ts'
import type { Deprecated } from '../edge/deprecation.ts'
import type { Limit } from '../edge/limit/limit.ts'
import type { LoginPage } from '../edge/refusal.ts'
import type { ProtectedResource } from '../edge/resource-metadata.ts'
import type { Tools } from '../mcp/tools.ts'
import type { Tracing } from '../operate/tracing.ts'
import { told } from '../options/schemas.ts'
import type { Assertion } from '../upstream/assertion/assertion.ts'
import type { IdleTimeout } from '../upstream/idle-timeout.ts'
import type { Retry } from '../upstream/retry.ts'

export interface RouteParts {
  /** Lets pages of other origins use the route: `cors({ origins })`. Default: an origin's own headers pass. */
  cors?: RoutePart<Cors>
  /** How many requests somebody may make: `limit({ by, requests, perSeconds, state })`. Default: any number. */
  limit?: RoutePart<Limit>
  /** Tells clients that the route is old, and when it ends: `deprecated({ since })`. Default: it is not. */
  deprecated?: RoutePart<Deprecated>
  /** Publishes where to get a token for this route (RFC 9728): `protectedResource()`. Default: nothing. */
  resource?: RoutePart<ProtectedResource>
  /** Signs for the origin that a request came through the gateway, and for whom: `assertion({ … })`. Default: nothing. */
  assertion?: RoutePart<Assertion>
  /** Request ids and W3C traces, for the origin, the client and the log: `tracing()`. Default: nothing. */
  trace?: RoutePart<Tracing>
  /** Sends people who have to sign in to the login: `loginPage()`. Default: they get the 401. */
  login?: RoutePart<LoginPage>
  /** Decides on what an MCP server is asked for, by name: `tools({ … })`. Default: nothing does. */
  mcp?: RoutePart<Tools>
  /** Stores answers: `cached({ share: 'subject' })`. Default: none. */
  cache?: RoutePart<Cached>
  /** Which IP addresses may come: `addresses({ allow: ['203.0.113.0/24'] })`. Default: all. */
  addresses?: RoutePart<Addresses>
  /** How long the body of a request may be: `bodyLimit({ maxBytes: 1_048_576 })`. Default: as long as the platform lets it. */
  bodyLimit?: RoutePart<BodyLimit>
  /** Asks the origin once more where it has not answered a GET or HEAD: `retry()`. Default: no request is sent twice. */
  retry?: RoutePart<Retry>
  /** Ends an answer whose body falls silent: `idleTimeout({ seconds: 60 })`. Default: it may be silent. */
  idleTimeout?: RoutePart<IdleTimeout>
}

/** With the function that makes it, for whoever writes something else. */
const PARTS = {
  cors: 'cors({ … })',
  limit: 'limit({ … })',
  deprecated: 'deprecated({ … })',
  resource: 'protectedResource()',
  assertion: 'assertion({ keys: [env.ASSERTION_KEY] })',
  trace: 'tracing()',
  login: 'loginPage()',
  mcp: 'tools({ … })',
  cache: "cached({ share: 'subject' })",
  addresses: "addresses({ allow: ['203.0.113.0/24'] })",
  bodyLimit: 'bodyLimit({ maxBytes: 1_048_576 })',
  retry: 'retry()',
  idleTimeout: 'idleTimeout({ seconds: 60 })',
} as const satisfies Record<keyof RouteParts, string>

export const PART_NAMES = Object.keys(PARTS) as (keyof RouteParts)[]

export type AnyFeature = Feature<unknown, unknown>

/** The parts of one route, ready for their steps. */
export type CompiledParts = {
  readonly [Name in keyof RouteParts]: RouteParts[Name] extends
    | RoutePart<infer Compiled>
    | undefined
    ? Compiled & Extras
    : never
}

/** Whether a value was made by a function for the owner's file. */
export function feature(value: unknown): value is AnyFeature {
  return ['check', 'compile'].every(
    (name) => typeof (value as Record<string, unknown> | null)?.[name] === 'function',
  )
}

export const partsSchema = Object.fromEntries(
  Object.entries(PARTS).map(([name, maker]) => [
    name,
    v.exactOptional(
      told<AnyFeature>((value) => {
        if (feature(value)) return undefined
        const isCalled = typeof value !== 'function'
        return isCalled ? `must be made by ${maker}` : `must be called, with parentheses: ${maker}`
      }),
    ),
  ]),
)

/** What of `every` the gateway's own addresses have too: what is about pages, floods and traces, and not about callers. */
export function partsOfEndpoint(
  { cors, limit, trace }: RouteParts = {},
  { isForAllPages = false, mustGetThrough = false }: Endpoint,
): RouteParts {
  return {
    ...(cors && !isForAllPages && { cors }),
    ...(limit && !mustGetThrough && { limit }),
    ...(trace && { trace }),
  }
}

/** A part that the route does not have comes from `every`. */
export function compileParts(
  route: RouteParts,
  every: RouteParts,
  site: RouteSite,
  house: House,
): CompiledParts {
  const parts = PART_NAMES.flatMap((name) => {
    const part = route[name] ?? every[name]
    return part ? [[name, part.compile(site, house)]] : []
  })
  return Object.fromEntries(parts)
}
