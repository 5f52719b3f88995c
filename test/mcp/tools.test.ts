// Who may use which tool, and what becomes of messages that could be read in two ways.

import { describe, expect, it } from 'vitest'
import { anyOf, optional } from '../../src/config/define.ts'
import { cors } from '../../src/edge/cors.ts'
import type { ToolsOptions } from '../../src/mcp/options.ts'
import { createMcpGateway, messageBody, NEWER, OLDER, refusalOf, type Sent } from './world.ts'

const RULES: ToolsOptions = {
  call: {
    status: [],
    notes_read: ['notes:read'],
    notes_write: anyOf({ scopes: ['notes:write'] }, { roles: ['editor'] }),
    'admin_*': { roles: ['admin'] },
  },
  read: { 'file:///public/*': [], 'file:///staff/*': { roles: ['staff'] } },
  prompts: { greet: [], 'secret_*': ['notes:write'] },
}

const call = (name: string, more: Partial<Sent> = {}): Sent => ({
  method: 'tools/call',
  params: { name, arguments: {} },
  ...more,
})
const read = (uri: string, more: Partial<Sent> = {}): Sent => ({
  method: 'resources/read',
  params: { uri },
  ...more,
})

const PASSED = [200, undefined, undefined]
const UNKNOWN = [400, -32_602, 'operation_unknown']

