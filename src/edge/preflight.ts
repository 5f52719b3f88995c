/**
 * The question that a browser asks before a page's request (Fetch standard, section 3.3.2). It has no credential and
 * says what is to come, so it is answered before anybody is asked who they are, and no origin sees it.
 */

import { GatewayError } from '../errors.ts'
import type { Trace, Traceable } from '../operate/trace.ts'
import type { Location, Match, Routable, Router } from '../router.ts'

/** What a preflight needs to know of a route. */
interface Asked extends Routable, Traceable {
  readonly parts: { readonly cors?: unknown }
}

/** The method that a preflight is about; undefined for every other request. */
export function methodAsked({ method, headers }: Request): string | undefined {
  if (method !== 'OPTIONS' || !headers.has('origin')) return undefined
  return headers.get('access-control-request-method') ?? undefined
}

/**
 * The answer to a preflight that is about a route with `cors`, or about no route where the gateway has one for all;
 * undefined for every other request. What the answer says is added at its end, as to all. The route is that of the
 * method which is to come: it may take no OPTIONS.
 */
export function preflight<Route extends Asked>(
  location: Location,
  { router, cors }: { readonly router: Router<Route>; readonly cors: unknown },
  trace: Trace<Route>,
): Response | undefined {
  const method = methodAsked(trace.request)
  if (method === undefined) return undefined
  const match = find(router, method, location) ?? find(router, 'OPTIONS', location)
  if (!(match ? match.route.parts.cors : cors)) return undefined
  if (match) trace.match = match
  return new Response(null, { status: 204 })
}

function find<Route extends Asked>(
  router: Router<Route>,
  method: string,
  location: Location,
): Match<Route> | undefined {
  try {
    return router.match(method, location)
  } catch (error) {
    if (error instanceof GatewayError) return undefined
    throw error
  }
}
