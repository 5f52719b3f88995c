// An owner's file that no owner edits.

import { oidc } from '../../src/auth/presets/oidc.ts'
import { defineGateway } from '../../src/config/define.ts'
import { claims } from '../../src/upstream/claims-handler.ts'

interface ProductEnv {
  STORE: KVNamespace
  ISSUER: string
  CLIENT_ID: string
  ORIGIN?: string
}

export default defineGateway((env: ProductEnv) => ({
  schemes: { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) },
  routes: [
    { path: '/api/claims', to: claims },
    ...(env.ORIGIN ? [{ path: '/*', to: env.ORIGIN }] : []),
  ],
}))
