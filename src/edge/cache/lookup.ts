/** One request and what is stored for it: given, checked with the origin, replaced, or left alone. */

import type CachePolicy from 'http-cache-semantics'
import { GatewayError } from '../../errors.ts'
import { createBoundedMap } from '../../lib/bounded-map.ts'
import type { Scope } from '../../lib/scope.ts'
import { type Location, originOf } from '../../router.ts'
import type { Outgoing } from '../../upstream/request.ts'
import { revalidating, unconditional } from './conditional.ts'
import { readDirectives } from './directives.ts'
import {
  asSaid,
  conditioned,
  type Found,
  freshened,
  give,
  isBodiless,
  isFresh,
  wishesOf,
} from './given.ts'
import { byText, variantKey } from './key.ts'
import { mark } from './status.ts'
import { headersAsSaid, maySeconds, type Storable, storable } from './storable.ts'
import { type AnswerCache, forget, readStored, storeAnswer, storeVariants } from './stored.ts'

export type Forward = (outgoing: Outgoing) => Promise<Response>

/** Where a request's answers are. */
export interface Site {
  readonly cache: AnswerCache
  /** The gateway's own, as it was asked. */
  readonly location: Location
  /** The name of the answers for the request's target. */
  readonly primary: string
  /** The same for another URL of the origin. */
  primaryOf(url: string): Promise<string>
}

export interface Asked {
  readonly outgoing: Outgoing
  readonly scope: Scope
  readonly forward: Forward
  readonly isShared: boolean
  readonly hasCredential: boolean
}

export interface Rules {
  readonly Policy: typeof CachePolicy
  readonly maxStaleSeconds: number
  readonly maxBytes: number
}

const FAILURES = new Set([500, 502, 503, 504])
/** Of answers that are being asked for again, so that one stale answer does not ask many times. */
const MAX_REFRESHING = 1_000

export interface Lookup {
  get(at: Site, asked: Asked): Promise<Response>
  /** RFC 9111 section 4.4: what changes something makes what is stored for its URL invalid. */
  invalidating(at: Site, outgoing: Outgoing, forward: Forward): Promise<Response>
}

