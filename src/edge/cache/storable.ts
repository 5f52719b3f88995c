/** What may be stored, and for how long (RFC 9111). No I/O. */

import type CachePolicy from 'http-cache-semantics'
import { isPrivateToOrigin, namesInConnection } from '../../upstream/header-names.ts'
import { type Directives, normalized, readDirectives, secondsOf } from './directives.ts'
import { namesInVary } from './key.ts'

export interface Situation {
  readonly request: Headers
  readonly response: Response
  /** Whether somebody else may be given the answer. */
  readonly isShared: boolean
  /** Whether the request has a credential, or a cookie. */
  readonly hasCredential: boolean
}

export interface Storable {
  readonly policy: CachePolicy
  readonly vary: readonly string[]
  /** How long it is worth keeping. */
  readonly retainSeconds: number
}

/** Undefined for an answer that must not be stored, or is not worth it. */
export function storable(
  { request, response, isShared, hasCredential }: Situation,
  Policy: typeof CachePolicy,
  { maxStaleSeconds, maxBytes }: { maxStaleSeconds: number; maxBytes: number },
): Storable | undefined {
  const { headers, status } = response
  if (response.webSocket || headers.has('set-cookie')) return
  if (/^text\/event-stream\b/i.test(headers.get('content-type') ?? '')) return
  if (Number(headers.get('content-length')) > maxBytes) return
  const vary = namesInVary(headers.get('vary'))
  if (!vary) return
  const directives = readDirectives(headers.get('cache-control'))
  const policy = policyOf(Policy, request, response, { isShared, hasCredential })
  if (!policy.storable() || !isExplicit(directives, headers)) return
  const isValidatable = headers.has('etag') || headers.has('last-modified')
  const mayBeStale = isValidatable || staleSeconds(directives, maxStaleSeconds) > 0
  const freshSeconds = Math.max(0, policy.maxAge() - policy.age())
  const retainSeconds = Math.min(freshSeconds, MAX_SECONDS) + (mayBeStale ? maxStaleSeconds : 0)
  return status < 500 && retainSeconds > 0 ? { policy, vary, retainSeconds } : undefined
}

const MAX_SECONDS = 31_536_000

/**
 * What is remembered of an answer. Of the request it has no header, so that none is stored: who may have the answer
 * is in the key. A credential is but a mark, for RFC 9111 section 3.5.
 */
export function policyOf(
  Policy: typeof CachePolicy,
  request: Headers,
  { headers, status }: Response,
  { isShared, hasCredential }: { isShared: boolean; hasCredential: boolean },
): CachePolicy {
  const asked: Record<string, string> = { ...(hasCredential && { authorization: 'is there' }) }
  if (readDirectives(request.get('cache-control')).has('no-store'))
    asked['cache-control'] = 'no-store'
  const kept = { method: 'GET', url: '', headers: asked }
  return new Policy(
    kept,
    { status, headers: storedHeaders(headers) },
    {
      shared: isShared,
      cacheHeuristic: 0,
      immutableMinTimeToLive: 0,
    },
  )
}

/** The origin's headers as far as clients get them, and `cache-control` as the library reads it. */
export function storedHeaders(headers: Headers): Record<string, string> {
  const named = namesInConnection(headers)
  const kept = [...headers].filter(([name]) => !isPrivateToOrigin(name) && !named.includes(name))
  const result = Object.fromEntries(kept)
  // RFC 9111 section 5.1: an age that cannot be read might be any.
  if (result.age !== undefined && !/^\d+$/.test(result.age)) result.age = `${MAX_SECONDS}`
  const said = result['cache-control']
  if (said === undefined) return result
  const control = normalized(readDirectives(said))
  // What it says to clients stays as it was written.
  return { ...result, [SAID]: said, ...(control !== undefined && { 'cache-control': control }) }
}

const SAID = 'x-gatehouse-cache-control'

/** The headers of a stored answer as the origin wrote them. */
export function headersAsSaid(policy: CachePolicy): Headers {
  const { [SAID]: said, ...stored } = policy.toObject().resh as Record<string, string>
  const headers = new Headers(stored)
  if (said !== undefined) headers.set('cache-control', said)
  return headers
}

/** Guessing from `Last-Modified` is for documents; an API that does not say how long means no time at all. */
function isExplicit(directives: Directives, headers: Headers): boolean {
  if (['max-age', 's-maxage', 'no-cache'].some((name) => directives.has(name))) return true
  return headers.has('expires')
}

/** How long an answer may be given that is stale, at the most. */
function staleSeconds(directives: Directives, max: number): number {
  const whiles = ['stale-while-revalidate', 'stale-if-error'] as const
  return Math.max(...whiles.map((name) => maySeconds(directives, name, max)))
}

/** RFC 5861; where the origin forbids stale answers (RFC 9111 section 4.2.4), none. */
export function maySeconds(
  directives: Directives,
  name: 'stale-while-revalidate' | 'stale-if-error',
  max: number,
): number {
  const forbids = ['must-revalidate', 'proxy-revalidate', 'no-cache', 's-maxage']
  if (forbids.some((directive) => directives.has(directive))) return 0
  return Math.min(secondsOf(directives, name) ?? 0, max)
}
