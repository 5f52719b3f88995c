// Who exists in the local world. Public knowledge, good on one machine only: nothing here may ever be in
// a Worker that is deployed (bundle.test.ts looks).

/** The API: the audience of its tokens, and the application id of its FusionAuth-shaped ones. */
export const API = {
  id: '5f1d3b0c-9a52-4f0e-8d3c-6a7d2b9e4c10',
  scopes: { 'orders:read': 'See your orders', 'orders:write': 'Place and change orders' },
} as const

/** Every scope of the API, as a token request names them. */
export const ALL_SCOPES = Object.keys(API.scopes).join(' ')

/** A person. */
export const ADA = {
  login: 'ada@example.com',
  email: 'ada@example.com',
  name: 'Ada Lovelace',
  password: 'analytical-engine',
  roles: ['admin', 'user'],
} as const

/** A service with a secret: the client of `npm run token`. */
export const SERVICE = {
  id: 'demo-service',
  secret: 'demo-service-secret-on-this-machine-only',
  roles: ['service'],
} as const

/** An application in a browser, which keeps no secret. */
export const BROWSER_APP = {
  id: 'demo-browser-app',
  redirectUris: ['http://localhost:3000/callback'],
} as const

/** The gateway itself, where its owner's file has sessions for people with browsers. */
export const GATEWAY_APP = {
  id: 'demo-gateway',
  secret: 'demo-gateway-secret-on-this-machine-only',
  callback: '/auth/callback',
  afterLogout: '/people',
} as const

/** What `POST /api/login` asks for and answers beside the person's own data. */
export const LOGIN_DOOR = {
  path: '/api/login',
  apiKey: 'demo-login-api-key',
  tenantId: '1c9bb1d4-7a43-4c0a-9b8e-2f6f0f3f5e77',
} as const

/** How `npm start` makes the gateway read its owner's file; its log line is of no interest. */
export const READ_CONFIG = { path: '/cdn-cgi/gatehouse/read-config', method: 'REPORT' } as const
