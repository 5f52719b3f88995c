// Routes of every kind in front of one origin and one cache: each way to share, each way to let callers in. Callers
// stand in headers by their number, so that thousands of requests need no signature.

import type { SchemeFeature } from '../../src/auth/feature.ts'
import type { Principal } from '../../src/auth/principal.ts'
import { allOf, anyOf, optional } from '../../src/config/define.ts'
import { cached } from '../../src/edge/cache/cached.ts'
import type { Share } from '../../src/edge/cache/key.ts'
import type { AnswerCache } from '../../src/edge/cache/stored.ts'
import { createGateway, type Gateway } from '../../src/gateway.ts'

export const SHARES = {
  everyone: 'everyone',
  subject: 'subject',
  tenant: ['tenant'],
  place: ['tenant', ['org', 'id']],
} as const satisfies Record<string, Share>
export type ShareName = keyof typeof SHARES

export const WAYS = ['public', 'kept', 'main', 'both', 'any', 'maybe', 'tried'] as const
export type Way = (typeof WAYS)[number]

const AUTH: Record<Way, object> = {
  public: { auth: 'public' },
  // The origin checks a credential of its own.
  kept: { auth: 'public', keep: ['authorization'] },
  main: { auth: 'main' },
  both: { auth: allOf('main', 'second') },
  any: { auth: anyOf('main', 'second') },
  maybe: { auth: optional('main') },
  tried: { auth: 'main', scopes: ['read'], dangerouslySimulate: true },
}

export const MAX_STALE_SECONDS = 20
export const MAX_BYTES = 200

/** What a caller's credential says; undefined for one that has no subject. */
export interface Caller {
  readonly kind: Principal['kind']
  readonly subject: string | undefined
  readonly issuer: string
  readonly scopes: readonly string[]
  readonly roles: readonly string[]
  readonly claims: Readonly<Record<string, unknown>>
}

function byNumber(callers: readonly Caller[], header: string): SchemeFeature {
  return {
    check: () => {},
    compile: (name) => ({
      name,
      withholds: [{ header }],
      find: ({ request }) => {
        const value = request.headers.get(header)
        return value === null ? undefined : { value, place: { header }, ambient: false }
      },
      verify: ({ value }) => {
        const caller = callers[Number(value)] as Caller
        const { scopes, ...rest } = caller
        const expiresAt = Number.POSITIVE_INFINITY
        return { principal: { ...rest, scheme: name, scopes: new Set(scopes), expiresAt } }
      },
      challenge: () => 'Bearer',
    }),
  }
}

export interface World {
  readonly gateway: Gateway
  readonly entries: Map<string, { body: ArrayBuffer; headers: Headers }>
  readonly clock: { now: number }
  /** What the origin says; set for each case. */
  origin: (request: Request) => Promise<Response>
}

export function createWorld(callers: readonly Caller[]): World {
  const entries: World['entries'] = new Map()
  const clock = { now: 0 }
  // Whole or not at all, and never in the moment in which it was asked for.
  const cache: AnswerCache = {
    async match(key) {
      await Promise.resolve()
      const entry = entries.get(key)
      return entry && new Response(entry.body, { headers: entry.headers })
    },
    async put(key, response) {
      entries.set(key, { body: await response.arrayBuffer(), headers: response.headers })
    },
    async delete(key) {
      await Promise.resolve()
      return entries.delete(key)
    },
  }
  const routes = Object.entries(SHARES).flatMap(([name, share]) =>
    WAYS.map((way) => ({
      path: `/${name}/${way}/*`,
      to: 'https://origin.test',
      stripPrefix: true,
      cache: cached(
        { share, maxStaleSeconds: MAX_STALE_SECONDS, maxBytes: MAX_BYTES },
        async () => cache,
      ),
      ...AUTH[way],
    })),
  )
  const world: World = {
    entries,
    clock,
    origin: async () => new Response(),
    gateway: createGateway(
      {
        schemes: {
          main: byNumber(callers, 'authorization'),
          second: byNumber(callers, 'x-second'),
        },
        routes,
      },
      { fetch: (request) => world.origin(request), now: () => clock.now, log: () => {} },
    ),
  }
  return world
}
