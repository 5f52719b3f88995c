// The demo's Worker: the gateway as its default export, and behind it two more entrances that
// stand for two more Workers. Bound to itself in wrangler.toml.

import { WorkerEntrypoint } from 'cloudflare:workers'
import { createIssuer } from '../../src/issuer/issuer.ts'
import { worker } from '../../src/worker.ts'
import type { DemoEnv } from './gateway.config.ts'
import gateway from './gateway.config.ts'
import issuerConfig from './issuer.config.ts'
import { login } from './login-door.ts'
import { echo } from './origin.ts'
import { LOGIN_DOOR } from './world.ts'

export { IssuerStorage } from './storage.ts'

export default worker(gateway)

const issuer = createIssuer(issuerConfig)

/** The authorization server, with the demo's one extra door. */
export class Issuer extends WorkerEntrypoint<DemoEnv> {
  override fetch(request: Request<unknown, IncomingRequestCfProperties>) {
    if (new URL(request.url).pathname === LOGIN_DOOR.path) return login(request, this.env)
    return issuer.fetch(request, this.env, this.ctx)
  }
}

/** The service that the gateway protects. */
export class Origin extends WorkerEntrypoint<DemoEnv> {
  override fetch(request: Request): Promise<Response> {
    return echo(request)
  }
}