describe.each([NEWER, OLDER])('a message of %s', (version) => {
  async function outcome(sent: Sent, mcp = RULES) {
    const world = await createMcpGateway({ mcp })
    const response = await world.ask({ version, ...sent })
    const result = response.status === 200 ? PASSED : await refusalOf(response)
    expect(world.received).toHaveLength(response.status === 200 ? 1 : 0)
    return result
  }

  it('calls a tool that asks for nothing, and for what the caller has', async () => {
    expect(await outcome(call('status'))).toEqual(PASSED)
    expect(await outcome(call('notes_read', { as: { scope: 'notes:read' } }))).toEqual(PASSED)
    expect(await outcome(call('notes_write', { as: { scope: 'notes:write' } }))).toEqual(PASSED)
    expect(await outcome(call('notes_write', { as: { roles: ['editor'] } }))).toEqual(PASSED)
    expect(await outcome(call('admin_delete', { as: { roles: ['admin'] } }))).toEqual(PASSED)
  })

  it('calls no tool without the scopes or roles that it needs', async () => {
    const scope = [403, 403, 'insufficient_scope']
    expect(await outcome(call('notes_read'))).toEqual(scope)
    expect(await outcome(call('notes_write'))).toEqual(scope)
    expect(await outcome(call('admin_delete'))).toEqual([403, 403, 'forbidden'])
  })

  it('calls no tool that no rule names, in whatever spelling', async () => {
    const names = [
      'other',
      'Status',
      'status ',
      'ｓtatus',
      'status\u0000',
      'statu\u017f',
      '__proto__',
      'constructor',
      'admin',
    ]
    for (const name of names) {
      expect(await outcome(call(name, { as: { roles: ['admin'] } })), name).toEqual(UNKNOWN)
    }
  })

  it('judges prompts and resources by rules of their own', async () => {
    expect(await outcome({ method: 'prompts/get', params: { name: 'greet' } })).toEqual(PASSED)
    expect(await outcome({ method: 'prompts/get', params: { name: 'status' } })).toEqual(UNKNOWN)
    expect(await outcome(read('file:///public/a.txt'))).toEqual(PASSED)
    expect(await outcome(read('file:///staff/a.txt'))).toEqual([403, 403, 'forbidden'])
    expect(await outcome(read('file:///etc/passwd'))).toEqual(UNKNOWN)
  })

  it('reads no resource by a way around', async () => {
    const ways = [
      'file:///public/../staff/a.txt',
      'file:///public/..%2fstaff/a.txt',
      'file:///public/%2e%2e/staff/a.txt',
      'file:///public/%252e%252e/staff/a.txt',
      'file:///public\\..\\staff/a.txt',
      'file:///public//../../staff/a',
      'FILE:///public/a.txt',
      'file:/public/a.txt',
      'file://localhost/public/a.txt',
    ]
    for (const uri of ways) expect(await outcome(read(uri)), uri).toEqual(UNKNOWN)
    const wide = {
      read: { 'file:///*': [], 'file:///staff/*': ['staff'], 'file:///secret': ['x'] },
    }
    for (const uri of [
      'file:///%73taff/a.txt',
      'file:///Staff/a.txt',
      'file:///a/../staff/a.txt',
      'file:////staff/a.txt',
      'file:///secret/',
      'file:///secret?x',
      'file:///secret#x',
    ]) {
      expect(await outcome(read(uri), wide), uri).toEqual(UNKNOWN)
    }
    expect(await outcome(read('file:///a/b%20c.txt?x#y'), wide)).toEqual(PASSED)
    const schemes = { read: { 'notes://public/*': [], 'notes://staff/*': ['staff'] } }
    for (const uri of [
      'notes://public/../staff/a',
      'notes://public/%2e%2e/staff/a',
      'notes://public/a/../../staff/b',
      'notes://public/a/\u2025/\u2025/staff/b',
      'notes://public/%E2%80%A5/staff/a',
      'notes://public/.\u200b./staff/a',
      'notes://public/a\uff0f..\uff0f../staff/b',
    ]) {
      expect(await outcome(read(uri), schemes), uri).toEqual(UNKNOWN)
    }
    expect(await outcome(read('notes://public/a/../b..c'), schemes)).toEqual(PASSED)
  })

  it('lets no spelling of a name go around the narrower of two rules', async () => {
    const wide: ToolsOptions = { call: { '*': [], 'admin_*': { roles: ['admin'] } } }
    expect(await outcome(call('anything'), wide)).toEqual(PASSED)
    for (const name of ['ADMIN_delete', 'adm\u0131n_delete', 'adm\u0130n_delete']) {
      expect(await outcome(call(name), wide), name).toEqual(UNKNOWN)
    }
    expect(await outcome(call('admin_delete'), wide)).toEqual([403, 403, 'forbidden'])
    const others: ToolsOptions = { call: { 'admin_*': { roles: ['admin'] } }, otherwise: [] }
    expect(await outcome(call('anything'), others)).toEqual(PASSED)
    expect(await outcome(call('Admin_delete'), others)).toEqual(UNKNOWN)
  })

  it('judges names wherever a method has them', async () => {
    const complete = (ref: object) => ({ method: 'completion/complete', params: { ref } })
    expect(await outcome(complete({ type: 'ref/prompt', name: 'greet' }))).toEqual(PASSED)
    expect(await outcome(complete({ type: 'ref/prompt', name: 'secret_a' }))).toEqual([
      403,
      403,
      'insufficient_scope',
    ])
    expect(await outcome(complete({ type: 'ref/resource', uri: 'file:///x' }))).toEqual(UNKNOWN)
    const subscribe = (uri: string) => ({ method: 'resources/subscribe', params: { uri } })
    // Revision 2026-07-28 has subscriptions/listen in its place.
    const isThere = version === OLDER
    const removed = [404, -32_601, 'not_found']
    expect(await outcome(subscribe('file:///public/a'))).toEqual(isThere ? PASSED : removed)
    expect(await outcome(subscribe('file:///x'))).toEqual(isThere ? UNKNOWN : removed)
    const listen = (...resourceSubscriptions: string[]) => ({
      method: 'subscriptions/listen',
      params: { notifications: { toolsListChanged: true, resourceSubscriptions } },
    })
    expect(await outcome(listen('file:///public/a'))).toEqual(PASSED)
    expect(await outcome(listen('file:///public/a', 'file:///x'))).toEqual(UNKNOWN)
  })

  it('has no method that is not served', async () => {
    const unknown =
      version === NEWER ? [404, -32_601, 'not_found'] : [400, -32_601, 'operation_unknown']
    expect(await outcome({ method: 'tasks/get' })).toEqual(unknown)
    expect(await outcome({ method: 'Tools/Call', params: { name: 'status' } })).toEqual(unknown)
    const more = { ...RULES, methods: ['tasks/*', 'x'] }
    expect(await outcome({ method: 'tasks/get' }, more)).toEqual(PASSED)
    expect(await outcome({ method: 'x' }, more)).toEqual(PASSED)
    const all = { ...RULES, methods: ['*'] }
    expect(await outcome({ method: 'TOOLS/call', params: { name: 'a' } }, all)).toEqual(unknown)
    // In newer revisions, none of these can stand in Mcp-Method.
    const spellings = ['tools/call\u0000', 'tools/\u200bcall', 'resources/l\u0131st']
    for (const method of version === NEWER ? [] : spellings) {
      expect(await outcome({ method, params: { name: 'a' } }, all), method).toEqual(unknown)
    }
  })

  it('that could be read in two ways is refused: 400', async () => {
    const ok = messageBody({ ...call('status'), version })
    const bodies = {
      'two names': ok.replace('"name"', '"name":"admin_x","name"'),
      'two names, one spelled with an escape': ok.replace(
        '"name"',
        '"n\\u0061me":"admin_x","name"',
      ),
      'params twice': ok.replace('"params"', '"params":{"name":"admin_x"},"params"'),
      'a method twice': ok.replace('"method"', '"method":"ping","method"'),
      'a name in another case': ok.replace('"name"', '"Name":"admin_x","name"'),
      'a name in another width': ok.replace('"name"', '"ｎame":"admin_x","name"'),
      'a method in another case': ok.replace('"method"', '"Method":"ping","method"'),
      'a prototype': ok.replace('"name"', '"__proto__":{"name":"admin_x"},"name"'),
      'a uri beside the name': ok.replace('"name"', '"uri":"admin_x","name"'),
      'a batch': `[${ok}]`,
      'nothing after a comma': ok.replace(/\}$/, ',}'),
      'a comment': `${ok}//`,
      'two messages': ok + ok,
      'a byte order mark': `\ufeff${ok}`,
      'half a character': ok.replace('status', 'status\\ud800'),
      'half a character elsewhere': ok.replace('"arguments":{}', '"arguments":{"a":"\\udc00"}'),
      'a tool in a notification': ok.replace('"id":1,', ''),
      'a null id': ok.replace('"id":1', '"id":null'),
      'no version of JSON-RPC': ok.replace('"2.0"', '"1.0"'),
      'a name that is no text': ok.replace('"status"', '["status"]'),
      'no name': ok.replace('"name":"status",', ''),
      'params in a list': ok.replace(/"params":.*/, '"params":["status"]}'),
      'an answer with a method': ok.replace('"id":1', '"id":1,"result":{}'),
      'too much nesting': ok.replace('{}', `${'['.repeat(40)}${']'.repeat(40)}`),
      nothing: '',
    }
    for (const [what, body] of Object.entries(bodies)) {
      const [status, , code] = await outcome(call('status', { body }))
      expect([status, code], what).toEqual([400, 'invalid_request'])
    }
    const bytes = new TextEncoder().encode(ok)
    bytes[bytes.indexOf(0x73, 60)] = 0xff
    expect((await outcome(call('status', { body: bytes })))[0]).toBe(400)
  })

  it('is refused where a header says something else than the body', async () => {
    const mismatch = [400, -32_020, 'invalid_request']
    for (const headers of [
      { 'mcp-name': 'admin_delete' },
      { 'mcp-name': 'STATUS' },
      { 'mcp-name': '=?base64?YWRtaW5fZGVsZXRl?=' },
      { 'mcp-name': '=?base64?c3RhdHVz=?=' },
      { 'mcp-name': '=?BASE64?c3RhdHVz?=' },
      { 'mcp-name': 'status, admin_delete' },
      { 'mcp-method': 'tools/list' },
      { 'mcp-method': 'TOOLS/CALL' },
      { 'mcp-protocol-version': version === NEWER ? OLDER : NEWER },
    ]) {
      expect(await outcome(call('status', { headers })), JSON.stringify(headers)).toEqual(mismatch)
    }
    const encoded = { 'mcp-name': '=?base64?c3RhdHVz?=' }
    expect(await outcome(call('status', { headers: encoded }))).toEqual(PASSED)
  })

  it('is refused for its type and its length', async () => {
    const media = [415, -32_600, 'unsupported_media_type']
    expect(await outcome(call('status', { headers: { 'content-type': 'text/plain' } }))).toEqual(
      media,
    )
    expect(await outcome(call('status', { headers: { 'content-encoding': 'gzip' } }))).toEqual(
      media,
    )
    const short = { ...RULES, maxBodyBytes: 300 }
    const long = messageBody({
      ...call('status', { params: { name: 'status', x: 'y'.repeat(300) } }),
      version,
    })
    const tooLarge = [413, -32_600, 'body_too_large']
    expect(await outcome(call('status', { body: long }), short)).toEqual(tooLarge)
    const headers = { 'content-length': `${long.length}` }
    expect(await outcome(call('status', { body: long, headers }), short)).toEqual(tooLarge)
    const stream = new Blob([long]).stream()
    expect(await outcome(call('status', { body: stream }), short)).toEqual(tooLarge)
  })

  it('from a page elsewhere is refused: 403', async () => {
    const from = (origin: string) => call('status', { headers: { origin } })
    const elsewhere = [403, -32_600, 'csrf']
    for (const origin of [
      'https://evil.test',
      'null',
      'http://api.test',
      'https://api.test:8443',
    ]) {
      expect(await outcome(from(origin)), origin).toEqual(elsewhere)
    }
    expect(await outcome(from('https://api.test'))).toEqual(PASSED)
    const more = { ...RULES, origins: ['https://app.test'] }
    expect(await outcome(from('https://app.test'), more)).toEqual(PASSED)
  })

  it('from a page that the cors of the route allows passes, and from others it does not', async () => {
    const route = { cors: cors({ origins: ['https://app.test', 'https://*.pages.test'] }) }
    const { ask } = await createMcpGateway({ mcp: RULES, route })
    const statusFrom = async (origin: string) =>
      (await ask({ ...call('status', { headers: { origin } }), version })).status
    expect(await statusFrom('https://app.test')).toBe(200)
    expect(await statusFrom('https://a.pages.test')).toBe(200)
    expect(await statusFrom('https://pages.test')).toBe(403)
    expect(await statusFrom('https://evil.test')).toBe(403)
  })
})

