// Who exists in the demo. Public knowledge, good on one machine only: nothing here may ever be in
// a Worker that is deployed (test/e2e/bundle.test.ts looks).

/** The API, as the authorization server and the gateway know it. */
export const AUDIENCE = 'urn:gatehouse:demo'

/** A person. */
export const ADA = {
  email: 'ada@example.com',
  password: 'analytical-engine',
  roles: ['admin', 'user'],
} as const

/** A service with a secret: the client of `npm run token`. */
export const SERVICE = {
  id: 'demo-service',
  secret: 'demo-service-secret',
  scope: 'orders:read orders:write',
} as const
