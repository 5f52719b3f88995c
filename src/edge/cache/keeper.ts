/** What the origin has said, put where the next request finds it, unless something has changed meanwhile. */

import type CachePolicy from 'http-cache-semantics'
import { createBoundedMap } from '../../lib/bounded-map.ts'
import type { Scope } from '../../lib/scope.ts'
import { type Location, originOf } from '../../router.ts'
import type { Outgoing } from '../../upstream/request.ts'
import { byText, variantKey } from './key.ts'
import { mark } from './status.ts'
import { type Storable, storable } from './storable.ts'
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

/** What an answer is about. */
export interface Told {
  readonly outgoing: Outgoing
  readonly scope: Scope
  /** Whether somebody else may be given it. */
  readonly isShared: boolean
  readonly hasCredential: boolean
  /** The {@link Keeper.moment} before the origin was asked. */
  readonly since: number
}

export interface Rules {
  readonly Policy: typeof CachePolicy
  readonly maxStaleSeconds: number
  readonly maxBytes: number
}

export interface Keeper {
  /** The number of changes so far. */
  moment(): number
  /** The same answer, stored on its way where that may be. */
  keep(at: Site, told: Told, response: Response, status: string): Response
  /** RFC 9111 section 4.4: what changes something makes what is stored for its URL invalid. */
  invalidating(at: Site, outgoing: Outgoing, forward: Forward): Promise<Response>
}

export function createKeeper(rules: Rules): Keeper {
  const { Policy, maxStaleSeconds, maxBytes } = rules
  /** Names that were made invalid, with the number of the change: what the origin was asked for before is too old. */
  const changes = createBoundedMap<number>({ maxEntries: 1_000, maxKeyLength: 100_000 })
  let changeCount = 0

  function keep(at: Site, told: Told, response: Response, status: string): Response {
    const { outgoing, scope, isShared, hasCredential, since } = told
    const request = outgoing.init.headers as Headers
    const situation = { request, response, isShared, hasCredential }
    const kept = outgoing.init.method === 'GET' && storable(situation, Policy, rules)
    const isTooOld = () => (changes.get(at.primary) ?? 0) > since
    if (!kept || isTooOld()) return mark(response, status)
    const copy = response.body === null ? null : response.clone().body
    const stored = store(at, request, kept, copy).then(async () => {
      if (isTooOld()) await drop(at)(at.primary)
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

  return { moment: () => changeCount, keep, invalidating }
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

/** The Cache API's keys are URLs, and this one is of the gateway's own host. */
export function keyUrl(location: Location, name: string): string {
  return `${originOf(location)}/.well-known/gatehouse/stored/${name}`
}
