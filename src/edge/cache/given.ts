/** A stored answer as it is given: to this method, these conditions and wishes, after this 304. No I/O. */

import type CachePolicy from 'http-cache-semantics'
import type { Outgoing } from '../../upstream/request.ts'
import { headersOf304, isNotModified } from './conditional.ts'
import { type Directives, readDirectives, secondsOf } from './directives.ts'
import { mark } from './status.ts'
import { storedHeaders } from './storable.ts'

/** A stored answer, and what was found out of it. */
export interface Found {
  readonly key: string
  readonly policy: CachePolicy
  readonly body: ReadableStream | null
  readonly headers: Headers
  /** Seconds until it is stale; below zero since when. */
  readonly ttl: number
}

/** What the client says of answers that it takes; `Pragma` where there is nothing newer (RFC 9111 section 5.4). */
export function wishesOf(request: Headers): Directives {
  const field = request.get('cache-control')
  const isOld = field === null && /no-cache/i.test(request.get('pragma') ?? '')
  return readDirectives(isOld ? 'no-cache' : field)
}

export function isFresh({ policy, ttl }: Found, wishes: Directives): boolean {
  if (ttl <= 0 || wishes.has('no-cache') || wishes.has('no-store')) return false
  if (policy.age() > (secondsOf(wishes, 'max-age') ?? Number.POSITIVE_INFINITY)) return false
  return ttl >= (secondsOf(wishes, 'min-fresh') ?? 0)
}

/** A stored answer as a response to this request. */
export function give(found: Found, outgoing: Outgoing, status: string): Response {
  const headers = new Headers(found.headers)
  headers.set('age', `${Math.max(0, Math.round(found.policy.age()))}`)
  const code = found.policy.toObject().st
  const response = new Response(isBodiless(code) ? null : found.body, { status: code, headers })
  return conditioned(mark(response, status), outgoing)
}

/** The answer that the client's method and conditions make of it. */
export function conditioned(response: Response, outgoing: Outgoing): Response {
  const { headers, status } = response
  const request = outgoing.init.headers as Headers
  if (status === 200 && isNotModified(request, headers)) {
    response.body?.cancel().catch(() => {})
    return new Response(null, { status: 304, headers: headersOf304(headers) })
  }
  if (outgoing.init.method !== 'HEAD') return response
  response.body?.cancel().catch(() => {})
  return new Response(null, { status, headers })
}

export function isBodiless(status: number): boolean {
  return status === 204 || status === 304
}

/** RFC 9111 section 4.3.4; undefined where the 304 is about something else. */
export function freshened(
  found: Found,
  response: Response,
  hasCredential: boolean,
): Headers | undefined {
  const headers = storedHeaders(response.headers)
  const asked = { method: 'GET', url: '', headers: hasCredential ? CREDENTIAL : {} }
  const merged = { ...found.policy.toObject().resh, ...headers } as Record<string, string>
  for (const name of UNCHANGED) delete merged[name]
  const { matches } = found.policy.revalidatedPolicy(asked, { status: 304, headers })
  // One that names no answer is about the one that was asked for, by its own validator.
  const isUnnamed = !('etag' in headers || 'last-modified' in headers)
  if (!matches && !isUnnamed) return undefined
  const kept = Object.entries(found.policy.toObject().resh).filter(([name]) => UNCHANGED.has(name))
  delete merged['set-cookie']
  const result = new Headers([...Object.entries(merged), ...(kept as [string, string][])])
  for (const cookie of response.headers.getSetCookie()) result.append('set-cookie', cookie)
  return result
}

const CREDENTIAL = { authorization: 'is there' }
/** A 304 has no body, so what it says of one is not about the stored one. */
const UNCHANGED = new Set(['content-length', 'content-encoding', 'content-range', 'content-md5'])

export function asSaid(headers: Headers): Headers {
  const said = headers.get('x-gatehouse-cache-control')
  if (said !== null) headers.set('cache-control', said)
  headers.delete('x-gatehouse-cache-control')
  return headers
}
