// What the MCP tests send, and whose tokens.

import type { McpWorld } from './world.ts'

/** Bundling takes 2 s; a machine that does much else at the same time may need very much longer. */
export const START_TIMEOUT_MS = 150_000
export const PASSWORD = 'correct horse battery staple'
export const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'by hand', version: '1.0.0' },
  },
}

/** An access token of a service itself, for the resource at this path. */
export async function serviceToken(
  { origin }: McpWorld,
  { id, secret }: { id: string; secret: string },
  path: string,
  scope?: string,
): Promise<string> {
  const response = await fetch(`${origin}/oauth2/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${id}:${secret}`)}` },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      resource: origin + path,
      ...(scope !== undefined && { scope }),
    }),
  })
  return ((await response.json()) as { access_token: string }).access_token
}