export function createLookup(rules: Rules): Lookup {
  const { Policy, maxStaleSeconds, maxBytes } = rules
  const refreshing = new Set<string>()
  /** Names that were made invalid, with the number of the change: what was on its way to the cache then is too old. */
  const changes = createBoundedMap<number>({ maxEntries: 1_000, maxKeyLength: 100_000 })
  let changeCount = 0

  async function get(at: Site, asked: Asked): Promise<Response> {
    const { outgoing } = asked
    const request = outgoing.init.headers as Headers
    const wishes = wishesOf(request)
    const { found, reason } = await find(at, request)
    if (found && isFresh(found, wishes)) return give(found, outgoing, `hit; ttl=${found.ttl}`)
    if (wishes.has('only-if-cached')) {
      await found?.body?.cancel()
      throw new GatewayError('not_cached', {
        reason: 'only-if-cached, and nothing fresh is stored',
      })
    }
    if (!found) return fetched(at, asked, reason)
    const directives = readDirectives(found.headers.get('cache-control'))
    const isForced = wishes.has('no-cache') || wishes.has('no-store') || wishes.has('max-age')
    const late = -found.ttl
    const whileSeconds = maySeconds(directives, 'stale-while-revalidate', maxStaleSeconds)
    if (!isForced && late <= whileSeconds && whileSeconds > 0) {
      refresh(at, asked, found)
      return give(found, outgoing, `hit; ttl=${found.ttl}`)
    }
    const errorSeconds = maySeconds(directives, 'stale-if-error', maxStaleSeconds)
    const why = found.ttl > 0 ? 'request' : 'stale'
    return revalidated(at, asked, found, why, errorSeconds > 0 && late <= errorSeconds)
  }

  async function find(
    { cache, primary, location }: Site,
    request: Headers,
  ): Promise<{ found?: Found; reason: string }> {
    let key = keyUrl(location, primary)
    let stored = await readStored(cache, key, Policy)
    if (stored && 'variants' in stored) {
      key = keyUrl(location, await variantKey(primary, stored.variants, request))
      stored = await readStored(cache, key, Policy)
      if (!stored) return { reason: 'vary-miss' }
    }
    if (!stored || 'variants' in stored) return { reason: 'uri-miss' }
    const { policy, body } = stored
    const ttl = Math.floor(policy.maxAge() - policy.age())
    return { found: { key, policy, body, headers: headersAsSaid(policy), ttl }, reason: 'stale' }
  }

  /** What the origin answers, stored on its way where that may be. */
  async function fetched(at: Site, asked: Asked, reason: string): Promise<Response> {
    const { outgoing, forward } = asked
    const response = await forward(outgoing)
    return keep(at, asked, response, `fwd=${reason}`)
  }

  function keep(at: Site, asked: Asked, response: Response, status: string): Response {
    const { outgoing, scope, isShared, hasCredential } = asked
    const request = outgoing.init.headers as Headers
    const situation = { request, response, isShared, hasCredential }
    const kept = outgoing.init.method === 'GET' && storable(situation, Policy, rules)
    if (!kept) return mark(response, status)
    const copy = response.body === null ? null : response.clone().body
    const before = changeCount
    const stored = store(at, request, kept, copy).then(async () => {
      if ((changes.get(at.primary) ?? 0) > before) await drop(at)(at.primary)
    })
    scope.waitUntil(stored)
    return mark(response, `${status}; stored`)
  }

  async function store(
    { cache, primary, location }: Site,
    request: Headers,
    { policy, vary, retainSeconds }: Storable,
    body: ReadableStream | null,
  ): Promise<void> {
    const limits = { retainSeconds, maxBytes }
    const key = keyUrl(location, primary)
    const earlier = await readStored(cache, key, Policy)
    const known = earlier && 'variants' in earlier ? earlier.variants : undefined
    if (earlier && 'body' in earlier) await earlier.body?.cancel().catch(() => {})
    const names = [...new Set([...(known?.names ?? []), ...vary])].toSorted(byText)
    if (names.length === 0) return storeAnswer(cache, key, policy, body, limits)
    const variants = { names, epoch: known?.epoch ?? crypto.randomUUID() }
    await storeVariants(cache, key, variants, Math.max(retainSeconds, maxStaleSeconds))
    const variant = keyUrl(location, await variantKey(primary, variants, request))
    await storeAnswer(cache, variant, policy, body, limits)
  }

  /** Asks the origin whether what is stored is still good. */
  async function revalidated(
    at: Site,
    asked: Asked,
    found: Found,
    why: string,
    mayBeStale: boolean,
  ): Promise<Response> {
    const { outgoing, forward } = asked
    const request = outgoing.init.headers as Headers
    let response: Response
    try {
      response = await forward(withHeaders(outgoing, revalidating(request, found.headers)))
    } catch (error) {
      if (!mayBeStale || !(error instanceof GatewayError) || error.status < 500) throw error
      return give(found, outgoing, `hit; ttl=${found.ttl}; detail=stale-if-error`)
    }
    if (mayBeStale && FAILURES.has(response.status)) {
      await response.body?.cancel()
      return give(
        found,
        outgoing,
        `hit; ttl=${found.ttl}; fwd=${why}; fwd-status=${response.status}`,
      )
    }
    const status = `fwd=${why}; fwd-status=${response.status}`
    if (response.status !== 304) {
      await found.body?.cancel()
      return keep(at, asked, response, status)
    }
    const fresher = freshened(found, response, asked.hasCredential)
    if (fresher) return renewed(at, asked, found, fresher, status)
    // It speaks of another answer than the stored one: without conditions there is a body.
    await found.body?.cancel()
    const whole = await forward(withHeaders(outgoing, unconditional(request)))
    return keep(at, asked, whole, status)
  }

  function renewed(
    at: Site,
    asked: Asked,
    found: Found,
    headers: Headers,
    status: string,
  ): Response {
    const init = { status: found.policy.toObject().st, headers: asSaid(headers) }
    const response = new Response(isBodiless(init.status) ? null : found.body, init)
    const kept = keep(at, asked, response, status)
    return conditioned(kept, asked.outgoing)
  }

  function refresh(at: Site, asked: Asked, found: Found): void {
    const { key } = found
    if (refreshing.has(key) || refreshing.size >= MAX_REFRESHING) return
    refreshing.add(key)
    const run = async () => {
      try {
        const again = await find(at, asked.outgoing.init.headers as Headers)
        if (!again.found) return
        const response = await revalidated(at, asked, again.found, 'stale', false)
        await response.body?.pipeTo(new WritableStream())
      } catch {
        // What is stored ends by itself, and the next request asks again.
      } finally {
        refreshing.delete(key)
      }
    }
    asked.scope.waitUntil(run())
  }

  async function invalidating(at: Site, outgoing: Outgoing, forward: Forward): Promise<Response> {
    const response = await forward(outgoing)
    // Before the answer, or the client's next request might still be given the old one.
    if (response.status < 400) {
      const names = await changed(at, outgoing, response)
      changeCount++
      for (const name of names) changes.set(name, changeCount)
      await Promise.all(names.map(drop(at)))
    }
    return mark(response, 'fwd=method')
  }

  return { get, invalidating }
}

/** What a change makes invalid: its URL, and those of the same origin that its answer names. */
async function changed(
  { primary, primaryOf }: Site,
  { url }: Outgoing,
  { headers }: Response,
): Promise<readonly string[]> {
  const named = ['location', 'content-location'].flatMap((name) => {
    const value = headers.get(name)
    const other = value !== null && URL.canParse(value, url) ? new URL(value, url) : undefined
    return other && other.origin === new URL(url).origin ? [other.href] : []
  })
  return [primary, ...(await Promise.all(named.map(primaryOf)))]
}

const drop =
  ({ cache, location }: Site) =>
  (name: string) =>
    forget(cache, keyUrl(location, name))

function withHeaders(outgoing: Outgoing, headers: Headers): Outgoing {
  return { ...outgoing, init: { ...outgoing.init, headers } }
}

/** The Cache API's keys are URLs, and this one is of the gateway's own host. */
function keyUrl(location: Location, name: string): string {
  return `${originOf(location)}/.well-known/gatehouse/stored/${name}`
}
