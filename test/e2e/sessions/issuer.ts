// The local authorization server of this test: one API, and no grace for a refresh token that was used.

import { defineIssuer } from '../../../src/issuer/config.ts'
import { createIssuer } from '../../../src/issuer/issuer.ts'

export { IssuerStorage } from '../../../src/issuer/storage/issuer-storage.ts'

export default createIssuer(
  defineIssuer(() => ({
    refreshGraceSeconds: 0,
    apis: [
      { audience: 'https://api.people.example', scopes: { 'orders:read': 'See your orders' } },
    ],
  })),
)
