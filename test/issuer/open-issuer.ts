/** An authorization server with two APIs, no default one, open registration, and no grace. */

import { defineIssuer } from '../../src/issuer/config.ts'
import { createIssuer } from '../../src/issuer/issuer.ts'

export { IssuerStorage } from '../../src/issuer/storage/issuer-storage.ts'

export default createIssuer(
  defineIssuer(() => ({
    title: 'Sign in to <Example>',
    openRegistration: true,
    clientDocuments: true,
    dpop: true,
    deviceFlow: true,
    colors: { accent: '#7a1fa2' },
    // A test reads it in the log.
    send: async (message) => console.log(`message ${JSON.stringify(message)}`),
    refreshGraceSeconds: 0,
    apis: [
      {
        audience: 'orders',
        resources: ['https://api.example.com/mcp'],
        scopes: { 'orders:read': 'See your orders' },
        accessTokenSeconds: 120,
      },
      {
        audience: 'https://legacy.example.com',
        scopes: { legacy: 'Use <b>everything</b>' },
        accessTokenFormat: 'opaque',
      },
    ],
  })),
)
