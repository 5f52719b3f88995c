/** Where a route's requests go, and what happens when nobody is there. */

import type { Principal } from '../auth/principal.ts'
import { GatewayError } from '../errors.ts'
import type { Fetch } from '../lib/fetch.ts'

/** Answers a route itself, inside the gateway. `principal` is undefined on public routes, and for anonymous callers of optional ones. */
export type Handler = (
  request: Request,
  principal: Principal | undefined,
) => Response | Promise<Response>

export type Target =
  | { readonly kind: 'handler'; readonly handle: Handler }
  /** A service binding: gets the public URL. */
  | { readonly kind: 'binding'; readonly fetch: Fetch }
  /** A URL, reached by the global fetch or through a binding (mTLS certificate, VPC service). */
  | { readonly kind: 'url'; readonly base: string; readonly fetch: Fetch | undefined }

/**
 * Sends the request and answers with what came back, redirects included. Throws `origin_timeout` where no
 * response begins in time, `origin_unreachable` where there is no response at all.
 */
export async function send(
  target: Target,
  request: Request,
  principal: Principal | undefined,
  timeoutSeconds: number,
  globalFetch: Fetch,
): Promise<Response> {
  if (target.kind === 'handler') return target.handle(request, principal && freeze(principal))
  // The wait has a limit and the exchange has none: once a response has begun, it may last.
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new TimeoutError()), timeoutSeconds * 1_000)
  try {
    return passable(await Promise.race([(target.fetch ?? globalFetch)(request), late.promise]))
  } catch (cause) {
    if (cause instanceof TimeoutError) {
      throw new GatewayError('origin_timeout', { reason: `no response within ${timeoutSeconds} s` })
    }
    const reason = cause instanceof Error ? cause.message : 'unknown'
    throw new GatewayError('origin_unreachable', { reason, cause })
  } finally {
    clearTimeout(timer)
  }
}

class TimeoutError extends Error {}

/** RFC 9110 section 15: a status beyond 599 is none, and cannot be passed on. */
function passable(response: Response): Response {
  if (response.status > 599) throw new Error(`the origin answered with status ${response.status}`)
  return response
}

/**
 * A principal is kept for the token's next requests, so what a handler adds would be taken for verified.
 * As deep as a policy reads: the claims, and the lists among them.
 */
function freeze(principal: Principal): Principal {
  const { roles, claims } = principal
  for (const part of [roles, claims, ...Object.values(claims)]) Object.freeze(part)
  return principal
}

/**
 * The URL of a path at a target. The base ends its authority with a path or nothing and the path starts
 * with a slash, so nothing in a path can lead to another origin.
 */
export function targetUrl(target: Target, publicOrigin: string, path: string): string {
  return (target.kind === 'url' ? target.base : publicOrigin) + path
}
