// The owner's file of this test: an MCP server of each era, and the authorization server under the same hostname.

import { oidc } from '../../../src/auth/presets/oidc.ts'
import { defineGateway } from '../../../src/config/define.ts'
import { protectedResource } from '../../../src/edge/resource-metadata.ts'
import { tools } from '../../../src/mcp/tools.ts'

interface McpEnv {
  /** The origin that clients see, of the gateway and of the authorization server behind it. */
  ISSUER: string
  ISSUER_WORKER: Fetcher
  MCP_SERVER: string
  NEWER_MCP_SERVER: string
}

/** A page of the gateway's own host, for clients in browsers. */
const page = () => new Response('', { headers: { 'content-type': 'text/html' } })

export default defineGateway((env: McpEnv) => {
  const toIssuer = { auth: 'public', to: env.ISSUER_WORKER, keep: ['authorization'] } as const
  const forAudience = (path: string) =>
    oidc({ issuer: env.ISSUER, audience: env.ISSUER + path, via: env.ISSUER_WORKER })
  const notes = {
    scopes: ['notes:use'],
    resource: protectedResource({ name: 'Notes' }),
    mcp: tools({ call: { whoami: [], slow: [], share: ['notes:share'] } }),
  }
  return {
    schemes: { main: forAudience('/mcp'), newer: forAudience('/newer') },
    routes: [
      { path: '/mcp', auth: 'main', to: env.MCP_SERVER, ...notes },
      { path: '/newer', auth: 'newer', to: env.NEWER_MCP_SERVER, ...notes },
      { path: '/page', auth: 'public', to: page },
      { path: '/.well-known/oauth-authorization-server', ...toIssuer },
      { path: '/.well-known/openid-configuration', ...toIssuer },
      { path: '/.well-known/jwks.json', ...toIssuer },
      { path: '/oauth2/*', ...toIssuer },
      { path: '/interaction/*', ...toIssuer },
    ],
  }
})
