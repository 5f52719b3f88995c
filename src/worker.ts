/** A gateway as a Worker: built once per isolate, when the environment is first seen. */

import type { Define } from './config/define.ts'
import { createGateway, type Gateway } from './gateway.ts'
import type { Store } from './lib/kv.ts'

/** What the gateway itself reads of its environment. */
interface Bindings {
  STORE?: Store
  /** Set by `npm start` alone. No client has a say in a Worker's variables, and a deployed gateway has none of this name. */
  GATEHOUSE_LOCAL?: boolean
}

/** The Worker's default export for an owner's file. */
export function worker<Environment extends Bindings>(define: Define<Environment>) {
  let gateway: Gateway | undefined

  function gatewayFor(env: Environment): Gateway {
    gateway ??= createGateway(() => define(env), {
      ...(env.STORE && { store: env.STORE }),
      isLocal: env.GATEHOUSE_LOCAL === true,
    })
    return gateway
  }

  return {
    fetch: (request, env, context) => gatewayFor(env).fetch(request, context),
    scheduled: (_controller, env, context) => gatewayFor(env).scheduled(context),
  } satisfies ExportedHandler<Environment>
}
