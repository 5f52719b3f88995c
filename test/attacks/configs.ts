// Mistakes in an owner's file that have left some gateway open. Here each is named, and until it is
// mended every request is refused.

import { oidc } from '../../src/auth/presets/oidc.ts'
import { anyOf, type GatewayConfig } from '../../src/config/define.ts'
import { AUDIENCE, ISSUER, ORIGIN } from './world.ts'

export interface ConfigMistake {
  ids: string
  mistake: string
  config: unknown
  /** Where the only problem is. */
  at: string
}

const main = { issuer: ISSUER, audience: AUDIENCE }
const schemes = { main: oidc(main) }
const routes = [{ path: '/*', to: ORIGIN }]
const withIssuer = (options: object): unknown => ({
  schemes: { main: oidc({ ...main, ...options }) },
  routes,
})
const withRoute = (options: object): unknown => ({
  schemes,
  routes: [{ path: '/*', to: ORIGIN, ...options }],
})

export const GOOD_CONFIG = { schemes, routes } satisfies GatewayConfig

export const CONFIG_MISTAKES: ConfigMistake[] = [
  {
    ids: 'Envoy jwt_authn',
    mistake: 'an issuer that is empty',
    config: withIssuer({ issuer: '' }),
    at: 'schemes.main.issuer',
  },
  {
    ids: 'CVE-2026-54762, CVE-2026-27586',
    mistake: 'a secret that is not set',
    config: withIssuer({ issuer: undefined }),
    at: 'schemes.main.issuer',
  },
  {
    ids: 'CVE-2023-22482, CVE-2025-62610',
    mistake: 'no audience',
    config: withIssuer({ audience: undefined }),
    at: 'schemes.main.audience',
  },
  {
    ids: 'CVE-2020-26160',
    mistake: 'an empty list of audiences',
    config: withIssuer({ audience: [] }),
    at: 'schemes.main.audience',
  },
  {
    ids: 'CVE-2021-21411',
    mistake: 'an option that does not exist',
    config: withIssuer({ audiences: ['x'] }),
    at: 'schemes.main.audiences',
  },
  {
    ids: 'CVE-2021-21411',
    mistake: 'a route option that does not exist',
    config: withRoute({ scope: ['orders:read'] }),
    at: 'routes[0] (/*).scope',
  },
  {
    ids: 'CVE-2026-107275',
    mistake: 'a duration that is text',
    config: withIssuer({ clockSkewSeconds: '30' }),
    at: 'schemes.main.clockSkewSeconds',
  },
  {
    ids: 'CVE-2026-107275',
    mistake: 'a duration that is no number',
    config: withIssuer({ clockSkewSeconds: Number.NaN }),
    at: 'schemes.main.clockSkewSeconds',
  },
  {
    ids: 'CVE-2026-48522',
    mistake: 'a key set in a file',
    config: withIssuer({ jwksUri: 'file:///etc/keys.json' }),
    at: 'schemes.main.jwksUri',
  },
  {
    ids: 'CVE-2026-48522',
    mistake: 'a key set in a data URL',
    config: withIssuer({ jwksUri: 'data:application/json,{"keys":[]}' }),
    at: 'schemes.main.jwksUri',
  },
  {
    ids: 'CVE-2026-31923',
    mistake: 'a key set over plain http',
    config: withIssuer({ jwksUri: 'http://idp.test/jwks' }),
    at: 'schemes.main.jwksUri',
  },
  {
    ids: 'CVE-2015-9235',
    mistake: 'a symmetric algorithm',
    config: withIssuer({ algorithms: ['HS256'] }),
    at: 'schemes.main.algorithms[0]',
  },
  {
    ids: 'CVE-2022-23540',
    mistake: 'no algorithm at all',
    config: withIssuer({ algorithms: [] }),
    at: 'schemes.main.algorithms',
  },
  {
    ids: 'CVE-2026-54762',
    mistake: 'no issuer for a route that needs a token',
    config: { schemes: {}, routes },
    at: 'routes[0] (/*).auth',
  },
  {
    ids: 'CVE-2021-21378',
    mistake: 'an issuer that is not configured',
    config: withRoute({ auth: 'other' }),
    at: 'routes[0] (/*).auth',
  },
  {
    ids: 'CVE-2021-21378',
    mistake: 'an issuer by a name of Object',
    config: withRoute({ auth: 'constructor' }),
    at: 'routes[0] (/*).auth',
  },
  {
    ids: 'CVE-2025-46647',
    mistake: 'two entries for one issuer on a route',
    config: {
      schemes: { main: oidc(main), again: oidc(main) },
      routes: [{ path: '/*', to: ORIGIN, auth: anyOf('main', 'again') }],
    },
    at: 'routes[0] (/*).auth',
  },
  {
    ids: 'Oathkeeper scope strategy none',
    mistake: 'an empty list of scopes',
    config: withRoute({ scopes: [] }),
    at: 'routes[0] (/*).scopes',
  },
  {
    ids: 'CVE-2021-21411',
    mistake: 'scopes on a public route',
    config: withRoute({ auth: 'public', scopes: ['a'] }),
    at: 'routes[0] (/*).scopes',
  },
  {
    ids: 'CVE-2026-48794',
    mistake: 'two routes for the same requests',
    config: { schemes, routes: [...routes, { path: '/*', to: ORIGIN, auth: 'public' }] },
    at: 'routes[1] (/*).path',
  },
  {
    ids: 'CVE-2026-71324',
    mistake: 'a route for CONNECT',
    config: withRoute({ methods: ['CONNECT'] }),
    at: 'routes[0] (/*).methods[0]',
  },
  {
    ids: 'CVE-2026-31908',
    mistake: 'a claim in the header that says where a request goes',
    config: withRoute({ forward: { host: 'tenant' } }),
    at: 'routes[0] (/*).forward.host',
  },
  {
    ids: 'CVE-2026-39998',
    mistake: "a client's copy of a header of the gateway",
    config: withRoute({ keep: ['x-auth-subject'] }),
    at: 'routes[0] (/*).keep',
  },
  {
    ids: 'CVE-2025-64484',
    mistake: "a client's copy of a header that folds into one of the gateway",
    config: withRoute({ keep: ['x_auth_subject'] }),
    at: 'routes[0] (/*).keep',
  },
  {
    ids: 'CVE-2021-39240',
    mistake: 'a target over plain http',
    config: withRoute({ to: 'http://origin.test' }),
    at: 'routes[0] (/*).to',
  },
]
