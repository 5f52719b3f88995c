/** What it costs to decide on a tool by its name: a call of 1 KiB, with rules and without. */

import { ratio } from '../contest.ts'
import { BROWSER, type Headers } from '../headers.ts'
import { PATH, requestContest } from '../requests.ts'
import type { World } from '../world.ts'
import { absolute, atMost, type Row } from './row.ts'

const WITH = 'rules by tool'
const WITHOUT = 'the same route without'
const BODY_BYTES = 1_024

export async function mcpRows(world: World): Promise<Row[]> {
  const [start, end] = [call(''), BODY_BYTES]
  const body = call('x'.repeat(end - start.length))
  const headers: Headers = [
    ...BROWSER.filter(([name]) => !/^(?:accept|content-type|origin)$/i.test(name)),
    ['Accept', 'application/json, text/event-stream'],
    ['MCP-Protocol-Version', '2026-07-28'],
    ['Mcp-Method', 'tools/call'],
    ['Mcp-Name', 'orders_read'],
  ]
  const lines = () => [{ path: PATH, token: world.token, body }]
  const callers = [WITHOUT, WITH].map((name) => ({
    name,
    recipe: () => world.serve('mcp.ts', { vars: { TOOLS: name === WITH ? 'on' : 'off' } }),
    lines,
  }))
  const results = await requestContest(world, callers, headers)
  const value = ratio(results, WITH, WITHOUT)
  return [
    {
      group: 'mcp',
      label: 'a tool call of 1 KiB, with rules by tool ÷ without',
      value,
      unit: '×',
      goal: atMost(value, 1.1, '≤ 1.10 ×'),
      ...absolute(results, WITH),
    },
  ]
}

function call(text: string): string {
  return JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: {
      name: 'orders_read',
      arguments: { text },
      _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' },
    },
  })
}
