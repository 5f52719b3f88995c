/** The one file you edit: whom you trust and where requests go. */

import { defineGateway, type GatewayConfig } from '@gatehouse/gateway'
import { claims } from '@gatehouse/gateway/claims'
import { oidc } from '@gatehouse/gateway/oidc'

/** Secrets: `npx wrangler secret put ISSUER`, and so on. Bindings: wrangler.toml. */
interface Env {
  ISSUER: string
  CLIENT_ID: string
  CLIENT_SECRET?: string
  ORIGIN?: string
  STORE: KVNamespace
}

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
