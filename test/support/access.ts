// A team of Cloudflare Access inside the test: its keys, its tokens with the claims that Access documents, and
// what it knows of people. A call to anywhere else is a failure.

import type { CloudflareAccessOptions } from '../../src/auth/presets/cloudflare-access.ts'
import { cloudflareAccess } from '../../src/auth/presets/cloudflare-access.ts'
import type { GatewayConfig, RouteConfig } from '../../src/config/define.ts'
import type { Gateway } from '../../src/gateway.ts'
import type { Context } from '../../src/lib/scope.ts'
import type { LogEvent, RequestEvent } from '../../src/operate/log.ts'
import { ORIGIN, START } from './gateway.ts'
import { createTestKey, joinParts, signParts, type TestKey } from './signing-keys.ts'
import { createGateway } from './watched-gateway.ts'

export const TEAM = 'https://acme.cloudflareaccess.com'
/** Audience tags of two applications. */
export const AUD = '4714c1358e65fe4b408ad6d432a5f878f08194bdb4752441fd56faefa9b2b6f2'
export const OTHER_AUD = 'a7b1c1358e65fe4b408ad6d432a5f878f08194bdb4752441fd56faefa9b2b6f2'
export const ADA = '7335d417-61da-459d-899c-0a01c76a2f94'
export const SERVICE = '0123456789abcdef0123456789abcdef.access'

type Members = Record<string, unknown>

/** What a person's token has, and what a service token's has. */
export const PERSON: Members = {
  aud: [AUD],
  email: 'ada@acme.example',
  iss: TEAM,
  type: 'app',
  identity_nonce: '6ei69kawdKzMIAPF',
  sub: ADA,
  country: 'US',
}
export const SERVICE_TOKEN: Members = {
  type: 'app',
  aud: [AUD],
  iss: TEAM,
  common_name: SERVICE,
  sub: '',
}

let teamKey: Promise<TestKey> | undefined

/** A token of the team; with `key`, one that somebody else signed. */
export async function mintAccess(
  claims: Members,
  { now = START, key }: { now?: number; key?: TestKey } = {},
): Promise<string> {
  teamKey ??= createTestKey('RS256')
  const own = await teamKey
  const times = { iat: now, nbf: now, exp: now + 300 }
  const header = { alg: 'RS256', kid: own.kid, typ: 'JWT' }
  return joinParts(await signParts(header, { ...times, ...claims }, key ?? own))
}

/** What the team publishes, as Access does: the keys, and certificates that nobody should use. */
export async function teamCerts(): Promise<Members> {
  teamKey ??= createTestKey('RS256')
  const { kid, jwk } = await teamKey
  return { keys: [jwk], public_cert: { kid, cert: '…' }, public_certs: [{ kid, cert: '…' }] }
}

export interface AccessWorld {
  gateway: Gateway
  clock: { now: number }
  received: Request[]
  /** Requests to `get-identity`. */
  asked: Request[]
  /** Answers for `get-identity`. */
  identity: () => Response | Promise<Response>
  send(path: string, init?: RequestInit, access?: Context['access']): Promise<Response>
  lastEvent(): RequestEvent
}

export function accessWorld(
  options: Partial<CloudflareAccessOptions> = {},
  routes: readonly RouteConfig[] = [{ path: '/*', auth: 'staff', to: ORIGIN }],
  schemes: GatewayConfig['schemes'] = {},
): AccessWorld {
  const events: LogEvent[] = []
  const world: AccessWorld = {
    gateway: createGateway(
      {
        schemes: {
          staff: cloudflareAccess({ team: 'acme', audience: AUD, ...options }),
          ...schemes,
        },
        routes,
      },
      { fetch: outside, now: () => world.clock.now, log: (event) => events.push(event) },
    ),
    clock: { now: START },
    received: [],
    asked: [],
    identity: () => Response.json({ err: 'no identity in this test' }, { status: 500 }),
    send(path, init, access) {
      const request = new Request(`https://api.test${path}`, { redirect: 'manual', ...init })
      return world.gateway.fetch(request, { waitUntil: () => {}, access })
    },
    lastEvent: () => events.at(-1) as RequestEvent,
  }

  async function outside(request: Request): Promise<Response> {
    const { origin, pathname } = new URL(request.url)
    if (origin === ORIGIN) {
      world.received.push(request)
      return Response.json({})
    }
    if (request.url === `${TEAM}/cdn-cgi/access/certs`) return Response.json(await teamCerts())
    if (origin !== TEAM || pathname !== '/cdn-cgi/access/get-identity') {
      throw new Error(`unexpected call to ${request.url}`)
    }
    world.asked.push(request)
    return world.identity()
  }
  return world
}
