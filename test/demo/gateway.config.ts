// The tour's gateway: a route for each thing that a gateway does. `npm run demo` prints a line to try each.

import { apiKeys } from '../../src/auth/key/api-keys.ts'
import { signedLinks } from '../../src/auth/link/signed-links.ts'
import { oidc } from '../../src/auth/presets/oidc.ts'
import { defineGateway, optional } from '../../src/config/define.ts'
import { protectedResource } from '../../src/edge/resource-metadata.ts'
import { loginPage } from '../../src/session/login-page.ts'
import { sessions } from '../../src/session/sessions.ts'
import { claims } from '../../src/upstream/claims-handler.ts'
import { GATEWAY_APP } from '../local/world.ts'
import { LINKS } from './links.ts'
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
    people: sessions({
      of: 'main',
      state: env.STATE,
      keys: [SESSION_KEY],
      clientId: GATEWAY_APP.id,
      clientSecret: GATEWAY_APP.secret,
      afterLogout: GATEWAY_APP.afterLogout,
    }),
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
    { path: '/reports/*', auth: 'main', to: env.REPORTS },
    { path: '/people', auth: optional('people'), to: peoplePage },
    { path: '/people/script.js', auth: 'public', to: peopleScript },
    { path: '/people/private', auth: 'people', login: loginPage(), to: peoplePage },
    { path: '/people/api', auth: 'people', to: claims },
    { path: '/stock/*', auth: 'keys', to: env.ORIGIN, scopes: ['stock:read'] },
  ],
}))
