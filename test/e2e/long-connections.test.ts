// Connections that stay open: WebSockets and event streams pass once the caller is known, and end when
// the token does. The tokens' lifetimes are real, and as short as that allows.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { type GatewayWorker, startGatewayWorker } from '../support/gateway-worker.ts'
import { type SocketIssuer, startIssuer } from '../support/issuer.ts'
import { type Origin, startOrigin } from '../support/origin.ts'
import { openRaw, type RawConnection, requestBytes } from '../support/raw-http.ts'

const POLL = { timeout: 10_000 }
/** A busy machine may take longer to connect than a token lives. */
const AGAIN = { retry: 2 }

const CONFIG = `{
  schemes: { main: oidc({ issuer: env.ISSUER, audience: 'gatehouse', clockSkewSeconds: 0 }) },
  routes: [
    { path: '/*', to: env.ORIGIN },
    { path: '/outlive/*', to: env.ORIGIN, dangerouslyOutliveToken: true },
  ],
}`

let issuer: SocketIssuer
let origin: Origin
let gateway: GatewayWorker

beforeAll(async () => {
  issuer = await startIssuer({ algs: ['ES256'] })
  origin = await startOrigin({
    modes: {
      '/events': { events: { everyMs: 50 } },
      '/three-events': { events: { count: 3 } },
      '/outlive/events': { events: { everyMs: 50 } },
      '/slow': { slow_headers: { delayMs: 3_000 } },
    },
  })
  const vars = { ISSUER: issuer.issuer, ORIGIN: origin.url }
  gateway = await startGatewayWorker({ config: CONFIG, vars })
})
afterAll(async () => {
  await gateway.stop()
  await origin.stop()
  await issuer.stop()
})

/** A token that has expired by the time that two seconds have passed. */
const shortToken = () => issuer.mint({}, { lifetimeSeconds: 2 })

interface Closed {
  code: number
  reason: string
}

interface Socket {
  webSocket: WebSocket
  /** In order; text as text, bytes as bytes. */
  messages: (string | Buffer)[]
  closed: Promise<Closed>
}

/** Connects as `ws` does; rejects with the status where the gateway refuses. */
async function openSocket(path: string, token?: string, protocols: string[] = []): Promise<Socket> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const url = gateway.url.replace('http', 'ws') + path
  const webSocket = new WebSocket(url, protocols, { headers })
  const messages: (string | Buffer)[] = []
  webSocket.on('message', (data: Buffer, isBinary) => {
    messages.push(isBinary ? data : data.toString())
  })
  const closed = new Promise<Closed>((resolve) => {
    webSocket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }))
  })
  await new Promise<void>((resolve, reject) => {
    webSocket.once('open', () => resolve())
    webSocket.once('unexpected-response', (_, { statusCode }) => reject(new Error(`${statusCode}`)))
    webSocket.once('error', reject)
  })
  return { webSocket, messages, closed }
}

/** The origin's end of the connection that was opened last. */
function originEnd(): WebSocket {
  const last = [...origin.webSockets].at(-1)
  if (!last) throw new Error('the origin has no WebSocket')
  return last
}

async function openEvents(path: string, token: string): Promise<RawConnection> {
  const connection = await openRaw(gateway.port, { timeoutMs: 10_000 })
  const headers: [string, string][] = [
    ['Host', `127.0.0.1:${gateway.port}`],
    ['Authorization', `Bearer ${token}`],
    ['Accept', 'text/event-stream'],
  ]
  connection.send(requestBytes(gateway.port, { target: path, headers }))
  return connection
}

