// Paths of routes, and two routes for one request.

import { inRoute, inRoutes, type Mistake } from './mistake.ts'

export const PATHS: readonly Mistake[] = [
  inRoute(
    'no slash at its beginning',
    "path: 'orders/*', to: env.ORIGIN",
    "routes[1].path: must start with '/', for example '/orders/*'",
  ),
  inRoute(
    'a whole URL',
    "path: 'https://api.acme.example/orders', to: env.ORIGIN",
    "routes[1].path: must be a path alone, for example '/orders/*'. A host name goes into host",
  ),
  inRoute(
    'no path',
    'to: env.ORIGIN',
    "routes[1].path: is missing. Add it, for example path: '/orders/*'",
  ),
  inRoute(
    'an empty path',
    "path: '', to: env.ORIGIN",
    `routes[1].path: is empty. A variable or secret that is not set arrives like this: set it (in .dev.vars, and with "npx wrangler secret put <NAME>"), or write a value, for example '/orders/*'`,
  ),
  inRoute(
    'a path that is a regular expression',
    'path: /orders/, to: env.ORIGIN',
    "routes[1].path: must be text in quotes, for example '/orders/*'",
  ),
  inRoute(
    'a regular expression in text',
    "path: '^/orders/[0-9]+$', to: env.ORIGIN",
    "routes[1].path: looks like a regular expression, which does not exist here. Write one route for each path, or a parameter as in '/orders/:id'",
  ),
  inRoute(
    'alternatives',
    "path: '/(orders|invoices)/*', to: env.ORIGIN",
    "routes[1] (/(orders|invoices)/*).path: looks like a regular expression, which does not exist here. Write one route for each path, or a parameter as in '/orders/:id'",
  ),
  inRoute(
    'a star inside a segment',
    "path: '/orders*', to: env.ORIGIN",
    "routes[1] (/orders*).path: has '*' inside a segment. It must be a segment of its own, as in '/files/*'",
  ),
  inRoute(
    'a star in the middle',
    "path: '/orders/*/items', to: env.ORIGIN",
    "routes[1] (/orders/*/items).path: has '*' in the middle. It may only be the last segment; for one segment write a parameter, as in '/a/:name/b'",
  ),
  inRoute(
    'two stars',
    "path: '/files/**', to: env.ORIGIN",
    "routes[1] (/files/**).path: has '**'. One '*' as the last segment matches any depth, as in '/files/*'",
  ),
  inRoute(
    'a slash after the star',
    "path: '/files/*/', to: env.ORIGIN",
    "routes[1] (/files/*/).path: has a slash after '*'. End with '*', as in '/files/*'",
  ),
  inRoute(
    'an optional parameter',
    "path: '/orders/:id?', to: env.ORIGIN",
    "routes[1] (/orders/:id?).path: has an optional parameter, which does not exist here. Write two routes: '/orders' and '/orders/:id'",
  ),
  inRoute(
    'a parameter for several segments',
    "path: '/files/:path*', to: env.ORIGIN",
    "routes[1] (/files/:path*).path: has a parameter for several segments, which does not exist here. Write '*' as the last segment, as in '/files/*'",
  ),
  inRoute(
    'a parameter in braces',
    "path: '/orders/{id}', to: env.ORIGIN",
    "routes[1] (/orders/{id}).path: has a parameter in brackets. Write it as ':id', as in '/orders/:id'",
  ),
  inRoute(
    'a parameter in angle brackets',
    "path: '/orders/<id>', to: env.ORIGIN",
    "routes[1] (/orders/<id>).path: has a parameter in brackets. Write it as ':id', as in '/orders/:id'",
  ),
  inRoute(
    'a parameter without a name',
    "path: '/orders/:/items', to: env.ORIGIN",
    "routes[1] (/orders/:/items).path: has ':' without a name. Name the parameter, as in '/orders/:id'",
  ),
  inRoute(
    'a parameter that is a number',
    "path: '/orders/:1', to: env.ORIGIN",
    "routes[1] (/orders/:1).path: has a parameter whose name starts with no letter. Write it like ':id'",
  ),
  inRoute(
    'a parameter with a dash',
    "path: '/orders/:order-id', to: env.ORIGIN",
    "routes[1] (/orders/:order-id).path: has a parameter with '-' in its name. Use letters, digits and '_', as in ':orderId'",
  ),
  inRoute(
    'a parameter inside a segment',
    "path: '/orders/v:version', to: env.ORIGIN",
    "routes[1] (/orders/v:version).path: has ':' inside a segment. A parameter is a whole segment, as in '/orders/:id'",
  ),
  inRoute(
    'a query',
    "path: '/orders?status=open', to: env.ORIGIN",
    "routes[1] (/orders?status=open).path: must not have a query. Take '?' and what follows it away: a path matches with any query",
  ),
  inRoute(
    'a fragment',
    "path: '/orders#top', to: env.ORIGIN",
    "routes[1] (/orders#top).path: must not have a fragment. Take '#' and what follows it away",
  ),
  inRoute(
    'an empty segment',
    "path: '/orders//open', to: env.ORIGIN",
    "routes[1] (/orders//open).path: has an empty segment ('//'). Write each '/' once",
  ),
  inRoute(
    'a backslash',
    `path: '/orders\\\\open', to: env.ORIGIN`,
    `routes[1] (/orders\\open).path: has a backslash. Separate segments with '/', as in '/orders/*'`,
  ),
  inRoute(
    'a semicolon',
    "path: '/orders;v=1', to: env.ORIGIN",
    "routes[1] (/orders;v=1).path: has ';', which servers read in different ways. Take it away",
  ),
  inRoute(
    'a space',
    "path: '/open orders', to: env.ORIGIN",
    'routes[1].path: has a space. Write it as %20, or take it away',
  ),
  inRoute(
    'a space at its end',
    "path: '/orders/* ', to: env.ORIGIN",
    "routes[1].path: has a space or a line break at its start or end. Take it away, as in '/orders/*'",
  ),
  inRoute(
    'a letter outside ASCII',
    "path: '/café/*', to: env.ORIGIN",
    "routes[1].path: has letters that must be percent-encoded. Write '/caf%C3%A9/*'",
  ),
  inRoute(
    'a plus sign',
    "path: '/a+b', to: env.ORIGIN",
    "routes[1] (/a+b).path: has a character that may not stand in a pattern. Use letters, digits, - . _ ~ ! @ & ' , = and escapes such as %20; where callers send another one, write a parameter or '*'",
  ),
  inRoute(
    'dots',
    "path: '/orders/../invoices', to: env.ORIGIN",
    "routes[1] (/orders/../invoices).path: has a segment '.' or '..', which no request keeps. Write the path without it",
  ),
  inRoute(
    'an escape of a slash',
    "path: '/orders%2Fopen', to: env.ORIGIN",
    'routes[1] (/orders%2Fopen).path: has an escape that no request may have (%2F, %5C, %00, %3B, %25…, or no UTF-8). Take it away',
  ),
  inRoute(
    'an escape in lower case',
    "path: '/caf%c3%a9', to: env.ORIGIN",
    "routes[1] (/caf%c3%a9).path: would match no request, because paths are compared in another spelling. Write '/caf%C3%A9'",
  ),
  inRoute(
    'an escape of what needs none',
    "path: '/%6Frders', to: env.ORIGIN",
    "routes[1] (/%6Frders).path: would match no request, because paths are compared in another spelling. Write '/orders'",
  ),
  inRoute(
    'a sign that is no escape',
    "path: '/100%', to: env.ORIGIN",
    "routes[1] (/100%).path: has '%' without two hexadecimal digits after it. Write %25 for the sign itself",
  ),
  inRoutes(
    'two routes with one path',
    [
      "{ path: '/api/claims', to: claims }",
      "{ path: '/orders/*', to: env.ORIGIN }",
      "{ path: '/orders/*', to: env.ORDERS }",
    ],
    'routes[2] (/orders/*).path: matches the same requests as routes[1] (/orders/*). Give them different paths, hosts or methods, or take one out',
  ),
  inRoutes(
    'two paths that differ in case',
    [
      "{ path: '/api/claims', to: claims }",
      "{ path: '/orders', to: env.ORIGIN, methods: ['GET'] }",
      "{ path: '/Orders', to: env.ORDERS, methods: ['POST'] }",
    ],
    'routes[2] (/Orders).path: differs from routes[1] (/orders) in upper and lower case or in a slash at its end alone, so that both match the same requests. Write both paths alike, or take one out',
  ),
  inRoutes(
    'two paths with parameters',
    [
      "{ path: '/api/claims', to: claims }",
      "{ path: '/orders/:id', to: env.ORIGIN }",
      "{ path: '/orders/:number', to: env.ORDERS }",
    ],
    'routes[2] (/orders/:number).path: matches the same requests as routes[1] (/orders/:id). Give them different paths, hosts or methods, or take one out',
  ),
  inRoutes(
    'a route that is empty',
    ["{ path: '/api/claims', to: claims }", "env.EMPTY && { path: '/*', to: env.EMPTY }"],
    "routes[1]: is not a route but empty. For a route that is there only sometimes, write ...(env.ORIGIN ? [{ path: '/*', to: env.ORIGIN }] : [])",
  ),
  inRoutes(
    'a route that is text',
    ["'/api/claims'"],
    "routes[0]: must be an object of options, for example { path: '/orders/*', to: 'https://orders.acme.example' }",
  ),
  inRoutes(
    'a route in a list of its own',
    ["[{ path: '/api/claims', to: claims }]"],
    "routes[0]: must be an object of options, for example { path: '/orders/*', to: 'https://orders.acme.example' }",
  ),
  inRoutes(
    "a route at the address of the gateway's own document",
    [
      "{ path: '/mcp', to: env.ORIGIN, resource: protectedResource({ name: 'Notes' }) }",
      "{ path: '/.well-known/oauth-protected-resource/mcp', to: env.ORDERS, auth: 'public' }",
    ],
    'routes[1] (/.well-known/oauth-protected-resource/mcp).path: is the address of routes[0] (/mcp).resource, where the gateway answers itself. Choose another path, or take routes[0] (/mcp).resource out',
  ),
]
