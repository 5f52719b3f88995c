// A gateway in front of an MCP server that is made of two functions, with messages of both eras.

import type { RouteConfig } from '../../src/config/define.ts'
import { protectedResource } from '../../src/edge/resource-metadata.ts'
import type { ToolsOptions } from '../../src/mcp/options.ts'
import { tools } from '../../src/mcp/tools.ts'
import { AUDIENCE, createTestGateway, ORIGIN, START, type TestGateway } from '../support/gateway.ts'
import { createTestIssuer } from '../support/mint.ts'

export const NEWER = '2026-07-28'
export const OLDER = '2025-11-25'

export interface Sent {
  method: string
  params?: Record<string, unknown>
  id?: unknown
  /** Claims of the token; undefined for no token. */
  as?: Record<string, unknown> | undefined
  headers?: Record<string, string | undefined>
  /** Instead of the message. */
  body?: BodyInit
  version?: string
}

export interface McpGateway extends TestGateway {
  /** Sends one message, with all that its era demands. */
  ask(sent: Sent): Promise<Response>
}

export interface McpOptions {
  mcp: ToolsOptions
  route?: Partial<RouteConfig>
  origin?: (request: Request) => Response | Promise<Response>
}

/** One for all, because making keys takes longest. */
const issuer = createTestIssuer({ audience: AUDIENCE, now: () => START, algs: ['ES256'] })

export async function createMcpGateway(options: McpOptions): Promise<McpGateway> {
  const world = await createTestGateway({
    issuer,
    routes: [
      {
        path: '/mcp',
        to: ORIGIN,
        resource: protectedResource(),
        mcp: tools(options.mcp),
        ...options.route,
      },
    ],
    ...(options.origin && { origin: options.origin }),
  })
  const ask: McpGateway['ask'] = async (sent) => {
    const { as = {} } = sent
    const token = 'as' in sent && sent.as === undefined ? undefined : await world.issuer.mint(as)
    const headers = new Headers({
      ...messageHeaders(sent),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    })
    for (const [name, value] of Object.entries(sent.headers ?? {})) {
      if (value === undefined) headers.delete(name)
      else headers.set(name, value)
    }
    return world.send('/mcp', { method: 'POST', headers, body: sent.body ?? messageBody(sent) })
  }
  return { ...world, ask }
}

export function messageHeaders({ method, params = {}, version = NEWER }: Sent) {
  const name = params.name ?? params.uri
  const isNewer = version === NEWER
  return {
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
    'mcp-protocol-version': version,
    ...(isNewer && { 'mcp-method': method }),
    ...(isNewer && typeof name === 'string' && { 'mcp-name': headerValue(name) }),
  }
}

/** As clients have to write it. */
export function headerValue(name: string): string {
  const isPlain = /^[!-~](?:[ -~]*[!-~])?$/.test(name) && !/^=\?base64\?.*\?=$/.test(name)
  return isPlain
    ? name
    : `=?base64?${btoa(String.fromCharCode(...new TextEncoder().encode(name)))}?=`
}

export function messageBody({ method, params = {}, id = 1, version = NEWER }: Sent): string {
  const meta = { 'io.modelcontextprotocol/protocolVersion': version }
  return JSON.stringify({
    jsonrpc: '2.0',
    id,
    method,
    params: { ...params, ...(version === NEWER && { _meta: meta }) },
  })
}

/** What a refusal says: the status, the number of JSON-RPC, and the gateway's code. */
export async function refusalOf(
  response: Response,
): Promise<[status: number, rpc: number | undefined, code: string | undefined]> {
  const { code, error } = (await response.json()) as {
    code?: string
    error?: { code: number; data: { code: string } }
  }
  return [response.status, error?.code, error?.data.code ?? code]
}
