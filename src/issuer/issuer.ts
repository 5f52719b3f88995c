/**
 * The Worker around oidc-provider: one origin whatever the request says, configuration checked before
 * anything is issued, keys looked after by a cron.
 */

import { handleAsNodeRequest } from 'cloudflare:node'
import { waitUntil } from 'cloudflare:workers'
import { createServer, type RequestListener } from 'node:http'
import { ADMIN_PATH, administer } from './admin.ts'
import type { defineIssuer, IssuerEnv, ResolvedConfig } from './config.ts'
import { type ClientSource, createClientSource } from './oidc/client-source.ts'
import { retainKeySeconds } from './oidc/configuration.ts'
import { createKeyWatch, type KeyWatch } from './oidc/key-watch.ts'
import { buildProvider } from './oidc/provider.ts'
import { resolveConfig } from './resolve-config.ts'
import { directoryOf } from './storage/issuer-storage.ts'

/** Any number: it names the server within this isolate and is never opened. */
const PORT = 8788

const RETRY_SECONDS = 10

interface Runtime {
  config: ResolvedConfig
  problems: string[]
  listeners: KeyWatch<RequestListener>
  clients: ClientSource
}

/** Makes the Worker of an authorization server from its owner's file. */
export function createIssuer(
  define: ReturnType<typeof defineIssuer>,
): Required<Pick<ExportedHandler<IssuerEnv>, 'fetch' | 'scheduled'>> {
  let runtime: Runtime | undefined
  const runtimeFor = (env: IssuerEnv): Runtime => {
    if (!runtime) {
      const { config, problems } = resolveConfig(define(env), env)
      for (const problem of problems) console.error(`issuer: ${problem}`)
      const clients = createClientSource(nowSeconds, waitUntil)
      // A provider keeps a copy of its keys, so new keys take a new one.
      const listeners = createKeyWatch(
        (snapshot) => buildProvider(config, env, snapshot, clients, waitUntil).callback(),
        waitUntil,
      )
      runtime = { config, problems, listeners, clients }
    }
    return runtime
  }

  return {
    async fetch(request, env) {
      const { config, problems, listeners, clients } = runtimeFor(env)
      if (problems.length > 0) {
        return refuse(500, 'server_error', 'the authorization server is not configured')
      }
      const { pathname } = new URL(request.url)
      if (pathname === ADMIN_PATH) {
        const answer = await administer(request, env, config, addressOf(request.headers))
        // Elsewhere a change is noticed in a minute; here it holds at once.
        clients.forget()
        listeners.forget()
        return answer
      }
      try {
        const load = async () => directoryOf(env).snapshot()
        const listener = await listeners.current(load, nowSeconds())
        return await serve(onIssuer(request, config.issuer), listener)
      } catch (error) {
        console.error('issuer: unavailable', error)
        return refuse(503, 'temporarily_unavailable', 'try again later', RETRY_SECONDS)
      }
    },

    async scheduled(_controller, env) {
      const { config, problems } = runtimeFor(env)
      if (problems.length > 0) return
      await directoryOf(env).maintainKeys({
        maxAgeSeconds: config.keyRotationSeconds,
        retainSeconds: retainKeySeconds(config),
      })
    },
  }
}

let served: RequestListener | undefined

/** A listener runs as a Worker through one server per isolate, which hands over to the newest. */
function serve(request: Request, listener: RequestListener): Promise<Response> {
  if (!served) {
    createServer((incoming, outgoing) => served?.(incoming, outgoing)).listen(PORT)
  }
  served = listener
  return handleAsNodeRequest(PORT, request)
}

/**
 * The same request on ISSUER's origin. oidc-provider builds every endpoint it names from Host and
 * X-Forwarded-*, so a client must have no say in them, and a call through a binding may have neither.
 */
function onIssuer(request: Request, issuer: string): Request {
  const { pathname, search } = new URL(request.url)
  const { host, protocol } = new URL(issuer)
  const rebuilt = new Request(`${issuer}${pathname}${search}`, request)
  const { headers } = rebuilt
  const address = addressOf(headers)
  for (const name of [...headers.keys()]) {
    if (name === 'forwarded' || name.startsWith('x-forwarded-')) headers.delete(name)
  }
  headers.set('host', host)
  headers.set('x-forwarded-host', host)
  headers.set('x-forwarded-proto', protocol.slice(0, -1))
  headers.set('x-forwarded-for', address)
  return rebuilt
}

/** Where the browser is. The platform says it; behind the gateway's binding, the gateway does. */
function addressOf(headers: Headers): string {
  const forwarded = headers.get('x-forwarded-for')?.split(',').at(-1)?.trim()
  return headers.get('cf-connecting-ip') ?? (forwarded || '0.0.0.0')
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}

function refuse(
  status: number,
  error: string,
  description: string,
  retryAfterSeconds?: number,
): Response {
  return Response.json(
    { error, error_description: description },
    {
      status,
      headers: {
        'cache-control': 'no-store',
        ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
      },
    },
  )
}
