/** Every check of the owner's file, so that a gateway either does what was meant or does nothing. */

import * as v from 'valibot'
import type { RefusalPage } from '../edge/refusal.ts'
import { isObject } from '../lib/strict-json.ts'
import { isSecureUrl } from '../lib/url.ts'
import { options, record } from '../options/options.ts'
import {
  flag,
  hasFetch,
  listOf,
  type Problem,
  type Reporter,
  reportIssues,
  textLike,
  told,
  UNSET,
} from '../options/schemas.ts'
import { checkKeptNames, checkOverlaps, type Routes } from './among-routes.ts'
import type { GatewayConfig, RouteConfig } from './define.ts'
import { placeIn } from './place.ts'
import { checkAuth, checkSchemeName } from './requirement.ts'
import {
  type AnyFeature,
  feature,
  PART_NAMES,
  partsSchema,
  type RouteParts,
} from './route-parts.ts'
import { hostname, routeSchema } from './route-schema.ts'
import { explainWhole } from './whole.ts'
import { checkRoute } from './within-route.ts'

const scheme = told<AnyFeature>((value) => {
  if (!hasFetch(value) && feature(value)) return undefined
  if (value === undefined) return UNSET
  if (typeof value === 'function') return 'must be called, with its options: oidc({ … })'
  return 'must be made by a preset: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID })'
})

const revocation = told<AnyFeature>((value) =>
  feature(value)
    ? undefined
    : 'must be made by revocation({ state: env.STATE, operatorKey: env.OPERATOR_KEY })',
)

/** Features of the whole gateway, with the function that makes each. */
const MAKERS = {
  log: "requestLog({ subject: 'plain' })",
  metrics: 'metrics({ dataset: env.METRICS })',
  health: 'health({ operatorKey: env.OPERATOR_KEY })',
} as const

const madeBy = (maker: string) =>
  told<AnyFeature>((value) => (feature(value) ? undefined : `must be made by ${maker}`))

const refusal = told<RefusalPage>((value) => {
  if (typeof value !== 'function') {
    return 'must be a function: (problem, request) => new Response(…), or undefined for the problem document'
  }
  return value.constructor.name === 'AsyncFunction'
    ? 'must not be async: a refusal is answered at once. Take async and await out'
    : undefined
})

const PROBLEM_TYPE = "'https://docs.acme.example/errors/{code}'"

const problemType = textLike(PROBLEM_TYPE, (type) => {
  if (!type.includes('{code}')) return `must have {code} in it, for example ${PROBLEM_TYPE}`
  return isSecureUrl(type.replaceAll('{code}', 'code'))
    ? undefined
    : `must be the URL of a page, for example ${PROBLEM_TYPE}`
})

const SCHEMES = '{ main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) }'
const ROUTES = "[{ path: '/orders/*', to: 'https://orders.acme.example' }]"

const route = v.lazy((value) => {
  if (value === undefined || value === null || value === false || value === '') {
    return told(() => NO_ROUTE)
  }
  return routeSchema
})

const NO_ROUTE =
  "is not a route but empty. For a route that is there only sometimes, write ...(env.ORIGIN ? [{ path: '/*', to: env.ORIGIN }] : [])"

const gatewaySchema = options<GatewayConfig>(
  {
    hosts: v.exactOptional(listOf(hostname, { example: "['api.acme.example']", isOptional: true })),
    schemes: v.lazy((value) =>
      feature(value)
        ? told(() => `must give each entry a name: ${SCHEMES}`)
        : record(SCHEMES, () => undefined, scheme),
    ),
    every: v.exactOptional(
      options<RouteParts>(partsSchema, { example: '{ resource: protectedResource() }' }),
    ),
    routes: listOf(route, { example: ROUTES, isOptional: false }),
    revocation: v.exactOptional(revocation),
    log: v.exactOptional(madeBy(MAKERS.log)),
    metrics: v.exactOptional(madeBy(MAKERS.metrics)),
    health: v.exactOptional(madeBy(MAKERS.health)),
    refusal: v.exactOptional(refusal),
    problemType: v.exactOptional(problemType),
    dangerouslySimulate: v.exactOptional(flag),
  },
  {
    example: '{ schemes: { … }, routes: [ … ] }',
    examples: { schemes: SCHEMES, routes: ROUTES, hosts: "['api.acme.example']" },
    otherNames: {
      issuers: 'schemes',
      issuer: 'schemes',
      providers: 'schemes',
      auth: 'schemes',
      paths: 'routes',
      endpoints: 'routes',
      domains: 'hosts',
      cors: 'Write every: { cors: cors({ … }) }',
      defaults: 'every',
      global: 'every',
      onError: 'refusal',
      errorPage: 'refusal',
    },
  },
)

