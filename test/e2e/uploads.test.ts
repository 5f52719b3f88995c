// Who is waited for while a body is on its way: a client may take its time, an origin that has all it
// needs may not. Over real sockets, because only these have two ends.

import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as later } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listenOnLoopback } from '../support/listen.ts'
import { rawRequest } from '../support/raw-http.ts'
import { startWorkerd, type Workerd } from '../support/workerd.ts'

const LIMIT_SECONDS = 0.5
const SCRIPT = `
import { worker } from './src/worker.ts'

export default worker((env) => ({
  schemes: {},
  routes: [
    { path: '/*', auth: 'public', to: env.ORIGIN, timeoutSeconds: ${LIMIT_SECONDS} },
    { path: '/patient/*', auth: 'public', to: env.ORIGIN, timeoutSeconds: false },
  ],
}))`

/** More than what counts as sent at once. */
const CHUNK = Buffer.alloc(40_000, 'x')

/** What becomes of the bodies that reach the origin: `data` for a piece, `end` with `whole` or `broken`. */
const bodies = new EventEmitter()

let origin: { port: number; stop(): Promise<void> }
let gateway: Workerd

async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(incoming.url ?? '', 'http://origin')
  if (pathname === '/deaf') return
  if (pathname === '/early') {
    response.writeHead(200)
    response.write('early ')
  }
  let bytes = 0
  try {
    for await (const chunk of incoming) {
      bytes += chunk.length
      bodies.emit('data')
    }
    bodies.emit('end', 'whole')
  } catch (error) {
    bodies.emit('end', 'broken')
    throw error
  }
  if (pathname === '/silent') return
  if (pathname.startsWith('/patient/')) await later(LIMIT_SECONDS * 2_000)
  response.end(`${bytes} bytes`)
}

beforeAll(async () => {
  origin = await listenOnLoopback(
    createServer((incoming, response) => {
      answer(incoming, response).catch(() => response.destroy())
    }),
  )
  const vars = { ORIGIN: `http://127.0.0.1:${origin.port}` }
  gateway = await startWorkerd({ script: SCRIPT, vars })
})
afterAll(() => Promise.all([gateway.stop(), origin.stop()]))

interface Upload {
  chunks: number
  pauseSeconds?: number
  withLength?: boolean
}

async function upload(path: string, { chunks, pauseSeconds = 0, withLength = true }: Upload) {
  const headers = withLength ? { 'content-length': chunks * CHUNK.length } : {}
  const outgoing = request({ port: gateway.port, path, method: 'POST', headers })
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve).once('error', reject)
  })
  // Whoever is refused in the middle of a body may find the connection closed.
  outgoing.on('error', () => {})
  for (let count = 0; count < chunks && !outgoing.destroyed; count++) {
    if (count > 0) await later(pauseSeconds * 1_000)
    outgoing.write(CHUNK)
  }
  outgoing.end()
  const response = await answered
  const body = await text(response)
  return [response.statusCode, body.startsWith('{') ? JSON.parse(body).code : body]
}

describe('a body that takes longer than an origin may be silent', () => {
  const slow = { chunks: 4, pauseSeconds: LIMIT_SECONDS * 0.7 }

  for (const withLength of [true, false]) {
    const how = withLength ? 'with its length' : 'in chunks of unknown length'
    it(`arrives whole, ${how}`, async () => {
      expect(await upload('/fast', { ...slow, withLength })).toEqual([200, '160000 bytes'])
    })
  }

  it('may be answered before its end, and then goes on arriving', async () => {
    expect(await upload('/early', slow)).toEqual([200, 'early 160000 bytes'])
  })

  it('does not give an origin more time that has all of it', async () => {
    expect(await upload('/silent', { chunks: 4 })).toEqual([504, 'origin_timeout'])
    expect(await upload('/silent', { chunks: 1 })).toEqual([504, 'origin_timeout'])
  })

  it('does not give an origin more time that takes nothing of it', async () => {
    expect(await upload('/deaf', { chunks: 400 })).toEqual([504, 'origin_timeout'])
  })
})

describe('a route without a limit', () => {
  it('waits as long as the platform does', async () => {
    expect(await upload('/patient/a', { chunks: 4 })).toEqual([200, '160000 bytes'])
  })
})

describe('a conditional request', () => {
  it('reaches the origin as it was sent, so that a 304 is possible', async () => {
    const seen = Promise.withResolvers<IncomingMessage['headers']>()
    const teller = await listenOnLoopback(
      createServer((incoming, response) => {
        seen.resolve(incoming.headers)
        response.writeHead(304, { etag: '"a"' }).end()
      }),
    )
    const protectedGateway = await startWorkerd({
      script: `
import { worker } from './src/worker.ts'
import { optional } from './src/config/define.ts'
import { oidc } from './src/auth/presets/oidc.ts'

export default worker((env) => ({
  schemes: { main: oidc({ issuer: 'https://idp.test', audience: 'a' }) },
  routes: [{ path: '/*', auth: optional('main'), to: env.ORIGIN }],
}))`,
      vars: { ORIGIN: `http://127.0.0.1:${teller.port}` },
    })
    try {
      const response = await rawRequest(protectedGateway.port, {
        target: '/a',
        headers: [
          ['Host', 'localhost'],
          ['If-None-Match', '"a"'],
        ],
      })
      expect(response.status).toBe(304)
      const headers = await seen.promise
      expect(headers['if-none-match']).toBe('"a"')
      expect(headers).not.toHaveProperty('cache-control')
      expect(headers).not.toHaveProperty('pragma')
    } finally {
      await Promise.all([protectedGateway.stop(), teller.stop()])
    }
  })
})

describe('a body that breaks off', () => {
  const ways: [what: string, head: string, body: string, end: 'fin' | 'rst' | 'none'][] = [
    ['by a malformed chunk', 'Transfer-Encoding: chunked', '5\r\nhello\r\nzz\r\n', 'none'],
    ['between two chunks', 'Transfer-Encoding: chunked', '5\r\nhello\r\n', 'fin'],
    ['between two chunks, with a reset', 'Transfer-Encoding: chunked', '5\r\nhello\r\n', 'rst'],
    ['before its length', 'Content-Length: 100000', 'hello', 'fin'],
    ['before its length, with a reset', 'Content-Length: 100000', 'hello', 'rst'],
    ['before its small length', 'Content-Length: 10', 'hello', 'fin'],
  ]
  for (const [what, head, body, end] of ways) {
    it(`${what} never looks whole to the origin`, async () => {
      const arrived = once(bodies, 'end') as Promise<[outcome: string]>
      const socket = connect(gateway.port, '127.0.0.1')
      socket.on('error', () => {})
      socket.write(`POST /fast HTTP/1.1\r\nHost: localhost\r\n${head}\r\n\r\n${body}`)
      await once(bodies, 'data')
      if (end === 'rst') socket.resetAndDestroy()
      if (end === 'fin') socket.end()
      expect(await arrived).toEqual(['broken'])
      socket.destroy()
    })
  }
})
