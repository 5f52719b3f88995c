/** What is legal in the owner's file and rarely meant. Only `npm run check` says it; a gateway works with it. */

import { isLocalhost } from '../lib/url.ts'
import { explainDots, type Problem } from '../options/schemas.ts'
import { suggest } from '../options/suggest.ts'
import { DEFAULT_METHODS, literalPrefix } from '../router.ts'
import type { GatewayConfig, RouteConfig } from './define.ts'
import { placeIn } from './place.ts'
import { requiredSchemes } from './requirement.ts'

const WEAKENING = {
  dangerouslyAllowAmbiguousPaths:
    'lets paths pass that the service may read in another way than the gateway. Take it out unless the service needs such paths',
  dangerouslyOutliveToken:
    'lets connections stay open after their token has expired. Take it out unless that is wanted',
  dangerouslySimulate:
    'lets callers through who would be refused with 401 or 403, and only logs that they would be. Take it out when the log shows nothing unexpected any more',
} as const

/** IANA's registry of HTTP methods, without CONNECT, TRACE and PRI. */
const METHODS = new Set(
  'ACL BASELINE-CONTROL BIND CHECKIN CHECKOUT COPY DELETE GET HEAD LABEL LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL MKREDIRECTREF MKWORKSPACE MOVE OPTIONS ORDERPATCH PATCH POST PROPFIND PROPPATCH PUT QUERY REBIND REPORT SEARCH UNBIND UNCHECKOUT UNLINK UNLOCK UPDATE UPDATEREDIRECTREF VERSION-CONTROL'.split(
    ' ',
  ),
)

/** OpenID Connect Core section 5.1. */
const BOOLEAN_CLAIMS = new Set(['email_verified', 'phone_number_verified'])

/**
 * Each with where, of a config without problems. What comes from the environment is not judged by where it leads:
 * a deployed Worker has another one.
 */
export function warnings(
  config: GatewayConfig,
  fromEnvironment: ReadonlySet<unknown> = new Set(),
): Problem[] {
  const place = placeIn(config)
  const found: [path: string, text: string][] = [
    ...config.routes.flatMap((route, index) =>
      ofRoute(route, config, fromEnvironment).map(([name, text]): [string, string] => [
        `routes[${index}].${name}`,
        text,
      ]),
    ),
    ...ofGateway(config),
    ...openBelowGuarded(config, place),
    ...ofSchemes(config, fromEnvironment),
  ]
  return found.map(([path, text]) => `${place(path)}: ${text}`)
}

type Warning = [path: string, text: string]

function ofGateway({ dangerouslySimulate }: GatewayConfig): Warning[] {
  if (!dangerouslySimulate) return []
  return [['dangerouslySimulate', `on all routes ${WEAKENING.dangerouslySimulate}`]]
}

function ofRoute(
  route: RouteConfig,
  { schemes }: GatewayConfig,
  fromEnvironment: ReadonlySet<unknown>,
): Warning[] {
  const found: Warning[] = []
  for (const [name, text] of Object.entries(WEAKENING)) {
    if (route[name as keyof typeof WEAKENING]) found.push([name, text])
  }
  const required = requiredSchemes(route, schemes)
  for (const name of ['scopes', 'roles', 'claims', 'require'] as const) {
    if (!required?.optional || route[name] === undefined) continue
    found.push([
      name,
      `is asked only of callers who send a token; a caller who sends none is let in (optional). If that is not wanted, write auth without optional(…)`,
    ])
  }
  for (const method of route.methods ?? []) {
    if (METHODS.has(method)) continue
    const meant = suggest(method, [...DEFAULT_METHODS, ...METHODS])
    const question = meant === undefined ? '' : ` Did you mean '${meant}'?`
    found.push(['methods', `has ${method}, which is not a registered HTTP method.${question}`])
  }
  for (const [claim, values] of Object.entries(route.claims ?? {})) {
    const text = explainClaim(claim, [values].flat(), required?.names ?? [], schemes)
    if (text !== undefined) found.push([`claims.${claim}`, text])
  }
  if (isOnThisMachine(route.to) && !route.via && !fromEnvironment.has(route.to)) {
    found.push(['to', LOCAL])
  }
  return found
}

