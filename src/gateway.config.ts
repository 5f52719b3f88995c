/**
 * The one file you edit: whom you trust and where requests go. Secrets come from the environment:
 * `npx wrangler secret put ISSUER`, then `CLIENT_ID`.
 */

import { oidc } from './auth/presets/oidc.ts'
import { defineGateway, type GatewayConfig } from './config/define.ts'
import { claims } from './upstream/claims-handler.ts'

export default defineGateway(
  (env: Env): GatewayConfig => ({
    schemes: {
      main: oidc({
        issuer: env.ISSUER,
        audience: env.CLIENT_ID,
        // With a secret, the issuer is asked about a token while its keys are unavailable.
        ...(env.CLIENT_SECRET && {
          introspect: { clientId: env.CLIENT_ID, clientSecret: env.CLIENT_SECRET },
        }),
      }),
    },
    routes: [
      { path: '/api/claims', to: claims },
      // Every other path needs a token too, and goes to your service.
      ...(env.ORIGIN ? [{ path: '/*', to: env.ORIGIN }] : []),
    ],
  }),
)