/** All that is wrong with the shape of a config, each with where. Empty where nothing is. */
export function checkShape(config: unknown): Problem[] {
  const whole = explainWhole(config)
  if (whole !== undefined) return [`the config: ${whole}`]
  const problems: Problem[] = []
  const place = placeIn(config)
  const to: Reporter = {
    report: (path, text) => problems.push(`${place(path.replace(/^\./, ''))}: ${text}`),
  }
  const { issues = [] } = v.safeParse(gatewaySchema, config)
  reportIssues(issues, '', to)
  const { hosts, schemes, every, routes, authRoutes, revocation, observing } = soundParts(
    config,
    issues,
  )
  for (const [name, made] of observing) made.check(name, to)
  revocation?.check('revocation', to)
  if (schemes) revocation?.checkBeside('revocation', schemes, to)
  for (const [name, entry] of Object.entries(schemes ?? {})) {
    checkSchemeName(name, to)
    if (!v.is(scheme, entry)) continue
    entry.check(`schemes.${name}`, to)
    entry.checkBeside?.(`schemes.${name}`, schemes ?? {}, to)
  }
  checkParts(every, every, 'every', to)
  for (const [index, route] of routes) {
    checkRoute(route, `routes[${index}]`, hosts, to)
    checkParts(route, { ...every, ...route }, `routes[${index}]`, to)
  }
  for (const [index, route] of authRoutes) {
    if (schemes) checkAuth(route, schemes, `routes[${index}].auth`, to)
  }
  checkOverlaps(routes, place, to)
  checkKeptNames(routes, to)
  return problems
}

/** What can be judged further although something else is wrong, so that no problem hides another. */
function soundParts(config: unknown, issues: readonly v.BaseIssue<unknown>[]) {
  const parts = isObject(config) ? config : {}
  const isBroken = (...keys: (string | number)[]) =>
    issues.some(({ path = [] }) => keys.every((key, index) => path[index]?.key === key))
  const routes = Array.isArray(parts.routes) ? [...(parts.routes as RouteConfig[]).entries()] : []
  return {
    hosts: isBroken('hosts') ? undefined : (parts.hosts as GatewayConfig['hosts']),
    schemes:
      isObject(parts.schemes) && !feature(parts.schemes)
        ? (parts.schemes as GatewayConfig['schemes'])
        : undefined,
    revocation: isBroken('revocation')
      ? undefined
      : (parts.revocation as GatewayConfig['revocation']),
    observing: Object.keys(MAKERS).flatMap((name): [string, AnyFeature][] =>
      feature(parts[name]) ? [[name, parts[name]]] : [],
    ),
    every: isBroken('every') ? undefined : (parts.every as GatewayConfig['every']),
    routes: new Map(routes.filter(([index]) => !isBroken('routes', index))) as Routes,
    // What is wrong with another option changes nothing about whom a route names.
    authRoutes: routes.filter(
      ([index, route]) =>
        isObject(route) && !['auth', 'login'].some((name) => isBroken('routes', index, name)),
    ),
  }
}

function checkParts(
  parts: RouteParts = {},
  beside: RouteParts = {},
  path: string,
  to: Reporter,
): void {
  for (const name of PART_NAMES) {
    parts[name]?.check(`${path}.${name}`, to)
    parts[name]?.checkBeside?.(`${path}.${name}`, beside, to)
  }
}
