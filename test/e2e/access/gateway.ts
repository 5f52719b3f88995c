// A gateway for people of a team, whose documents a server on this machine has.

import { cloudflareAccess } from '../../../src/auth/presets/cloudflare-access.ts'
import { defineGateway } from '../../../src/config/define.ts'
import { worker } from '../../../src/worker.ts'

export interface AccessEnv {
  STORE?: KVNamespace
  AUD: string
  ORIGIN: string
  /** Where the team's domain leads to. */
  TEAM_SERVER: string
}

const define = defineGateway(({ AUD, ORIGIN, TEAM_SERVER }: AccessEnv) => ({
  schemes: {
    staff: cloudflareAccess({
      team: 'acme',
      audience: AUD,
      cloudflared: true,
      identity: { groups: 'name' },
      via: {
        fetch: ({ url, headers }) => {
          const { pathname } = new URL(url)
          return fetch(TEAM_SERVER + pathname, { headers, redirect: 'manual' })
        },
      },
    }),
  },
  routes: [{ path: '/*', to: ORIGIN, forward: { 'x-user-email': 'email' } }],
}))

export default worker(define)