describe('a refused call', () => {
  const METADATA = 'resource_metadata="https://api.test/.well-known/oauth-protected-resource/mcp"'

  it('tells a client all scopes to ask for, those of the route too, and its id', async () => {
    const route = { scopes: ['notes'] }
    const { ask } = await createMcpGateway({ mcp: RULES, route })
    const response = await ask(call('notes_read', { id: 'x7', as: { scope: 'notes' } }))
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([
      403,
      `Bearer error="insufficient_scope", scope="notes notes:read", ${METADATA}`,
    ])
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await response.json()).toMatchObject({
      jsonrpc: '2.0',
      id: 'x7',
      error: { code: 403, data: { code: 'insufficient_scope', status: 403 } },
    })
  })

  it('of a caller without a token is 401 where a tool asks for something', async () => {
    const { ask } = await createMcpGateway({ mcp: RULES, route: { auth: optional('main') } })
    expect((await ask(call('status', { as: undefined }))).status).toBe(200)
    const response = await ask(call('notes_read', { as: undefined }))
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([
      401,
      `Bearer scope="notes:read", ${METADATA}`,
    ])
  })

  it('is in the log by names that the configuration knows, and no others', async () => {
    const { ask, lastEvent } = await createMcpGateway({ mcp: { ...RULES, methods: ['tasks/*'] } })
    const logged = async (sent: Sent) => {
      await ask(sent)
      const event = lastEvent()
      return [event?.mcpMethod, event?.mcpName]
    }
    expect(await logged(call('status'))).toEqual(['tools/call', 'status'])
    expect(await logged(call('admin_x'))).toEqual(['tools/call', 'admin_*'])
    expect(await logged(call('s3cr3t'))).toEqual(['tools/call', 'other'])
    expect(await logged({ method: 'tools/list' })).toEqual(['tools/list', undefined])
    expect(await logged({ method: 'tasks/s3cr3t' })).toEqual(['tasks/*', undefined])
  })
})

