// A stand-in for FusionAuth, which is closed source and cannot run in a test. It follows FusionAuth's
// public documentation and published observations; every behaviour says on which it rests, and what
// is only inferred can be switched (assumptions.ts). Runs in workerd and Node. Never reads a clock.

import { empty } from './fusionauth/answer.ts'
import { type Assumptions, LIKELY } from './fusionauth/assumptions.ts'
import { readText } from './fusionauth/client.ts'
import {
  createFaults,
  ELSEWHERE,
  type Endpoint,
  type Mode,
  perEndpoint,
} from './fusionauth/faults.ts'
import type { Instance } from './fusionauth/instance.ts'
import { introspect } from './fusionauth/introspect.ts'
import { publicKey, revoke, validate } from './fusionauth/jwt-api.ts'
import { createKeyMaster, type KeyMaster, type SigningAlgorithm } from './fusionauth/key-master.ts'
import { login } from './fusionauth/login.ts'
import { createMint, type Mint } from './fusionauth/mint.ts'
import { token } from './fusionauth/token.ts'
import { logout, userinfo } from './fusionauth/userinfo.ts'
import type { Version } from './fusionauth/versions.ts'
import { discovery, jwks } from './fusionauth/well-known.ts'
import { sampleWorld, type World } from './fusionauth/world.ts'

export interface FusionAuthOptions {
  /** Unix seconds. */
  now: () => number
  /** Default: the newest. */
  version?: Version
  /** Default: RS256, which every FusionAuth gateway guide has its reader switch on. */
  algorithm?: SigningAlgorithm
  world?: World
  /** Answers that nobody has documented; default: the likelier of each. */
  assumes?: Partial<Assumptions>
}

/** What the stand-in was sent last on an endpoint. */
export interface ReceivedCall {
  method: string
  url: string
  headers: Headers
  body: string
}

export interface FusionAuth extends Instance {
  /** What a gateway is given as its `fetch`. Endpoints in documents follow the request's origin. */
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>
  mint: Mint
  keys: KeyMaster
  /** A valid API key. */
  apiKey: string
  /** How each endpoint behaves; change it at any time. */
  mode: Record<Endpoint, Mode>
  /** Lets calls in mode `held` go on. */
  release(): void
  /** Calls so far, in whatever mode. */
  calls: Record<Endpoint, number>
  last: Partial<Record<Endpoint, ReceivedCall>>
}

/** A new installation, with keys of its own. */
export async function createFusionAuth(options: FusionAuthOptions): Promise<FusionAuth> {
  const apiKey = crypto.randomUUID()
  const faults = createFaults()
  const at: Instance = {
    now: options.now,
    version: options.version ?? '1.70',
    assumes: { ...LIKELY, ...options.assumes },
    world: options.world ?? sampleWorld(),
    keys: await createKeyMaster(options.algorithm ?? 'RS256'),
    apiKeys: new Set([apiKey]),
    refreshTokens: new Map(),
    events: [],
  }
  const mint = createMint(at)
  const calls = perEndpoint(0)
  const last: FusionAuth['last'] = {}

  return Object.assign(at, {
    mint,
    apiKey,
    mode: faults.mode,
    release: faults.release,
    calls,
    last,
    async fetch(input: RequestInfo | URL, init?: RequestInit) {
      const request = new Request(input, init)
      const url = new URL(request.url)
      const elsewhere = url.pathname.startsWith(`${ELSEWHERE}/`)
      if (elsewhere) url.pathname = url.pathname.slice(ELSEWHERE.length)
      const route = findRoute(url.pathname)
      const { method, headers } = request
      const body = await readText(request.clone())
      calls[route.endpoint]++
      last[route.endpoint] = { method, url: request.url, headers, body }
      const answer = async () => respond(at, mint, request, url, route)
      return elsewhere ? answer() : faults.apply(route.endpoint, request, answer)
    },
  })
}

interface Route {
  endpoint: Endpoint
  /** The tenant or the refresh token that the path names. */
  id?: string | undefined
}

const EXACT: Record<string, Endpoint> = {
  '/.well-known/openid-configuration': 'discovery',
  '/.well-known/jwks.json': 'jwks',
  '/oauth2/introspect': 'introspect',
  '/oauth2/token': 'token',
  '/oauth2/userinfo': 'userinfo',
  '/oauth2/logout': 'logout',
  '/api/login': 'login',
  '/api/jwt/public-key': 'publicKey',
  '/api/jwt/validate': 'validate',
  '/api/jwt/refresh': 'revoke',
}

function findRoute(path: string): Route {
  const endpoint = EXACT[path]
  if (endpoint !== undefined) return { endpoint }
  // The tenant stands before `.well-known` (1.46.0), and only for discovery. [documented]
  const tenant = /^\/([^/]+)\/\.well-known\/openid-configuration$/.exec(path)
  if (tenant) return { endpoint: 'discovery', id: tenant[1] }
  const refresh = /^\/api\/jwt\/refresh\/([^/]+)$/.exec(path)
  return refresh ? { endpoint: 'revoke', id: refresh[1] } : { endpoint: 'other' }
}

async function respond(
  at: Instance,
  mint: Mint,
  request: Request,
  url: URL,
  { endpoint, id }: Route,
): Promise<Response> {
  switch (endpoint) {
    case 'discovery':
      return request.method === 'GET' ? discovery(at, url, id) : empty(405)
    case 'jwks':
      return request.method === 'GET' ? jwks(at) : empty(405)
    case 'introspect':
      return introspect(at, request)
    case 'token':
      return token(at, mint, request)
    case 'userinfo':
      return userinfo(at, request)
    case 'logout':
      return logout(at, request)
    case 'login':
      return login(at, mint, request)
    case 'publicKey':
      return request.method === 'GET' ? publicKey(at, url) : empty(405)
    case 'validate':
      return request.method === 'GET' ? validate(at, request) : empty(405)
    case 'revoke':
      return request.method === 'DELETE' ? revoke(at, request, url, id) : empty(405)
    case 'other':
      return empty(404)
  }
}
