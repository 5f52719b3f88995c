/** Three groups of callers, each with an issuer of its own. A token is only ever checked against the entries of its route. */

import { anyOf, defineGateway, type GatewayConfig } from '@gatehouse/gateway'
import { entra } from '@gatehouse/gateway/entra'
import { keycloak } from '@gatehouse/gateway/keycloak'
import { oidc } from '@gatehouse/gateway/oidc'

export interface Env {
  ISSUER: string
  CLIENT_ID: string
  /** The id of your organization at Microsoft, and that of the application there. */
  TENANT_ID: string
  STAFF_CLIENT_ID: string
}

export default defineGateway(
  (env: Env): GatewayConfig => ({
    schemes: {
      customers: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }),
      staff: entra({ tenants: [env.TENANT_ID], clientId: env.STAFF_CLIENT_ID }),
      partner: keycloak({ url: 'https://sso.partner.example', realm: 'b2b', audience: 'acme' }),
    },
    routes: [
      { path: '/orders/*', auth: anyOf('customers', 'staff'), to: 'https://orders.acme.example' },
      { path: '/admin/*', auth: 'staff', to: 'https://admin.acme.example', roles: ['Admin'] },
      { path: '/partner/*', auth: 'partner', to: 'https://b2b.acme.example', stripPrefix: true },
      { path: '/status', auth: 'public', to: 'https://status.acme.example' },
    ],
  }),
)
