// docs/logs.md beside the type of the event, beside real events, and beside openssl.

import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { limit } from '../../src/edge/limit/limit.ts'
import { tools } from '../../src/mcp/tools.ts'
import { requestLog, subjectHash } from '../../src/operate/request-log.ts'
import { tracing } from '../../src/operate/tracing.ts'
import { createTestGateway, ORIGIN } from '../support/gateway.ts'

const PAGE = readFileSync('docs/logs.md', 'utf8')
const SOURCE = readFileSync('src/operate/log.ts', 'utf8')
/** Of features, whose own tests see them. */
const OF_FEATURES = ['keyId', 'cache', 'retried', 'mcpMethod', 'mcpName']

function section(title: string): string {
  return PAGE.split(/^## /m).find((part) => part.startsWith(title)) ?? ''
}

const documented = [...section('Fields').matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name)

function fieldsOf(type: string): string[] {
  const [, body = ''] = new RegExp(`interface ${type} \\{\n([^}]*)\n\\}`).exec(SOURCE) ?? []
  return [...body.matchAll(/^ {2}(\w+)\??:/gm)].flatMap(([, name]) => name ?? [])
}

describe('docs/logs.md', () => {
  it('has every field of the line of a request, and no other', () => {
    expect(documented).toEqual([...fieldsOf('RequestEvent'), ...OF_FEATURES])
  })

  it('has every other kind of line with its fields', () => {
    const rows = section('Other lines').matchAll(/^\| `(\w+)` \|[^|]*\| (.*) \|$/gm)
    const told = [...rows].slice(1).map(([, event, fields]) => [event, fields?.match(/\w+/g)])
    const types = ['ConfigEvent', 'ScheduledEvent', 'MetricsEvent']
    const declared = types.map((type) => {
      const [, event] = new RegExp(`interface ${type} \\{\n  event: '(\\w+)'`).exec(SOURCE) ?? []
      return [event, fieldsOf(type).slice(1)]
    })
    expect(told).toEqual(declared)
  })

  it('has every field that a line really has', async () => {
    const counted = { by: 'subject', requests: 9, perSeconds: 10 } as const
    const broken = { limit: () => Promise.reject(new Error('away')) }
    const { send, sendWithToken, events } = await createTestGateway({
      config: {
        log: requestLog({ subject: 'plain', sampleRatio: 0.9999 }),
        every: { trace: tracing() },
        refusal: () => {
          throw new Error('own')
        },
      },
      routes: [
        { path: '/*', to: ORIGIN, limit: limit({ ...counted, binding: broken }) },
        { path: '/tried', to: ORIGIN, dangerouslySimulate: true },
        { path: '/mcp', to: ORIGIN, mcp: tools({ call: { '*': [] }, otherwise: [] }) },
      ],
    })
    await sendWithToken('/')
    await send('/')
    await send('/tried')
    const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'a' } }
    const headers = { 'content-type': 'application/json' }
    await sendWithToken('/mcp', { method: 'POST', headers, body: JSON.stringify(call) })
    const names = new Set(events.flatMap((event) => Object.keys(event)))
    expect([...names].filter((name) => !documented.includes(name))).toEqual([])
    const rare = ['platformTraceId', 'omitted', 'keyId', 'cache', 'retried']
    expect(
      documented.filter((name) => !names.has(name ?? '') && !rare.includes(name ?? '')),
    ).toEqual([])
  })

  it('has a command that finds the lines of a person', async () => {
    const [, command = ''] = /```sh\n(printf .*)\n```/.exec(PAGE) ?? []
    const key = 'vN3xQ8rT1mB6wK4zL9cH2dF7gJ5sP0yA'
    const { stdout } = await promisify(execFile)('sh', ['-c', command], {
      env: { ...process.env, LOG_KEY: key },
    })
    expect(stdout.trim()).toBe(subjectHash(key, 'https://auth.acme.example', 'ada'))
  })
})
