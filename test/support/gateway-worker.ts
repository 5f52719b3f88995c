// A gateway on raw workerd, with issuers and origins on real sockets, and a clock that a test moves
// instead of waiting. Its owner's file is text, as it would be written.

import type { KvStore } from './kv.ts'
import { type RawRequest, rawRequest } from './raw-http.ts'
import type { RawResponse } from './raw-response.ts'
import { type ServiceSource, startWorkerd, type Workerd } from './workerd.ts'

export interface GatewayWorkerOptions {
  /** The object that the owner's file makes of `env`: `{ schemes: …, routes: … }`. */
  config: string
  vars?: Record<string, unknown>
  services?: Record<string, ServiceSource>
  /** Default: a fresh one; `undefined` for a gateway without a store. */
  store?: KvStore
}

export interface GatewayWorker extends Workerd<'STORE'> {
  /** Sends a request with a bearer token, on a connection of its own. */
  send(target: string, token?: string, request?: Omit<RawRequest, 'target'>): Promise<RawResponse>
  /** Status and, of a refusal, the code. */
  show(token: string | undefined, target?: string): Promise<[status: number, code: string]>
  /** From now on the gateway's clock is so far ahead of the machine's. */
  setClockAhead(seconds: number): Promise<void>
}

const CLOCK = '/clock-of-the-test'

/** Starts a gateway whose owner's file says `config`. */
export async function startGatewayWorker(options: GatewayWorkerOptions): Promise<GatewayWorker> {
  const common = {
    script: scriptOf(options.config),
    ...(options.vars && { vars: options.vars }),
    ...(options.services && { services: options.services }),
  }
  const workerd = options.store
    ? await startWorkerd({ ...common, kv: { STORE: options.store } })
    : await startWorkerd({ ...common, kv: ['STORE'] })
  const send: GatewayWorker['send'] = (target, token, request = {}) => {
    const { headers = [], ...rest } = request
    const own: [string, string][] = [['Host', `127.0.0.1:${workerd.port}`]]
    if (token !== undefined) own.push(['Authorization', `Bearer ${token}`])
    const whole = { ...rest, target, headers: [...own, ...headers] }
    return rawRequest(workerd.port, whole, { timeoutMs: 20_000 })
  }
  return {
    ...workerd,
    send,
    async show(token, target = '/') {
      const { status, body } = await send(target, token)
      if (status < 400) return [status, '']
      return [status, (JSON.parse(body) as { code?: string }).code ?? '']
    },
    async setClockAhead(seconds) {
      await send(`${CLOCK}?${seconds}`)
    },
  }
}

function scriptOf(config: string): string {
  return `
    import { fusionAuth } from './src/auth/presets/fusionauth.ts'
    import { oidc } from './src/auth/presets/oidc.ts'
    import { addresses } from './src/edge/addresses.ts'
    import { bodyLimit } from './src/edge/body-limit.ts'
    import { createGateway } from './src/gateway.ts'
    import { tools } from './src/mcp/tools.ts'
    import { revocation } from './src/operate/revocation/revocation.ts'
    import { tracing } from './src/operate/tracing.ts'
    import { assertion } from './src/upstream/assertion/assertion.ts'
    import { claims } from './src/upstream/claims-handler.ts'
    import { idleTimeout } from './src/upstream/idle-timeout.ts'
    import { retry } from './src/upstream/retry.ts'

    let gateway
    let ahead = 0
    const now = () => Math.floor(Date.now() / 1_000) + ahead
    const gatewayFor = (env) => (gateway ??= createGateway(${config}, { store: env.STORE, now }))

    export default {
      fetch(request, env, context) {
        const { pathname, search } = new URL(request.url)
        if (pathname !== '${CLOCK}') return gatewayFor(env).fetch(request, context)
        ahead = Number(search.slice(1))
        return new Response()
      },
      scheduled: (_, env, context) => gatewayFor(env).scheduled(context),
    }`
}
