/**
 * The gateway as it is deployed, with one issuer and as many routes as the row asks for. The log sink
 * is off unless the row is about logging.
 */

import { oidc } from '../../src/auth/presets/oidc.ts'
import { defineGateway, type RouteConfig } from '../../src/config/define.ts'
import { createGateway, type Gateway } from '../../src/gateway.ts'
import { routePaths } from '../routes.ts'

interface BenchEnv {
  ORIGIN: string
  ISSUER: string
  AUDIENCE: string
  STORE: KVNamespace
  ROUTES?: string
  LOG?: string
  OUTLIVE?: string
}

const define = defineGateway((env: BenchEnv) => ({
  schemes: { main: oidc({ issuer: env.ISSUER, audience: env.AUDIENCE }) },
  routes: [
    {
      path: '/orders/*',
      to: env.ORIGIN,
      scopes: ['orders:read'],
      forward: { 'x-user-email': 'email' },
      ...(env.OUTLIVE === 'on' && { dangerouslyOutliveToken: true }),
    },
    { path: '/catalogue/*', to: env.ORIGIN, auth: 'public' },
    ...routePaths(Number(env.ROUTES ?? 2) - 2).map(
      ({ pattern }): RouteConfig => ({ path: pattern, to: env.ORIGIN }),
    ),
  ],
}))

let gateway: Gateway | undefined

export default {
  fetch(request, env, context) {
    gateway ??= createGateway(define(env), {
      store: env.STORE,
      ...(env.LOG !== 'on' && { log: () => {} }),
    })
    return gateway.fetch(request, context)
  },
} satisfies ExportedHandler<BenchEnv>
