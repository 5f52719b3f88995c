// What a caller sees of a server's lists: what it may use, and nothing else.

import { describe, expect, it } from 'vitest'
import type { ToolsOptions } from '../../src/mcp/options.ts'
import { createMcpGateway, NEWER, OLDER, type Sent } from './world.ts'

const RULES: ToolsOptions = {
  call: { status: [], notes_read: ['notes:read'], 'admin_*': { roles: ['admin'] } },
  read: { 'file:///public/*': [] },
  prompts: { greet: [] },
}

const TOOLS = {
  jsonrpc: '2.0',
  id: 1,
  result: {
    resultType: 'complete',
    tools: [
      { name: 'status', inputSchema: { type: 'object', maximum: 1 } },
      { name: 'notes_read' },
      { name: 'admin_delete' },
      { name: 'other' },
      { title: 'no name' },
      'no tool',
    ],
    nextCursor: 'abc',
    ttlMs: 300_000,
    cacheScope: 'public',
  },
}
const LIST: Sent = { method: 'tools/list' }

async function listed(answer: () => Response, sent: Sent = LIST, mcp = RULES): Promise<Response> {
  const { ask } = await createMcpGateway({ mcp, origin: answer })
  return ask(sent)
}

/** An event stream in pieces of so many bytes. */
function streamed(text: string, size = text.length): Response {
  const bytes = new TextEncoder().encode(text)
  let at = 0
  const body = new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close()
      controller.enqueue(bytes.slice(at, at + size))
      at += size
    },
  })
  return new Response(body, {
    headers: { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' },
  })
}

const names = (result: { tools: { name: string }[] }) => result.tools.map(({ name }) => name)

describe.each([NEWER, OLDER])('a list, asked for in %s,', (version) => {
  it('has the tools that the caller may call, and the rest of it is as it was', async () => {
    const response = await listed(() => Response.json(TOOLS), { ...LIST, version })
    expect(await response.json()).toEqual({
      ...TOOLS,
      result: { ...TOOLS.result, tools: TOOLS.result.tools.slice(0, 1), cacheScope: 'private' },
    })
    const as = { scope: 'notes:read', roles: ['admin'] }
    const more = await listed(() => Response.json(TOOLS), { ...LIST, version, as })
    const { result } = (await more.json()) as typeof TOOLS
    expect(names(result as never)).toEqual(['status', 'notes_read', 'admin_delete'])
  })

  it('of prompts, resources and templates is filtered by their rules', async () => {
    const lists = {
      'prompts/list': { prompts: [{ name: 'greet' }, { name: 'status' }] },
      'resources/list': { resources: [{ uri: 'file:///public/a' }, { uri: 'file:///etc' }] },
      'resources/templates/list': {
        resourceTemplates: [
          { uriTemplate: 'file:///public/{name}' },
          { uriTemplate: 'file:///{+path}' },
        ],
      },
    }
    for (const [method, result] of Object.entries(lists)) {
      const answer = () => Response.json({ jsonrpc: '2.0', id: 1, result })
      const response = await listed(answer, { method, version })
      const [list] = Object.values(((await response.json()) as { result: object[][] }).result)
      expect(list, method).toEqual(Object.values(result)[0]?.slice(0, 1))
    }
  })

  it('is filtered on an event stream, wherever the network cuts it', async () => {
    const text = [
      ': hello',
      'event: message',
      'id: 7',
      `data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params: {} })}`,
      '',
      'event: message',
      ...JSON.stringify(TOOLS, null, 1)
        .split('\n')
        .map((line) => `data:${line}`),
      '',
      '',
    ]
    for (const end of ['\n', '\r\n', '\r']) {
      for (const size of [1, 2, 7, 10_000]) {
        const response = await listed(() => streamed(text.join(end), size), { ...LIST, version })
        expect(response.headers.get('x-accel-buffering')).toBe('no')
        const got = await response.text()
        expect(got.split('\n').slice(0, 6)).toEqual([...text.slice(0, 6)])
        const [, , data] = got.split('\n\n')[1]?.match(/(data): (.*)/) ?? []
        expect(names(JSON.parse(data ?? '').result)).toEqual(['status'])
        expect(got).not.toContain('admin')
      }
    }
  })
})

