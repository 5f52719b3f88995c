// An MCP server with all that the project's conformance suite asks a server for, in both eras: the newer SDK on
// node:http. Its checks are passed to it directly and through the gateway, and have to come out the same.

import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import {
  localhostHostValidation,
  localhostOriginValidation,
  type NodeIncomingMessageLike,
  NodeStreamableHTTPServerTransport,
  toNodeHandler,
  toWebRequest,
} from '@modelcontextprotocol/node'
import {
  createMcpHandler,
  createRequestStateCodec,
  isLegacyRequest,
  McpServer,
} from '@modelcontextprotocol/server'
import { listenOnLoopback } from '../../../support/listen.ts'
import { addInputTools } from './input.ts'
import { addPrompts, addResources } from './resources.ts'
import { addTools, type Notify } from './tools.ts'

export interface ScenarioServer {
  readonly url: string
  /** Method and headers of every request so far. */
  readonly received: Pick<IncomingMessage, 'method' | 'headers'>[]
  stop(): Promise<void>
}

/** `isGuarded`: it looks at Host and Origin itself, as a server on somebody's own machine has to. */
export async function startScenarioServer({ isGuarded = true } = {}): Promise<ScenarioServer> {
  const received: ScenarioServer['received'] = []
  const states = createRequestStateCodec<string>({
    key: crypto.getRandomValues(new Uint8Array(32)),
  })
  const sessions = new Map<string, NodeStreamableHTTPServerTransport>()
  const servers = new Set<McpServer>()
  const modern = createMcpHandler(() => create(modern.notify), { legacy: 'reject' })
  const serveModern = toNodeHandler(modern)
  const guards = [localhostHostValidation(), localhostOriginValidation()]

  function create(notify: Notify): McpServer {
    const server = new McpServer(
      { name: 'scenarios', version: '1.0.0' },
      {
        capabilities: {
          logging: {},
          completions: {},
          tools: { listChanged: true },
          prompts: { listChanged: true },
          resources: { subscribe: true, listChanged: true },
        },
        requestState: { verify: states.verify },
      },
    )
    addTools(server, notify)
    addInputTools(server, states)
    addResources(server)
    addPrompts(server)
    return server
  }

  async function open(): Promise<NodeStreamableHTTPServerTransport> {
    const transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, transport),
    })
    const server = create({
      toolsChanged: () => server.sendToolListChanged(),
      promptsChanged: () => server.sendPromptListChanged(),
    })
    servers.add(server)
    await server.connect(transport)
    return transport
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    received.push({ method: request.method, headers: request.headers })
    if (isGuarded && !guards.every((guard) => guard(request, response))) return
    const body = request.method === 'POST' ? await readJson(request) : undefined
    // The SDK's declarations do not go with exactOptionalPropertyTypes.
    const message = request as NodeIncomingMessageLike
    if (!(await isLegacyRequest(await toWebRequest(message, body), body))) {
      await serveModern(message, response, body)
      return
    }
    const session = sessions.get(String(request.headers['mcp-session-id']))
    await (session ?? (await open())).handleRequest(request, response, body)
  }

  const { port, stop } = await listenOnLoopback(
    createServer((request, response) => {
      serve(request, response).catch(() => request.socket.destroy())
    }),
  )
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    async stop() {
      await modern.close()
      for (const server of servers) await server.close()
      await stop()
    },
  }
}

/** Undefined for what is no JSON, which the SDK refuses. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  try {
    return JSON.parse(Buffer.concat(parts).toString())
  } catch {
    return undefined
  }
}
