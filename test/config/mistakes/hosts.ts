// Hosts of the gateway.

import { inConfig, type Mistake } from './mistake.ts'

export const HOSTS: readonly Mistake[] = [
  inConfig(
    'hosts from a variable that is not set',
    `hosts: env.HOSTS,
schemes: { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) },
routes: [{ path: '/api/claims', to: claims }],`,
    `hosts: is undefined: what stands here is not set. Set the variable or secret (in .dev.vars, and with "npx wrangler secret put <NAME>"), declare the binding (in wrangler.toml), or write a value, for example hosts: ['api.acme.example'], or take this option out`,
  ),
  inConfig(
    'hosts that is text',
    `hosts: 'api.acme.example',
schemes: { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) },
routes: [{ path: '/api/claims', to: claims }],`,
    "hosts: must be a list in [ ], for example ['api.acme.example']",
  ),
  inConfig(
    'an empty list of hosts',
    `hosts: [],
schemes: { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) },
routes: [{ path: '/api/claims', to: claims }],`,
    "hosts: is an empty list. Name at least one, for example ['api.acme.example'], or take this option out",
  ),
  inConfig(
    'hosts in five wrong spellings',
    `hosts: ['API.acme.example', 'https://api.acme.example', 'api.acme.example:8443', '*.acme.example', 'api.acme.example.'],
schemes: { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) },
routes: [{ path: '/api/claims', to: claims }],`,
    "hosts[0]: must be in lower case, for example 'api.acme.example'",
    "hosts[1]: must be a host name alone, without https:// and path, for example 'api.acme.example'",
    "hosts[2]: must have no port, for example 'api.acme.example'",
    "hosts[3]: must be one whole name, without '*'. List each name: 'api.acme.example'",
    "hosts[4]: must not end with a dot, for example 'api.acme.example'",
  ),
  inConfig(
    'a host with a path and one with an underscore',
    `hosts: ['api.acme.example/v1', 'api_v1.acme.example'],
schemes: { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) },
routes: [{ path: '/api/claims', to: claims }],`,
    "hosts[0]: must be a host name alone, without a path, for example 'api.acme.example'",
    "hosts[1]: must be a host name, of letters, digits, '-' and '.', for example 'api.acme.example'",
  ),
  inConfig(
    'a target on one of the hosts',
    `hosts: ['api.acme.example'],
schemes: { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) },
routes: [{ path: '/orders/*', to: 'https://api.acme.example/v2' }],`,
    "routes[0] (/orders/*).to: is the address of the gateway itself (hosts), so that requests would go in a circle. Write that of the service behind it, for example 'https://orders.acme.example', or a service binding",
  ),
  inConfig(
    'a target at the local gateway itself',
    `hosts: ['localhost'],
schemes: { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) },
routes: [{ path: '/orders/*', to: 'http://localhost:8787' }],`,
    "routes[0] (/orders/*).to: is the address of the gateway itself (hosts), so that requests would go in a circle. Write that of the service behind it, for example 'https://orders.acme.example', or a service binding",
  ),
  inConfig(
    'a route for a host that is not served',
    `hosts: ['api.acme.example'],
schemes: { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) },
routes: [{ path: '/*', host: 'admin.acme.example', to: env.ORIGIN }],`,
    'routes[0] (/*).host: is not among hosts, so the route can never match. Add it to hosts, or take it out here',
  ),
]
