// The test harness itself: what the other real-socket tests rely on must be true.

import { createServer } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listenOnLoopback } from '../../support/listen.ts'
import { type Echo, type Origin, startOrigin } from '../../support/origin.ts'
import { GZIP_TEXT, type OriginMode } from '../../support/origin-modes.ts'
import { disconnect, openRaw, rawRequest } from '../../support/raw-http.ts'
import { type RawResponse, values } from '../../support/raw-response.ts'

const ANSWERS: [string, OriginMode, (answer: RawResponse) => unknown, unknown][] = [
  ['cookies', 'cookies', ({ headers }) => values(headers, 'set-cookie').length, 3],
  ['early hints', 'early_hints', ({ interim }) => interim.map(({ status }) => status), [103]],
  ['gzip', 'gzip', ({ bytes }) => gunzipSync(bytes).toString(), GZIP_TEXT],
  ['slow headers', { slow_headers: { delayMs: 1 } }, ({ status }) => status, 200],
  [
    'huge headers',
    { huge_headers: { bytes: 20_000 } },
    ({ headers }) => values(headers, 'x-huge')[0]?.length,
    20_000,
  ],
  [
    'a redirect',
    { redirect: { location: '//else/where', status: 307 } },
    ({ status, headers }) => [status, values(headers, 'location')],
    [307, ['//else/where']],
  ],
  ['a stream', { stream: { bytes: 1_000_000 } }, ({ bytes }) => bytes.byteLength, 1_000_000],
  [
    'events',
    { events: { count: 2, everyMs: 1 } },
    ({ body }) => body,
    'id: 1\ndata: event 1\n\nid: 2\ndata: event 2\n\n',
  ],
  [
    'what the test says',
    {
      respond: { status: 418, headers: Object.entries({ 'X-A': '1', 'x-a': '2' }), body: 'short' },
    },
    ({ status, headers, body }) => [status, values(headers, 'x-a'), body],
    [418, ['1', '2'], 'short'],
  ],
  ['what a function does', (_, response) => void response.end('fn'), ({ body }) => body, 'fn'],
]

