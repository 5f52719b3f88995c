// An MCP server of revision 2026-07-28 as its authors would write it: the newer SDK, one POST for each message, and not
// a word about tokens.

import { createServer, type IncomingMessage } from 'node:http'
import { type NodeIncomingMessageLike, toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { listenOnLoopback } from '../../support/listen.ts'

export interface NewerNotesServer {
  readonly url: string
  /** Of every request so far, as node:http read them. */
  readonly received: IncomingMessage['headers'][]
  /** Lets the calls of the tool `slow` finish that have begun. */
  finish(): void
  stop(): Promise<void>
}

/** Starts the server on a free port of loopback; its tools are `whoami`, `slow`, `share` and `hidden`. */
export async function startNewerNotesServer(): Promise<NewerNotesServer> {
  const received: NewerNotesServer['received'] = []
  let running = Promise.withResolvers<void>()
  const handler = createMcpHandler(() => createNotes(() => running.promise), { legacy: 'reject' })
  const serve = toNodeHandler(handler)
  const { port, stop } = await listenOnLoopback(
    createServer((request, response) => {
      received.push(request.headers)
      // The SDK's declarations do not go with exactOptionalPropertyTypes.
      serve(request as NodeIncomingMessageLike, response).catch(() => request.socket.destroy())
    }),
  )
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    finish() {
      running.resolve()
      running = Promise.withResolvers()
    },
    async stop() {
      await handler.close()
      await stop()
    },
  }
}

function createNotes(finished: () => Promise<void>): McpServer {
  const server = new McpServer({ name: 'newer notes', version: '1.0.0' })
  server.registerTool('whoami', { description: 'Says who is calling' }, ({ http }) => ({
    content: [{ type: 'text', text: String(http?.req?.headers.get('x-auth-subject')) }],
  }))
  for (const name of ['share', 'hidden']) {
    server.registerTool(name, { description: 'Asks for another scope, or is for nobody' }, () => ({
      content: [{ type: 'text', text: `${name}d` }],
    }))
  }
  server.registerTool(
    'slow',
    { description: 'Reports progress, then waits' },
    async ({ mcpReq }) => {
      const done = finished()
      const progressToken = mcpReq._meta?.progressToken ?? 0
      await mcpReq.notify({
        method: 'notifications/progress',
        params: { progressToken, progress: 1, total: 2 },
      })
      await done
      return { content: [{ type: 'text', text: 'done' }] }
    },
  )
  return server
}
