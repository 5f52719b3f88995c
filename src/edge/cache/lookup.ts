/** One request and what is stored for it: given, checked with the origin, or asked for. */

import { GatewayError } from '../../errors.ts'
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
import {
  createKeeper,
  type Forward,
  type Keeper,
  keyUrl,
  type Rules,
  type Site,
  type Told,
} from './keeper.ts'
import { variantKey } from './key.ts'
import { headersAsSaid, maySeconds } from './storable.ts'
import { readStored } from './stored.ts'

export interface Asked extends Omit<Told, 'since'> {
  readonly forward: Forward
}

const FAILURES = new Set([500, 502, 503, 504])
/** Of answers that are being asked for again, so that one stale answer does not ask many times. */
const MAX_REFRESHING = 1_000

export interface Lookup {
  get(at: Site, asked: Asked): Promise<Response>
  /** What changes something makes what is stored for its URL invalid. */
  invalidating: Keeper['invalidating']
}

export function createLookup(rules: Rules): Lookup {
  const { Policy, maxStaleSeconds } = rules
  const keeper = createKeeper(rules)
  const refreshing = new Set<string>()

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
    const since = keeper.moment()
    const response = await forward(outgoing)
    return keeper.keep(at, { ...asked, since }, response, `fwd=${reason}`)
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
    const told = { ...asked, since: keeper.moment() }
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
      return keeper.keep(at, told, response, status)
    }
    const fresher = freshened(found, response, asked.hasCredential)
    if (fresher) return renewed(at, told, found, fresher, status)
    // It speaks of another answer than the stored one: without conditions there is a body.
    await found.body?.cancel()
    const whole = await forward(withHeaders(outgoing, unconditional(request)))
    return keeper.keep(at, told, whole, status)
  }

  function renewed(at: Site, told: Told, found: Found, headers: Headers, status: string): Response {
    const init = { status: found.policy.toObject().st, headers: asSaid(headers) }
    const response = new Response(isBodiless(init.status) ? null : found.body, init)
    const kept = keeper.keep(at, told, response, status)
    return conditioned(kept, told.outgoing)
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

  return { get, invalidating: keeper.invalidating }
}

function withHeaders(outgoing: Outgoing, headers: Headers): Outgoing {
  return { ...outgoing, init: { ...outgoing.init, headers } }
}
