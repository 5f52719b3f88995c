/** Where a route's requests go, and what happens when nobody is there. */

import type { Principal } from '../auth/principal.ts'
import { GatewayError } from '../errors.ts'
import type { Fetch } from '../lib/fetch-json.ts'

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

export interface Outgoing {
  readonly method: string
  /** Public origin, e.g. `https://api.example.com`. */
  readonly publicOrigin: string
  /** Canonical, after the prefix was stripped. */
  readonly path: string
  readonly search: string
  readonly headers: Headers
  readonly body: ReadableStream | null
  readonly principal: Principal | undefined
  readonly timeoutSeconds: number
}

/**
 * Sends the request and answers with what came back, redirects included. Throws `origin_timeout` where no
 * response begins within the route's time, `origin_unreachable` where there is no response at all.
 */
export async function send(
  target: Target,
  outgoing: Outgoing,
  globalFetch: Fetch,
): Promise<Response> {
  const { method, headers, principal, timeoutSeconds } = outgoing
  const timeout = new AbortController()
  const request = new Request(targetUrl(target, outgoing), {
    method,
    headers,
    // RFC 9110 section 9.3.1: content in a GET means nothing, and is a way to smuggle.
    body: method === 'GET' || method === 'HEAD' ? null : outgoing.body,
    redirect: 'manual',
    signal: timeout.signal,
  })
  if (target.kind === 'handler') return target.handle(request, principal)
  const timer = setTimeout(() => timeout.abort(), timeoutSeconds * 1_000)
  try {
    return await (target.fetch ?? globalFetch)(request)
  } catch (cause) {
    if (timeout.signal.aborted) {
      const reason = `no response within ${timeoutSeconds} s`
      throw new GatewayError('origin_timeout', { reason, cause })
    }
    const reason = cause instanceof Error ? cause.message : 'unknown'
    throw new GatewayError('origin_unreachable', { reason, cause })
  } finally {
    // The limit is on the wait for a response; once it has begun it may last.
    clearTimeout(timer)
  }
}

/** The base ends its authority with a path or nothing and the path starts with a slash: the origin stays. */
function targetUrl(target: Target, { publicOrigin, path, search }: Outgoing): string {
  return (target.kind === 'url' ? target.base : publicOrigin) + path + search
}
