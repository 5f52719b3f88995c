// What connections to origins do when one end misbehaves, on real sockets and raw workerd: a body that grows past its
// limit, an origin that goes silent or is gone, an address that may not come. Only sockets show what an origin sees of
// a request that is broken off, and that an answer that is broken off does not look whole.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type GatewayWorker, startGatewayWorker } from '../support/gateway-worker.ts'
import { type SocketIssuer, startIssuer } from '../support/issuer.ts'
import { type Origin, startOrigin } from '../support/origin.ts'
import { openRaw, type RawConnection, rawRequest } from '../support/raw-http.ts'

const MAX = 300_000
const IDLE_SECONDS = 0.3

const CONFIG = `{
  schemes: { main: oidc({ issuer: env.ISSUER, audience: 'gatehouse' }) },
  every: { addresses: addresses({ deny: ['192.0.2.0/24'] }) },
  routes: [
    { path: '/retry/*', to: env.ORIGIN, retry: retry({ statuses: [503], budgetPercent: 100 }) },
    { path: '/hurry/*', to: env.ORIGIN, retry: retry({ budgetPercent: 100 }), timeoutSeconds: 0.5 },
    { path: '/tried/*', to: env.ORIGIN, retry: retry(), dangerouslySimulate: true },
    { path: '/upload/*', to: env.ORIGIN, bodyLimit: bodyLimit({ maxBytes: ${MAX} }) },
    {
      path: '/handled/*',
      auth: 'public',
      to: async (request) => new Response((await request.arrayBuffer()).byteLength),
      bodyLimit: bodyLimit({ maxBytes: ${MAX} }),
    },
    { path: '/idle/*', to: env.ORIGIN, idleTimeout: idleTimeout({ seconds: ${IDLE_SECONDS} }) },
    { path: '/calm/*', to: env.ORIGIN, idleTimeout: idleTimeout({ seconds: 30 }) },
  ],
}`

let issuer: SocketIssuer
let origin: Origin
let gateway: GatewayWorker
let token: string
/** Bytes that an origin has taken after it had begun to answer. */
let takenEarly = 0

/** The answer that comes after so many failures of a path. */
function failing(times: number, fail: (destroy: () => void) => void): void {
  let left = times
  origin.modes.set('/retry/fails', (request, response) => {
    if (left-- > 0) fail(() => request.socket.destroy())
    else response.end('at last')
  })
}

beforeAll(async () => {
  issuer = await startIssuer({ algs: ['ES256'] })
  origin = await startOrigin({
    modes: {
      '/upload/sink': 'sink',
      '/upload/early': (request, response) => {
        response.writeHead(200)
        response.write('early ')
        request.on('data', (piece: Buffer) => {
          takenEarly += piece.byteLength
        })
      },
      '/retry/reset': 'reset',
      '/retry/half': 'half_body',
      '/tried/reset': 'reset',
      '/hurry/hang': 'hang',
      '/idle/half': 'hang_mid_body',
      '/idle/events': { events: { everyMs: 700, count: 2 } },
      '/calm/gzip': 'gzip',
      '/calm/part': {
        respond: {
          status: 206,
          headers: [
            ['Content-Encoding', 'gzip'],
            ['Content-Range', 'bytes 100-103/200'],
          ],
          body: 'part',
        },
      },
      '/calm/stream': { stream: { bytes: 4_000_000 } },
      '/idle/chunks': (_, response) => {
        response.writeHead(200)
        response.write('half of it')
      },
      '/calm/slow': (_, response) => {
        let left = 5
        response.writeHead(200, { 'Content-Length': 5 })
        const timer = setInterval(() => {
          response.write('x')
          if (--left === 0) response.end(clearInterval(timer))
        }, 20)
      },
    },
  })
  const vars = { ISSUER: issuer.issuer, ORIGIN: origin.url }
  gateway = await startGatewayWorker({ config: CONFIG, vars })
  token = await issuer.mint()
})
afterAll(async () => {
  origin.release()
  await gateway.stop()
  await origin.stop()
  await issuer.stop()
})
beforeEach(() => {
  origin.requests.length = 0
})

const CLIENT: [string, string] = ['CF-Connecting-IP', '203.0.113.9']

const send: GatewayWorker['send'] = (target, bearer, request = {}) =>
  gateway.send(target, bearer, { ...request, headers: [CLIENT, ...(request.headers ?? [])] })

/** Status and code, and how many requests the origin has seen of it. */
async function shown(target: string, request?: Parameters<typeof send>[2]) {
  const { status, body } = await send(target, token, request)
  const { code } = status < 400 ? { code: '' } : (JSON.parse(body) as { code: string })
  return [status, code, origin.requests.filter(({ target: seen }) => seen === target).length]
}