describe('a list', () => {
  it('of an older revision is filtered where a request with the same id gets it', async () => {
    const answer = () => streamed(`data: ${JSON.stringify(TOOLS)}\n\n`)
    const sent = { method: 'ping', version: OLDER }
    expect(await (await listed(answer, sent)).text()).not.toContain('admin')
    const other = { method: 'tools/call', params: { name: 'status' }, version: OLDER }
    expect(await (await listed(answer, other)).text()).not.toContain('admin')
  })

  it('in JSON, of an older revision, is filtered where a request with the same id gets it', async () => {
    const sent = { method: 'ping', version: OLDER }
    const mixedUp = await listed(() => Response.json(TOOLS), sent)
    expect(names(((await mixedUp.json()) as typeof TOOLS).result as never)).toEqual(['status'])
    const json = { headers: { 'content-type': 'application/json' } }
    const answer = '{"jsonrpc":"2.0","id":1,"result":{"tools":"none","x":1.10}}'
    expect(await (await listed(() => new Response(answer, json), sent)).text()).toBe(answer)
    const broken = '{"result":{"tools":['
    expect((await listed(() => new Response(broken, json), sent)).status).toBe(502)
    const refusal = () => new Response(broken, { ...json, status: 400 })
    expect((await listed(refusal, sent)).status).toBe(400)
    expect((await listed(() => new Response('', { ...json, status: 202 }), sent)).status).toBe(202)
    expect(await (await listed(() => new Response('{'), sent)).text()).toBe('{')
  })

  it('in JSON, in whatever spelling, reaches no request that asks for something else', async () => {
    const sent = { method: 'ping' }
    const headers = { 'content-type': 'application/json' }
    const escaped = JSON.stringify(TOOLS).replace('"tools"', '"\\u0074ools"')
    const filtered = await listed(() => new Response(escaped, { headers }), sent)
    expect(await filtered.text()).not.toContain('admin')
    const wide = new Uint8Array(
      new Uint16Array([...escaped].map((one) => one.charCodeAt(0))).buffer,
    )
    expect((await listed(() => new Response(wide, { headers }), sent)).status).toBe(502)
    const long = '{"result":{"tool\u017f":[{"name":"admin"}]}}{}'
    expect((await listed(() => new Response(long, { headers }), sent)).status).toBe(502)
    const bytes = new TextEncoder().encode('{"result":{"to_ols":[{"name":"admin"}]}}')
    bytes[bytes.indexOf(0x5f)] = 0xff
    const mended = await listed(() => new Response(bytes, { headers }), sent)
    expect(await mended.text()).toBe('{"result":{"to\ufffdols":[{"name":"admin"}]}}')
  })

  it('that is none passes byte for byte, with its length and its headers', async () => {
    const text = '\ufeff{"jsonrpc":"2.0", "id":1,\n"result":{"content":[]}}'
    const headers = { 'content-type': 'application/json', etag: '"a"' }
    const response = await listed(() => new Response(text, { headers }), { method: 'ping' })
    expect([response.headers.get('etag'), await response.arrayBuffer()]).toEqual([
      '"a"',
      new TextEncoder().encode(text).buffer,
    ])
  })

  it('is filtered where a request of whatever revision gets it: the client alone says which it is', async () => {
    const other = { method: 'tools/call', params: { name: 'status' } }
    const stream = () => streamed(`data: ${JSON.stringify(TOOLS)}\n\n`)
    for (const answer of [stream, () => Response.json(TOOLS)]) {
      expect(await (await listed(answer, other)).text()).not.toContain('admin')
    }
  })

  it('is filtered where an answer of the client gets it', async () => {
    const body = '{"jsonrpc":"2.0","id":1,"result":{}}'
    const sent = { method: 'ping', version: OLDER, body }
    const response = await listed(() => Response.json(TOOLS), sent)
    expect(await response.text()).not.toContain('admin')
  })

  it('on an event stream that cannot be read ends the stream', async () => {
    const text = JSON.stringify(TOOLS).replace('"maximum":1', '"maximum":NaN')
    const stream = () => streamed(`data:\n\nid: 1\ndata: ${text}\n\n`)
    const response = await listed(stream)
    expect(await response.text()).not.toContain('tools')
  })

  it('keeps the digits of its numbers', async () => {
    const text =
      '{"jsonrpc":"2.0","id":12345678901234567890,"result":{"tools":[{"name":"status","x":1.10}]}}'
    const response = await listed(
      () => new Response(text, { headers: { 'content-type': 'application/json' } }),
    )
    expect(await response.text()).toContain('"id":12345678901234567890')
  })

  it('with a member twice is given with the one meaning that was filtered', async () => {
    const text =
      '{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"other"}],"tools":[{"name":"status"}]}}'
    const response = await listed(() => new Response(text))
    expect(await response.text()).not.toContain('other')
  })

  it('is filtered whatever it says it is, and refused where it is no JSON: 502', async () => {
    const response = await listed(() => new Response(JSON.stringify(TOOLS)))
    expect(await response.text()).not.toContain('admin_delete')
    expect((await listed(() => new Response('tools: admin_delete'))).status).toBe(502)
    const compressed = new Response('\u001f', { headers: { 'content-type': 'application/json' } })
    expect((await listed(() => compressed)).status).toBe(502)
  })

  it('in several answers at once is filtered in each', async () => {
    const response = await listed(() =>
      Response.json([TOOLS, { jsonrpc: '2.0', id: 2, result: {} }]),
    )
    const [first, second] = (await response.json()) as [typeof TOOLS, unknown]
    expect(names(first.result as never)).toEqual(['status'])
    expect(second).toEqual({ jsonrpc: '2.0', id: 2, result: {} })
  })

  it('that the origin refuses is passed on as it is', async () => {
    const answer = () => new Response('busy', { status: 503, headers: { 'retry-after': '9' } })
    const response = await listed(answer)
    expect([response.status, response.headers.get('retry-after'), await response.text()]).toEqual([
      503,
      '9',
      'busy',
    ])
    const error = { jsonrpc: '2.0', id: 1, error: { code: -32_022, message: '' } }
    const other = await listed(() => Response.json(error, { status: 400 }))
    expect([other.status, await other.json()]).toEqual([400, error])
  })

  it('that comes on the stream of an older revision is filtered there', async () => {
    const { sendWithToken } = await createMcpGateway({
      mcp: RULES,
      origin: () => streamed(`data: ${JSON.stringify(TOOLS)}\n\n`, 5),
    })
    const response = await sendWithToken('/mcp', { headers: { accept: 'text/event-stream' } })
    const [, data = ''] = /^data: (.*)\n\n$/.exec(await response.text()) ?? []
    expect(names(JSON.parse(data).result)).toEqual(['status'])
  })

  it('that ends before its event does is filtered all the same', async () => {
    const response = await listed(() => streamed(`data: ${JSON.stringify(TOOLS)}`, 9))
    expect(await response.text()).not.toContain('admin_delete')
  })
})

