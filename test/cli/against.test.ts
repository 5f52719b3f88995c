// `npm run check -- --against` finds what a change of the owner's file changes: fifty changes, one at a time.

import { describe, expect, it } from 'vitest'
import { against, comparisonToText } from '../../src/cli/check/against/against.ts'
import { KEY, OTHER_KEY } from '../support/links.ts'

const FILE = `import { oidc } from './auth/presets/oidc.ts'
import { apiKeys } from './auth/key/api-keys.ts'
import { signedLinks } from './auth/link/signed-links.ts'
import { allOf, anyOf, defineGateway, optional, type GatewayConfig } from './config/define.ts'
import { addresses } from './edge/addresses.ts'
import { protectedResource } from './edge/resource-metadata.ts'
import { claims } from './upstream/claims-handler.ts'

export default defineGateway((env: Env): GatewayConfig => ({
  hosts: ['api.acme.example', 'beta.acme.example'],
  schemes: {
    main: oidc({ issuer: 'https://idp.acme.example', audience: ['orders', 'app'], tokenFrom: [{ cookie: 'session' }] }),
    partner: oidc({ issuer: 'https://idp.partner.example', audience: 'orders', clockSkewSeconds: 20, algorithms: ['RS256', 'ES256'] }),
    keys: apiKeys({ store: env.STORE }),
    links: signedLinks({ keys: [env.LINK_KEY], ttlSeconds: 600 }),
  },
  routes: [
    { path: '/api/claims', auth: 'main', to: claims },
    { path: '/orders/*', auth: 'main', to: 'https://orders.acme.internal', scopes: ['orders:read', 'orders:list'], forward: { 'x-user-email': 'email' } },
    { path: '/orders/:id/refund', auth: 'main', to: 'https://orders.acme.internal', methods: ['POST'], roles: ['clerk', 'admin'] },
    { path: '/partner/*', auth: 'partner', to: 'https://b2b.acme.internal/v1', stripPrefix: true, keep: ['x_legacy'] },
    { path: '/admin/*', auth: anyOf('main', 'partner'), to: 'https://admin.acme.internal', claims: { org: ['acme', 'beta'] } },
    { path: '/both/*', auth: allOf('main', 'keys'), to: 'https://both.acme.internal', timeoutSeconds: 20 },
    { path: '/maybe', auth: optional('main'), to: 'https://news.acme.internal' },
    { path: '/keyed/*', auth: 'keys', to: 'https://keyed.acme.internal', scopes: anyOf('orders:read', 'orders:write') },
    { path: '/files/*', auth: 'links', to: 'https://files.acme.internal' },
    { path: '/status', auth: 'public', to: 'https://status.acme.internal' },
    { path: '/beta', host: 'beta.acme.example', auth: 'main', to: 'https://beta.acme.internal' },
    { path: '/mcp/*', auth: 'main', to: 'https://mcp.acme.internal', scopes: ['mcp'], resource: protectedResource({ name: 'Tools' }) },
    { path: '/office', auth: 'main', to: 'https://office.acme.internal', roles: ['staff'], addresses: addresses({ allow: ['198.51.100.0/24'] }) },
    { path: '/either', auth: 'main', to: 'https://either.acme.internal', require: anyOf({ scopes: ['audit'] }, { roles: ['auditor'] }) },
  ],
}))
`

