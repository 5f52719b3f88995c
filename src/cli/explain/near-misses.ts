/** Which route it is, and which others it nearly was: each is asked alone, by the router of the gateway. */

import type { Compiled, OwnRoute, Route } from '../../config/compile.ts'
import { GatewayError } from '../../errors.ts'
import { createRouter, type Location } from '../../router.ts'

/** A route that would have taken the request, had one thing been different. */
export interface NearMiss {
  readonly path: string
  readonly host: string | undefined
  readonly why: string
}

type AnyRoute = Route | OwnRoute

/** The routes that are near, in the order of the file. */
export function nearMisses(
  { routes, ownRoutes }: Pick<Compiled, 'routes' | 'ownRoutes'>,
  method: string,
  location: Location,
  matched: AnyRoute | undefined,
): NearMiss[] {
  const others = [...routes, ...ownRoutes].filter((route) => route !== matched)
  return others.flatMap((route) => {
    const why = whyNot(route, method, location, matched)
    return why === undefined ? [] : [{ path: route.path, host: route.host, why }]
  })
}

function whyNot(
  route: AnyRoute,
  method: string,
  location: Location,
  matched: AnyRoute | undefined,
): string | undefined {
  const asked = (change: Partial<Location>, by = method) =>
    ask(route, by, { ...location, ...change })
  const here = asked({})
  if (here === 'match') return explainWeaker(route, matched)
  if (here === 'method_not_allowed')
    return `takes ${[...route.methods].join(', ')} only, not ${method}`
  if (here === 'path_ambiguous') return undefined
  if (route.host !== undefined && asked({ hostname: route.host }) === 'match') {
    return `is for the host ${route.host} only`
  }
  const { rawPath } = location
  const slashed = rawPath.endsWith('/') ? rawPath.slice(0, -1) || '/' : `${rawPath}/`
  if (asked({ rawPath: slashed }) === 'match') {
    return 'is public, and so matched to the letter: the slash at the end differs'
  }
  if (route.isPublic && ask({ ...route, isPublic: false }, method, location) === 'match') {
    return 'is public, and so matched to the letter: upper and lower case differ'
  }
  const above = rawPath.replace(/\/[^/]+\/?$/, '')
  if (above !== '' && asked({ rawPath: above }) === 'match') {
    return 'has fewer segments. A * at its end would take all below it'
  }
  return undefined
}

function explainWeaker(route: AnyRoute, matched: AnyRoute | undefined): string {
  if (!matched) return 'would match alone'
  if (route.path === matched.path && route.host === matched.host) {
    return 'has the same path, and another route for this method comes first'
  }
  if (route.host === undefined && matched.host !== undefined) {
    return `would match, and ${matched.path} of the host ${matched.host} goes before routes of every host`
  }
  return `would match, and ${matched.path} is more specific`
}

function ask<Of extends AnyRoute>(route: Of, method: string, location: Location): string {
  try {
    createRouter([route]).match(method, location)
    return 'match'
  } catch (error) {
    return error instanceof GatewayError ? error.code : 'internal'
  }
}
