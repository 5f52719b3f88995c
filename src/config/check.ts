/** Every check of the owner's file, so that a gateway either does what was meant or does nothing. */

import * as v from 'valibot'
import type { IssuerConfig } from '../auth/presets/oidc.ts'
import { WELL_KNOWN } from '../edge/resource-metadata.ts'
import { isObject } from '../lib/strict-json.ts'
import { hasFetch, type Problem, type Reporter, reportIssues } from '../options/schemas.ts'
import { literalPrefix, shapeOf } from '../router.ts'
import { isHopByHop } from '../upstream/header-names.ts'
import { impersonates } from '../upstream/request.ts'
import type { GatewayConfig, RouteConfig } from './define.ts'
import { checkRoute, hostname, routeSchema } from './route-schema.ts'

/** A service binding answers every name with a function, so it has to be told apart. */
const issuer = v.custom<IssuerConfig>(
  (value) =>
    !hasFetch(value) &&
    ['check', 'trust'].every(
      (name) => typeof (value as Record<string, unknown> | null)?.[name] === 'function',
    ),
  'must be made by a preset, for example oidc({ … })',
)

const gatewaySchema = v.strictObject({
  hosts: v.exactOptional(
    v.pipe(v.array(hostname, 'must be an array'), v.minLength(1, 'must not be empty')),
  ),
  issuers: v.record(v.string(), issuer, 'must be an object of issuers by name'),
  routes: v.pipe(v.array(routeSchema, 'must be an array'), v.minLength(1, 'must not be empty')),
})

/** All that is wrong with a config, each with where. Empty where nothing is. */
export function checkConfig(config: unknown): Problem[] {
  const problems: Problem[] = []
  const to: Reporter = {
    report: (path, text) => problems.push(`${path.replace(/^\./, '') || 'the config'}: ${text}`),
  }
  const { issues = [] } = v.safeParse(gatewaySchema, config)
  reportIssues(issues, '', to)
  const { hosts, issuers, routes } = soundParts(config, issues)
  for (const [name, entry] of Object.entries(issuers ?? {})) {
    if (v.is(issuer, entry)) entry.check(`issuers.${name}`, to)
  }
  for (const [index, route] of routes) {
    checkRoute(route, `routes[${index}]`, hosts, to)
    if (issuers) checkRouteIssuers(route, issuers, `routes[${index}].issuer`, to)
  }
  checkOverlaps(routes, to)
  checkOwnEndpoints(routes, to)
  checkKeptNames(routes, to)
  if (issuers && problems.length === 0) checkOpaqueTokens(routes, issuers, to)
  return problems
}

type Issuers = Readonly<Record<string, IssuerConfig>>
/** By their place in the owner's list. */
type Routes = ReadonlyMap<number, RouteConfig>

/** What can be judged further although something else is wrong, so that no problem hides another. */
function soundParts(config: unknown, issues: readonly v.BaseIssue<unknown>[]) {
  const parts = isObject(config) ? config : {}
  const isBroken = (...keys: (string | number)[]) =>
    issues.some(({ path = [] }) => keys.every((key, index) => path[index]?.key === key))
  const routes = Array.isArray(parts.routes) ? [...(parts.routes as RouteConfig[]).entries()] : []
  return {
    hosts: isBroken('hosts') ? undefined : (parts.hosts as GatewayConfig['hosts']),
    issuers: isObject(parts.issuers) ? (parts.issuers as Issuers) : undefined,
    routes: new Map(routes.filter(([index]) => !isBroken('routes', index))) as Routes,
  }
}

/** The names of the issuers whose tokens a route accepts. */
export function issuersOf(
  route: RouteConfig,
  issuers: Readonly<Record<string, unknown>>,
): readonly string[] {
  if (route.auth === 'public') return []
  const all = Object.keys(issuers)
  if (route.issuer === undefined) return all.length === 1 ? all : []
  return typeof route.issuer === 'string' ? [route.issuer] : route.issuer
}

const WEAKENING = {
  dangerouslyAllowAmbiguousPaths: 'paths that origins read differently than the gateway pass',
  dangerouslyOutliveToken: 'connections stay open after the token has expired',
} as const

/** Where a route's resource metadata is (RFC 9728 section 3.1). */
export function metadataPath({ path }: RouteConfig): string {
  return WELL_KNOWN + literalPrefix(path)
}