/** What is changed, from what, to what; and what of the table has to say it. */
const CHANGES: readonly (readonly [what: string, find: string, replacement: string])[] = [
  ['a scope is no longer asked for', "['orders:read', 'orders:list']", "['orders:read']"],
  ['a scope is asked for too', "scopes: ['mcp']", "scopes: ['mcp', 'tools']"],
  ['a scope has another name', "'orders:list'", "'orders:view'"],
  ['any scope is enough', "['orders:read', 'orders:list']", "anyOf('orders:read', 'orders:list')"],
  [
    'all scopes are needed',
    "anyOf('orders:read', 'orders:write')",
    "['orders:read', 'orders:write']",
  ],
  ['scopes are gone', ", scopes: ['mcp']", ''],
  ['an address is allowed too', "'198.51.100.0/24'", "'198.51.100.0/24', '192.0.2.7'"],
  ['a role behind a list of addresses is gone', ", roles: ['staff']", ''],
  ['a role is gone', "['clerk', 'admin']", "['clerk']"],
  ['a role is there too', "['clerk', 'admin']", "['clerk', 'admin', 'auditor']"],
  ['roles are gone', ", roles: ['clerk', 'admin']", ''],
  [
    'roles are asked for',
    "'https://keyed.acme.internal'",
    "'https://keyed.acme.internal', roles: ['clerk']",
  ],
  ['a value of a claim is gone', "['acme', 'beta']", "['acme']"],
  ['a claim is another', '{ org: [', '{ tenant: ['],
  ['claims are gone', ", claims: { org: ['acme', 'beta'] }", ''],
  ['an alternative is gone', ", { roles: ['auditor'] })", ')'],
  ['an alternative is another', "{ roles: ['auditor'] }", "{ roles: ['controller'] }"],
  ['require is gone', ", require: anyOf({ scopes: ['audit'] }, { roles: ['auditor'] })", ''],
  [
    'a route is open to everybody',
    "path: '/api/claims', auth: 'main'",
    "path: '/api/claims', auth: 'public'",
  ],
  ['a route is no longer open', "'/status', auth: 'public'", "'/status', auth: 'main'"],
  ['another scheme', "'/files/*', auth: 'links'", "'/files/*', auth: 'main'"],
  ['one scheme less', "anyOf('main', 'partner'), to", "'main', to"],
  ['one scheme more', "'/keyed/*', auth: 'keys'", "'/keyed/*', auth: anyOf('keys', 'links')"],
  ['any in place of all', "allOf('main', 'keys')", "anyOf('main', 'keys')"],
  ['another scheme speaks for all', "allOf('main', 'keys')", "allOf('keys', 'main')"],
  ['nobody may no longer come', "optional('main')", "'main'"],
  [
    'nobody may come',
    "'/beta', host: 'beta.acme.example', auth: 'main'",
    "'/beta', host: 'beta.acme.example', auth: optional('main')",
  ],
  ['a method more', "methods: ['POST']", "methods: ['POST', 'PUT']"],
  ['all methods', ", methods: ['POST']", ''],
  [
    'a method of its own',
    "'https://status.acme.internal'",
    "'https://status.acme.internal', methods: ['GET']",
  ],
  ['a method that nobody knows', "methods: ['POST']", "methods: ['POST', 'PURGE']"],
  ['the case of an open path', "'/status'", "'/Status'"],
  ['a slash at the end of an open path', "'/status'", "'/status/'"],
  ['a wider path', "'/maybe'", "'/maybe/*'"],
  ['a narrower path', "'/both/*'", "'/both/:id'"],
  ['another path', "'/either'", "'/or'"],
  [
    'a route is gone',
    "    { path: '/files/*', auth: 'links', to: 'https://files.acme.internal' },\n",
    '',
  ],
  ['another host', "'/beta', host: 'beta.acme.example'", "'/beta', host: 'api.acme.example'"],
  ['every host', "'/beta', host: 'beta.acme.example'", "'/beta'"],
  ['a host less', "['api.acme.example', 'beta.acme.example']", "['beta.acme.example']"],
  ['hosts are gone', "  hosts: ['api.acme.example', 'beta.acme.example'],\n", ''],
  ['another target', "'https://status.acme.internal'", "'https://health.acme.internal'"],
  ['another path of a target', '.internal/v1', '.internal/v2'],
  ['a binding', "'https://news.acme.internal'", 'env.ORDERS'],
  [
    'over a binding',
    "'https://news.acme.internal'",
    "{ url: 'https://news.acme.internal', via: env.ORDERS }",
  ],
  ['stripPrefix is gone', ', stripPrefix: true', ''],
  [
    'stripPrefix',
    "'https://keyed.acme.internal'",
    "'https://keyed.acme.internal', stripPrefix: true",
  ],
  ['another timeout', 'timeoutSeconds: 20', 'timeoutSeconds: 60'],
  ['no timeout', 'timeoutSeconds: 20', 'timeoutSeconds: false'],
  ['another claim is sent on', "'x-user-email': 'email'", "'x-user-email': 'name'"],
  ['in another header', "'x-user-email'", "'x-mail'"],
  ['nothing is sent on', ", forward: { 'x-user-email': 'email' }", ''],
  ['another header is kept', "['x_legacy']", "['x_old']"],
  ['the credential is kept', "['x_legacy']", "['x_legacy', 'authorization']"],
  ['another name of a resource', "name: 'Tools'", "name: 'Agents'"],
  [
    'other scopes of a resource',
    "{ name: 'Tools' }",
    "{ name: 'Tools', scopes: ['mcp', 'tools'] }",
  ],
  ['a resource is gone', ", resource: protectedResource({ name: 'Tools' })", ''],
  ['another issuer', "'https://idp.acme.example'", "'https://login.acme.example'"],
  ['another audience', "audience: ['orders', 'app']", "audience: ['orders', 'web']"],
  ['one audience less', "['orders', 'app']", "'orders'"],
  ['another skew', 'clockSkewSeconds: 20', 'clockSkewSeconds: 60'],
  [
    'a skew more',
    "audience: ['orders', 'app']",
    "audience: ['orders', 'app'], clockSkewSeconds: 0",
  ],
  ['an algorithm less', "['RS256', 'ES256']", "['RS256']"],
  ['algorithms are gone', ", algorithms: ['RS256', 'ES256']", ''],
  [
    'the issuer is reached over a binding',
    'clockSkewSeconds: 20',
    'clockSkewSeconds: 20, via: env.ORDERS',
  ],
  [
    'keys are elsewhere',
    'clockSkewSeconds: 20',
    "clockSkewSeconds: 20, jwksUri: 'https://keys.partner.example/jwks'",
  ],
  [
    'scopes are in another claim',
    'clockSkewSeconds: 20',
    "clockSkewSeconds: 20, scopeClaim: 'permissions'",
  ],
  [
    'roles are in another claim',
    "audience: ['orders', 'app']",
    "audience: ['orders', 'app'], rolesClaim: 'groups'",
  ],
  [
    'a token in a header too',
    "[{ cookie: 'session' }]",
    "[{ cookie: 'session' }, { header: 'x-session-token' }]",
  ],
  ['a token in another cookie', "{ cookie: 'session' }", "{ cookie: 'sid' }"],
  [
    'opaque tokens are taken',
    'clockSkewSeconds: 20',
    "clockSkewSeconds: 20, introspect: { clientId: 'gateway', clientSecret: 'secret', opaque: true }",
  ],
  [
    'the issuer is asked in an outage',
    'clockSkewSeconds: 20',
    "clockSkewSeconds: 20, introspect: { clientId: 'gateway', clientSecret: 'secret' }",
  ],
  ['longer tokens', 'clockSkewSeconds: 20', 'clockSkewSeconds: 20, maxTokenLength: 10_000'],
  [
    'a key in another header',
    'apiKeys({ store: env.STORE })',
    "apiKeys({ store: env.STORE, header: 'x-acme-key' })",
  ],
  ['links last longer', 'ttlSeconds: 600', 'ttlSeconds: 1200'],
  ['links have another key', 'env.LINK_KEY', 'env.NEW_LINK_KEY'],
  ['links are in a header', 'ttlSeconds: 600', "ttlSeconds: 600, from: { header: 'x-link-token' }"],
  ['links to a prefix', 'ttlSeconds: 600', "ttlSeconds: 600, prefix: { methods: ['GET'] }"],
  ['links may do something', 'ttlSeconds: 600', "ttlSeconds: 600, scopes: ['orders:read']"],
  ['rules are tried out', "'/beta', host", "'/beta', dangerouslySimulate: true, host"],
  [
    'ambiguous paths pass',
    "'/keyed/*', auth",
    "'/keyed/*', dangerouslyAllowAmbiguousPaths: true, auth",
  ],
  ['connections outlive tokens', "'/maybe', auth", "'/maybe', dangerouslyOutliveToken: true, auth"],
  [
    'refusals have another type',
    '  routes: [',
    "  problemType: 'https://docs.acme.example/{code}',\n  routes: [",
  ],
  [
    'refusals look otherwise',
    '  routes: [',
    "  refusal: (problem) => new Response('no', { status: problem.status }),\n  routes: [",
  ],
]

const ENV = {
  LINK_KEY: KEY,
  NEW_LINK_KEY: OTHER_KEY,
  STORE: { get: async () => null, put: async () => {} },
  ORDERS: { fetch: async () => new Response() },
}

describe('npm run check -- --against', () => {
  it('finds nothing where nothing is changed', async () => {
    const found = await against(FILE, FILE.replace('  schemes: {', '  // A remark\n  schemes: {'), {
      env: ENV,
    })
    expect(comparisonToText(found)).toEqual([
      expect.stringMatching(/^No request is judged otherwise, of \d+ that/),
    ])
  })

  it('has fifty changes to find, or more', () => {
    expect(
      new Set(CHANGES.map(([, find, replacement]) => FILE.replace(find, replacement))).size,
    ).toBeGreaterThan(50)
  })

  it.each(CHANGES)('finds that %s', async (_, find, replacement) => {
    const changed = FILE.replace(find, replacement)
    expect(changed).not.toBe(FILE)
    const { differences } = await against(FILE, changed, { env: ENV })
    expect(differences).not.toEqual([])
  })
})
