// A gateway that FusionAuth's browser SDK takes for FusionAuth: the page, and an API that it calls.

import { oidc } from '../../../src/auth/presets/oidc.ts'
import { createGateway, type Gateway } from '../../../src/gateway.ts'
import { fusionAuthApp } from '../../../src/session/fusionauth-app.ts'
import { claims } from '../../../src/upstream/claims-handler.ts'

interface AppEnv {
  ISSUER: string
  AUDIENCE: string
  RESOURCE: string
  CLIENT_ID: string
  CLIENT_SECRET: string
  SCOPES: string[]
  SCRIPT: string
  STATE: Fetcher
}

const PAGE =
  '<!doctype html><html lang="en"><title>App</title><div id="app"></div><script src="/app.js"></script>'

let gateway: Gateway | undefined

function gatewayFor(env: AppEnv): Gateway {
  gateway ??= createGateway({
    schemes: {
      main: oidc({ issuer: env.ISSUER, audience: env.AUDIENCE }),
      app: fusionAuthApp({
        of: 'main',
        state: env.STATE,
        keys: ['kQ3vT8zL1mN5xR7wB2cY9dF4gH6jP0sA'],
        clientId: env.CLIENT_ID,
        clientSecret: env.CLIENT_SECRET,
        scopes: env.SCOPES,
        resource: env.RESOURCE,
      }),
    },
    routes: [
      {
        path: '/people',
        auth: 'public',
        to: () => new Response(PAGE, { headers: { 'content-type': 'text/html' } }),
      },
      {
        path: '/app.js',
        auth: 'public',
        to: () => new Response(env.SCRIPT, { headers: { 'content-type': 'text/javascript' } }),
      },
      { path: '/people/api', auth: 'app', to: claims },
    ],
  })
  return gateway
}

export default {
  fetch: (request, env, context) => gatewayFor(env).fetch(request, context),
} satisfies ExportedHandler<AppEnv>
