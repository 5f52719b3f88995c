/** A checked config becomes what requests run on. Everything that can be decided once is decided here. */

import type { Issuer } from '../auth/authenticate.ts'
import type { Policy } from '../auth/authorize.ts'
import type { KeySet } from '../auth/bearer/jwks.ts'
import type { TokenSource } from '../auth/credential.ts'
import { type Binding, bound } from '../lib/fetch.ts'
import { isSecureUrl } from '../lib/url.ts'
import type { Problem } from '../options/schemas.ts'
import {
  createRouter,
  DEFAULT_METHODS,
  literalPrefix,
  type Routable,
  type Router,
} from '../router.ts'
import type { PathMapping } from '../upstream/location.ts'
import type { HeaderRules } from '../upstream/request.ts'
import type { Handler, Target } from '../upstream/target.ts'
import { checkConfig, issuersOf, metadataPath } from './check.ts'
import { compileIssuer, type Dependencies } from './compile-issuer.ts'
import type { GatewayConfig, RouteConfig } from './define.ts'

export interface Route extends Routable {
  /** Whether a request without a credential may pass, as nobody. */
  readonly allowsAnonymous: boolean
  readonly issuers: readonly Issuer[]
  /** Places for their tokens beside `Authorization`. */
  readonly tokenSources: readonly TokenSource[]
  readonly policy: Policy
  readonly headers: HeaderRules
  readonly target: Target
  readonly mapping: PathMapping
  /** The path of the document that says where to get a token; undefined where there is none. */
  readonly metadataPath: string | undefined
  readonly timeoutSeconds: number
  /** Whether a connection that stays open may last when the token it was opened with has expired. */
  readonly mayOutliveToken: boolean
}

/** What every route of a gateway keeps from its origin. */
type Withheld = Omit<HeaderRules, 'keep' | 'forward'>

export interface Compiled extends Dependencies {
  readonly hosts: ReadonlySet<string> | undefined
  readonly router: Router<Route>
  readonly keySets: ReadonlyMap<string, KeySet>
}

const DEFAULT_TIMEOUT_SECONDS = 30
/** One object for all, so that routes without claims of their own share prepared headers. */
const NO_CLAIMS = {}

/** Evaluates, checks and compiles a config: it has problems, or is ready. Never throws. */
export function prepare(
  define: () => GatewayConfig,
  dependencies: Dependencies,
): { problems: readonly Problem[]; compiled: Compiled | undefined } {
  try {
    const config = define()
    const problems = checkConfig(config)
    return { problems, compiled: problems.length === 0 ? compile(config, dependencies) : undefined }
  } catch (error) {
    // Only the name: a message may quote what was being read, which might be a secret.
    const name = error instanceof Error ? error.name : 'no error'
    const problem = `the config: reading it threw ${name}; "npm run check" shows it in full`
    return { problems: [problem], compiled: undefined }
  }
}

function compile(config: GatewayConfig, dependencies: Dependencies): Compiled {
  const keySets = new Map<string, KeySet>()
  const issuers = new Map<string, Issuer>()
  for (const [name, entry] of Object.entries(config.issuers)) {
    const { issuer, keySet } = compileIssuer(name, entry, dependencies)
    keySets.set(name, keySet)
    issuers.set(name, issuer)
  }
  const sources = [...issuers.values()].flatMap(({ tokenFrom }) => tokenFrom)
  const withheld = {
    forwardedNames: new Set(config.routes.flatMap(({ forward }) => Object.keys(forward ?? {}))),
    tokenHeaders: new Set(sources.flatMap((source) => ('header' in source ? source.header : []))),
    tokenCookies: new Set(sources.flatMap((source) => ('cookie' in source ? source.cookie : []))),
  }
  const routes = config.routes.map((route): Route => {
    const names = issuersOf(route, config.issuers)
    const ofRoute = names.flatMap((name) => issuers.get(name) ?? [])
    return compileRoute(route, ofRoute, withheld)
  })
  const documents = config.routes.flatMap((route) => compileDocument(route, config, withheld) ?? [])
  return {
    ...dependencies,
    hosts: config.hosts && new Set(config.hosts),
    router: createRouter([...routes, ...documents]),
    keySets,
  }
}

function compileRoute(config: RouteConfig, issuers: readonly Issuer[], withheld: Withheld): Route {
  const target = compileTarget(config)
  return {
    path: config.path,
    host: config.host,
    methods: new Set(config.methods ?? DEFAULT_METHODS),
    isPublic: config.auth === 'public',
    allowsAmbiguousPath: config.dangerouslyAllowAmbiguousPaths ?? false,
    allowsAnonymous: typeof config.auth === 'object',
    issuers,
    policy: compilePolicy(config),
    tokenSources: issuers.flatMap(({ tokenFrom }) => tokenFrom),
    headers: { ...withheld, keep: new Set(config.keep), forward: config.forward ?? NO_CLAIMS },
    target,
    mapping: {
      stripped: config.stripPrefix ? literalPrefix(config.path) : '',
      base: target.kind === 'url' ? target.base : undefined,
    },
    metadataPath: config.resource && metadataPath(config),
    timeoutSeconds: config.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS,
    mayOutliveToken: config.dangerouslyOutliveToken ?? false,
  }
}

/** The metadata document of a route that has one: a public route of the gateway's own. */
function compileDocument(
  route: RouteConfig,
  config: GatewayConfig,
  withheld: Withheld,
): Route | undefined {
  if (!route.resource) return undefined
  const names = issuersOf(route, config.issuers)
  // A FusionAuth issuer may be any text; only a URL leads a client anywhere.
  const issuers = names.flatMap((name) => config.issuers[name]?.issuer ?? []).filter(isSecureUrl)
  const { names: scopes } = compilePolicy(route).scopes
  const to = route.resource.handler(literalPrefix(route.path), issuers, scopes)
  const document = { path: metadataPath(route), methods: ['GET'], auth: 'public', to } as const
  return compileRoute(
    { ...document, ...(route.host !== undefined && { host: route.host }) },
    [],
    withheld,
  )
}

function compileTarget({ to, via }: RouteConfig): Target {
  if (typeof to === 'function') return { kind: 'handler', handle: to as Handler }
  if (typeof to === 'string') return urlTarget(to, via)
  if (Object.hasOwn(to, 'url')) {
    const { url, via: binding } = to as { url: string; via: Binding }
    return urlTarget(url, binding)
  }
  return { kind: 'binding', fetch: bound(to as Binding) }
}

function urlTarget(url: string, via: Binding | undefined): Target {
  const { origin, pathname } = new URL(url)
  return { kind: 'url', base: origin + pathname.replace(/\/$/, ''), fetch: via && bound(via) }
}

function compilePolicy({ scopes = [], roles = [], claims = {} }: RouteConfig): Policy {
  return {
    scopes: 'anyOf' in scopes ? { names: scopes.anyOf, any: true } : { names: scopes, any: false },
    roles,
    claims: Object.entries(claims).map(([claim, value]) => ({
      claim,
      values: Array.isArray(value) ? value : [value],
    })),
  }
}
