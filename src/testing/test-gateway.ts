/**
 * An owner's file in a unit test: who may do what, in a few lines and any test runner. It runs in the code of the
 * Worker, with stand-ins for everything outside: issuers whose tokens the test mints, services that answer 200, a KV
 * namespace and a state Worker in memory. There is no network.
 */

import type { GatewayConfig, RouteConfig } from '../config/define.ts'
import { createHouse } from '../config/house.ts'
import { judge } from '../config/owners-file.ts'
import type { ErrorCode } from '../errors.ts'
import { createGateway } from '../gateway.ts'
import type { Fetch } from '../lib/fetch.ts'
import type { RequestEvent } from '../operate/log.ts'
import { type Credential, type Credentials, createCredentials } from './credentials.ts'
import { createIssuer } from './issuer.ts'
import { createState } from './state.ts'
import { createStore, ensurePlatform } from './storage.ts'

export interface TestOptions {
  /** Unix seconds. Default: the machine's clock. A token is good for 300 seconds of it. */
  readonly now?: () => number
  /** Answers for every service that a route leads to. Handlers of the owner's file answer themselves. Default: 200 and `{}`. */
  readonly service?: (request: Request) => Response | Promise<Response>
}

/** What became of a request. */
export interface Answer {
  readonly status: number
  /** Of a refusal. */
  readonly code: ErrorCode | undefined
  /** Why it was refused, in the words of the log. */
  readonly reason: string | undefined
  readonly headers: Headers
  readonly text: string
  /** What the service got; undefined where none was asked. */
  readonly received: Request | undefined
}

export interface TestGateway extends Credentials {
  /**
   * Sends a request: `'GET /orders/1'`, with or without an origin before the path, or a `Request`. Shows what the
   * credentials are; without any, nobody is calling.
   */
  ask(request: string | Request, ...credentials: readonly Credential[]): Promise<Answer>
}

/**
 * A gateway of the owner's file. `env` has the variables and bindings that the file reads; a KV namespace STORE and
 * the state Worker STATE are there unless it names others. Throws a TypeError that names every problem of the file.
 */
export function testGateway<Environment>(
  define: (env: Environment) => GatewayConfig,
  env: Partial<Environment>,
  { now = machineClock, service = () => Response.json({}) }: TestOptions = {},
): TestGateway {
  ensurePlatform()
  const store = createStore(now)
  const issuer = createIssuer(now)
  const bindings = { STORE: store, STATE: createState(now), ...issuer.behind(env) }
  const { config, problems } = judge(define, bindings)
  if (!config) throw new TypeError(problems.join('\n'))
  issuer.serve(config.schemes)
  let received: Request | undefined
  let event: RequestEvent | undefined
  const serve: Fetch = async (request) => {
    received = request.clone()
    return service(request)
  }
  const gateway = createGateway(
    { ...config, routes: config.routes.map((route) => withService(route, serve)) },
    {
      now,
      store,
      fetch: issuer.fetch,
      log: (logged) => {
        if (logged.event === 'request') event = logged
      },
    },
  )
  const origin = `https://${config.hosts?.[0] ?? 'gateway.test'}`

  async function send(request: Request): Promise<Response> {
    const pending: Promise<unknown>[] = []
    const response = await gateway.fetch(request, { waitUntil: (work) => void pending.push(work) })
    await Promise.allSettled(pending)
    return response
  }

  const { schemes } = createHouse({ schemes: config.schemes }, { fetch: issuer.fetch, store, now })
  const credentials = createCredentials({ config, schemes, issuer, store, origin, send, now })
  return {
    ...credentials,
    async ask(request, ...shown) {
      const asked = typeof request === 'string' ? read(request, origin) : request
      const headers = new Headers(asked.headers)
      let { url } = asked
      for (const credential of shown) url = await credential.show(url, headers)
      received = undefined
      event = undefined
      const response = await send(new Request(url, new Request(asked, { headers })))
      const text = await response.text()
      const { code, reason } = (event ?? {}) as Partial<RequestEvent>
      return { status: response.status, code, reason, headers: response.headers, text, received }
    },
  }
}

function machineClock(): number {
  return Math.floor(Date.now() / 1_000)
}

function read(text: string, origin: string): Request {
  const [, method, target] = /^([A-Z]+) (\S+)$/.exec(text) ?? []
  if (method === undefined || target === undefined) {
    throw new TypeError(`"${text}" is no request. Write a method and a path: GET /orders/1`)
  }
  const url = target.startsWith('/') ? origin + target : target
  return new Request(url, { method, redirect: 'manual' })
}

/** A URL keeps its place in the request: only who answers is another. */
function withService(route: RouteConfig, fetch: Fetch): RouteConfig {
  const target = route.to
  if (typeof target === 'function') return route
  if (typeof target === 'string') return { ...route, via: { fetch } }
  if (Object.hasOwn(target, 'url')) return { ...route, to: { ...target, via: { fetch } } }
  return { ...route, to: { fetch } }
}