const LOCAL =
  'is on this machine, which a deployed Worker cannot reach. Before you deploy, write a public address, or a variable that differs here and there: env.ORIGIN'

function isOnThisMachine(url: unknown): boolean {
  return typeof url === 'string' && URL.canParse(url) && isLocalhost(new URL(url).hostname)
}

/** A claim that no token can have with one of these values. */
function explainClaim(
  claim: string,
  values: readonly unknown[],
  names: readonly string[],
  schemes: GatewayConfig['schemes'],
): string | undefined {
  if (explainDots(claim) !== undefined) {
    return `is one name with a dot in it, not a way into other claims, so that probably nobody is let in. For roles, write rolesClaim: ['${claim.split('.').join("', '")}'] in the scheme and roles: ['admin'] here`
  }
  if (BOOLEAN_CLAIMS.has(claim) && values.every((value) => typeof value === 'string')) {
    return 'is true or false in tokens, not text, so that nobody is let in. Write true without quotes'
  }
  const issuers = names.flatMap((name) => {
    const { issuer, issuers } = schemes[name]?.oauth ?? {}
    return issuers ?? issuer ?? []
  })
  if (claim === 'iss' && !values.some((value) => issuers.includes(value as string))) {
    return 'is not the issuer of a scheme of this route, so that nobody is let in. Take it out: the scheme checks iss'
  }
  return undefined
}

function openBelowGuarded({ routes }: GatewayConfig, place: (path: string) => string): Warning[] {
  const guarded = routes.flatMap(({ path, auth }, index) => {
    const isPrefix = auth !== 'public' && path.endsWith('/*') && literalPrefix(path) !== ''
    return isPrefix ? [{ prefix: literalPrefix(path), at: `routes[${index}]` }] : []
  })
  return routes.flatMap(({ path, auth }, index): Warning[] => {
    if (auth !== 'public') return []
    const above = guarded.find(({ prefix }) =>
      `${path.toLowerCase()}/`.startsWith(`${prefix.toLowerCase()}/`),
    )
    if (!above) return []
    return [
      [
        `routes[${index}].auth`,
        `is 'public' below ${place(above.at)}, which asks for a token. If everybody may come here, leave it; else take auth out or name a scheme`,
      ],
    ]
  })
}

function ofSchemes(config: GatewayConfig, fromEnvironment: ReadonlySet<unknown>): Warning[] {
  const { schemes, routes } = config
  const named = routes.flatMap((route) => requiredSchemes(route, schemes)?.names ?? [])
  const used = new Set(named.flatMap((name) => [name, schemes[name]?.of ?? name]))
  const found: Warning[] = []
  const byAudience = new Map<string, string>()
  for (const [name, { oauth, warn }] of Object.entries(schemes)) {
    if (!used.has(name)) {
      found.push([
        `schemes.${name}`,
        `is used by no route. Name it in the auth of a route: auth: '${name}', or take it out`,
      ])
    }
    warn?.(`schemes.${name}`, { report: (path, text) => found.push([path, text]) })
    if (isOnThisMachine(oauth?.issuer) && !fromEnvironment.has(oauth?.issuer)) {
      found.push([`schemes.${name}`, `has an issuer that ${LOCAL.replace('ORIGIN', 'ISSUER')}`])
    }
    const shared = (oauth?.audiences ?? []).map((audience) => byAudience.get(audience))
    const other = shared.find((entry) => entry !== undefined)
    if (other !== undefined) {
      found.push([
        `schemes.${name}.audience`,
        `is also that of schemes.${other}. If both issuers give out tokens for this API under one name, leave it; else write what tokens of this issuer have in aud`,
      ])
    }
    for (const audience of oauth?.audiences ?? []) byAudience.set(audience, name)
  }
  return found
}
