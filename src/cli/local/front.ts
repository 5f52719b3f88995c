// The Worker in front of the gateway on this machine, and nowhere else: it takes the requests of the port,
// answers for the local authorization server, and hands everything else to the gateway's own Worker.
// The owner's files need no line for it.

import { WorkerEntrypoint } from 'cloudflare:workers'
import type { IssuerEnv } from '../../issuer/config.ts'
import { createIssuer } from '../../issuer/issuer.ts'
import { isLocalhost } from '../../lib/url.ts'
import issuerConfig from './issuer.config.ts'
import { login } from './login-door.ts'
import { LOGIN_DOOR, READ_CONFIG } from './world.ts'

export { IssuerStorage } from './storage.ts'

export interface FrontEnv extends IssuerEnv {
  /** The gateway, as its owner's wrangler.toml describes it. */
  GATEWAY: Fetcher
  /** Whether the authorization server stands in, because the owner has set no ISSUER. */
  LOCAL_ISSUER: boolean
}

/** Whom a stand-in answers for. */
export interface StandInProps {
  readonly binding: string
  readonly target: string
}

type Incoming = Request<unknown, IncomingRequestCfProperties>

const ISSUER_PATHS =
  /^\/(?:oauth2\/.*|interaction\/.*|\.well-known\/(?:openid-configuration|oauth-authorization-server|jwks\.json))$/

const issuer = createIssuer(issuerConfig)

export default {
  fetch(request, env, ctx) {
    const { pathname, hostname } = new URL(request.url)
    if (pathname === READ_CONFIG.path) return readConfig(env)
    if (env.LOCAL_ISSUER && (ISSUER_PATHS.test(pathname) || pathname === LOGIN_DOOR.path)) {
      return answerAsIssuer(request, env, ctx)
    }
    return env.GATEWAY.fetch(isLocalhost(hostname) ? request : overTls(request))
  },
} satisfies ExportedHandler<FrontEnv>

/** A binding to the authorization server's Worker leads here. */
export class Issuer extends WorkerEntrypoint<FrontEnv> {
  override fetch(request: Incoming) {
    return answerAsIssuer(request, this.env, this.ctx)
  }
}

/** A binding to what does not run on this machine leads here: the answer says so. */
export class StandIn extends WorkerEntrypoint<FrontEnv, StandInProps> {
  override fetch(): Response {
    const { binding, target } = this.ctx.props
    const detail = `env.${binding} is bound to ${target}, which does not run on this machine. \`npm start\` answers in its place.`
    return Response.json({ status: 501, binding, target, detail }, { status: 501 })
  }
}

function answerAsIssuer(request: Incoming, env: FrontEnv, ctx: ExecutionContext) {
  if (new URL(request.url).pathname === LOGIN_DOOR.path) return login(request, env)
  return issuer.fetch(request, env, ctx)
}

/** Cloudflare speaks TLS with the client; `curl -H 'Host: api.example.com'` then tries routes of a host. */
function overTls(request: Incoming): Request {
  return new Request(request.url.replace(/^http:/, 'https:'), request)
}

/**
 * Makes the gateway read its owner's file, so that problems are in the log before the first request. The path is
 * one that is refused, and the method one that no route has, so nothing behind the gateway is asked.
 */
function readConfig(env: FrontEnv): Promise<Response> {
  return env.GATEWAY.fetch('https://start.invalid//', { method: READ_CONFIG.method })
}
