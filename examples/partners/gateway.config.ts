/** An API for partners: each has a key, with scopes of its own and so many requests a minute. */

import { defineGateway, type GatewayConfig } from '@gatehouse/gateway'
import { apiKeys } from '@gatehouse/gateway/api-keys'
import { limit } from '@gatehouse/gateway/limit'

export interface Env {
  STORE: KVNamespace
  STATE: Fetcher
}

export default defineGateway(
  (env: Env): GatewayConfig => ({
    schemes: { partners: apiKeys({ store: env.STORE }) },
    // For each key, on all routes together.
    every: {
      limit: limit({
        by: 'subject',
        requests: 60,
        perSeconds: 60,
        state: env.STATE,
        name: 'partner',
      }),
    },
    routes: [
      {
        path: '/stock/*',
        methods: ['GET'],
        to: 'https://stock.acme.example',
        scopes: ['stock:read'],
      },
      {
        path: '/orders',
        methods: ['POST'],
        to: 'https://orders.acme.example',
        scopes: ['orders:write'],
      },
    ],
  }),
)
