// The gateway as it is tried from a raw socket: an open part, a guarded part, and an origin.

import { oidc } from '../../src/auth/presets/oidc.ts'
import { worker } from '../../src/worker.ts'

interface Environment {
  STORE?: never
  ISSUER: string
  ORIGIN: string
}

export default worker<Environment>(({ ISSUER, ORIGIN }) => ({
  hosts: ['localhost'],
  schemes: { main: oidc({ issuer: ISSUER, audience: 'gatehouse' }) },
  routes: [
    { path: '/public/*', to: ORIGIN, auth: 'public' },
    { path: '/admin/*', to: ORIGIN, forward: { 'x-user-email': 'email' } },
  ],
}))
