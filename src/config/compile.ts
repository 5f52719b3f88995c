/** A checked config becomes what requests run on. Everything that can be decided once is decided here. */

import { type Policy, scopesToAskFor } from '../auth/authorize.ts'
import type { Cutoff } from '../auth/cutoff.ts'
import type { Endpoint, Extras, House, RouteSite } from '../auth/feature.ts'
import type { Requirement } from '../auth/identify.ts'
import { compilePolicy } from '../auth/needs.ts'
import type { Scheme } from '../auth/scheme.ts'
import type { Cors } from '../edge/cors.ts'
import type { RefusalRules } from '../edge/refusal.ts'
import type { Reporting } from '../operate/report.ts'
import {
  createRouter,
  DEFAULT_METHODS,
  literalPrefix,
  type Routable,
  type Router,
} from '../router.ts'
import type { HeaderRules } from '../upstream/header-rules.ts'
import type { PathMapping } from '../upstream/location.ts'
import type { Target } from '../upstream/target.ts'
import { compileTarget, originOfTarget } from './compile-target.ts'
import type { GatewayConfig, RouteConfig } from './define.ts'
import { type RulesOfRoute, rulesOfRoutes } from './header-rules.ts'
import { createHouse, type Dependencies } from './house.ts'
import { type RequiredSchemes, requiredSchemes } from './requirement.ts'
import { type CompiledParts, compileParts, partsOfEndpoint } from './route-parts.ts'

/** A route of the owner. */
export interface Route extends Routable {
  /** How a caller has to show who it is; undefined where nobody is asked. */
  readonly requirement: Requirement | undefined
  readonly policy: Policy
  readonly headers: HeaderRules
  /** The same for a request that goes on although it would be refused; undefined where refusals hold. */
  readonly simulation: HeaderRules | undefined
  readonly target: Target
  /** How the log calls it: the host of a URL, or what else it is. */
  readonly originName: string
  readonly isLimited: boolean
  readonly mapping: PathMapping
  readonly timeoutSeconds: number | false
  /** Whether a connection that stays open may last when the token it was opened with has expired. */
  readonly mayOutliveToken: boolean
  readonly parts: CompiledParts
  /** Of its schemes and parts. */
  readonly fields: readonly NonNullable<Extras['fields']>[]
  readonly endpoint?: undefined
}

/** A route of the gateway itself. */
export interface OwnRoute extends Routable {
  readonly endpoint: Endpoint
  /** Where in the owner's file it comes from. */
  readonly origin: string
  readonly requirement?: undefined
  readonly originName?: never
  readonly isLimited?: never
  readonly parts: CompiledParts
  readonly fields: Route['fields']
}

export interface Compiled extends Dependencies {
  readonly hosts: ReadonlySet<string> | undefined
  readonly routes: readonly Route[]
  readonly ownRoutes: readonly OwnRoute[]
  readonly router: Router<Route | OwnRoute>
  readonly refusals: RefusalRules
  readonly revocation: Cutoff | undefined
  readonly reporting: Reporting
  /** For what is no route's: preflights and refusals before one is found. */
  readonly cors: Cors | undefined
  /** Work for the cron trigger, by what it is for. */
  readonly scheduled: ReadonlyMap<string, NonNullable<Extras['scheduled']>>
}

/** What features bring, by where in the owner's file they stand. */
type Brought = ReadonlyMap<string, Extras>

const DEFAULT_TIMEOUT_SECONDS = 30

/** Where no route is. */
const NOWHERE: RouteSite = {
  path: '/*',
  host: undefined,
  target: undefined,
  hosts: [],
  methods: DEFAULT_METHODS,
  schemes: [],
  scopes: [],
}

