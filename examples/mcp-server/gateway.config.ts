/** An MCP server whose tools are not for everybody. */

import { anyOf, defineGateway, type GatewayConfig } from '@gatehouse/gateway'
import { oidc } from '@gatehouse/gateway/oidc'
import { protectedResource } from '@gatehouse/gateway/protected-resource'
import { tools } from '@gatehouse/gateway/tools'

export interface Env {
  ISSUER: string
  /** The address of the server as clients know it: https://api.acme.example/mcp */
  MCP_URL: string
}

export default defineGateway(
  (env: Env): GatewayConfig => ({
    schemes: { main: oidc({ issuer: env.ISSUER, audience: env.MCP_URL }) },
    routes: [
      {
        path: '/mcp',
        to: 'https://mcp.internal.acme.example',
        scopes: ['notes:use'],
        resource: protectedResource({ name: 'Notes' }),
        mcp: tools({
          call: {
            notes_list: [],
            notes_read: ['notes:read'],
            notes_write: anyOf({ scopes: ['notes:write'] }, { roles: ['editor'] }),
          },
        }),
      },
    ],
  }),
)
