/**
 * The one file you edit: whom you trust and where requests go. Secrets come from the environment:
 * `npx wrangler secret put ISSUER`, then `CLIENT_ID`.
 */

import { oidc } from './auth/issuers.ts'
import { defineGateway } from './config/define.ts'
import { claims } from './upstream/claims-handler.ts'

export default defineGateway((env: Env) => ({
  issuers: {
    main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }),
  },
  routes: [
    { path: '/api/claims', to: claims },
    // Every other path needs a token too, and goes to your service.
    ...(env.ORIGIN ? [{ path: '/*', to: env.ORIGIN }] : []),
  ],
}))
