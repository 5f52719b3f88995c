// An MCP server as its authors would write it: the official SDK on node:http, and not a word about
// tokens. Who is calling stands in the headers that the gateway sets.

import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { listenOnLoopback } from '../../support/listen.ts'

export interface NotesServer {
  readonly url: string
  /** Of every request so far, as node:http read them. */
  readonly received: IncomingMessage['headers'][]
  /** Tells every client that the list of tools has changed, unasked. */
  announce(): void
  /** Lets the calls of the tool `slow` finish that have begun. */
  finish(): void
  stop(): Promise<void>
}

/** Starts the server on a free port of loopback; its tools are `whoami`, `slow`, `share` and `hidden`. */
export async function startNotesServer(): Promise<NotesServer> {
  const sessions = new Map<string, StreamableHTTPServerTransport>()
  const servers = new Set<McpServer>()
  const received: NotesServer['received'] = []
  let running = Promise.withResolvers<void>()

  async function open(): Promise<StreamableHTTPServerTransport> {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, transport),
    })
    const server = createNotes(() => running.promise)
    servers.add(server)
    await server.connect(transport)
    return transport
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    received.push(request.headers)
    const session = sessions.get(String(request.headers['mcp-session-id']))
    await (session ?? (await open())).handleRequest(request, response)
  }

  const { port, stop } = await listenOnLoopback(
    createServer((request, response) => {
      serve(request, response).catch(() => request.socket.destroy())
    }),
  )
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    announce: () => {
      for (const server of servers) server.sendToolListChanged()
    },
    finish() {
      running.resolve()
      running = Promise.withResolvers()
    },
    async stop() {
      for (const server of servers) await server.close()
      await stop()
    },
  }
}

function createNotes(finished: () => Promise<void>): McpServer {
  const server = new McpServer({ name: 'notes', version: '1.0.0' })
  server.registerTool('whoami', { description: 'Says who is calling' }, ({ requestInfo }) => ({
    content: [{ type: 'text', text: String(requestInfo?.headers['x-auth-subject']) }],
  }))
  for (const name of ['share', 'hidden']) {
    server.registerTool(name, { description: 'Asks for another scope, or is for nobody' }, () => ({
      content: [{ type: 'text', text: `${name}d` }],
    }))
  }
  server.registerTool(
    'slow',
    { description: 'Reports progress, then waits' },
    async ({ _meta, sendNotification }) => {
      const done = finished()
      const progressToken = _meta?.progressToken ?? 0
      await sendNotification({
        method: 'notifications/progress',
        params: { progressToken, progress: 1, total: 2 },
      })
      await done
      return { content: [{ type: 'text', text: 'done' }] }
    },
  )
  return server
}
