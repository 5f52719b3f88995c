/**
 * Which route a request is for. Hosts and leading literals are looked up, the rest of a pattern is
 * matched by itty-router; the best path pattern decides and then knows its methods.
 */

import type { RouteEntry } from 'itty-router'
import { IttyRouter } from 'itty-router/IttyRouter'
import { GatewayError } from './errors.ts'
import { createBoundedMap } from './lib/bounded-map.ts'
import { canonicalPath, explainAmbiguity, matchForm } from './lib/canonical-path.ts'

export const DEFAULT_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

/** What the router needs to know of a route. */
export interface Routable {
  /** A path pattern: literal segments, `:parameter` segments, and `*` as the last one. */
  readonly path: string
  /** Lower case, without port. Undefined for every host that has no route of its own for the path. */
  readonly host: string | undefined
  readonly methods: ReadonlySet<string>
  readonly isPublic: boolean
  readonly allowsAmbiguousPath: boolean
}

/** Where a request is going, read once from its URL. */
export interface Location {
  readonly scheme: string
  /** Lower case, without port and trailing dot. */
  readonly hostname: string
  /** With port, as sent: for X-Forwarded-Host. */
  readonly host: string
  readonly rawPath: string
  /** With its question mark; empty where there is none. */
  readonly search: string
}

/** The origin that the client asked, as it spelled it. */
export function originOf({ scheme, host }: Location): string {
  return `${scheme}://${host}`
}

export interface Match<Route> {
  readonly route: Route
  /** Canonical: these bytes were matched, these bytes are forwarded. */
  readonly path: string
}

export interface Router<Route extends Routable> {
  /** Throws `path_ambiguous`, `not_found` or `method_not_allowed`. */
  match(method: string, location: Location): Match<Route>
}