describe('a body', () => {
  const unread = () => {
    let pulls = 0
    const body = new ReadableStream(
      {
        pull(controller) {
          pulls++
          controller.enqueue(new Uint8Array(10))
        },
      },
      { highWaterMark: 0 },
    )
    return { body, pulls: () => pulls }
  }

  it('of a caller who may not use the route is never read', async () => {
    const { ask } = await createMcpGateway({ mcp: RULES, route: { scopes: ['notes'] } })
    for (const [as, status] of [
      [undefined, 401],
      [{}, 403],
    ] as const) {
      const { body, pulls } = unread()
      expect((await ask(call('status', { as, body }))).status).toBe(status)
      expect(pulls()).toBe(0)
    }
  })

  it('goes to the origin as it came, byte for byte', async () => {
    const { ask, received } = await createMcpGateway({ mcp: RULES })
    const body = messageBody(call('status')).replaceAll(':', ' :\t').replace('2.0', '\\u0032.0')
    for (const sent of [body, new Blob([body]).stream()]) {
      expect((await ask(call('status', { body: sent }))).status).toBe(200)
      expect(await received.at(-1)?.text()).toBe(body)
    }
  })

  it('reaches a handler too', async () => {
    const to = async (request: Request) => new Response(await request.text())
    const { ask } = await createMcpGateway({ mcp: RULES, route: { to } })
    expect(await (await ask(call('status'))).text()).toBe(messageBody(call('status')))
  })
})

