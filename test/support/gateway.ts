// A gateway inside the test, with everything outside it passed in: one issuer, one origin that
// echoes, a store in memory, a clock that stands still. A call to anywhere else is a failure.

import { oidc } from '../../src/auth/presets/oidc.ts'
import type { GatewayConfig, RouteConfig } from '../../src/config/define.ts'
import type { Gateway } from '../../src/gateway.ts'
import type { Store } from '../../src/lib/kv.ts'
import type { LogEvent, RequestEvent } from '../../src/operate/log.ts'
import { createTestIssuer, type TestIssuer } from './mint.ts'
import { createGateway } from './watched-gateway.ts'

export const AUDIENCE = 'gatehouse'
export const ORIGIN = 'https://origin.test'
/** 2026-01-01T00:00:00Z */
export const START = 1_767_225_600

export interface TestGateway {
  gateway: Gateway
  issuer: TestIssuer
  clock: { now: number }
  store: MemoryStore
  /** Requests that reached the origin. */
  received: Request[]
  events: LogEvent[]
  /** Sends a request to the gateway; a path goes to https://api.test. */
  send(target: string, init?: RequestInit): Promise<Response>
  /** The same with a fresh good token. */
  sendWithToken(target: string, init?: RequestInit): Promise<Response>
  /** Waits for what was handed to `waitUntil`. */
  settle(): Promise<void>
  lastEvent(): RequestEvent | undefined
}

export interface TestGatewayOptions {
  routes?: readonly RouteConfig[]
  config?: Partial<GatewayConfig>
  issuer?: TestIssuer
  store?: MemoryStore
  clock?: { now: number }
  /** Answers for the origin. Default: echoes with 200. */
  origin?: (request: Request) => Response | Promise<Response>
}

export async function createTestGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const clock = options.clock ?? { now: START }
  const now = () => clock.now
  const issuer = options.issuer ?? (await createTestIssuer({ audience: AUDIENCE, now }))
  const store = options.store ?? createMemoryStore()
  const received: Request[] = []
  const events: LogEvent[] = []
  const pending: Promise<unknown>[] = []
  const origin = options.origin ?? (() => Response.json({ from: 'origin' }))

  async function fetch(request: Request): Promise<Response> {
    const { origin: target } = new URL(request.url)
    if (target === new URL(issuer.issuer).origin) return issuer.fetch(request)
    if (!target.startsWith(ORIGIN)) throw new Error(`unexpected call to ${request.url}`)
    received.push(request)
    return origin(request)
  }

  const gateway = createGateway(
    {
      schemes: { main: oidc({ issuer: issuer.issuer, audience: AUDIENCE }) },
      routes: options.routes ?? [{ path: '/*', to: ORIGIN }],
      ...options.config,
    },
    { fetch, now, store, log: (event) => events.push(event) },
  )
  const context = { waitUntil: (promise: Promise<unknown>) => void pending.push(promise) }
  const send: TestGateway['send'] = (target, init) => {
    const url = target.startsWith('/') ? `https://api.test${target}` : target
    return gateway.fetch(new Request(url, { redirect: 'manual', ...init }), context)
  }
  return {
    gateway,
    issuer,
    clock,
    store,
    received,
    events,
    send,
    async sendWithToken(target, init = {}) {
      const headers = new Headers(init.headers)
      headers.set('authorization', `Bearer ${await issuer.mint()}`)
      return send(target, { ...init, headers })
    },
    async settle() {
      while (pending.length > 0) await Promise.allSettled(pending.splice(0))
    },
    lastEvent: () => events.findLast((event) => event.event === 'request'),
  }
}

export interface MemoryStore extends Store {
  readonly entries: Map<string, string>
  reads: number
  writes: number
  /** What reads and writes do instead of working. */
  fault: 'none' | 'throws' | 'hangs'
}

export function createMemoryStore(): MemoryStore {
  const entries = new Map<string, string>()
  async function obstruct(fault: MemoryStore['fault']): Promise<void> {
    if (fault === 'throws') throw new Error('KV is down')
    if (fault === 'hangs') await new Promise(() => {})
  }
  return {
    entries,
    reads: 0,
    writes: 0,
    fault: 'none',
    async get(key) {
      this.reads++
      await obstruct(this.fault)
      return entries.get(key) ?? null
    },
    async put(key, value) {
      this.writes++
      await obstruct(this.fault)
      entries.set(key, value)
    },
  }
}

/** Status and code of a refusal. */
export async function refusal(response: Response): Promise<[number, string]> {
  const body = (await response.json()) as { code?: string }
  return [response.status, body.code ?? '']
}
