// The tour's MCP server: three tools, by the official SDK. Who is calling comes from the gateway.

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js'
import type { Principal } from '../../src/auth/principal.ts'

const text = (value: string) => ({ content: [{ type: 'text' as const, text: value }] })

/** Answers each message by itself. */
export async function ordersServer(
  request: Request,
  principal: Principal | undefined,
): Promise<Response> {
  const server = new McpServer({ name: 'orders', version: '1.0.0' })
  server.registerTool('orders_count', { description: 'Says how many orders there are' }, () =>
    text('3 orders'),
  )
  server.registerTool('orders_read', { description: 'Reads your orders' }, () =>
    text(`the orders of ${principal?.subject}`),
  )
  server.registerTool('orders_cancel', { description: 'Cancels your orders' }, () =>
    text(`the orders of ${principal?.subject} are cancelled`),
  )
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true })
  await server.connect(transport)
  return transport.handleRequest(request)
}
