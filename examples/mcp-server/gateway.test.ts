import { testGateway } from '@gatehouse/gateway/testing'
import { expect, test } from 'vitest'
import define from './gateway.config.ts'

const MCP_URL = 'https://gateway.test/mcp'
const NAMES = ['notes_list', 'notes_read', 'notes_write', 'notes_burn']

const gateway = testGateway(
  define,
  { ISSUER: 'https://login.acme.example', MCP_URL },
  {
    // A server that knows its tools, and no caller.
    service: async (request) => {
      const { id, method } = (await request.json()) as { id: number; method: string }
      const tools = NAMES.map((name) => ({ name, inputSchema: { type: 'object' } }))
      const result = method === 'tools/list' ? { tools } : { content: [] }
      return Response.json({ jsonrpc: '2.0', id, result })
    },
  },
)

function message(method: string, params: object = {}): Request {
  return new Request(MCP_URL, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  })
}

const call = (name: string) => message('tools/call', { name })

test('a reader sees and calls the tools of readers alone', async () => {
  const reader = await gateway.token('main', { scope: 'notes:use notes:read' })
  const { text } = await gateway.ask(message('tools/list'), reader)
  const { tools } = JSON.parse(text).result as { tools: { name: string }[] }
  expect(tools.map(({ name }) => name)).toEqual(['notes_list', 'notes_read'])
  expect(await gateway.ask(call('notes_read'), reader)).toMatchObject({ status: 200 })
  expect(await gateway.ask(call('notes_write'), reader)).toMatchObject({
    status: 403,
    code: 'insufficient_scope',
  })
})

test('an editor writes without the scope', async () => {
  const editor = await gateway.token('main', { scope: 'notes:use', roles: ['editor'] })
  expect(await gateway.ask(call('notes_write'), editor)).toMatchObject({ status: 200 })
})

test('a tool that no rule names is not there, whoever asks', async () => {
  const anybody = await gateway.token('main', { scope: 'notes:use notes:read notes:write' })
  expect(await gateway.ask(call('notes_burn'), anybody)).toMatchObject({
    code: 'operation_unknown',
  })
})

test('an agent without a token learns where to get one', async () => {
  const { status, headers } = await gateway.ask(call('notes_list'))
  expect(status).toBe(401)
  expect(headers.get('www-authenticate')).toContain('/.well-known/oauth-protected-resource/mcp')
  const { text } = await gateway.ask('GET /.well-known/oauth-protected-resource/mcp')
  expect(JSON.parse(text)).toMatchObject({
    resource: MCP_URL,
    authorization_servers: ['https://login.acme.example'],
  })
})