/** Opens a connection and sends the head of an upload. */
async function beginUpload(target: string, ...headers: [string, string][]): Promise<RawConnection> {
  const connection = await openRaw(gateway.port)
  const lines = [
    `POST ${target} HTTP/1.1`,
    `Host: 127.0.0.1:${gateway.port}`,
    `Authorization: Bearer ${token}`,
    ...[CLIENT, ...headers].map(([name, value]) => `${name}: ${value}`),
  ]
  connection.send(`${lines.join('\r\n')}\r\n\r\n`)
  return connection
}

const chunk = (bytes: number) => `${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n`
const CHUNKED: [string, string] = ['Transfer-Encoding', 'chunked']

describe('an upload', () => {
  it('in chunks passes up to the limit', async () => {
    const connection = await beginUpload('/upload/sink', CHUNKED)
    for (let left = MAX; left > 0; left -= 50_000) connection.send(chunk(50_000))
    connection.send('0\r\n\r\n')
    const { status, body } = await connection.read()
    connection.reset()
    expect([status, JSON.parse(body).bytes]).toEqual([200, MAX])
  })

  it('in chunks that crosses the limit is 413, and the origin never takes it for whole', async () => {
    const arrived = origin.next()
    const connection = await beginUpload('/upload/sink', CHUNKED)
    for (let sent = 0; sent < MAX; sent += 50_000) connection.send(chunk(50_000))
    const { outcome } = await arrived
    connection.send(chunk(1))
    const { status, body } = await connection.read()
    connection.reset()
    expect([status, JSON.parse(body).code]).toEqual([413, 'body_too_large'])
    expect(await outcome).toBe('aborted')
  })

  it('that says that it is longer is 413 before any of it is sent, and the origin sees nothing', async () => {
    const connection = await beginUpload('/upload/sink', ['Content-Length', `${MAX + 1}`])
    const { status, body } = await connection.read()
    connection.reset()
    expect([status, JSON.parse(body).code]).toEqual([413, 'body_too_large'])
    expect(origin.requests).toEqual([])
  })

  it('that says that it is short, and comes in chunks all the same, is counted', async () => {
    const connection = await beginUpload('/upload/sink', ['Content-Length', '5'], CHUNKED)
    for (let sent = 0; sent <= MAX; sent += 50_000) connection.send(chunk(50_000))
    const { status, body } = await connection.read()
    connection.reset()
    expect([status, JSON.parse(body).code]).toEqual([413, 'body_too_large'])
    for (const { outcome } of origin.requests) expect(await outcome).toBe('aborted')
  })

  it('that is answered before its end breaks the answer off where it crosses the limit', async () => {
    const connection = await beginUpload('/upload/early', CHUNKED)
    connection.send(chunk(50_000))
    expect((await connection.readHead()).status).toBe(200)
    for (let sent = 0; sent < MAX; sent += 50_000) connection.send(chunk(50_000))
    await connection.closed()
    expect(connection.rest().toString('latin1')).not.toContain('0\r\n\r\n')
    expect(takenEarly).toBeLessThanOrEqual(MAX)
  })

  it('to a handler is counted too', async () => {
    const connection = await beginUpload('/handled/x', CHUNKED)
    for (let sent = 0; sent <= MAX; sent += 50_000) connection.send(chunk(50_000))
    const { status, body } = await connection.read()
    connection.reset()
    expect([status, JSON.parse(body).code]).toEqual([413, 'body_too_large'])
  })

  it('leaves the gateway to the next one', async () => {
    const headers: [string, string][] = [['Content-Length', '6']]
    const request = { method: 'POST', headers, body: 'little' }
    expect(await shown('/upload/sink', request)).toEqual([200, '', 1])
  })
})

