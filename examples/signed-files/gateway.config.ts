/** Private files behind links that end, stored near those who open them. */

import { anyOf, defineGateway, type GatewayConfig } from '@gatehouse/gateway'
import { cached } from '@gatehouse/gateway/cached'
import { oidc } from '@gatehouse/gateway/oidc'
import { signedLinks } from '@gatehouse/gateway/signed-links'

export interface Env {
  ISSUER: string
  CLIENT_ID: string
  /** `openssl rand -base64 32`; your application has it too, and makes the links. */
  LINK_KEY: string
}

export default defineGateway(
  (env: Env): GatewayConfig => ({
    schemes: {
      links: signedLinks({ keys: [env.LINK_KEY], ttlSeconds: 600 }),
      staff: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }),
    },
    routes: [
      {
        path: '/files/*',
        methods: ['GET'],
        auth: anyOf('links', 'staff'),
        to: 'https://files.acme.example',
        cache: cached({ share: 'everyone' }),
      },
      {
        path: '/files/*',
        methods: ['PUT', 'DELETE'],
        auth: 'staff',
        to: 'https://files.acme.example',
      },
    ],
  }),
)
