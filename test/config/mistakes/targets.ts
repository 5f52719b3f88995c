// Where a route leads: to, via, stripPrefix, timeoutSeconds.

import { inRoute, type Mistake } from './mistake.ts'

export const TARGETS: readonly Mistake[] = [
  inRoute(
    'no target',
    "path: '/orders/*'",
    "routes[1] (/orders/*).to: is missing. Add it, for example to: 'https://orders.acme.example'",
  ),
  inRoute(
    'a target from a variable that is not set',
    "path: '/orders/*', to: env.UPSTREAM",
    `routes[1] (/orders/*).to: is undefined: what stands here is not set. Set the variable or secret (in .dev.vars, and with "npx wrangler secret put <NAME>"), declare the binding (in wrangler.toml), or write a value, for example to: 'https://orders.acme.example'`,
  ),
  inRoute(
    'a target from an empty variable',
    "path: '/orders/*', to: env.EMPTY",
    `routes[1] (/orders/*).to: is empty. A variable or secret that is not set arrives like this: set it (in .dev.vars, and with "npx wrangler secret put <NAME>"), or write a value, for example 'https://orders.acme.example'`,
  ),
  inRoute(
    'url instead of to',
    "path: '/orders/*', url: 'https://orders.acme.example'",
    'routes[1] (/orders/*).url: is not an option. Did you mean to?',
    "routes[1] (/orders/*).to: is missing. Add it, for example to: 'https://orders.acme.example'",
  ),
  inRoute(
    'target instead of to',
    "path: '/orders/*', target: env.ORIGIN",
    'routes[1] (/orders/*).target: is not an option. Did you mean to?',
    "routes[1] (/orders/*).to: is missing. Add it, for example to: 'https://orders.acme.example'",
  ),
  inRoute(
    'a target without https://',
    "path: '/orders/*', to: 'orders.acme.example'",
    "routes[1] (/orders/*).to: must start with https://, for example 'https://orders.acme.example'",
  ),
  inRoute(
    'localhost without http://',
    "path: '/orders/*', to: 'localhost:3000'",
    "routes[1] (/orders/*).to: must start with http://, for example 'http://localhost:3000'",
  ),
  inRoute(
    'a target over http',
    "path: '/orders/*', to: 'http://orders.acme.example'",
    "routes[1] (/orders/*).to: must start with https://, for example 'https://orders.acme.example'. Plain http is for localhost alone, or for a binding: { url: 'http://orders.internal', via: env.ORDERS_VPC }",
  ),
  inRoute(
    'a target over ftp',
    "path: '/orders/*', to: 'ftp://orders.acme.example'",
    "routes[1] (/orders/*).to: must start with https://, for example 'https://orders.acme.example'",
  ),
  inRoute(
    'a target for WebSockets',
    "path: '/orders/*', to: 'wss://orders.acme.example'",
    "routes[1] (/orders/*).to: must start with https://, for example 'https://orders.acme.example': WebSockets go to the same URL",
  ),
  inRoute(
    'a target that is a path',
    "path: '/orders/*', to: '/v2/orders'",
    "routes[1] (/orders/*).to: is a path, and must be a whole URL, for example 'https://orders.acme.example'. An answer of the gateway itself is a function: () => new Response('…')",
  ),
  inRoute(
    'a target that is no URL',
    "path: '/orders/*', to: 'https://'",
    "routes[1] (/orders/*).to: cannot be read as a URL. Write it like 'https://orders.acme.example'",
  ),
  inRoute(
    'a target with a star',
    "path: '/orders/*', to: 'https://orders.acme.example/*'",
    "routes[1] (/orders/*).to: must not have '*' or ':name' in it. End it before them, for example 'https://orders.acme.example': the path of each request is appended by itself",
  ),
  inRoute(
    'a target with a parameter',
    "path: '/orders/*', to: 'https://orders.acme.example/orders/:id'",
    "routes[1] (/orders/*).to: must not have '*' or ':name' in it. End it before them, for example 'https://orders.acme.example': the path of each request is appended by itself",
  ),
  inRoute(
    'a target with a query',
    "path: '/orders/*', to: 'https://orders.acme.example/?key=abc'",
    "routes[1] (/orders/*).to: must not have a query. Take '?' and what follows it away: the query of each request is passed on by itself",
  ),
  inRoute(
    'a target with a fragment',
    "path: '/orders/*', to: 'https://orders.acme.example/#orders'",
    "routes[1] (/orders/*).to: must not have a fragment. Take '#' and what follows it away",
  ),
  inRoute(
    'a target with a password',
    "path: '/orders/*', to: 'https://gateway:pa55@orders.acme.example'",
    "routes[1] (/orders/*).to: must not have a user name or password in it. Write the URL alone, for example 'https://orders.acme.example'",
  ),
  inRoute(
    'two targets',
    "path: '/orders/*', to: ['https://a.acme.example', 'https://b.acme.example']",
    "routes[1] (/orders/*).to: must be one target, for example 'https://orders.acme.example', not a list",
  ),
  inRoute(
    'null',
    "path: '/orders/*', to: null",
    "routes[1] (/orders/*).to: must say where requests go, for example 'https://orders.acme.example'. For a route that is there only sometimes, write ...(env.ORIGIN ? [{ path: '/*', to: env.ORIGIN }] : [])",
  ),
  inRoute(
    'a URL object',
    "path: '/orders/*', to: new URL('https://orders.acme.example')",
    "routes[1] (/orders/*).to: must be text. Write the URL in quotes, for example 'https://orders.acme.example'",
  ),
  inRoute(
    'an answer',
    "path: '/orders/*', to: new Response('hello')",
    "routes[1] (/orders/*).to: is an answer, and must be a function that makes one: () => new Response('…')",
  ),
  inRoute(
    'a namespace instead of a service',
    "path: '/orders/*', to: env.STORE",
    "routes[1] (/orders/*).to: must be a URL in quotes, for example 'https://orders.acme.example', a service binding such as env.ORDERS, { url, via } with a binding, or a function (request, principal) => Response",
  ),
  inRoute(
    'a number',
    "path: '/orders/*', to: 3000",
    "routes[1] (/orders/*).to: must be a URL in quotes, for example 'https://orders.acme.example', a service binding such as env.ORDERS, { url, via } with a binding, or a function (request, principal) => Response",
  ),
  inRoute(
    'an URL in an object, without a binding',
    "path: '/orders/*', to: { url: 'http://orders.internal' }",
    'routes[1] (/orders/*).to.via: is missing. Add it, for example via: env.ORDERS_VPC',
  ),
  inRoute(
    'an URL in an object, with a binding by its name',
    "path: '/orders/*', to: { url: 'http://orders.internal', via: 'CERT' }",
    'routes[1] (/orders/*).to.via: must be a binding (something with a fetch function), for example env.AUTH. Declare it in wrangler.toml under [[services]], [[mtls_certificates]] or [[vpc_services]]',
  ),
  inRoute(
    'an URL in an object with binding instead of via',
    "path: '/orders/*', to: { url: 'https://orders.acme.example', binding: env.CERT }",
    'routes[1] (/orders/*).to.binding: is not an option. Did you mean via?',
    'routes[1] (/orders/*).to.via: is missing. Add it, for example via: env.ORDERS_VPC',
  ),
  inRoute(
    'a binding beside a binding',
    "path: '/orders/*', to: env.ORDERS, via: env.CERT",
    "routes[1] (/orders/*).via: goes with a URL in to: { to: 'https://orders.acme.example', via: env.ORDERS_CERT }. Take it out, or write a URL in to",
  ),
  inRoute(
    'a binding by its name',
    "path: '/orders/*', to: env.ORIGIN, via: 'CERT'",
    'routes[1] (/orders/*).via: must be a binding (something with a fetch function), for example env.AUTH. Declare it in wrangler.toml under [[services]], [[mtls_certificates]] or [[vpc_services]]',
  ),
  inRoute(
    'a binding that is not declared',
    "path: '/orders/*', to: env.ORIGIN, via: env.MTLS",
    'routes[1] (/orders/*).via: is undefined: what stands here is not set. Set the variable or secret (in .dev.vars, and with "npx wrangler secret put <NAME>"), declare the binding (in wrangler.toml), or write a value, or take this option out',
  ),
  inRoute(
    'a prefix as text',
    "path: '/orders/*', to: env.ORIGIN, stripPrefix: '/orders'",
    "routes[1] (/orders/*).stripPrefix: must be true or false, without quotes: true takes the literal beginning of path away, '/orders' of '/orders/*'",
  ),
  inRoute(
    'a prefix to strip where there is none',
    "path: '/*', to: env.ORIGIN, stripPrefix: true",
    "routes[1] (/*).stripPrefix: has nothing to take away: path has no literal segment at its beginning. Take stripPrefix out, or write a path like '/orders/*'",
  ),
  inRoute(
    'a prefix to strip before a parameter',
    "path: '/:tenant/orders', to: env.ORIGIN, stripPrefix: true",
    "routes[1] (/:tenant/orders).stripPrefix: has nothing to take away: path has no literal segment at its beginning. Take stripPrefix out, or write a path like '/orders/*'",
  ),
  inRoute(
    'a rewrite',
    "path: '/orders/*', to: env.ORIGIN, rewrite: '/v2'",
    'routes[1] (/orders/*).rewrite: is not an option. Did you mean stripPrefix: true?',
  ),
  inRoute(
    'a time in text',
    "path: '/orders/*', to: env.ORIGIN, timeoutSeconds: '30'",
    'routes[1] (/orders/*).timeoutSeconds: must be a number of seconds without quotes, for example 30, or false for no limit',
  ),
  inRoute(
    'a time in milliseconds',
    "path: '/orders/*', to: env.ORIGIN, timeoutSeconds: 30_000",
    'routes[1] (/orders/*).timeoutSeconds: must be at most 600, in seconds (not milliseconds), for example 30, or false for no limit',
  ),
  inRoute(
    'no time at all',
    "path: '/orders/*', to: env.ORIGIN, timeoutSeconds: 0",
    'routes[1] (/orders/*).timeoutSeconds: must be more than 0, for example 30, or false for no limit',
  ),
  inRoute(
    'timeout instead of timeoutSeconds',
    "path: '/orders/*', to: env.ORIGIN, timeout: 30",
    'routes[1] (/orders/*).timeout: is not an option. Did you mean timeoutSeconds?',
  ),
  inRoute(
    'host with https://',
    "path: '/*', to: env.ORIGIN, host: 'https://api.acme.example'",
    "routes[1] (/*).host: must be a host name alone, without https:// and path, for example 'api.acme.example'",
  ),
  inRoute(
    'host from a variable that is not set',
    "path: '/*', to: env.ORIGIN, host: env.HOST",
    'routes[1] (/*).host: is undefined: what stands here is not set. Set the variable or secret (in .dev.vars, and with "npx wrangler secret put <NAME>"), declare the binding (in wrangler.toml), or write a value, or take this option out',
  ),
]