describe('rules that are tried out', () => {
  it('let the call and the list through, and say so', async () => {
    const origin = () => Response.json({ id: 1, result: { tools: [{ name: 'admin_x' }] } })
    const route = { dangerouslySimulate: true }
    const { ask, lastEvent } = await createMcpGateway({ mcp: RULES, route, origin })
    expect((await ask(call('admin_x'))).status).toBe(200)
    expect(lastEvent()).toMatchObject({ simulated: 'forbidden', mcpName: 'admin_*' })
  })

  it('let no message through that nobody may send, whoever sends it', async () => {
    const route = { dangerouslySimulate: true, scopes: ['mcp'] }
    const { ask, received, lastEvent } = await createMcpGateway({ mcp: RULES, route })
    for (const as of [undefined, {}, { scope: 'mcp' }]) {
      const unknown = await ask(call('other', { as }))
      expect(await refusalOf(unknown)).toEqual(UNKNOWN)
      const batch = await ask(call('status', { as, body: `[${messageBody(call('status'))}]` }))
      expect(batch.status).toBe(400)
      const page = await ask(call('status', { as, headers: { origin: 'https://evil.test' } }))
      expect(page.status).toBe(403)
    }
    expect(received).toEqual([])
    for (const as of [undefined, {}]) {
      expect((await ask(call('admin_x', { as }))).status).toBe(200)
      const simulated = as ? 'insufficient_scope' : 'credential_missing'
      expect(lastEvent()).toMatchObject({ simulated, mcpName: 'admin_*' })
    }
    expect(await received.at(-1)?.text()).toBe(messageBody(call('admin_x')))
  })
})

describe('what a client answers to a server of an older revision', () => {
  it('passes, and is none of a newer one', async () => {
    const { ask } = await createMcpGateway({ mcp: RULES })
    const body = '{"jsonrpc":"2.0","id":1,"result":{"action":"accept"}}'
    expect((await ask({ method: '', version: OLDER, body })).status).toBe(200)
    const headers = { 'mcp-method': undefined }
    expect((await ask({ method: '', headers, body })).status).toBe(400)
    const both = body.replace('"result"', '"method":"tools/call","result"')
    expect((await ask({ method: '', version: OLDER, body: both })).status).toBe(400)
  })
})
