/** Where a route's requests go, and what happens when nobody is there. */

import type { Principal } from '../auth/principal.ts'
import { GatewayError } from '../errors.ts'
import type { Fetch } from '../lib/fetch.ts'
import type { IdleTimeout } from './idle-timeout.ts'
import type { Departure, Outgoing } from './request.ts'
import type { Retry } from './retry.ts'
import type { Upload } from './upload.ts'

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

export interface Addressee {
  readonly target: Target
  /** How long it may be silent before its answer begins. */
  readonly timeoutSeconds: number | false
  readonly parts: {
    readonly retry?: Retry
    readonly idleTimeout?: IdleTimeout
  }
}

/**
 * Sends the request and answers with what came back, redirects included. Throws `origin_timeout` where the
 * origin is silent for too long, `origin_unreachable` where there is no response at all. A handler is an
 * origin too: one that throws has not answered.
 */
export async function send(
  { target, timeoutSeconds, parts }: Addressee,
  outgoing: Outgoing,
  principals: readonly Principal[],
  globalFetch: Fetch | undefined,
): Promise<Response> {
  const { url, init, upload } = outgoing
  if (target.kind === 'handler') {
    const request = new Request(url, init)
    if (upload) failWith(upload)
    const [principal] = principals
    const handle = () => target.handle(request, principal && freeze(principal))
    return handled(handle, timeoutSeconds, upload)
  }
  const fetch = target.fetch ?? globalFetch
  try {
    const ask = () => (fetch ? fetch(new Request(url, init)) : globalThis.fetch(url, init))
    const asked = parts.retry
      ? parts.retry.attempt(ask, { outgoing, principals, timeoutSeconds })
      : ask()
    const whole = upload ? untilBroken(asked, upload) : asked
    const response = passable(await inTime(whole, timeoutSeconds, upload))
    return parts.idleTimeout ? parts.idleTimeout.watch(response) : response
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause
    if (upload?.signal.aborted) {
      throwRefused(upload)
      throw new GatewayError('invalid_request', { reason: 'the request body is broken', cause })
    }
    const reason = cause instanceof Error ? cause.message : 'unknown'
    throw new GatewayError('origin_unreachable', { reason, cause })
  }
}

async function handled(
  handle: () => Response | Promise<Response>,
  timeoutSeconds: number | false,
  upload: Upload | undefined,
): Promise<Response> {
  let response: unknown
  try {
    const answer = handle()
    // One that answers at once needs no timer.
    response =
      'then' in Object(answer)
        ? await inTime(Promise.resolve(answer), timeoutSeconds, upload)
        : answer
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause
    throwRefused(upload)
    const what =
      cause instanceof Error ? `${cause.name}: ${cause.message}` : 'a value that is no error'
    throw new GatewayError('origin_unreachable', { reason: `the handler threw ${what}`, cause })
  }
  // What `Response.error()` makes has the status 0.
  if (response instanceof Response && response.status > 0) return response
  throw new GatewayError('origin_unreachable', { reason: 'the handler returned no Response' })
}

/** Throws where it was the gateway that broke the body off. */
function throwRefused(upload: Upload | undefined): void {
  if (upload?.signal.reason instanceof GatewayError) throw upload.signal.reason
}

/** A function in place of a binding may not look at the signal of its request. */
function untilBroken(response: Promise<Response>, { signal }: Upload): Promise<Response> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason)
    else signal.addEventListener('abort', () => reject(signal.reason))
    response.then(resolve, reject)
  })
}

/** A handler reads on, where the runtime's fetch has given up. */
function failWith({ signal, fail }: Upload): void {
  if (signal.aborted) fail(signal.reason)
  else signal.addEventListener('abort', () => fail(signal.reason))
}

/** The wait has a limit and the exchange has none: once a response has begun, it may last. */
function inTime(
  response: Promise<Response>,
  timeoutSeconds: number | false,
  upload: Upload | undefined,
): Promise<Response> {
  if (timeoutSeconds === false) return response
  const limitMs = timeoutSeconds * 1_000
  return new Promise((resolve, reject) => {
    let timer = setTimeout(check, limitMs)

    function check(): void {
      const leftMs = upload ? limitMs - silentMs(upload) : 0
      if (leftMs > 0) {
        timer = setTimeout(check, leftMs)
        return
      }
      reject(
        new GatewayError('origin_timeout', { reason: `no response within ${timeoutSeconds} s` }),
      )
    }

    response.then(
      (value) => {
        clearTimeout(timer)
        resolve(value)
      },
      (error: unknown) => {
        clearTimeout(timer)
        reject(error)
      },
    )
  })
}

function silentMs(upload: Upload): number {
  const since = upload.originTurnSinceMs()
  return since === undefined ? 0 : Date.now() - since
}

/** RFC 9110 section 15: a status beyond 599 is none, and a 101 is an answer to an upgrade alone. */
function passable(response: Response): Response {
  if (response.status === 101 && !response.webSocket) {
    throw new Error('the origin switched protocols without being asked to')
  }
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
 * What the platform is to know of a request: bindings and handlers, where the client is. A URL is not to be read
 * through a cache, which is keyed by the URL alone, except where anybody may come; what has another method than these
 * two is never cached. `cache: 'no-store'` would send Cache-Control and Pragma to the origin, which then answers 200
 * where it would have answered 304.
 * https://developers.cloudflare.com/workers/runtime-apis/request/#the-cf-property-requestinitcfproperties
 * https://developers.cloudflare.com/cache/concepts/default-cache-behavior/
 */
export function cfFor(target: Target, isPublic: boolean, request: Request): Departure['cf'] {
  // Read only where it is needed: the runtime parses it then.
  if (target.kind !== 'url') return request.cf as Departure['cf']
  const isCacheable = request.method === 'GET' || request.method === 'HEAD'
  return isCacheable && !isPublic ? NOT_CACHED : undefined
}

const NOT_CACHED: Departure['cf'] = { cacheTtl: -1 }

/**
 * The URL of a path at a target. The base ends its authority with a path or nothing and the path starts
 * with a slash, so nothing in a path can lead to another origin.
 */
export function targetUrl(target: Target, publicOrigin: string, path: string): string {
  return (target.kind === 'url' ? target.base : publicOrigin) + path
}
