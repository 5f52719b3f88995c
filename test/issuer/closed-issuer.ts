/** An authorization server all of whose clients authenticate. */

import { defineIssuer } from '../../src/issuer/config.ts'
import { createIssuer } from '../../src/issuer/issuer.ts'

export { IssuerStorage } from '../../src/issuer/storage/issuer-storage.ts'

export default createIssuer(
  defineIssuer(() => ({
    publicClients: false,
    apis: [{ audience: 'https://api.example.com', scopes: { 'orders:read': 'See your orders' } }],
    defaultAudience: 'https://api.example.com',
  })),
)
