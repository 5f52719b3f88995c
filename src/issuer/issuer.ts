/**
 * The Worker around oidc-provider: one origin whatever the request says, configuration checked before
 * anything is issued, keys looked after by a cron.
 */

import { handleAsNodeRequest } from 'cloudflare:node'
import { createServer, type RequestListener } from 'node:http'
import { type defineIssuer, type IssuerEnv, type ResolvedConfig, resolveConfig } from './config.ts'
import { longestTokenSeconds } from './oidc/configuration.ts'
import { createProviderHolder, type ProviderHolder } from './oidc/provider.ts'
import { storageOf } from './storage/issuer-storage.ts'

/** Any number: it names the server within this isolate and is never opened. */
const PORT = 8788

/** A token outlives its key in a verifier that is a little slow or has a slow clock. */
const RETAIN_MARGIN_SECONDS = 3600

interface Runtime {
  config: ResolvedConfig
  problems: string[]
  holder: ProviderHolder
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
      runtime = { config, problems, holder: createProviderHolder(config) }
    }
    return runtime
  }

  return {
    async fetch(request, env) {
      const { config, problems, holder } = runtimeFor(env)
      if (problems.length > 0) return misconfigured()
      const listener = await holder.listener(env, Math.floor(Date.now() / 1000))
      return serve(onIssuer(request, config.issuer), listener)
    },

    async scheduled(_controller, env) {
      const { config, problems } = runtimeFor(env)
      if (problems.length > 0) return
      await storageOf(env).maintainKeys({
        maxAgeSeconds: config.keyRotationSeconds,
        retainSeconds: longestTokenSeconds(config) + RETAIN_MARGIN_SECONDS,
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
  const address = headers.get('cf-connecting-ip') ?? lastHop(headers.get('x-forwarded-for'))
  for (const name of [...headers.keys()]) {
    if (name === 'forwarded' || name.startsWith('x-forwarded-')) headers.delete(name)
  }
  headers.set('host', host)
  headers.set('x-forwarded-host', host)
  headers.set('x-forwarded-proto', protocol.slice(0, -1))
  headers.set('x-forwarded-for', address)
  return rebuilt
}

/** What the gateway put there, where the request came through its binding. */
function lastHop(forwardedFor: string | null): string {
  return forwardedFor?.split(',').at(-1)?.trim() || '0.0.0.0'
}

function misconfigured(): Response {
  return Response.json(
    { error: 'server_error', error_description: 'the authorization server is not configured' },
    { status: 500, headers: { 'cache-control': 'no-store' } },
  )
}
