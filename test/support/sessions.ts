// A gateway with sessions, the shipped state Worker beside it, an issuer inside the test, and browsers that keep
// cookies. The clock is the test's.

import { env } from 'cloudflare:workers'
import { oidc } from '../../src/auth/presets/oidc.ts'
import type { GatewayConfig, RouteConfig } from '../../src/config/define.ts'
import type { Gateway } from '../../src/gateway.ts'
import type { Context } from '../../src/lib/scope.ts'
import type { LogEvent, RequestEvent } from '../../src/operate/log.ts'
import type { StateBinding } from '../../src/options/state.ts'
import type { SessionsOptions } from '../../src/session/options.ts'
import { sessions } from '../../src/session/sessions.ts'
import { AUDIENCE, ORIGIN, START } from './gateway.ts'
import { CLIENT, createLoginIssuer, type LoginIssuer } from './login-issuer.ts'
import { createGateway } from './watched-gateway.ts'

export const SITE = 'https://app.test'
export const KEY = 'kQ3vT8zL1mN5xR7wB2cY9dF4gH6jP0sA'
export const STATE = (env as unknown as { STATE: StateBinding }).STATE

export interface SessionWorld {
  gateway: Gateway
  login: LoginIssuer
  clock: { now: number }
  received: Request[]
  events: LogEvent[]
  newBrowser(): Browser
  /** Another isolate of the same gateway. */
  elsewhere(): Gateway
  settle(): Promise<void>
  lastEvent(): RequestEvent | undefined
}

export interface SessionWorldOptions {
  options?: Partial<SessionsOptions>
  routes?: readonly RouteConfig[]
  config?: Partial<GatewayConfig>
  clock?: { now: number }
  /** Of another world. */
  login?: LoginIssuer
}

export function createSessionWorld(world: SessionWorldOptions = {}): SessionWorld {
  const clock = world.clock ?? { now: START }
  const now = () => clock.now
  const login = world.login ?? createLoginIssuer(now)
  const received: Request[] = []
  const events: LogEvent[] = []
  const pending: Promise<unknown>[] = []
  const context = { waitUntil: (promise: Promise<unknown>) => void pending.push(promise) }

  async function fetch(request: Request): Promise<Response> {
    const { origin } = new URL(request.url)
    if (origin === login.issuer.issuer) return login.fetch(request)
    if (origin !== ORIGIN) throw new Error(`unexpected call to ${request.url}`)
    received.push(request)
    return Response.json({ from: 'origin' })
  }

  const config: GatewayConfig = {
    schemes: {
      main: oidc({ issuer: login.issuer.issuer, audience: AUDIENCE }),
      people: sessions({
        of: 'main',
        state: STATE,
        keys: [KEY],
        clientId: CLIENT.id,
        clientSecret: CLIENT.secret,
        ...world.options,
      }),
    },
    routes: world.routes ?? [{ path: '/*', auth: 'people', to: ORIGIN }],
    ...world.config,
  }
  const create = () => createGateway(config, { fetch, now, log: (event) => events.push(event) })
  const gateway = create()
  return {
    gateway,
    login,
    clock,
    received,
    events,
    elsewhere: create,
    newBrowser: () => new Browser(gateway, context, login),
    async settle() {
      while (pending.length > 0) await Promise.allSettled(pending.splice(0))
    },
    lastEvent: () => events.findLast((event) => event.event === 'request'),
  }
}

export const OWN_PAGE = { origin: SITE, 'sec-fetch-site': 'same-origin' }
export const NAVIGATION = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }

/** Keeps cookies as a browser does, and follows nothing by itself. */
export class Browser {
  readonly cookies = new Map<string, string>()
  /** Every Set-Cookie line so far. */
  readonly received: string[] = []
  gateway: Gateway
  readonly #context: Context
  readonly #login: LoginIssuer

  constructor(gateway: Gateway, context: Context, login: LoginIssuer) {
    this.gateway = gateway
    this.#context = context
    this.#login = login
  }

  async go(target: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    if (cookie !== '' && !headers.has('cookie')) headers.set('cookie', cookie)
    const url = target.startsWith('/') ? SITE + target : target
    const request = new Request(url, { redirect: 'manual', ...init, headers })
    const response = await this.gateway.fetch(request, this.#context)
    for (const line of response.headers.getSetCookie()) this.#keep(line)
    return response
  }

  post(target: string, headers: Record<string, string> = OWN_PAGE): Promise<Response> {
    return this.go(target, { method: 'POST', headers })
  }

  /** Begins a login: where the issuer's page is. */
  async begin(returnTo = '/'): Promise<string> {
    const response = await this.go(`/auth/login?return_to=${encodeURIComponent(returnTo)}`)
    return response.headers.get('location') ?? ''
  }

  /** The whole way in. */
  async signIn(returnTo = '/', more: Record<string, string> = {}): Promise<Response> {
    return this.go(this.#login.signIn(await this.begin(returnTo), more).href)
  }

  get session(): string | undefined {
    return this.cookies.get('__Host-session')
  }

  #keep(line: string): void {
    this.received.push(line)
    const [pair = '', ...attributes] = line.split('; ')
    const name = pair.slice(0, pair.indexOf('='))
    if (attributes.includes('Max-Age=0')) this.cookies.delete(name)
    else this.cookies.set(name, pair.slice(name.length + 1))
  }
}