/** Compiles a config in whose shape nothing is wrong. */
export function compile(config: GatewayConfig, dependencies: Dependencies): Compiled {
  const { house, schemes, revocation } = createHouse(config, dependencies)
  const brought = new Map<string, Extras>()
  for (const [name, scheme] of schemes) brought.set(`schemes.${name}`, scheme)
  if (revocation) brought.set('revocation', revocation)
  const health = config.health?.compile({ config, schemes: [...schemes.values()] }, house)
  if (health) brought.set('health', health)
  const rules = rulesOfRoutes(config, schemes.values())
  const { dangerouslySimulate = false } = config
  const routes = config.routes.map((own, index) => {
    const route = { dangerouslySimulate, ...own }
    const required = requiredSchemes(route, config.schemes)
    const site = siteOf(route, required, config.hosts)
    const parts = compileParts(route, config.every ?? {}, site, house)
    for (const [name, part] of Object.entries(parts)) brought.set(`routes[${index}].${name}`, part)
    return compileRoute(route, required, parts, house, rules)
  })
  const ownRoutes = collectEndpoints(brought, (endpoint) => {
    const { path, host = undefined, methods } = endpoint
    const site = { ...NOWHERE, path, host, methods, schemes: [...schemes.keys()] }
    return compileParts({}, partsOfEndpoint(config.every, endpoint), site, house)
  })
  return {
    ...dependencies,
    hosts: config.hosts && new Set(config.hosts),
    routes,
    ownRoutes,
    router: createRouter([...routes, ...ownRoutes]),
    revocation,
    reporting: {
      log: config.log?.compile('log', house),
      metrics: config.metrics?.compile('metrics', house),
    },
    refusals: { page: config.refusal, problemType: config.problemType },
    cors: config.every?.cors?.compile({ ...NOWHERE, schemes: [...schemes.keys()] }, house),
    scheduled: collectScheduled(brought),
  }
}

function siteOf(
  route: RouteConfig,
  required: RequiredSchemes | undefined,
  hosts: readonly string[] = [],
): RouteSite {
  const { path, host, methods = DEFAULT_METHODS } = route
  const scopes = scopesToAskFor(compilePolicy(route))
  const target = originOfTarget(compileTarget(route))
  return { path, host, target, hosts, methods, schemes: required?.names ?? [], scopes }
}

function compileRoute(
  config: RouteConfig,
  required: RequiredSchemes | undefined,
  parts: CompiledParts,
  house: House,
  rulesOf: RulesOfRoute,
): Route {
  const target = compileTarget(config)
  const stripped = config.stripPrefix ? literalPrefix(config.path) : ''
  const schemes: readonly (Scheme & Extras)[] = required?.names.map(house.scheme) ?? []
  const extras: readonly Extras[] = [...schemes, ...Object.values(parts)]
  const policy = compilePolicy(config, parts.resource?.scopes)
  const { all = false, optional = false } = required ?? {}
  const rules = rulesOf(config, stripped, schemes)
  // A handler is the service itself, and nobody behind it checks the credential.
  const isSimulated = config.dangerouslySimulate && required && target.kind !== 'handler'
  return {
    path: config.path,
    host: config.host,
    methods: new Set(config.methods ?? DEFAULT_METHODS),
    isPublic: required === undefined,
    allowsAmbiguousPath: config.dangerouslyAllowAmbiguousPaths ?? false,
    requirement: required && {
      schemes,
      all,
      optional,
      scopes: scopesToAskFor(policy),
      trustsPagesOf: parts.cors?.allowsCredentials,
    },
    policy,
    headers: rules.headers,
    simulation: isSimulated ? rules.simulation() : undefined,
    target,
    originName: target.kind === 'url' ? new URL(target.base).host : target.kind,
    isLimited: parts.limit !== undefined,
    mapping: {
      stripped,
      base: target.kind === 'url' ? target.base : undefined,
    },
    timeoutSeconds: config.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS,
    mayOutliveToken: config.dangerouslyOutliveToken ?? false,
    parts,
    fields: extras.flatMap((extra) => extra.fields?.bind(extra) ?? []),
  }
}

function collectEndpoints(
  brought: Brought,
  partsOf: (endpoint: Endpoint) => CompiledParts,
): readonly OwnRoute[] {
  // One that several parts bring together is there once.
  const origins = new Map<Endpoint, string>()
  for (const [origin, { endpoints = [] }] of brought) {
    for (const endpoint of endpoints) if (!origins.has(endpoint)) origins.set(endpoint, origin)
  }
  return [...origins].map(([endpoint, origin]) => ({
    path: endpoint.path,
    host: endpoint.host,
    methods: new Set(endpoint.methods),
    isPublic: true,
    allowsAmbiguousPath: false,
    endpoint,
    origin,
    parts: partsOf(endpoint),
    fields: [],
  }))
}

function collectScheduled(brought: Brought): Compiled['scheduled'] {
  const work = [...brought].flatMap(([origin, extra]) => {
    const scheduled = extra.scheduled?.bind(extra)
    return scheduled ? [[origin, scheduled] as const] : []
  })
  return new Map(work)
}
