/**
 * A fleet of isolates in one process, with a clock that is passed in: many gateways behind one KV store,
 * one issuer that can rotate its keys or be down, and a count of everything that is asked. No sleeping.
 */

import { AsyncLocalStorage } from 'node:async_hooks'
import { oidc } from '../src/auth/presets/oidc.ts'
import { createGateway, type Gateway } from '../src/gateway.ts'
import { AUDIENCE, type Claims, createSigningKey, mint, type SigningKey } from './tokens.ts'

export interface Counts {
  /** Key sets and discovery documents. */
  issuerFetches: number
  introspections: number
  kvReads: number
  kvWrites: number
  requests: number
  /** Requests that could not be answered before the issuer had answered. */
  waited: number
  byStatus: Record<number, number>
}

const ISSUER = 'https://issuer.example'
const START_SECONDS = 1_800_000_000
const CRON_SECONDS = 300
/** How long until another location sees a write: the documented "up to 60 seconds". */
const KV_DELAY_SECONDS = 60
/** The issuer holds its answer for so long unless the request it was asked for is answered first. */
const HOLD_MS = 250

interface Write {
  value: string
  at: number
}

export interface FleetOptions {
  isolates: number
  /** Runs the scheduled refresh each 5 minutes. Default true. */
  cron?: boolean
  /** Introspects opaque tokens. Default false. */
  introspect?: boolean
}

export class Fleet {
  readonly counts: Counts = {
    issuerFetches: 0,
    introspections: 0,
    kvReads: 0,
    kvWrites: 0,
    requests: 0,
    waited: 0,
    byStatus: {},
  }
  now = START_SECONDS
  #downSince: number | undefined
  #key = createSigningKey('key-1')
  #isolates: Gateway[]
  readonly #options: FleetOptions
  readonly #store = new Map<string, Write[]>()
  readonly #background: Promise<unknown>[] = []
  readonly #answered = new AsyncLocalStorage<Promise<void>>()
  readonly #waiting = new Set<Promise<void>>()

  constructor(options: FleetOptions) {
    this.#options = options
    this.#isolates = Array.from({ length: options.isolates }, () => this.#isolate())
  }

  get key(): SigningKey {
    return this.#key
  }

  /** The issuer publishes another key in place of the last. */
  rotate(keyId: string): void {
    this.#key = createSigningKey(keyId)
  }

  /** From now on the issuer refuses connections. */
  takeIssuerDown(): void {
    this.#downSince = this.now
  }

  /** A token of the issuer's present key. */
  token(more: Claims = {}): Promise<string> {
    return mint(this.#key, this.claims(more), this.#keyId())
  }

  claims(more: Claims = {}): Claims {
    const lifetime = { iat: this.now, exp: this.now + 86_400 }
    return { iss: ISSUER, aud: AUDIENCE, sub: 'ada', scope: 'orders:read', ...lifetime, ...more }
  }

  /** An isolate is thrown away and another one starts in its place. */
  replace(index: number): void {
    this.#isolates[index] = this.#isolate()
  }

  /** Passes time; the scheduled refresh runs where it is due, in an isolate of its own. */
  async advance(seconds: number): Promise<void> {
    const until = this.now + seconds
    while (this.now < until) {
      const cron = Math.floor(this.now / CRON_SECONDS + 1) * CRON_SECONDS
      this.now = Math.min(until, cron)
      if (this.now === cron && (this.#options.cron ?? true)) await this.schedule()
    }
  }

  /** The scheduled refresh. */
  async schedule(): Promise<void> {
    await this.#isolate().scheduled(this.#context())
    await this.settle()
  }

  /** One request to every isolate at the same moment. */
  async everyone(token: (isolate: number) => string): Promise<void> {
    await Promise.all(this.#isolates.map((gateway, index) => this.#ask(gateway, token(index))))
    await this.settle()
  }

  /** Waits for what runs after the answers. */
  async settle(): Promise<void> {
    while (this.#background.length > 0) await Promise.all(this.#background.splice(0))
  }

  async #ask(gateway: Gateway, token: string): Promise<void> {
    let answer = () => {}
    const answered = new Promise<void>((resolve) => {
      answer = resolve
    })
    const headers = { authorization: `Bearer ${token}` }
    const request = new Request('https://api.example/orders/1', { headers })
    const { status } = await this.#answered.run(answered, () =>
      gateway.fetch(request, this.#context()),
    )
    answer()
    this.counts.requests++
    this.counts.byStatus[status] = (this.counts.byStatus[status] ?? 0) + 1
    if (this.#waiting.delete(answered)) this.counts.waited++
  }

  #isolate(): Gateway {
    return createGateway(
      {
        schemes: {
          main: oidc({
            issuer: ISSUER,
            audience: AUDIENCE,
            ...(this.#options.introspect && {
              introspect: { clientId: 'gateway', clientSecret: 'secret', opaque: true },
            }),
          }),
        },
        routes: [{ path: '/orders/*', to: 'https://orders.example', scopes: ['orders:read'] }],
      },
      {
        now: () => this.now,
        log: () => {},
        fetch: (request) => this.#fetch(request),
        store: {
          get: async (name) => this.#get(name),
          put: async (name, value) => this.#put(name, value),
        },
      },
    )
  }

  #context(): { waitUntil(promise: Promise<unknown>): void } {
    return { waitUntil: (promise) => this.#background.push(promise) }
  }

  async #fetch(request: Request): Promise<Response> {
    const { origin, pathname } = new URL(request.url)
    if (origin !== ISSUER) return Response.json({ id: 'order-1' })
    await this.#hold()
    if (pathname === '/oauth2/introspect') {
      this.counts.introspections++
      return Response.json({ active: true, ...this.claims() })
    }
    this.counts.issuerFetches++
    if (this.#downSince !== undefined) throw new TypeError('connection refused')
    if (pathname === '/.well-known/jwks.json') return Response.json(this.#key.jwks)
    return Response.json({
      issuer: ISSUER,
      jwks_uri: `${ISSUER}/.well-known/jwks.json`,
      introspection_endpoint: `${ISSUER}/oauth2/introspect`,
    })
  }

  /** Whoever is answered while the issuer holds its answer did not wait for it. */
  async #hold(): Promise<void> {
    const answered = this.#answered.getStore()
    if (answered === undefined) return
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.#waiting.add(answered)
        resolve()
      }, HOLD_MS)
    })
    await Promise.race([answered, late])
    clearTimeout(timer)
  }

  #get(name: string): string | null {
    this.counts.kvReads++
    const seen = this.#store.get(name)?.findLast(({ at }) => at + KV_DELAY_SECONDS <= this.now)
    return seen?.value ?? null
  }

  #put(name: string, value: string): void {
    this.counts.kvWrites++
    this.#store.set(name, [...(this.#store.get(name) ?? []), { value, at: this.now }])
  }

  #keyId(): string {
    return (this.#key.jwks.keys[0] as { kid: string }).kid
  }
}
