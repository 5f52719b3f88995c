// The authorization server of this test: the MCP server and another API, and clients that register
// themselves.

import { defineIssuer } from '../../../src/issuer/config.ts'
import { createIssuer } from '../../../src/issuer/issuer.ts'

export { IssuerStorage } from '../../../src/issuer/storage/issuer-storage.ts'

export default createIssuer(
  defineIssuer((env) => ({
    openRegistration: true,
    apis: [
      ...['/mcp', '/newer'].map((path) => ({
        audience: env.ISSUER + path,
        scopes: { 'notes:use': 'Use your notes', 'notes:share': 'Share your notes' },
      })),
      { audience: `${env.ISSUER}/billing`, scopes: { 'notes:use': 'Bill for your notes' } },
    ],
  })),
)