describe('origin and raw client', () => {
  let origin: Origin
  beforeAll(async () => {
    origin = await startOrigin()
  })
  afterAll(() => origin.stop())

  const get = (target: string) => rawRequest(origin.port, { target })

  it('records the bytes of each request on a connection', async () => {
    origin.requests.length = 0
    const connection = await openRaw(origin.port)
    connection.send('POST /a\\..%2e//b HTTP/1.1\r\nhOST:  x\r\nX-D: \xe9\t\r\nx-d:2\r\n')
    connection.send('Content-Length: 5\r\n\r\nab\r\n\r')
    const first = JSON.parse((await connection.read()).body) as Echo
    connection.send('GET /2 HTTP/1.1\r\nHost: y\r\n\r\n')
    await connection.read()
    connection.fin()
    expect(await connection.closed()).toBe('fin')
    expect(first).toEqual({
      method: 'POST',
      url: '/a\\..%2e//b',
      headers: [
        ['hOST', 'x'],
        ['X-D', 'é'],
        ['x-d', '2'],
        ['Content-Length', '5'],
      ],
      body: 'ab\r\n\r',
    })
    expect(origin.requests.map(({ head, body }) => ({ head, body }))).toEqual([
      {
        head: 'POST /a\\..%2e//b HTTP/1.1\r\nhOST:  x\r\nX-D: \xe9\t\r\nx-d:2\r\nContent-Length: 5',
        body: 'ab\r\n\r',
      },
      { head: 'GET /2 HTTP/1.1\r\nHost: y', body: '' },
    ])
  })

  it.each(['request_headers', 'request_body', 'before_response', 'response_body'] as const)(
    'leaves by RST in the phase %s',
    async (phase) => {
      const upload = phase === 'request_headers' || phase === 'request_body'
      const mode = upload ? 'sink' : phase === 'response_body' ? 'hang_mid_body' : 'hang'
      origin.modes.set('/leave', mode)
      const arrival = origin.next()
      const headers: [string, string][] = [['Host', 'x']]
      if (upload) headers.push(['Content-Length', '10'])
      await disconnect(
        origin.port,
        { method: 'POST', target: '/leave', headers, body: upload ? '0123456789' : '' },
        { phase, by: 'rst', when: () => arrival },
      )
      expect(await (await arrival).outcome).toBe('aborted')
    },
  )

  it.each(['rst', 'fin'] as const)('leaves by %s when told so', async (by) => {
    const seen = Promise.withResolvers<string>()
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('end', () => seen.resolve('fin')).resume()
      socket.on('error', (error: NodeJS.ErrnoException) => seen.resolve(error.code ?? ''))
    })
    const { port, stop } = await listenOnLoopback(server)
    await disconnect(port, { target: '/' }, { phase: 'before_response', by })
    expect(await seen.promise).toBe({ rst: 'ECONNRESET', fin: 'fin' }[by])
    await stop()
  })

  it('leaves by FIN with the connection half open', async () => {
    origin.modes.set('/half-open', 'hang')
    const arrival = origin.next()
    const connection = await disconnect(
      origin.port,
      { target: '/half-open' },
      { phase: 'before_response', by: 'fin', when: () => arrival },
    )
    expect(await connection.closed()).toBe('fin')
  })

  it.each([
    ['reset', 'ended before the end of the response headers', 'reset'],
    ['close', 'ended before the end of the response headers', 'fin'],
    ['reset_mid_body', 'ended before the end of the body', 'reset'],
    ['half_body', 'ended before the end of the body', 'fin'],
    ['invalid_http', 'bad status line "HTP/9.9 what?"', 'fin'],
  ] as const)('breaks a response: %s', async (mode, message, how) => {
    origin.modes.set('/broken', mode)
    const connection = await openRaw(origin.port)
    connection.send('GET /broken HTTP/1.1\r\nHost: x\r\n\r\n')
    await expect(connection.read()).rejects.toThrow(message)
    expect(await connection.closed()).toBe(how)
  })

  it('fails loudly when nothing comes', async () => {
    origin.modes.set('/hang', 'hang')
    const waiting = rawRequest(origin.port, { target: '/hang' }, { timeoutMs: 20 })
    await expect(waiting).rejects.toThrow('raw HTTP: no response within 20 ms; unread: ""')
  })

  it('answers a hanging request once released', async () => {
    origin.modes.set('/hang', 'hang')
    const arrival = origin.next()
    const answer = get('/hang')
    await arrival
    origin.release()
    expect((await answer).status).toBe(200)
    expect(await (await arrival).outcome).toBe('answered')
  })

  it.each(ANSWERS)('answers in a mode of its own: %s', async (_, mode, show, expected) => {
    origin.modes.set('/own', mode)
    expect(await show(await get('/own'))).toEqual(expected)
  })

  it('counts and digests an upload in the sink', async () => {
    origin.modes.set('/sink', 'sink')
    const body = 'x'.repeat(300_000)
    const headers: [string, string][] = [
      ['Host', 'x'],
      ['Content-Length', '300000'],
    ]
    const answer = await rawRequest(origin.port, { method: 'PUT', target: '/sink', headers, body })
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(body))
    const sha256 = Buffer.from(digest).toString('hex')
    expect(JSON.parse(answer.body)).toEqual({ bytes: 300_000, sha256 })
  })

  it('reads the answer to HEAD without waiting for a body', async () => {
    const answer = await rawRequest(origin.port, { method: 'HEAD', target: '/' })
    expect([answer.status, answer.body]).toEqual([200, ''])
  })

  it('echoes WebSocket messages and records the handshake', async () => {
    origin.requests.length = 0
    const client = new WebSocket(`ws://127.0.0.1:${origin.port}/ws`, 'chat')
    await next(client, 'open')
    client.send('hello')
    const message = await next<MessageEvent>(client, 'message')
    expect([message.data, client.protocol]).toEqual(['hello', 'chat'])
    for (const webSocket of origin.webSockets) webSocket.close(4001, 'enough')
    const closed = await next<CloseEvent>(client, 'close')
    expect([closed.code, closed.reason]).toEqual([4001, 'enough'])
    expect(origin.requests.map(({ target }) => target)).toEqual(['/ws'])
  })

  it('does not accept characters that are no byte', async () => {
    await expect(get('/€')).rejects.toThrow('is not one byte')
  })
})

function next<E extends Event>(client: WebSocket, type: 'open' | 'message' | 'close'): Promise<E> {
  return new Promise((resolve) => {
    client.addEventListener(type, (event) => resolve(event as E), { once: true })
  })
}
