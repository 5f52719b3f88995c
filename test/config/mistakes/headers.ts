// Headers to the origin, parts, and switches.

import { inRoute, inRoutes, type Mistake } from './mistake.ts'

export const HEADERS: readonly Mistake[] = [
  inRoute(
    'a forwarded claim the wrong way round',
    "path: '/orders/*', to: env.ORIGIN, forward: { email: 'x-user-email' }",
    "routes[1] (/orders/*).forward.email: is the wrong way round: the header comes first. Write { 'x-user-email': 'email' }",
  ),
  inRoute(
    'a header in upper case',
    "path: '/orders/*', to: env.ORIGIN, forward: { 'X-User-Email': 'email' }",
    "routes[1] (/orders/*).forward.X-User-Email: must be in lower case: 'x-user-email'",
  ),
  inRoute(
    'a header with an underscore',
    "path: '/orders/*', to: env.ORIGIN, forward: { x_user_email: 'email' }",
    "routes[1] (/orders/*).forward.x_user_email: may have letters, digits and '-' alone: 'x-user-email'",
  ),
  inRoute(
    'the header authorization',
    "path: '/orders/*', to: env.ORIGIN, forward: { authorization: 'access_token' }",
    "routes[1] (/orders/*).forward.authorization: is not a header that a claim may be sent in. Choose a name of your own, for example 'x-user-email'",
  ),
  inRoute(
    "a header of the gateway's own",
    "path: '/orders/*', to: env.ORIGIN, forward: { 'x-auth-subject': 'sub' }",
    "routes[1] (/orders/*).forward.x-auth-subject: is not a header that a claim may be sent in. Choose a name of your own, for example 'x-user-email'",
  ),
  inRoute(
    'a header with a space',
    "path: '/orders/*', to: env.ORIGIN, forward: { 'x user': 'sub' }",
    "routes[1] (/orders/*).forward.x user: is not a header that a claim may be sent in. Choose a name of your own, for example 'x-user-email'",
  ),
  inRoute(
    'a forwarded claim inside others, with a dot',
    "path: '/orders/*', to: env.ORIGIN, forward: { 'x-city': 'address.city' }",
    "routes[1] (/orders/*).forward.x-city: is one name with a dot in it, not a way into other claims. Did you mean ['address', 'city']? If the name itself has the dot, write ['address.city']",
  ),
  inRoute(
    'a forwarded claim that is empty',
    "path: '/orders/*', to: env.ORIGIN, forward: { 'x-user-email': '' }",
    'routes[1] (/orders/*).forward.x-user-email: is empty. A variable or secret that is not set arrives like this: set it (in .dev.vars, and with "npx wrangler secret put <NAME>"), or write a value',
  ),
  inRoute(
    'a forwarded claim from a variable that is not set',
    "path: '/orders/*', to: env.ORIGIN, forward: { 'x-user-email': env.EMAIL_CLAIM }",
    'routes[1] (/orders/*).forward.x-user-email: is undefined: what stands here is not set. Set the variable or secret (in .dev.vars, and with "npx wrangler secret put <NAME>"), declare the binding (in wrangler.toml), or write a value',
  ),
  inRoute(
    'a list of claims to forward',
    "path: '/orders/*', to: env.ORIGIN, forward: ['email']",
    "routes[1] (/orders/*).forward: must be an object in { }, for example { 'x-user-email': 'email' }",
  ),
  inRoute(
    'keep that is text',
    "path: '/orders/*', to: env.ORIGIN, keep: 'authorization'",
    "routes[1] (/orders/*).keep: must be a list in [ ], for example ['authorization']",
  ),
  inRoute(
    'a kept header in upper case',
    "path: '/orders/*', to: env.ORIGIN, keep: ['Authorization']",
    "routes[1] (/orders/*).keep[0]: must be in lower case, for example 'x_legacy_id'",
  ),
  inRoute(
    "a kept header of the gateway's own",
    "path: '/orders/*', to: env.ORIGIN, keep: ['x-auth-subject']",
    'routes[1] (/orders/*).keep: must not name x-auth-subject, which only the gateway may set. Take it out',
  ),
  inRoute(
    'a kept header that some servers read as one of the gateway',
    "path: '/orders/*', to: env.ORIGIN, keep: ['x_auth_subject']",
    'routes[1] (/orders/*).keep: must not name x_auth_subject, which some servers read as a header of the gateway. Take it out',
  ),
  inRoute(
    'a kept header about the connection',
    "path: '/orders/*', to: env.ORIGIN, keep: ['connection']",
    'routes[1] (/orders/*).keep: must not name connection, which is about one connection and ends with it. Take it out',
  ),
  inRoutes(
    'a header kept here that another route forwards',
    [
      "{ path: '/api/claims', to: claims }",
      "{ path: '/orders/*', to: env.ORIGIN, forward: { 'x-user': 'email' } }",
      "{ path: '/old/*', to: env.ORDERS, keep: ['x-user'] }",
    ],
    'routes[2] (/old/*).keep: must not name x-user, which only the gateway may set. Take it out',
  ),
  inRoute(
    'headers of the owner',
    "path: '/orders/*', to: env.ORIGIN, headers: { 'x-source': 'gateway' }",
    'routes[1] (/orders/*).headers: is not an option. Did you mean forward (claims to headers) or keep (headers that pass)?',
  ),
  inRoute(
    'a part that is not called',
    "path: '/orders/*', to: env.ORIGIN, resource: protectedResource",
    'routes[1] (/orders/*).resource: must be called, with parentheses: protectedResource()',
  ),
  inRoute(
    'a part that is switched on',
    "path: '/orders/*', to: env.ORIGIN, resource: true",
    'routes[1] (/orders/*).resource: must be made by protectedResource()',
  ),
  inRoute(
    'a part with text',
    "path: '/orders/*', to: env.ORIGIN, resource: protectedResource('Orders')",
    "routes[1] (/orders/*).resource: must be an object of options, for example protectedResource({ name: 'Orders' })",
  ),
  inRoute(
    'a part with scopes in one text',
    "path: '/orders/*', to: env.ORIGIN, resource: protectedResource({ scopes: 'api://orders/Orders.Read' })",
    "routes[1] (/orders/*).resource.scopes: must be a list in [ ], for example ['api://orders/Orders.Read']",
  ),
  inRoute(
    'a part with a URL over http',
    "path: '/orders/*', to: env.ORIGIN, resource: protectedResource({ url: 'http://api.acme.example/orders' })",
    "routes[1] (/orders/*).resource.url: must start with https://, for example 'https://api.acme.example/mcp'. Plain http is for localhost alone",
  ),
  inRoute(
    'a part whose name is not set',
    "path: '/orders/*', to: env.ORIGIN, resource: protectedResource({ name: env.API_NAME })",
    `routes[1] (/orders/*).resource.name: is undefined: what stands here is not set. Set the variable or secret (in .dev.vars, and with "npx wrangler secret put <NAME>"), declare the binding (in wrangler.toml), or write a value, for example name: 'Orders', or take this option out`,
  ),
  inRoute(
    'a limit that is a number',
    "path: '/orders/*', to: env.ORIGIN, limit: 100",
    'routes[1] (/orders/*).limit: must be made by limit({ … })',
  ),
  inRoute(
    'a switch in quotes',
    "path: '/orders/*', to: env.ORIGIN, dangerouslyOutliveToken: 'true'",
    'routes[1] (/orders/*).dangerouslyOutliveToken: must be true or false, without quotes',
  ),
  inRoute(
    'a misspelt switch',
    "path: '/orders/*', to: env.ORIGIN, dangerouslyAllowAmbiguousPath: true",
    'routes[1] (/orders/*).dangerouslyAllowAmbiguousPath: is not an option. Did you mean dangerouslyAllowAmbiguousPaths?',
  ),
]