describe('an origin that closes before it answers', () => {
  it('is asked once more, for GET and HEAD', async () => {
    for (const method of ['GET', 'HEAD']) {
      origin.requests.length = 0
      failing(1, (destroy) => destroy())
      const connection = await openRaw(gateway.port)
      const head = `${method} /retry/fails HTTP/1.1\r\nHost: 127.0.0.1\r\n${CLIENT.join(': ')}\r\n`
      connection.send(`${head}Authorization: Bearer ${token}\r\n\r\n`)
      const { status } = await connection.read({ head: method === 'HEAD' })
      connection.reset()
      expect([method, status, origin.requests.length]).toEqual([method, 200, 2])
    }
    await gateway.logLine(/"retried":/)
  })

  it('is asked twice and never three times', async () => {
    expect(await shown('/retry/reset')).toEqual([502, 'origin_unreachable', 2])
  })

  it.each(['POST', 'PUT', 'DELETE'])('is sent %s once', async (method) => {
    expect(await shown('/retry/reset', { method })).toEqual([502, 'origin_unreachable', 1])
    const headers: [string, string][] = [['Content-Length', '4']]
    origin.requests.length = 0
    const request = { method, headers, body: 'body' }
    expect(await shown('/retry/reset', request)).toEqual([502, 'origin_unreachable', 1])
  })

  it('is not asked at all for GET with a body', async () => {
    const headers: [string, string][] = [['Content-Length', '4']]
    const request = { headers, body: 'body' }
    expect(await shown('/retry/reset', request)).toEqual([400, 'invalid_request', 0])
  })

  it('is not asked again once it has begun to answer', async () => {
    await expect(send('/retry/half', token)).rejects.toThrow('ended before')
    expect(origin.requests).toHaveLength(1)
  })

  it('has no second try once the time is up', async () => {
    expect(await shown('/hurry/hang')).toEqual([504, 'origin_timeout', 1])
  })

  it('is asked again with the same credential where rules are only tried out', async () => {
    const { status } = await send('/tried/reset', 'no-token')
    expect(status).toBe(502)
    const credentials = origin.requests.map(({ headers }) =>
      headers.filter(([name]) => name.toLowerCase() === 'authorization'),
    )
    expect(credentials.map((lines) => lines[0]?.[1])).toEqual([
      'Bearer no-token',
      'Bearer no-token',
    ])
  })
})

describe('an origin that goes silent in its answer', () => {
  it.each(['/idle/half', '/idle/chunks'])(
    'has its answer broken off (%s), which the client sees, and is let go',
    async (target) => {
      const arrived = origin.next()
      await expect(send(target, token)).rejects.toThrow('ended before')
      expect(await (await arrived).outcome).toBe('aborted')
      await gateway.logLine(/the service was silent for 0.3 s in its answer/)
    },
  )

  it('may take its time from piece to piece', async () => {
    const { status, body, headers } = await send('/calm/slow', token)
    expect([status, body]).toEqual([200, 'xxxxx'])
    expect(headers).toContainEqual(['Content-Length', '5'])
  })

  it('may be an event stream, which is silent as long as it likes', async () => {
    const { body } = await send('/idle/events', token)
    expect(body).toContain('event 2')
  })

  it('changes nothing of an answer that goes on, packed or not', async () => {
    const connection = await send('/calm/stream', token)
    expect(connection.bytes.byteLength).toBe(4_000_000)
    const packed = await send('/calm/gzip', token, { headers: [['Accept-Encoding', 'gzip']] })
    expect(packed.headers).toContainEqual(['Content-Encoding', 'gzip'])
  })

  it('leaves a part of packed bytes as it is', async () => {
    const headers: [string, string][] = [['Accept-Encoding', 'gzip']]
    const { status, bytes } = await send('/calm/part', token, { headers })
    expect([status, Buffer.from(bytes).toString()]).toEqual([206, 'part'])
  })

  it('leaves the length of an answer without its body', async () => {
    const connection = await openRaw(gateway.port)
    const lines = ['HEAD /calm/slow HTTP/1.1', 'Host: 127.0.0.1', CLIENT.join(': ')]
    connection.send(`${lines.join('\r\n')}\r\nAuthorization: Bearer ${token}\r\n\r\n`)
    const { status, headers } = await connection.read({ head: true })
    connection.reset()
    expect([status, headers]).toEqual([
      200,
      expect.arrayContaining([['Content-Length', '5']]) as unknown,
    ])
  })
})

describe('an address that may not come', () => {
  const from = (address: string, ...headers: [string, string][]) =>
    rawRequest(gateway.port, {
      target: '/calm/slow',
      headers: [['Host', `127.0.0.1:${gateway.port}`], ['CF-Connecting-IP', address], ...headers],
    })

  it('is told so before anybody looks at its credential', async () => {
    for (const credential of [token, 'garbage']) {
      const { status, body, headers } = await from('192.0.2.77', [
        'Authorization',
        `Bearer ${credential}`,
      ])
      expect([status, JSON.parse(body).code]).toEqual([403, 'address_denied'])
      expect(headers.map(([name]) => name.toLowerCase())).not.toContain('www-authenticate')
    }
    expect(origin.requests).toEqual([])
    expect((await from('192.0.3.77')).status).toBe(401)
  })

  it('is no other for what the client says, nor for two of them', async () => {
    const claimed = await from('192.0.2.77', ['X-Forwarded-For', '203.0.113.9'])
    expect(claimed.status).toBe(403)
    expect((await from('203.0.113.9', ['CF-Connecting-IP', '192.0.2.77'])).status).toBe(403)
    expect((await from('192.0.2.77', ['CF-Connecting-IP', '203.0.113.9'])).status).toBe(403)
    expect((await from('::ffff:192.0.2.77')).status).toBe(403)
  })
})
