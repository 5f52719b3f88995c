/** A gateway as a Worker: built once per isolate, when the environment is first seen. */

import type { Define } from './config/define.ts'
import { createGateway, type Gateway } from './gateway.ts'
import type { Store } from './lib/kv.ts'

/** The Worker's default export for an owner's file. */
export function worker<Environment extends { STORE?: Store }>(define: Define<Environment>) {
  let gateway: Gateway | undefined

  function gatewayFor(env: Environment): Gateway {
    gateway ??= createGateway(() => define(env), env.STORE ? { store: env.STORE } : {})
    return gateway
  }

  return {
    fetch: (request, env, context) => gatewayFor(env).fetch(request, context),
    scheduled: (_controller, env, context) => gatewayFor(env).scheduled(context),
  } satisfies ExportedHandler<Environment>
}
