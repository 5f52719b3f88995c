// The world that attacks are tried in: a gateway with one issuer whose keys the test holds, an origin
// that writes down what reaches it, and a list of every other address that was called.

import { oidc } from '../../src/auth/presets/oidc.ts'
import type { GatewayConfig, RouteConfig } from '../../src/config/define.ts'
import type { Gateway } from '../../src/gateway.ts'
import type { Store } from '../../src/lib/kv.ts'
import type { LogEvent, RequestEvent } from '../../src/operate/log.ts'
import {
  createTestKey,
  encodePart,
  joinParts,
  signParts,
  type TestAlg,
  type TestKey,
} from '../support/signing-keys.ts'
import { createGateway } from '../support/watched-gateway.ts'

export const ISSUER = 'https://idp.test'
export const JWKS_URI = `${ISSUER}/jwks`
export const AUDIENCE = 'gatehouse'
export const ORIGIN = 'https://origin.test'
/** 2026-01-01T00:00:00Z */
export const NOW = 1_767_225_600

export type Members = Record<string, unknown>

/** Key pairs are dear, so all worlds of a test file share them. */
export interface Keys {
  rsa: TestKey
  ec: TestKey
  ec384: TestKey
  ed: TestKey
  /** Never published. */
  attacker: TestKey
}

export async function createKeys(): Promise<Keys> {
  const algs: TestAlg[] = ['RS256', 'ES256', 'ES384', 'EdDSA', 'RS256']
  const [rsa, ec, ec384, ed, attacker] = await Promise.all(algs.map(createTestKey))
  return { rsa, ec, ec384, ed, attacker } as Keys
}

export interface World {
  keys: Keys
  gateway: Gateway
  clock: { now: number }
  /** What the issuer publishes; a function answers itself. */
  jwks: unknown
  /** What other addresses answer (a function answers itself); calls to them are not stray. */
  documents: Map<string, unknown>
  /** Calls to the issuer's key set. */
  fetches: number
  /** Addresses that nobody may call. */
  strayCalls: string[]
  /** What reached the origin. */
  received: Request[]
  events: LogEvent[]
  send(target: string, init?: RequestInit): Promise<Response>
  sendToken(token: string, target?: string, init?: RequestInit): Promise<Response>
  /** Sends a URL as a socket would, before any URL parser has tidied it. */
  sendRaw(url: string, init?: RequestInit): Promise<Response>
  /** A good access token; `undefined` deletes a member. */
  mint(claims?: Members, header?: Members, key?: TestKey): Promise<string>
  lastEvent(): RequestEvent | undefined
  /** Waits for what was handed to `waitUntil`; rejects where that did. */
  settle(): Promise<void>
}

export interface WorldOptions {
  routes?: readonly RouteConfig[]
  config?: Partial<GatewayConfig>
  store?: Store
  origin?: (request: Request) => Response | Promise<Response>
}

export const defaultClaims = (now = NOW): Members => ({
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'user-1',
  scope: 'orders:read',
  iat: now,
  exp: now + 300,
})

export const defaultHeader = ({ alg, kid }: TestKey): Members => ({ alg, kid, typ: 'at+jwt' })

export function createWorld(keys: Keys, options: WorldOptions = {}): World {
  const clock = { now: NOW }
  const { rsa, ec, ec384, ed } = keys

  async function fetch(request: Request): Promise<Response> {
    if (request.url === JWKS_URI) {
      world.fetches++
      if (typeof world.jwks === 'function') return world.jwks(request)
      const { jwks } = world
      return new Response(typeof jwks === 'string' ? jwks : JSON.stringify(jwks))
    }
    const document = world.documents.get(request.url)
    if (typeof document === 'function') return document(request)
    if (document !== undefined) return Response.json(document)
    if (new URL(request.url).origin !== ORIGIN) {
      world.strayCalls.push(request.url)
      return new Response('{}')
    }
    world.received.push(request)
    return options.origin?.(request) ?? Response.json({ from: 'origin' })
  }

  const events: LogEvent[] = []
  const gateway = createGateway(
    {
      schemes: { main: oidc({ issuer: ISSUER, audience: AUDIENCE, jwksUri: JWKS_URI }) },
      routes: options.routes ?? [{ path: '/*', to: ORIGIN }],
      ...options.config,
    },
    {
      fetch,
      now: () => clock.now,
      log: (event) => events.push(event),
      ...(options.store && { store: options.store }),
    },
  )
  const pending: Promise<unknown>[] = []
  const context = { waitUntil: (promise: Promise<unknown>) => void pending.push(promise) }
  const world: World = {
    keys,
    gateway,
    clock,
    jwks: { keys: [rsa, ec, ec384, ed].map(({ jwk }) => jwk) },
    documents: new Map(),
    fetches: 0,
    strayCalls: [],
    received: [],
    events,
    send(target, init) {
      const url = target.startsWith('/') ? `https://api.test${target}` : target
      return gateway.fetch(new Request(url, { redirect: 'manual', ...init }), context)
    },
    sendToken(token, target = '/orders', init = {}) {
      const headers = new Headers(init.headers)
      headers.set('authorization', `Bearer ${token}`)
      return world.send(target, { ...init, headers })
    },
    sendRaw(url, init) {
      const request = new Request('https://api.test/', { redirect: 'manual', ...init })
      Object.defineProperty(request, 'url', { value: url })
      return gateway.fetch(request, context)
    },
    async mint(claims, header, key = rsa) {
      return sign(
        { ...defaultHeader(key), ...header },
        { ...defaultClaims(clock.now), ...claims },
        key,
      )
    },
    lastEvent: () => events.findLast((event) => event.event === 'request'),
    async settle() {
      while (pending.length > 0) await Promise.all(pending.splice(0))
    },
  }
  return world
}

/** Signs whatever it is given: an object becomes JSON, a string stays as it is. */
export async function sign(header: unknown, payload: unknown, key: TestKey): Promise<string> {
  return joinParts(await signParts(header, payload, key))
}

/** Signs parts that are spelled already. */
export async function signSpelled(header: string, payload: string, key: TestKey): Promise<string> {
  const algorithm =
    key.alg === 'ES256' ? { name: 'ECDSA', hash: 'SHA-256' } : { name: 'RSASSA-PKCS1-v1_5' }
  const bytes = new TextEncoder().encode(`${header}.${payload}`)
  const signature = await crypto.subtle.sign(algorithm, key.privateKey, bytes)
  return `${header}.${payload}.${encodePart(new Uint8Array(signature))}`
}

/** Status and code of a refusal. */
export async function refusal(response: Response): Promise<[number, string]> {
  const body = (await response.json()) as { code?: string }
  return [response.status, body.code ?? '']
}
