// The demo's gateway: its own /api/claims, the authorization server under the same hostname, and
// a sample origin behind everything else.

import { oidc } from '../../src/auth/presets/oidc.ts'
import { defineGateway } from '../../src/config/define.ts'
import type { IssuerEnv } from '../../src/issuer/config.ts'
import { claims } from '../../src/upstream/claims-handler.ts'
import { LOGIN_DOOR } from './world.ts'

/** The demo's bindings: those of the gateway and of the authorization server, and the two to itself. */
export interface DemoEnv extends Env, IssuerEnv {
  ISSUER_WORKER: Fetcher
  ORIGIN_WORKER: Fetcher
}

export default defineGateway((env: DemoEnv) => {
  // The authorization server reads its own clients' credentials.
  const toIssuer = { auth: 'public', to: env.ISSUER_WORKER, keep: ['authorization'] } as const
  return {
    schemes: {
      main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID, via: env.ISSUER_WORKER }),
    },
    routes: [
      { path: '/api/claims', to: claims },
      { path: LOGIN_DOOR.path, ...toIssuer },
      { path: '/.well-known/openid-configuration', ...toIssuer },
      { path: '/.well-known/oauth-authorization-server', ...toIssuer },
      { path: '/.well-known/jwks.json', ...toIssuer },
      { path: '/oauth2/*', ...toIssuer },
      { path: '/interaction/*', ...toIssuer },
      { path: '/*', to: env.ORIGIN_WORKER, forward: { 'x-user-email': 'email' } },
    ],
  }
})