/** Switches that weaken what the gateway promises: legal, and worth saying aloud. */
export function warnings({ routes }: GatewayConfig): Problem[] {
  return routes.flatMap((route, index) => {
    const weakening = (Object.keys(WEAKENING) as (keyof typeof WEAKENING)[])
      .filter((name) => route[name])
      .map((name) => `routes[${index}].${name}: ${WEAKENING[name]}`)
    const isOptional = typeof route.auth === 'object'
    const evaded = (['scopes', 'roles', 'claims'] as const)
      .filter((name) => isOptional && route[name])
      .map((name) => `routes[${index}].${name}: whoever sends no token is let in without`)
    return [...weakening, ...evaded]
  })
}

function checkRouteIssuers(route: RouteConfig, issuers: Issuers, path: string, to: Reporter): void {
  if (route.auth === 'public') return
  const names = issuersOf(route, issuers)
  if (names.length === 0) {
    const several = Object.keys(issuers).length > 1
    to.report(
      path,
      several ? 'is missing, and there are several issuers' : 'is missing, and there is no issuer',
    )
  }
  for (const name of names) {
    if (!Object.hasOwn(issuers, name))
      to.report(path, `names ${JSON.stringify(name)}, which is not in issuers`)
  }
  const values = names
    .map((name) => (Object.hasOwn(issuers, name) ? issuers[name]?.issuer : undefined))
    .filter((value) => typeof value === 'string')
  if (new Set(values).size < values.length) {
    to.report(
      path,
      'names two entries with the same issuer, so that a token would have two meanings',
    )
  }
}

/** An opaque token does not say whose it is, and must not be shown to an issuer that did not issue it. */
function checkOpaqueTokens(routes: Routes, issuers: Issuers, to: Reporter): void {
  for (const [index, route] of routes) {
    const takers = issuersOf(route, issuers).filter(
      (name) => issuers[name]?.trust().introspection?.opaque,
    )
    if (takers.length > 1) {
      to.report(
        `routes[${index}].issuer`,
        `names ${takers.join(' and ')}, which both take opaque tokens`,
      )
    }
  }
}

/** Two routes for one request: the same shape of path, the same host, a method in common. */
function checkOverlaps(routes: Routes, to: Reporter): void {
  const keyOf = ({ host, path }: RouteConfig) => `${host ?? '*'} ${shapeOf(path).toLowerCase()}`
  for (const same of Map.groupBy(routes, ([, route]) => keyOf(route)).values()) {
    for (const [position, [index, route]] of same.entries()) {
      const earlier = same.slice(0, position).find(([, other]) => overlap(route, other))
      if (!earlier) continue
      to.report(
        `routes[${index}].path`,
        `is also that of routes[${earlier[0]}], for the same requests`,
      )
    }
  }
}

/** The gateway's own documents are at paths that no route of the owner may have. */
function checkOwnEndpoints(routes: Routes, to: Reporter): void {
  const own = new Map<string, number>()
  for (const [index, route] of routes) {
    if (!route.resource) continue
    const path = metadataPath(route)
    const earlier = own.get(path)
    if (earlier !== undefined) {
      to.report(
        `routes[${index}].resource`,
        `has the address of routes[${earlier}].resource, ${path}`,
      )
    }
    own.set(path, index)
  }
  for (const [index, { path }] of routes) {
    if (own.has(shapeOf(path))) to.report(`routes[${index}].path`, 'is that of a resource document')
  }
}

function overlap(a: RouteConfig, b: RouteConfig): boolean {
  // Spelled differently, they would differ for callers in case or a slash alone: never what was meant.
  if (withoutNames(a.path) !== withoutNames(b.path)) return true
  return !a.methods || !b.methods || a.methods.some((method) => b.methods?.includes(method))
}

function withoutNames(path: string): string {
  return path.replace(/:\w+/g, ':')
}

function checkKeptNames(routes: Routes, to: Reporter): void {
  const forwarded = new Set(
    [...routes.values()].flatMap(({ forward }) => Object.keys(forward ?? {})),
  )
  for (const [index, { keep = [] }] of routes) {
    for (const name of keep) {
      const path = `routes[${index}].keep`
      if (forwarded.has(name) || /^x-(?:auth|gatehouse|forwarded)-/.test(name)) {
        to.report(path, `must not name ${name}: only the gateway may say that`)
      } else if (isHopByHop(name)) {
        to.report(path, `must not name ${name}: it is about one connection and ends with it`)
      } else if (impersonates(name, forwarded)) {
        to.report(path, `must not name ${name}: some servers take it for a header of the gateway`)
      }
    }
  }
}