describe('a stream', () => {
  it('has events as long as they may be, in however many pieces they come', async () => {
    // By the square of its length this would be minutes.
    const text = `data: "${'x'.repeat(8_000_000)}"\n\n`
    const response = await listed(() => streamed(text, 4_096), {
      method: 'tools/call',
      params: { name: 'status' },
    })
    expect((await response.text()) === text).toBe(true)
  })

  it('of another answer passes untouched, event by event', async () => {
    const text = 'id: 1\ndata: {"jsonrpc":"2.0", "id":1,"result":{"tools":"none","x":1.10}}\n\n'
    const response = await listed(() => streamed(text), {
      method: 'tools/call',
      params: { name: 'status' },
    })
    expect(await response.text()).toBe(text)
  })

  it('gives comments and progress on as they come', async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
    const writer = writable.getWriter()
    const write = (text: string) => void writer.write(new TextEncoder().encode(text))
    const response = await listed(
      () => new Response(readable, { headers: { 'content-type': 'text/event-stream' } }),
    )
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    const next = async () => new TextDecoder().decode((await reader.read()).value)
    write(':\n')
    expect(await next()).toBe(':\n')
    write('data: {"jsonrpc":"2.0"}\n\n')
    expect(await next()).toBe('data: {"jsonrpc":"2.0"}\n\n')
    await writer.close()
    expect((await reader.read()).done).toBe(true)
  })

  it('is cancelled at the origin where the client goes away', async () => {
    const cancelled = Promise.withResolvers<void>()
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('data: {}\n\n')),
      cancel: () => cancelled.resolve(),
    })
    const response = await listed(
      () => new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
    )
    await response.body?.cancel()
    await cancelled.promise
  })
})

describe('GET and DELETE', () => {
  const ask = async (method: string, headers: Record<string, string> = {}, body?: string) => {
    const { sendWithToken, received } = await createMcpGateway({ mcp: RULES })
    const response = await sendWithToken('/mcp', { method, headers, ...(body && { body }) })
    expect(received).toHaveLength(response.status === 200 ? 1 : 0)
    return [response.status, response.headers.get('allow')]
  }

  it('are of older revisions: 405 in a newer one', async () => {
    for (const method of ['GET', 'DELETE']) {
      expect(await ask(method)).toEqual([200, null])
      expect(await ask(method, { 'mcp-protocol-version': OLDER })).toEqual([200, null])
      expect(await ask(method, { 'mcp-protocol-version': NEWER })).toEqual([405, 'POST'])
    }
  })

  it('are all that there is beside POST', async () => {
    for (const method of ['PUT', 'PATCH', 'OPTIONS', 'HEAD']) {
      expect(await ask(method), method).toEqual([405, 'POST, GET, DELETE'])
    }
  })

  it('bring no message, in a body or on another protocol: 400', async () => {
    expect(await ask('DELETE', {}, '{}')).toEqual([400, null])
    expect(await ask('GET', { upgrade: 'websocket' })).toEqual([400, null])
  })
})
