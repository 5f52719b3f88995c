// The gateway of this test: sessions of people who sign in at the local authorization server, or at a foreign one. Its
// clock can be moved.

import { oidc } from '../../../src/auth/presets/oidc.ts'
import { optional } from '../../../src/config/define.ts'
import { createGateway, type Gateway } from '../../../src/gateway.ts'
import { loginPage } from '../../../src/session/login-page.ts'
import { sessions } from '../../../src/session/sessions.ts'
import { claims } from '../../../src/upstream/claims-handler.ts'
import { peoplePage, peopleScript } from '../../demo/people-page.ts'

interface SessionsEnv {
  ISSUER: string
  AUDIENCE: string
  RESOURCE: string | undefined
  CLIENT_ID: string
  CLIENT_SECRET: string
  SCOPES: string[]
  STATE: Fetcher
}

let gateway: Gateway | undefined
let ahead = 0

function gatewayFor(env: SessionsEnv): Gateway {
  gateway ??= createGateway(
    {
      schemes: {
        main: oidc({ issuer: env.ISSUER, audience: env.AUDIENCE }),
        people: sessions({
          of: 'main',
          state: env.STATE,
          keys: ['kQ3vT8zL1mN5xR7wB2cY9dF4gH6jP0sA'],
          clientId: env.CLIENT_ID,
          clientSecret: env.CLIENT_SECRET,
          scopes: env.SCOPES,
          ...(env.RESOURCE && { resource: env.RESOURCE }),
          afterLogout: '/people',
        }),
      },
      routes: [
        { path: '/people', auth: optional('people'), to: peoplePage },
        { path: '/people/script.js', auth: 'public', to: peopleScript },
        { path: '/people/private', auth: 'people', login: loginPage(), to: peoplePage },
        { path: '/people/api', auth: 'people', to: claims },
      ],
    },
    { now: () => Math.floor(Date.now() / 1_000) + ahead },
  )
  return gateway
}

export default {
  fetch(request, env, context) {
    const { pathname, search } = new URL(request.url)
    if (pathname !== '/clock-of-the-test') return gatewayFor(env).fetch(request, context)
    ahead = Number(search.slice(1))
    return new Response()
  },
} satisfies ExportedHandler<SessionsEnv>
