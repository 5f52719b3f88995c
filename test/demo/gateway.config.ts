// The tour's gateway: a route for each thing that a gateway does. `npm run demo` prints a line to try each.

import { apiKeys } from '../../src/auth/key/api-keys.ts'
import { signedLinks } from '../../src/auth/link/signed-links.ts'
import { cloudflareAccess } from '../../src/auth/presets/cloudflare-access.ts'
import { oidc } from '../../src/auth/presets/oidc.ts'
import { GATEWAY_APP } from '../../src/cli/local/world.ts'
import { defineGateway, optional } from '../../src/config/define.ts'
import { cached } from '../../src/edge/cache/cached.ts'
import { limit } from '../../src/edge/limit/limit.ts'
import { protectedResource } from '../../src/edge/resource-metadata.ts'
import { tools } from '../../src/mcp/tools.ts'
import { tracing } from '../../src/operate/tracing.ts'
import { loginPage } from '../../src/session/login-page.ts'
import { sessions } from '../../src/session/sessions.ts'
import { assertion } from '../../src/upstream/assertion/assertion.ts'
import { claims } from '../../src/upstream/claims-handler.ts'
import { accessToken, TEAM } from './access.ts'
import { DEMO_ASSERTION_KEY } from './keys.ts'
import { LINKS } from './links.ts'
import { ordersServer } from './orders-server.ts'
import { peoplePage, peopleScript } from './people-page.ts'

/** Public knowledge, good on one machine only. */
const SESSION_KEY = 'Hf2kV7mB9xQ4tL6wZ1cN8sD3gJ5pR0yA'

/** What the tour binds, and the variables that `npm run demo` fills in. */
export interface DemoEnv {
  STORE: KVNamespace
  ISSUER: string
  CLIENT_ID: string
  ORIGIN: string
  REPORTS: Fetcher
  STATE: Fetcher
}

export default defineGateway((env: DemoEnv) => ({
  schemes: {
    main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }),
    keys: apiKeys({ store: env.STORE }),
    links: signedLinks(LINKS),
    staff: cloudflareAccess(TEAM),
    people: sessions({
      of: 'main',
      state: env.STATE,
      keys: [SESSION_KEY],
      clientId: GATEWAY_APP.id,
      clientSecret: GATEWAY_APP.secret,
      afterLogout: GATEWAY_APP.afterLogout,
    }),
  },
  every: { trace: tracing() },
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
      assertion: assertion({ keys: [DEMO_ASSERTION_KEY] }),
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
    {
      path: '/limited',
      auth: 'public',
      to: () => new Response('You may.\n'),
      limit: limit({ by: 'address', requests: 3, perSeconds: 60, state: env.STATE }),
    },
    { path: '/people', auth: optional('people'), to: peoplePage },
    { path: '/people/script.js', auth: 'public', to: peopleScript },
    { path: '/people/private', auth: 'people', login: loginPage(), to: peoplePage },
    { path: '/people/api', auth: 'people', to: claims },
    {
      path: '/mcp',
      auth: 'main',
      to: ordersServer,
      resource: protectedResource({ name: 'Orders, for agents' }),
      mcp: tools({
        call: {
          orders_count: [],
          orders_read: ['orders:read'],
          orders_cancel: ['orders:write'],
        },
      }),
    },
    { path: '/stock/*', auth: 'keys', to: env.ORIGIN, scopes: ['stock:read'] },
    { path: '/staff/*', auth: 'staff', to: env.ORIGIN, forward: { 'x-user-email': 'email' } },
    { path: '/tour/access-token', auth: 'public', to: accessToken },
  ],
}))
