/** Every check of the owner's file, so that a gateway either does what was meant or does nothing. */

import * as v from 'valibot'
import { isObject } from '../lib/strict-json.ts'
import { hasFetch, type Problem, type Reporter, reportIssues } from '../options/schemas.ts'
import { shapeOf } from '../router.ts'
import { isHopByHop } from '../upstream/header-names.ts'
import { impersonates } from '../upstream/request.ts'

import type { GatewayConfig, RouteConfig } from './define.ts'
import { checkAuth, checkSchemeName } from './requirement.ts'
import { type AnyFeature, feature, PART_NAMES, partsSchema } from './route-parts.ts'
import { checkRoute, hostname, routeSchema } from './route-schema.ts'

const scheme = v.custom<AnyFeature>(
  (value) => !hasFetch(value) && feature(value),
  'must be made by a preset, for example oidc({ … })',
)

const gatewaySchema = v.strictObject({
  hosts: v.exactOptional(
    v.pipe(v.array(hostname, 'must be an array'), v.minLength(1, 'must not be empty')),
  ),
  schemes: v.record(v.string(), scheme, 'must be an object of schemes by name'),
  every: v.exactOptional(v.strictObject(partsSchema)),
  routes: v.pipe(v.array(routeSchema, 'must be an array'), v.minLength(1, 'must not be empty')),
})

/** All that is wrong with the shape of a config, each with where. Empty where nothing is. */
export function checkShape(config: unknown): Problem[] {
  const problems: Problem[] = []
  const to: Reporter = {
    report: (path, text) => problems.push(`${path.replace(/^\./, '') || 'the config'}: ${text}`),
  }
  const { issues = [] } = v.safeParse(gatewaySchema, config)
  reportIssues(issues, '', to)
  const { hosts, schemes, every, routes } = soundParts(config, issues)
  for (const [name, entry] of Object.entries(schemes ?? {})) {
    checkSchemeName(name, to)
    if (v.is(scheme, entry)) entry.check(`schemes.${name}`, to)
  }
  checkParts(every, 'every', to)
  for (const [index, route] of routes) {
    checkRoute(route, `routes[${index}]`, hosts, to)
    checkParts(route, `routes[${index}]`, to)
    if (schemes) checkAuth(route, schemes, `routes[${index}].auth`, to)
  }
  checkOverlaps(routes, to)
  checkKeptNames(routes, to)
  return problems
}

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
    schemes: isObject(parts.schemes) ? (parts.schemes as GatewayConfig['schemes']) : undefined,
    every: isBroken('every') ? undefined : (parts.every as GatewayConfig['every']),
    routes: new Map(routes.filter(([index]) => !isBroken('routes', index))) as Routes,
  }
}

function checkParts(parts: GatewayConfig['every'] = {}, path: string, to: Reporter): void {
  for (const name of PART_NAMES) parts[name]?.check(`${path}.${name}`, to)
}

const WEAKENING = {
  dangerouslyAllowAmbiguousPaths: 'paths that origins read differently than the gateway pass',
  dangerouslyOutliveToken: 'connections stay open after the token has expired',
} as const

/** Switches that weaken what the gateway promises: legal, and worth saying aloud. */
export function warnings({ routes }: GatewayConfig): Problem[] {
  return routes.flatMap((route, index) => {
    const weakening = (Object.keys(WEAKENING) as (keyof typeof WEAKENING)[])
      .filter((name) => route[name])
      .map((name) => `routes[${index}].${name}: ${WEAKENING[name]}`)
    const isOptional = typeof route.auth === 'object' && 'optional' in route.auth
    const evaded = (['scopes', 'roles', 'claims', 'require'] as const)
      .filter((name) => isOptional && route[name])
      .map((name) => `routes[${index}].${name}: whoever sends no token is let in without`)
    return [...weakening, ...evaded]
  })
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
