// Who may come: auth.

import { inRoute, inSchemes, type Mistake } from './mistake.ts'

export const ACCESS: readonly Mistake[] = [
  inRoute(
    'a scheme that does not exist',
    "path: '/orders/*', to: env.ORIGIN, auth: 'mian'",
    "routes[1] (/orders/*).auth: names what is not an entry of schemes. Did you mean 'main'?",
  ),
  inRoute(
    'a scheme that nobody knows',
    "path: '/orders/*', to: env.ORIGIN, auth: 'partner'",
    "routes[1] (/orders/*).auth: names what is not an entry of schemes. There is 'main'",
  ),
  inRoute(
    'auth as others write it',
    "path: '/orders/*', to: env.ORIGIN, auth: 'none'",
    "routes[1] (/orders/*).auth: is not an entry of schemes. For a route that is open to everybody, write auth: 'public'",
  ),
  inRoute(
    'auth that is false',
    "path: '/orders/*', to: env.ORIGIN, auth: false",
    "routes[1] (/orders/*).auth: must be 'public' for a route that asks nobody for a token",
  ),
  inRoute(
    'auth that is true',
    "path: '/orders/*', to: env.ORIGIN, auth: true",
    "routes[1] (/orders/*).auth: must name a scheme, for example 'main'. With one scheme alone, take auth out",
  ),
  inRoute(
    'auth that is a list',
    "path: '/orders/*', to: env.ORIGIN, auth: ['main']",
    "routes[1] (/orders/*).auth: must not be a list. Write anyOf('main', 'partner') for any one of them, allOf('main', 'partner') for all",
  ),
  inRoute(
    'auth that is empty',
    "path: '/orders/*', to: env.ORIGIN, auth: env.EMPTY",
    'routes[1] (/orders/*).auth: is empty. A variable or secret that is not set arrives like this: set it (in .dev.vars, and with "npx wrangler secret put <NAME>"), or write a value',
  ),
  inRoute(
    'auth from a variable that is not set',
    "path: '/orders/*', to: env.ORIGIN, auth: env.AUTH_SCHEME",
    'routes[1] (/orders/*).auth: is undefined: what stands here is not set. Set the variable or secret (in .dev.vars, and with "npx wrangler secret put <NAME>"), declare the binding (in wrangler.toml), or write a value, or take this option out',
  ),
  inRoute(
    'auth that is an object',
    "path: '/orders/*', to: env.ORIGIN, auth: { scheme: 'main' }",
    "routes[1] (/orders/*).auth: must be 'main', anyOf('main', 'partner'), allOf('main', 'partner'), optional('main') or 'public', with the names of entries of schemes",
  ),
  inRoute(
    'anyOf a list',
    "path: '/orders/*', to: env.ORIGIN, auth: anyOf(['main'])",
    "routes[1] (/orders/*).auth: takes names without [ ]: anyOf('main', 'partner')",
  ),
  inRoute(
    'anyOf nothing',
    "path: '/orders/*', to: env.ORIGIN, auth: anyOf()",
    "routes[1] (/orders/*).auth: names no scheme. Write anyOf('main', 'partner')",
  ),
  inRoute(
    'anyOf one twice',
    "path: '/orders/*', to: env.ORIGIN, auth: anyOf('main', 'main')",
    'routes[1] (/orders/*).auth: names one scheme twice. Name each once',
  ),
  inRoute(
    'public beside a scheme',
    "path: '/orders/*', to: env.ORIGIN, auth: anyOf('main', 'public')",
    "routes[1] (/orders/*).auth: has 'public' beside other names. Write optional('main') for callers with and without a token",
  ),
  inRoute(
    'public that is optional',
    "path: '/orders/*', to: env.ORIGIN, auth: optional('public')",
    "routes[1] (/orders/*).auth: must be 'public' alone for everybody, or optional('main') for callers with and without a token",
  ),
  inRoute(
    'optional twice',
    "path: '/orders/*', to: env.ORIGIN, auth: optional(optional('main'))",
    "routes[1] (/orders/*).auth: has optional(…) twice. Write it once: optional('main')",
  ),
  inRoute(
    'public as an option',
    "path: '/orders/*', to: env.ORIGIN, public: true",
    "routes[1] (/orders/*).public: is not an option. Write auth: 'public' for a route that is open to everybody",
  ),
  inRoute(
    'an issuer in a route',
    "path: '/orders/*', to: env.ORIGIN, issuer: 'main'",
    'routes[1] (/orders/*).issuer: is not an option. Did you mean auth?',
  ),
  inSchemes(
    'no auth with two schemes',
    [
      'main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID })',
      "partner: oidc({ issuer: 'https://idp.partner.example', audience: 'orders' })",
    ],
    [
      "{ path: '/orders/*', to: env.ORIGIN }",
      "{ path: '/partner/*', to: env.ORIGIN, auth: 'partner' }",
    ],
    "routes[0] (/orders/*).auth: is missing, and there are several schemes. Name one: auth: 'main', or several: anyOf('main', 'partner')",
  ),
  inSchemes(
    'two entries with one issuer',
    [
      'main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID })',
      "admin: oidc({ issuer: env.ISSUER, audience: 'admin' })",
    ],
    ["{ path: '/orders/*', to: env.ORIGIN, auth: anyOf('main', 'admin') }"],
    "routes[0] (/orders/*).auth: names main and admin, which have the same issuer, so that a token would have two meanings. Name one of them, or make one entry of both: audience: ['a', 'b']",
  ),
  inSchemes(
    'two entries that take opaque tokens',
    [
      "main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID, introspect: { clientId: 'gw', opaque: true } })",
      "partner: oidc({ issuer: 'https://idp.partner.example', audience: 'orders', introspect: { clientId: 'gw', opaque: true } })",
    ],
    ["{ path: '/orders/*', to: env.ORIGIN, auth: anyOf('main', 'partner') }"],
    'routes[0] (/orders/*).auth: names main and partner, which both take opaque tokens, and such a token does not say whose it is. Name one of them, or take opaque: true out of the others',
  ),
  inSchemes(
    'two tokens in one header',
    [
      'main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID })',
      "partner: oidc({ issuer: 'https://idp.partner.example', audience: 'orders' })",
    ],
    ["{ path: '/orders/*', to: env.ORIGIN, auth: allOf('main', 'partner') }"],
    "routes[0] (/orders/*).auth: wants main and partner together, and both read their token in Authorization, so that nobody can send both. Write anyOf('main', 'partner'), or give each a place of its own: tokenFrom: [{ header: 'x-second-token' }]",
  ),
  inSchemes(
    'no scheme at all',
    [],
    ["{ path: '/orders/*', to: env.ORIGIN }"],
    "routes[0] (/orders/*).auth: is missing, and schemes has no entry. Add one, for example schemes: { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) }, or write auth: 'public' for a route that is open to everybody",
  ),
]
