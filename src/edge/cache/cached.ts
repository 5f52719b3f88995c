/**
 * Stored answers, per route (RFC 9111). The cache stands between the gateway and the origin: a caller has shown who
 * it is, and may do what it asks, before anything is looked up; what is stored is what the origin said, and it passes
 * the rest of the corridor like an answer that has just arrived.
 */

import CachePolicy from 'http-cache-semantics'
import * as v from 'valibot'
import type { Call, Extras, RoutePart } from '../../auth/feature.ts'
import type { Scope } from '../../lib/scope.ts'
import { reportIssues } from '../../options/schemas.ts'
import type { Outgoing } from '../../upstream/request.ts'
import { isForOrigin } from './conditional.ts'
import type { Forward } from './keeper.ts'
import { partitionOf, primaryKey } from './key.ts'
import { createLookup } from './lookup.ts'
import { type CachedOptions, cachedSchema } from './options.ts'
import { mark } from './status.ts'
import type { AnswerCache } from './stored.ts'
import { createGenerations } from './tags.ts'

/** A route's `cache`, made by {@link cached}. */
export interface Cached {
  /** Answers from what is stored, or else with what `forward` brings, which it may store. */
  send(outgoing: Outgoing, call: Call, scope: Scope, forward: Forward): Promise<Response>
}

const DEFAULT_STALE_SECONDS = 3_600
const DEFAULT_MAX_BYTES = 10_485_760
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/** A cache of its own name, that no fetch reads through. */
const openNamed = (): Promise<AnswerCache> => caches.open('gatehouse')

/**
 * Stores answers of the origin in the Cache API of the place where the request arrives, as far and as long as the
 * origin says with `Cache-Control` or `Expires`. Answers with `Set-Cookie`, partial ones and event streams are never
 * stored. `open` gives the cache, once for each isolate.
 */
export function cached(
  given: CachedOptions,
  open: () => Promise<AnswerCache> = openNamed,
): RoutePart<Cached> {
  return {
    check(path, to) {
      const { success, issues } = v.safeParse(cachedSchema, given)
      if (!success) return reportIssues(issues, path, to)
      if (given.tags && !given.store) {
        to.report(
          `${path}.tags`,
          'needs the KV namespace in which a purge is noted. Add store: env.STORE',
        )
      }
    },

    compile(site, { now }) {
      const { share, maxStaleSeconds = DEFAULT_STALE_SECONDS } = given
      const { maxBytes = DEFAULT_MAX_BYTES, tags = [], store } = given
      const generations = createGenerations(tags, store, now)
      const route = [site.host ?? '*', site.path]
      /** The library's clock is the machine's; this one is the gateway's. */
      class Policy extends CachePolicy {
        now(): number {
          return now() * 1_000
        }
      }
      const lookup = createLookup({ Policy, maxStaleSeconds, maxBytes })
      let cache: AnswerCache | undefined

      async function place(outgoing: Outgoing, call: Call) {
        const partition = partitionOf(share, call.principals)
        if (!partition) return 'no-partition'
        const current = await generations.current()
        if (!current) return 'tags-unknown'
        cache ??= await open()
        const parts = [...route, `${current.length}`, ...current, ...partition]
        const { location } = call
        const primaryOf = (url: string) => primaryKey(location, url, parts)
        return { cache, location, primaryOf, primary: await primaryOf(outgoing.url) }
      }

      const part: Cached & Extras = {
        async send(outgoing, call, scope, forward) {
          const { method } = call.request
          const headers = outgoing.init.headers as Headers
          const isLookup = (method === 'GET' || method === 'HEAD') && !isForOrigin(headers)
          if (!isLookup && SAFE.has(method)) {
            return mark(await forward(outgoing), method === 'GET' ? 'fwd=bypass' : 'fwd=method')
          }
          const at = await place(outgoing, call)
          if (typeof at === 'string') {
            return mark(await forward(outgoing), `fwd=bypass; detail=${at}`)
          }
          if (!isLookup) return lookup.invalidating(at, outgoing, forward)
          const known = call.principals.length > 0
          const isShared = share !== 'subject' || !known
          const hasCredential = known || headers.has('authorization') || headers.has('cookie')
          return lookup.get(at, { outgoing, scope, forward, isShared, hasCredential })
        },

        fields(_call, response) {
          const status = response.headers.get('cache-status')?.split(', ').at(-1)
          const outcome = /^Gatehouse; (?:fwd=)?([\w-]+)/.exec(status ?? '')?.[1]
          return outcome === undefined ? {} : { cache: outcome }
        },
      }
      return part
    },
  }
}
