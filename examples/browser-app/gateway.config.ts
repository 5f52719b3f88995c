/** A web application: pages that people sign in to, and an API for their scripts and for programs. */

import { anyOf, defineGateway, type GatewayConfig } from '@gatehouse/gateway'
import { loginPage } from '@gatehouse/gateway/login-page'
import { oidc } from '@gatehouse/gateway/oidc'
import { sessions } from '@gatehouse/gateway/sessions'

export interface Env {
  ISSUER: string
  CLIENT_ID: string
  CLIENT_SECRET: string
  /** `openssl rand -base64 32` */
  SESSION_KEY: string
  STATE: Fetcher
}

export default defineGateway(
  (env: Env): GatewayConfig => ({
    schemes: {
      main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }),
      people: sessions({
        of: 'main',
        state: env.STATE,
        keys: [env.SESSION_KEY],
        clientId: env.CLIENT_ID,
        clientSecret: env.CLIENT_SECRET,
      }),
    },
    routes: [
      { path: '/', auth: 'public', to: 'https://pages.acme.example' },
      { path: '/account/*', auth: 'people', login: loginPage(), to: 'https://pages.acme.example' },
      { path: '/api/*', auth: anyOf('main', 'people'), to: 'https://api.acme.example' },
    ],
  }),
)
