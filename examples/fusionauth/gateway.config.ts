/** The gateway of FusionAuth's guide: who has signed in to the application may call the API, and roles decide the rest. */

import { defineGateway, type GatewayConfig } from '@gatehouse/gateway'
import { claims } from '@gatehouse/gateway/claims'
import { fusionAuth } from '@gatehouse/gateway/fusionauth'

export interface Env {
  /** Where FusionAuth is. */
  FUSIONAUTH_URL: string
  /** The issuer of the tenant: Tenants, General, Issuer. It may be any text. */
  TENANT_ISSUER: string
  /** The id of the application. */
  CLIENT_ID: string
}

export default defineGateway(
  (env: Env): GatewayConfig => ({
    schemes: {
      main: fusionAuth({
        url: env.FUSIONAUTH_URL,
        issuer: env.TENANT_ISSUER,
        clientId: env.CLIENT_ID,
      }),
    },
    routes: [
      { path: '/api/claims', to: claims },
      { path: '/make-change', to: 'https://change.acme.example', roles: ['customer', 'teller'] },
      { path: '/panic', methods: ['POST'], to: 'https://panic.acme.example', roles: ['teller'] },
    ],
  }),
)
