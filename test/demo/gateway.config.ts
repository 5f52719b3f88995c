// The tour's gateway: a route for each thing that a gateway does. `npm run demo` prints a line to try each.

import { apiKeys } from '../../src/auth/key/api-keys.ts'
import { signedLinks } from '../../src/auth/link/signed-links.ts'
import { oidc } from '../../src/auth/presets/oidc.ts'
import { defineGateway, optional } from '../../src/config/define.ts'
import { cached } from '../../src/edge/cache/cached.ts'
import { protectedResource } from '../../src/edge/resource-metadata.ts'
import { claims } from '../../src/upstream/claims-handler.ts'
import { LINKS } from './links.ts'

/** What the tour binds, and the variables that `npm run demo` fills in. */
export interface DemoEnv {
  STORE: KVNamespace
  ISSUER: string
  CLIENT_ID: string
  ORIGIN: string
  REPORTS: Fetcher
}

export default defineGateway((env: DemoEnv) => ({
  schemes: {
    main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }),
    keys: apiKeys({ store: env.STORE }),
    links: signedLinks(LINKS),
  },
  routes: [
    { path: '/api/claims', auth: 'main', to: claims },
    {
      path: '/orders/*',
      auth: 'main',
      methods: ['GET'],
      to: env.ORIGIN,
      scopes: ['orders:read'],
      forward: { 'x-user-email': 'email' },
      resource: protectedResource({ name: 'Orders' }),
    },
    {
      path: '/orders/*',
      auth: 'main',
      methods: ['POST'],
      to: env.ORIGIN,
      scopes: ['orders:write'],
    },
    { path: '/admin/*', auth: 'main', to: env.ORIGIN, roles: ['admin'], stripPrefix: true },
    { path: '/files/*', auth: 'links', to: env.ORIGIN },
    { path: '/news', auth: optional('main'), to: env.ORIGIN },
    { path: '/status', auth: 'public', to: () => new Response('All is well.\n') },
    {
      path: '/catalogue',
      auth: 'public',
      to: () => Response.json({ at: new Date() }, { headers: { 'cache-control': 'max-age=60' } }),
      cache: cached({ share: 'everyone' }),
    },
    { path: '/reports/*', auth: 'main', to: env.REPORTS },
    { path: '/stock/*', auth: 'keys', to: env.ORIGIN, scopes: ['stock:read'] },
  ],
}))
