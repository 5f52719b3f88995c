// Legal, and rarely meant: warnings.

import { inOidc, inRoute, inRoutes, inSchemes, type Mistake } from './mistake.ts'

export const SUSPICIOUS: readonly Mistake[] = [
  inRoute(
    'a method that is not registered',
    "path: '/orders/*', to: env.ORIGIN, methods: ['GTE']",
    "WARNING routes[1] (/orders/*).methods: has GTE, which is not a registered HTTP method. Did you mean 'GET'?",
  ),
  inRoute(
    'a claim inside others, with a dot',
    "path: '/orders/*', to: env.ORIGIN, claims: { 'realm_access.roles': 'admin' }",
    "WARNING routes[1] (/orders/*).claims.realm_access.roles: is one name with a dot in it, not a way into other claims, so that probably nobody is let in. For roles, write rolesClaim: ['realm_access', 'roles'] in the scheme and roles: ['admin'] here",
  ),
  inRoute(
    'a claim that is never text',
    "path: '/orders/*', to: env.ORIGIN, claims: { email_verified: 'true' }",
    'WARNING routes[1] (/orders/*).claims.email_verified: is true or false in tokens, not text, so that nobody is let in. Write true without quotes',
  ),
  inRoute(
    'the issuer of nobody',
    "path: '/orders/*', to: env.ORIGIN, claims: { iss: 'https://idp.partner.example' }",
    'WARNING routes[1] (/orders/*).claims.iss: is not the issuer of a scheme of this route, so that nobody is let in. Take it out: the scheme checks iss',
  ),
  inRoute(
    'scopes that a caller walks around',
    "path: '/orders/*', to: env.ORIGIN, auth: optional('main'), scopes: ['orders:read']",
    'WARNING routes[1] (/orders/*).scopes: is asked only of callers who send a token; a caller who sends none is let in (optional). If that is not wanted, write auth without optional(…)',
  ),
  inRoute(
    'paths that are read in two ways',
    "path: '/orders/*', to: env.ORIGIN, dangerouslyAllowAmbiguousPaths: true",
    'WARNING routes[1] (/orders/*).dangerouslyAllowAmbiguousPaths: lets paths pass that the service may read in another way than the gateway. Take it out unless the service needs such paths',
  ),
  inRoute(
    'connections that outlive their token',
    "path: '/orders/*', to: env.ORIGIN, dangerouslyOutliveToken: true",
    'WARNING routes[1] (/orders/*).dangerouslyOutliveToken: lets connections stay open after their token has expired. Take it out unless that is wanted',
  ),
  inRoute(
    'a target on this machine',
    "path: '/orders/*', to: 'http://localhost:3000'",
    'WARNING routes[1] (/orders/*).to: is on this machine, which a deployed Worker cannot reach. Before you deploy, write a public address, or a variable that differs here and there: env.ORIGIN',
  ),
  inRoutes(
    'an open door in a closed part',
    [
      "{ path: '/api/claims', to: claims }",
      "{ path: '/admin/*', to: env.ORIGIN }",
      "{ path: '/admin/metrics', to: env.ORDERS, auth: 'public' }",
    ],
    "WARNING routes[2] (/admin/metrics).auth: is 'public' below routes[1] (/admin/*), which asks for a token. If everybody may come here, leave it; else take auth out or name a scheme",
  ),
  inSchemes(
    'a scheme that no route names',
    [
      'main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID })',
      "partner: oidc({ issuer: 'https://idp.partner.example', audience: 'orders' })",
    ],
    ["{ path: '/orders/*', to: env.ORIGIN, auth: 'main' }"],
    "WARNING schemes.partner: is used by no route. Name it in the auth of a route: auth: 'partner', or take it out",
  ),
  inSchemes(
    'one audience for two issuers',
    [
      'main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID })',
      "partner: oidc({ issuer: 'https://idp.partner.example', audience: env.CLIENT_ID })",
    ],
    [
      "{ path: '/orders/*', to: env.ORIGIN, auth: 'main' }",
      "{ path: '/partner/*', to: env.ORIGIN, auth: 'partner' }",
    ],
    'WARNING schemes.partner.audience: is also that of schemes.main. If both issuers give out tokens for this API under one name, leave it; else write what tokens of this issuer have in aud',
  ),
  inOidc(
    'an issuer on this machine',
    "issuer: 'http://localhost:9011', audience: env.CLIENT_ID",
    'WARNING schemes.main: has an issuer that is on this machine, which a deployed Worker cannot reach. Before you deploy, write a public address, or a variable that differs here and there: env.ISSUER',
  ),
]
