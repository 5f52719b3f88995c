/** The gateway in front of an MCP server: with rules by tool, and without. */

import { oidc } from '../../src/auth/presets/oidc.ts'
import { defineGateway } from '../../src/config/define.ts'
import { createGateway, type Gateway } from '../../src/gateway.ts'
import { tools } from '../../src/mcp/tools.ts'

interface BenchEnv {
  ORIGIN: string
  ISSUER: string
  AUDIENCE: string
  STORE: KVNamespace
  TOOLS?: string
}

const define = defineGateway((env: BenchEnv) => ({
  schemes: { main: oidc({ issuer: env.ISSUER, audience: env.AUDIENCE }) },
  routes: [
    {
      path: '/orders/*',
      to: env.ORIGIN,
      scopes: ['orders:read'],
      ...(env.TOOLS === 'on' && {
        mcp: tools({ call: { orders_read: ['orders:read'], 'admin_*': { roles: ['admin'] } } }),
      }),
    },
  ],
}))

let gateway: Gateway | undefined

export default {
  fetch(request, env, context) {
    gateway ??= createGateway(define(env), { store: env.STORE, log: () => {} })
    return gateway.fetch(request, context)
  },
} satisfies ExportedHandler<BenchEnv>
