/**
 * The gateway with one part for traffic, or none. What a part asks is in the isolate: the rows are about the gateway's
 * own work, not about a Durable Object, Cloudflare's counter or its cache.
 */

import { oidc } from '../../src/auth/presets/oidc.ts'
import { defineGateway, type RouteConfig } from '../../src/config/define.ts'
import { cached } from '../../src/edge/cache/cached.ts'
import type { AnswerCache } from '../../src/edge/cache/stored.ts'
import { cors } from '../../src/edge/cors.ts'
import { limit } from '../../src/edge/limit/limit.ts'
import { createGateway, type Gateway } from '../../src/gateway.ts'
import { tracing } from '../../src/operate/tracing.ts'
import type { StateBinding } from '../../src/options/state.ts'
import type { TakeRequests } from '../../src/options/state-contract.ts'
import { take, type Used } from '../../src/state/gcra.ts'
import { assertion } from '../../src/upstream/assertion/assertion.ts'

interface BenchEnv {
  ORIGIN: string
  ISSUER: string
  AUDIENCE: string
  STORE: KVNamespace
  ASSERTION_KEY: string
  PART?: string
}

const used = new Map<string, Used>()
const state = {
  fetch: async () => new Response(),
  async takeRequests(_: number, __: string, { key, enough, want, ...rule }: TakeRequests) {
    const { used: after, ...outcome } = take(used.get(key), Date.now(), rule, enough, want)
    used.set(key, after)
    return outcome
  },
} as unknown as StateBinding

const stored = new Map<string, { body: ArrayBuffer; headers: Headers }>()
const cache: AnswerCache = {
  async match(key) {
    const entry = stored.get(key)
    return entry && new Response(entry.body, { headers: entry.headers })
  },
  async put(key, response) {
    stored.set(key, { body: await response.arrayBuffer(), headers: response.headers })
  },
  delete: async (key) => stored.delete(key),
}

const RULE = { by: 'subject', requests: 1_000_000, perSeconds: 60 } as const

function partOf({ PART, ASSERTION_KEY }: BenchEnv): Partial<RouteConfig> {
  switch (PART) {
    case 'cors':
      return { cors: cors({ origins: ['https://shop.example.com'], credentials: true }) }
    case 'limit, state':
      return { limit: limit({ ...RULE, state }) }
    case 'limit, binding':
      return { limit: limit({ ...RULE, binding: { limit: async () => ({ success: true }) } }) }
    case 'cache, hit':
      return { cache: cached({ share: 'subject' }, async () => cache) }
    case 'assertion':
      return { assertion: assertion({ keys: [ASSERTION_KEY] }) }
    case 'trace':
      return { trace: tracing() }
    default:
      return {}
  }
}

const define = defineGateway((env: BenchEnv) => ({
  schemes: { main: oidc({ issuer: env.ISSUER, audience: env.AUDIENCE }) },
  routes: [{ path: '/orders/*', to: env.ORIGIN, scopes: ['orders:read'], ...partOf(env) }],
}))

/** The origin of the bench says nothing of storing. */
async function storableFetch(request: Request): Promise<Response> {
  const response = await fetch(request)
  const copy = new Response(response.body, response)
  copy.headers.set('cache-control', 'max-age=3600')
  return copy
}

let gateway: Gateway | undefined

export default {
  fetch(request, env, context) {
    gateway ??= createGateway(define(env), {
      store: env.STORE,
      log: () => {},
      ...(env.PART === 'cache, hit' && { fetch: storableFetch }),
    })
    return gateway.fetch(request, context)
  },
} satisfies ExportedHandler<BenchEnv>
