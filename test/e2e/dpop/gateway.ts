/** One of two gateways that share a state Worker. */

import { dpop } from '../../../src/auth/possession/dpop.ts'
import { oidc } from '../../../src/auth/presets/oidc.ts'
import { protectedResource } from '../../../src/edge/resource-metadata.ts'
import { createGateway, type Gateway } from '../../../src/gateway.ts'
import type { StateBinding } from '../../../src/options/state.ts'
import { claims } from '../../../src/upstream/claims-handler.ts'

interface Env {
  ISSUER: string
  AUDIENCE: string
  DPOP_NONCE_KEY: string
  STATE: StateBinding
}

let gateway: Gateway | undefined

export default {
  fetch(request, env, context) {
    const state = env.STATE
    const nonce = { key: env.DPOP_NONCE_KEY }
    const entry = (possession: ReturnType<typeof dpop>) =>
      oidc({ issuer: env.ISSUER, audience: env.AUDIENCE, possession: [possession] })
    gateway ??= createGateway({
      schemes: {
        main: entry(dpop({ state })),
        fresh: entry(dpop({ state, nonce, required: true })),
      },
      routes: [
        { path: '/claims', auth: 'main', to: claims, resource: protectedResource() },
        { path: '/fresh/*', auth: 'fresh', to: claims, resource: protectedResource() },
      ],
    })
    return gateway.fetch(request, context)
  },
} satisfies ExportedHandler<Env>