describe('a WebSocket', () => {
  it('is refused before the origin hears of it, where the caller is not known', async () => {
    const count = origin.requests.length
    await expect(openSocket('/echo')).rejects.toThrow('401')
    await expect(openSocket('/echo', 'x.y')).rejects.toThrow('401')
    await expect(openSocket('/outlive/echo')).rejects.toThrow('401')
    expect(origin.requests).toHaveLength(count)
  })

  it.each(['/echo', '/outlive/echo'])('carries text and bytes both ways (%s)', async (path) => {
    const { webSocket, messages, closed } = await openSocket(path, await issuer.mint())
    const sent = ['text', 'ü'.repeat(40_000), Buffer.from([0, 255, 1, 254]), Buffer.alloc(0), '']
    for (const message of sent) webSocket.send(message)
    await expect.poll(() => messages, POLL).toEqual(sent)
    originEnd().send('unasked')
    await expect.poll(() => messages.at(-1), POLL).toBe('unasked')
    webSocket.close()
    await closed
  })

  it('agrees on a subprotocol with the origin, and the origin gets no token', async () => {
    const { webSocket, closed } = await openSocket('/echo', await issuer.mint(), ['chat', 'soap'])
    expect(webSocket.protocol).toBe('chat')
    const names = origin.requests.at(-1)?.headers.map(([name]) => name.toLowerCase())
    expect(names).toContain('x-auth-subject')
    expect(names).not.toContain('authorization')
    webSocket.close()
    await closed
  })

  it('ends with the code and the words of who ended it', async () => {
    const first = await openSocket('/echo', await issuer.mint())
    originEnd().close(4001, 'that is enough')
    expect(await first.closed).toEqual({ code: 4001, reason: 'that is enough' })
    const second = await openSocket('/echo', await issuer.mint())
    const closedThere = new Promise<Closed>((resolve) => {
      originEnd().once('close', (code, reason) => resolve({ code, reason: reason.toString() }))
    })
    second.webSocket.close(4002, 'goodbye')
    expect(await closedThere).toEqual({ code: 4002, reason: 'goodbye' })
  })

  it('ends at the origin when the client’s connection breaks', async () => {
    const { webSocket } = await openSocket('/echo', await issuer.mint())
    const there = originEnd()
    webSocket.terminate()
    await expect.poll(() => there.readyState, POLL).toBe(WebSocket.CLOSED)
  })

  it('ends on both sides when the token expires, with code 1008', AGAIN, async () => {
    const { closed, messages } = await openSocket('/echo', await shortToken())
    const there = originEnd()
    originEnd().send('before')
    const expired = { code: 1008, reason: 'the credential has expired' }
    expect(await closed).toEqual(expired)
    expect(messages).toEqual(['before'])
    await expect.poll(() => there.readyState, POLL).toBe(WebSocket.CLOSED)
  })

  it('ends on either side also where the other one does not answer', AGAIN, async () => {
    const first = await openSocket('/echo', await shortToken())
    originEnd().pause()
    const second = await openSocket('/echo', await shortToken())
    const there = originEnd()
    second.webSocket.pause()
    expect(await first.closed).toMatchObject({ code: 1008 })
    await expect.poll(() => there.readyState, POLL).toBe(WebSocket.CLOSED)
    second.webSocket.terminate()
  })

  it('outlives the token where the route says so', async () => {
    const open = await openSocket('/outlive/echo', await shortToken())
    // Another one, as a clock: it ends when the token of both has expired.
    await (await openSocket('/echo', await shortToken())).closed
    open.webSocket.send('still here')
    await expect.poll(() => open.messages, POLL).toEqual(['still here'])
    open.webSocket.terminate()
  })
})

describe('a stream of events', () => {
  it('passes event by event, and ends when the origin ends it', async () => {
    const connection = await openEvents('/three-events', await issuer.mint())
    const { status, headers, body } = await connection.read()
    connection.reset()
    expect(status).toBe(200)
    expect(headers).toContainEqual(['Content-Type', 'text/event-stream'])
    expect(body).toBe('id: 1\ndata: event 1\n\nid: 2\ndata: event 2\n\nid: 3\ndata: event 3\n\n')
  })

  it('is not held back: the first event is there while the stream goes on', async () => {
    const connection = await openEvents('/events', await issuer.mint())
    await connection.readHead()
    expect((await connection.readSome()).toString()).toContain('event 1\n')
    const arrived = origin.requests.at(-1)
    connection.reset()
    expect(await arrived?.outcome).toBe('aborted')
  })

  it(
    'ends as if the origin had ended it when the token expires, and the origin is let go',
    AGAIN,
    async () => {
      const connection = await openEvents('/events', await shortToken())
      const { status, body } = await connection.read()
      connection.reset()
      expect(status).toBe(200)
      expect(body).toMatch(/^id: 1\ndata: event 1\n\n[\s\S]*event \d+\n\n$/)
      expect(await origin.requests.at(-1)?.outcome).toBe('aborted')
    },
  )

  it('outlives the token where the route says so', async () => {
    const connection = await openEvents('/outlive/events', await shortToken())
    await connection.readHead()
    const clock = await openEvents('/events', await shortToken())
    await clock.read()
    clock.reset()
    connection.rest()
    expect((await connection.readSome()).toString()).toContain('event')
    connection.reset()
  })
})

describe('a thousand slow clients', () => {
  it('wait at once, each for its own answer', async () => {
    const token = await issuer.mint()
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, (_, n) => gateway.send(`/slow?${n}`, token)),
    )
    const urls = answers.map(({ body }) => (JSON.parse(body) as { url: string }).url)
    expect(urls).toEqual(Array.from({ length: 1_000 }, (_, n) => `/slow?${n}`))
  })

  it('read their answers as slowly as they like, while others are served', async () => {
    const token = await issuer.mint()
    origin.modes.set('/large', { stream: { bytes: 300_000 } })
    const slow = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const connection = await openEvents('/large', token)
        await connection.readHead()
        connection.pause()
        return connection
      }),
    )
    expect(await gateway.show(token)).toEqual([200, ''])
    for (const connection of slow) connection.reset()
  })
})