const URL_PARTS = /^(https?):\/\/((?:[\w.-]+|\[[\da-f:.]+\])(?::\d*)?)(\/[^?#]*)(\?[^#]*)?$/i
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d*)?$/i

/**
 * Reads a request's URL without normalising it: `new URL` would resolve what the router has to see.
 * Throws `invalid_request` for what is no http URL, or has a fragment, and where `hostHeader` is no host: a
 * runtime that pastes it before the path would let a client move the border between the two.
 */
export function readLocation(url: string, hostHeader: string | null = null): Location {
  const [, scheme = '', host = '', rawPath = '', search = ''] = URL_PARTS.exec(url) ?? []
  if (hostHeader !== null && hostHeader !== host && !HOST.test(hostHeader)) {
    throw new GatewayError('invalid_request', { reason: 'the Host header is malformed' })
  }
  return { scheme, host, hostname: hostnameOf(host), rawPath, search }
}

/** The same few hosts come with every request, so each is judged once. */
const hostnames = createBoundedMap<string>({ maxEntries: 200, maxKeyLength: 20_000 })

function hostnameOf(host: string): string {
  const known = hostnames.get(host)
  if (known !== undefined) return known
  // A port or an address out of range would end every use of the host, and is the client's mistake.
  if (!URL.canParse(`http://${host}`)) {
    throw new GatewayError('invalid_request', { reason: 'the request URL is malformed' })
  }
  const hostname = host.replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase()
  hostnames.set(host, hostname)
  return hostname
}

/** Routes whose patterns match the same paths, on one host: public ones to the letter, others in any case. */
interface Group<Route> {
  readonly guarded: readonly Route[]
  readonly guardedPattern: RegExp
  readonly open: readonly Route[]
  readonly openPattern: RegExp
  /** Whether the path of an open route ends with a slash; undefined where its pattern ends with `*`. */
  readonly openSlash: boolean | undefined
}

interface Index<Route> {
  /** By their leading literal segments, in lower case; each list is ordered, the best first. */
  readonly groups: ReadonlyMap<string, readonly Group<Route>[]>
  /** Characters of the longest of these. */
  readonly longest: number
}

export function createRouter<Route extends Routable>(routes: readonly Route[]): Router<Route> {
  const hosts = new Map<string | undefined, Index<Route>>()
  for (const [host, ofHost] of Map.groupBy(routes, (route) => route.host)) {
    hosts.set(host, createIndex(ofHost))
  }
  const anyHost = hosts.get(undefined)
  const allowsAmbiguous = routes.some((route) => route.allowsAmbiguousPath)

  function find(path: string, hostname: string): readonly Route[] | undefined {
    const ofHost = hosts.get(hostname)
    return (ofHost && lookUp(ofHost, path)) ?? (anyHost && lookUp(anyHost, path))
  }

  return {
    match(method, { rawPath, hostname }) {
      const strict = canonicalPath(rawPath)
      const path =
        strict ?? (allowsAmbiguous ? canonicalPath(rawPath, { allowAmbiguous: true }) : undefined)
      if (path === undefined) throw ambiguous(rawPath)
      const found = find(matchForm(path), hostname)
      if (strict === undefined && !found?.every((route) => route.allowsAmbiguousPath)) {
        throw ambiguous(rawPath)
      }
      if (!found) throw new GatewayError('not_found', { reason: 'no route matches the path' })
      return { route: choose(found, method), path }
    },
  }
}

function ambiguous(rawPath: string): GatewayError {
  return new GatewayError('path_ambiguous', { reason: explainAmbiguity(rawPath) })
}

/** RFC 9110 section 9.3.2: HEAD is GET without the body, so a route for GET serves it. */
function choose<Route extends Routable>(routes: readonly Route[], method: string): Route {
  const takes = (name: string) => routes.find(({ methods }) => methods.has(name))
  const route = takes(method) ?? (method === 'HEAD' ? takes('GET') : undefined)
  if (route) return route
  const allow = new Set(routes.flatMap(({ methods }) => [...methods]))
  if (allow.has('GET')) allow.add('HEAD')
  const patterns = [...new Set(routes.map(({ path }) => path))].join(' and ')
  const reason = `${patterns} takes ${[...allow].join(', ')}`
  throw new GatewayError('method_not_allowed', { allow: [...allow], reason })
}

function lookUp<Route>(index: Index<Route>, path: string): readonly Route[] | undefined {
  const lower = path.toLowerCase()
  for (let end = lower.length; ; end = lower.lastIndexOf('/', end - 1)) {
    // To look up each prefix of a path of thousands of segments takes half a second.
    if (end > index.longest) continue
    for (const group of index.groups.get(lower.slice(0, end)) ?? []) {
      const routes = routesFor(group, path, lower)
      if (routes.length > 0) return routes
    }
    if (end === 0) return undefined
  }
}

function routesFor<Route>(group: Group<Route>, path: string, lower: string): readonly Route[] {
  const { guarded, guardedPattern, open, openPattern, openSlash } = group
  const isGuarded = guarded.length > 0 && guardedPattern.test(lower)
  const hasRightEnd = openSlash === undefined || openSlash === path.endsWith('/')
  const isOpen = open.length > 0 && hasRightEnd && openPattern.test(path)
  if (isGuarded && isOpen) return [...guarded, ...open]
  return isGuarded ? guarded : isOpen ? open : []
}

function createIndex<Route extends Routable>(routes: readonly Route[]): Index<Route> {
  const groups = new Map<string, Group<Route>[]>()
  const byShape = Map.groupBy(routes, ({ path }) => shapeOf(path))
  for (const ofShape of [...byShape.values()].sort(([a], [b]) => compare(a?.path, b?.path))) {
    const path = ofShape[0]?.path ?? ''
    const group: Group<Route> = {
      guarded: ofShape.filter(({ isPublic }) => !isPublic),
      guardedPattern: compile(path.toLowerCase()),
      open: ofShape.filter(({ isPublic }) => isPublic),
      openPattern: compile(path),
      openSlash: path.endsWith('*') ? undefined : path.endsWith('/'),
    }
    const prefix = literalPrefix(path).toLowerCase()
    groups.set(prefix, [...(groups.get(prefix) ?? []), group])
  }
  return { groups, longest: Math.max(...[...groups.keys()].map(({ length }) => length)) }
}

/** itty-router turns the pattern into a RegExp, which forgives a trailing slash. */
function compile(path: string): RegExp {
  const routes: RouteEntry[] = []
  IttyRouter({ routes }).all(
    path.replace(/:\w+/g, (_, offset) => `:p${offset}`),
    () => undefined,
  )
  return (routes as [RouteEntry])[0][1]
}

/** Two patterns of one shape match the same paths. */
export function shapeOf(path: string): string {
  return path.replace(/:\w+/g, ':').replace(/(?<=.)\/$/, '')
}

/** The segments before the first parameter or `*`: `/a/b` of `/a/b/:id` and of `/a/b/*`. */
export function literalPrefix(path: string): string {
  return /^(?:\/[^/:*]+)*/.exec(path)?.[0] ?? ''
}

/** Left to right: literal before parameter before `*`. */
function compare(a = '', b = ''): number {
  const ranksOf = (path: string) =>
    path.split('/').map((segment) => (segment === '*' ? 2 : segment.startsWith(':') ? 1 : 0))
  const [left, right] = [ranksOf(a), ranksOf(b)]
  for (let index = 1; index < Math.max(left.length, right.length); index++) {
    // A pattern that ends here matches more exactly than one whose `*` takes what is left.
    const difference = (left[index] ?? 0) - (right[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
