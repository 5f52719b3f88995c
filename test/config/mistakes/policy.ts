// What a caller needs: scopes, roles, claims, methods.

import { inRoute, type Mistake } from './mistake.ts'

export const POLICY: readonly Mistake[] = [
  inRoute(
    'scope instead of scopes',
    "path: '/orders/*', to: env.ORIGIN, scope: ['orders:read']",
    'routes[1] (/orders/*).scope: is not an option. Did you mean scopes?',
  ),
  inRoute(
    'scopes in one text',
    "path: '/orders/*', to: env.ORIGIN, scopes: 'orders:read orders:write'",
    "routes[1] (/orders/*).scopes: must be a list in [ ], for example ['orders:read', 'orders:write']",
  ),
  inRoute(
    'two scopes in one item',
    "path: '/orders/*', to: env.ORIGIN, scopes: ['orders:read orders:write']",
    "routes[1] (/orders/*).scopes[0]: is several scopes in one text. Write ['orders:read', 'orders:write']",
  ),
  inRoute(
    'an empty list of scopes',
    "path: '/orders/*', to: env.ORIGIN, scopes: []",
    "routes[1] (/orders/*).scopes: is an empty list. Name at least one, for example ['orders:read', 'orders:write'], or take this option out",
  ),
  inRoute(
    'scopes from a variable that is not set',
    "path: '/orders/*', to: env.ORIGIN, scopes: env.SCOPES",
    'routes[1] (/orders/*).scopes: is undefined: what stands here is not set. Set the variable or secret (in .dev.vars, and with "npx wrangler secret put <NAME>"), declare the binding (in wrangler.toml), or write a value, or take this option out',
  ),
  inRoute(
    'any of no scopes',
    "path: '/orders/*', to: env.ORIGIN, scopes: anyOf()",
    "routes[1] (/orders/*).scopes.anyOf: is an empty list. Name at least one, for example anyOf('orders:read', 'orders:write'), or take this option out",
  ),
  inRoute(
    'all of the scopes',
    "path: '/orders/*', to: env.ORIGIN, scopes: allOf('orders:read', 'orders:write')",
    "routes[1] (/orders/*).scopes: must be a list, which means all of them: ['orders:read', 'orders:write']",
  ),
  inRoute(
    'a scope with a quote',
    `path: '/orders/*', to: env.ORIGIN, scopes: ['orders"read']`,
    "routes[1] (/orders/*).scopes[0]: has a character that no scope has: a quote, a backslash, or a letter outside ASCII. Write it like 'orders:read'",
  ),
  inRoute(
    'requirements that are a list',
    "path: '/orders/*', to: env.ORIGIN, require: [{ roles: ['auditor'] }]",
    "routes[1] (/orders/*).require: must be anyOf({ scopes: ['orders:read'] }, { roles: ['auditor'] }). What every caller needs stands in scopes, roles and claims themselves",
  ),
  inRoute(
    'requirements of which one asks for nothing',
    "path: '/orders/*', to: env.ORIGIN, require: anyOf({ roles: ['auditor'] }, {})",
    "routes[1] (/orders/*).require.anyOf[1]: asks for nothing, so that every token would do. Write what to ask for, for example { roles: ['auditor'] }, or take it out",
  ),
  inRoute(
    'a claim with a number that JavaScript cannot hold',
    "path: '/orders/*', to: env.ORIGIN, claims: { account: 281674916028284929 }",
    'routes[1] (/orders/*).claims.account: is a whole number beyond 2^53, which is another one by now. Write it with n at its end, for example 281674916028284929n',
  ),
  inRoute(
    'roles that are text',
    "path: '/orders/*', to: env.ORIGIN, roles: 'admin'",
    "routes[1] (/orders/*).roles: must be a list in [ ], for example ['admin', 'editor']",
  ),
  inRoute(
    'any of the roles',
    "path: '/orders/*', to: env.ORIGIN, roles: anyOf('admin', 'editor')",
    "routes[1] (/orders/*).roles: must be a list, which means any of them: ['admin', 'editor']",
  ),
  inRoute(
    'an empty role',
    "path: '/orders/*', to: env.ORIGIN, roles: [env.EMPTY]",
    `routes[1] (/orders/*).roles[0]: is empty. A variable or secret that is not set arrives like this: set it (in .dev.vars, and with "npx wrangler secret put <NAME>"), or write a value, for example 'admin'`,
  ),
  inRoute(
    'roles in one text',
    "path: '/orders/*', to: env.ORIGIN, roles: ['admin,editor']",
    "routes[1] (/orders/*).roles[0]: is several roles in one text. Write ['admin', 'editor']",
  ),
  inRoute(
    'claims that are a list',
    "path: '/orders/*', to: env.ORIGIN, claims: ['org']",
    "routes[1] (/orders/*).claims: must be an object in { }, for example { org: 'acme' }",
  ),
  inRoute(
    'no claims',
    "path: '/orders/*', to: env.ORIGIN, claims: {}",
    "routes[1] (/orders/*).claims: names no claim. Name one, for example { org: 'acme' }, or take this option out",
  ),
  inRoute(
    'a claim that is null',
    "path: '/orders/*', to: env.ORIGIN, claims: { org: null }",
    "routes[1] (/orders/*).claims.org: must be text, a number, true or false, or a list of these, for example ['acme', 'beta']",
  ),
  inRoute(
    'a claim from a variable that is not set',
    "path: '/orders/*', to: env.ORIGIN, claims: { org: env.ORG }",
    'routes[1] (/orders/*).claims.org: is undefined: what stands here is not set. Set the variable or secret (in .dev.vars, and with "npx wrangler secret put <NAME>"), declare the binding (in wrangler.toml), or write a value',
  ),
  inRoute(
    'a claim with no value',
    "path: '/orders/*', to: env.ORIGIN, claims: { org: [] }",
    "routes[1] (/orders/*).claims.org: is an empty list. Name at least one, for example ['acme', 'beta']",
  ),
  inRoute(
    'scopes on a public route',
    "path: '/status', to: env.ORIGIN, auth: 'public', scopes: ['orders:read']",
    'routes[1] (/status).scopes: has no meaning on a public route, where nobody is asked for a token. Take it out, or name a scheme in auth',
  ),
  inRoute(
    'a forwarded claim on a public route',
    "path: '/status', to: env.ORIGIN, auth: 'public', forward: { 'x-user-email': 'email' }",
    'routes[1] (/status).forward: has no meaning on a public route, where nobody is asked for a token. Take it out, or name a scheme in auth',
  ),
  inRoute(
    'methods that are text',
    "path: '/orders/*', to: env.ORIGIN, methods: 'GET'",
    "routes[1] (/orders/*).methods: must be a list in [ ], for example ['GET', 'POST']",
  ),
  inRoute(
    'methods in lower case',
    "path: '/orders/*', to: env.ORIGIN, methods: ['get', 'post']",
    "routes[1] (/orders/*).methods[0]: must be in upper case and of letters, for example 'GET'",
    "routes[1] (/orders/*).methods[1]: must be in upper case and of letters, for example 'POST'",
  ),
  inRoute(
    'methods in one text',
    "path: '/orders/*', to: env.ORIGIN, methods: ['GET,POST']",
    "routes[1] (/orders/*).methods[0]: is several methods in one text. Write ['GET', 'POST']",
  ),
  inRoute(
    'every method',
    "path: '/orders/*', to: env.ORIGIN, methods: ['*']",
    'routes[1] (/orders/*).methods[0]: is no method. Take the option methods out: a route then takes GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
  ),
  inRoute(
    'CONNECT',
    "path: '/orders/*', to: env.ORIGIN, methods: ['CONNECT']",
    'routes[1] (/orders/*).methods[0]: is CONNECT, which is never passed on. Take it away',
  ),
  inRoute(
    'method instead of methods',
    "path: '/orders/*', to: env.ORIGIN, method: 'GET'",
    'routes[1] (/orders/*).method: is not an option. Did you mean methods?',
  ),
  inRoute(
    'no method',
    "path: '/orders/*', to: env.ORIGIN, methods: []",
    "routes[1] (/orders/*).methods: is an empty list. Name at least one, for example ['GET', 'POST'], or take this option out",
  ),
]
