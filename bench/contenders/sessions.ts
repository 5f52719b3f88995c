/** The gateway with sessions: the same route for whoever shows a token, and for whoever has a session. */

import { oidc } from '../../src/auth/presets/oidc.ts'
import { defineGateway } from '../../src/config/define.ts'
import { createGateway, type Gateway } from '../../src/gateway.ts'
import { sessions } from '../../src/session/sessions.ts'

interface BenchEnv {
  ORIGIN: string
  ISSUER: string
  AUDIENCE: string
  STORE: KVNamespace
  STATE: Fetcher
  /** The entry that the route takes: `main` or `people`. */
  AUTH: string
}

const define = defineGateway((env: BenchEnv) => ({
  schemes: {
    main: oidc({ issuer: env.ISSUER, audience: env.AUDIENCE }),
    people: sessions({
      of: 'main',
      state: env.STATE,
      keys: ['kQ3vT8zL1mN5xR7wB2cY9dF4gH6jP0sA'],
      clientSecret: 'a-secret-of-the-client-at-the-issuer',
    }),
  },
  routes: [
    {
      path: '/orders/*',
      auth: env.AUTH,
      to: env.ORIGIN,
      scopes: ['orders:read'],
      forward: { 'x-user-email': 'email' },
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
