// What the file is as a whole.

import { inConfig, inFile, type Mistake } from './mistake.ts'

export const THE_FILE: readonly Mistake[] = [
  inFile(
    'no default export',
    `defineGateway((env: Env): GatewayConfig => ({
  schemes: { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) },
  routes: [{ path: '/api/claims', to: claims }],
}))`,
    'gateway.config.ts: has no default export. Write export default defineGateway((env: Env): GatewayConfig => ({ schemes: { … }, routes: [ … ] }))',
  ),
  inFile(
    'an object without its function',
    `export default {
  schemes: {},
  routes: [{ path: '/*', to: 'https://orders.acme.example', auth: 'public' }],
}`,
    'gateway.config.ts: exports something else than a function. Write export default defineGateway((env: Env): GatewayConfig => ({ schemes: { … }, routes: [ … ] }))',
  ),
  inFile(
    'an async function',
    `export default defineGateway(async (env: Env) => ({
  schemes: { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) },
  routes: [{ path: '/api/claims', to: claims }],
}))`,
    'the config: is a promise: the function in defineGateway is async. Take async and await out; secrets and bindings are in env, and nothing else can be waited for here',
  ),
  inFile(
    'an arrow function whose braces are a block',
    `export default defineGateway((env: Env): GatewayConfig => {
  const schemes = { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) }
  const routes = [{ path: '/api/claims', to: claims }]
})`,
    'the config: is undefined: the function in defineGateway returns nothing. Write ({ … }) in parentheses after =>, or return { … }',
  ),
  inFile(
    'a function in a function',
    `export default defineGateway(() => (env: Env) => ({
  schemes: { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) },
  routes: [{ path: '/api/claims', to: claims }],
}))`,
    'the config: is a function: the function in defineGateway returns another one. Return the object: (env: Env) => ({ schemes: { … }, routes: [ … ] })',
  ),
  inFile(
    'a list of routes instead of an object',
    "export default defineGateway((env: Env) => [{ path: '/api/claims', to: claims }])",
    'the config: is a list, and must be an object: { schemes: { … }, routes: [ … ] }',
  ),
  inFile(
    'null',
    'export default defineGateway((env: Env) => null)',
    'the config: must be an object: { schemes: { … }, routes: [ … ] }',
  ),
  inFile(
    'a name that is not imported',
    `export default defineGateway((env: Env): GatewayConfig => ({
  schemes: { main: auth0({ domain: 'acme.eu.auth0.com', audience: env.CLIENT_ID }) },
  routes: [{ path: '/api/claims', to: claims }],
}))`,
    'gateway.config.ts: throws in line 8: ReferenceError: auth0 is not defined. Import auth0 at the top of the file (a preset is in ./auth/presets/), or put it in quotes if it is text',
  ),
  inFile(
    'a variable that is not set, and read',
    `export default defineGateway((env: Env): GatewayConfig => ({
  schemes: { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) },
  routes: [{ path: '/*', to: env.UPSTREAM.trim() }],
}))`,
    "gateway.config.ts: throws in line 9: TypeError: Cannot read properties of undefined (reading 'trim'). What stands before the dot is undefined: a variable, secret or binding that is not set. Set it, or read it only where it is there: env.NAME?.…",
  ),
  inFile(
    'an error that the owner throws',
    `export default defineGateway((env: Env): GatewayConfig => {
  if (!env.REGION) throw new Error('REGION is not set')
  return { schemes: { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) }, routes: [{ path: '/api/claims', to: claims }] }
})`,
    'gateway.config.ts: throws in line 8: Error: REGION is not set. Correct it there; the function in defineGateway must only return the config',
  ),
  inConfig(
    'no schemes',
    "routes: [{ path: '/api/claims', to: claims }],",
    'schemes: is missing. Add it, for example schemes: { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) }',
  ),
  inConfig(
    'no routes',
    'schemes: { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) },',
    "routes: is missing. Add it, for example routes: [{ path: '/orders/*', to: 'https://orders.acme.example' }]",
  ),
  inConfig(
    'issuers instead of schemes',
    `issuers: { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) },
routes: [{ path: '/api/claims', to: claims }],`,
    'issuers: is not an option. Did you mean schemes?',
    'schemes: is missing. Add it, for example schemes: { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) }',
  ),
  inConfig(
    'schemes in a list',
    `schemes: [oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID })],
routes: [{ path: '/api/claims', to: claims }],`,
    'schemes: must be an object in { }, for example { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) }',
  ),
  inConfig(
    'one scheme without a name',
    `schemes: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }),
routes: [{ path: '/api/claims', to: claims }],`,
    'schemes: must give each entry a name: { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) }',
  ),
  inConfig(
    'schemes that are text',
    `schemes: 'main',
routes: [{ path: '/api/claims', to: claims }],`,
    'schemes: must be an object in { }, for example { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) }',
  ),
  inConfig(
    'an empty list of routes',
    `schemes: { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) },
routes: [],`,
    "routes: is an empty list. Name at least one, for example [{ path: '/orders/*', to: 'https://orders.acme.example' }]",
  ),
  inConfig(
    'routes by their paths',
    `schemes: { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) },
routes: { '/api/claims': { to: claims } },`,
    "routes: must be a list in [ ], for example [{ path: '/orders/*', to: 'https://orders.acme.example' }]",
  ),
  inConfig(
    'route instead of routes',
    `schemes: { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) },
route: [{ path: '/api/claims', to: claims }],`,
    'route: is not an option. Did you mean routes?',
    "routes: is missing. Add it, for example routes: [{ path: '/orders/*', to: 'https://orders.acme.example' }]",
  ),
  inConfig(
    'host instead of hosts',
    `host: 'api.acme.example',
schemes: { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) },
routes: [{ path: '/api/claims', to: claims }],`,
    'host: is not an option. Did you mean hosts?',
  ),
  inConfig(
    'CORS of all routes beside them',
    `cors: { origins: ['https://app.acme.example'] },
schemes: { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) },
routes: [{ path: '/api/claims', to: claims }],`,
    'cors: is not an option. Write every: { cors: cors({ … }) }',
  ),
  inConfig(
    'an option that nobody knows',
    `logging: true,
schemes: { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) },
routes: [{ path: '/api/claims', to: claims }],`,
    'logging: is not an option. The options here are hosts, schemes, every, routes, revocation, log, metrics, health, refusal, problemType, dangerouslySimulate',
  ),
  inConfig(
    'every with an option of a route',
    `every: { timeoutSeconds: 10 },
schemes: { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) },
routes: [{ path: '/api/claims', to: claims }],`,
    'every.timeoutSeconds: is not an option. The options here are cors, limit, deprecated, resource, assertion, trace, login, mcp, cache, addresses, bodyLimit, retry, idleTimeout',
  ),
  inConfig(
    'every that is a part itself',
    `every: protectedResource({ name: 'Orders' }),
schemes: { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) },
routes: [{ path: '/api/claims', to: claims }],`,
    'every: is something else. Write options, for example { resource: protectedResource() }',
  ),
]
