// The service behind the gateway, for tests: it records every request byte by byte as it came off
// the socket, echoes what it understood, and misbehaves on the paths it is told to. Upgrades to
// WebSocket echo messages.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { listenOnLoopback } from './listen.ts'
import { answerAs, type OriginMode } from './origin-modes.ts'
import { tapHeads } from './request-tap.ts'

/** One request as it arrived. */
export interface RecordedRequest {
  method: string
  /** The request target, raw. */
  target: string
  /** Request line and header lines, as sent, up to and without the empty line. One char is one byte. */
  head: string
  /** Header lines in order, split at the colon. */
  headers: [name: string, value: string][]
  /** The body read so far; modes that do not read it leave it empty. */
  body: string
  /** How it ended: `answered`, or `aborted` when either side broke it off. */
  outcome: Promise<'answered' | 'aborted'>
}

/** The JSON body of an ordinary answer. */
export interface Echo {
  method: string
  url: string
  headers: [name: string, value: string][]
  body: string
}

export interface OriginOptions {
  /** Path (without query) to mode; all other paths echo. */
  modes?: Record<string, OriginMode>
}

export interface Origin {
  readonly url: string
  readonly port: number
  /** In order of arrival; tests may empty it. */
  readonly requests: RecordedRequest[]
  readonly modes: Map<string, OriginMode>
  /** Open WebSockets. */
  readonly webSockets: ReadonlySet<WebSocket>
  /** The next request to arrive after this call. Rejects after five seconds. */
  next(): Promise<RecordedRequest>
  /** Lets every hanging answer go out. */
  release(): void
  stop(): Promise<void>
}

const NEXT_TIMEOUT_MS = 5_000

/** Starts an origin on a free port of loopback. */
export async function startOrigin(options: OriginOptions = {}): Promise<Origin> {
  const modes = new Map(Object.entries(options.modes ?? {}))
  const requests: RecordedRequest[] = []
  const arrivals = new Set<(request: RecordedRequest) => void>()
  let hanging = Promise.withResolvers<void>()
  // Limits far above what the gateway may send: what is cut here would look like its doing.
  const server = createServer({ maxHeaderSize: 1024 * 1024, requestTimeout: 0 })
  const headOf = tapHeads(server)
  const webSocketServer = new WebSocketServer({ noServer: true })
  server.on('request', (request, response) => {
    const recorded = record(request, outcomeOf(response))
    serve(recorded, request, response).catch(() => request.socket.destroy())
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, first: Buffer) => {
    const closed = new Promise<'aborted'>((resolve) => {
      socket.once('close', () => resolve('aborted'))
    })
    record(request, closed)
    webSocketServer.handleUpgrade(request, socket, first, (webSocket) => {
      webSocket.on('message', (data, binary) => webSocket.send(data as Buffer, { binary }))
      webSocket.on('error', () => {})
    })
  })
  const { port, stop } = await listenOnLoopback(server)
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    modes,
    webSockets: webSocketServer.clients,
    next: () =>
      new Promise((resolve, reject) => {
        const arrived = (request: RecordedRequest) => {
          clearTimeout(timer)
          arrivals.delete(arrived)
          resolve(request)
        }
        const timer = setTimeout(() => {
          arrivals.delete(arrived)
          reject(new Error(`origin: no request within ${NEXT_TIMEOUT_MS} ms`))
        }, NEXT_TIMEOUT_MS)
        arrivals.add(arrived)
      }),
    release() {
      hanging.resolve()
      hanging = Promise.withResolvers<void>()
    },
    stop,
  }

  function record(request: IncomingMessage, outcome: RecordedRequest['outcome']): RecordedRequest {
    const { method = '', url: target = '' } = request
    const headers = pairs(request.rawHeaders)
    const recorded = { method, target, headers, head: headOf(request.socket), body: '', outcome }
    requests.push(recorded)
    for (const arrived of arrivals) arrived(recorded)
    return recorded
  }

  async function serve(
    recorded: RecordedRequest,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const mode = modes.get(recorded.target.replace(/\?.*/, ''))
    const answer = () => echo(recorded, request, response)
    if (mode === undefined) return answer()
    return answerAs(mode, request, response, answer, hanging.promise)
  }
}

async function echo(
  recorded: RecordedRequest,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) {
    chunks.push(chunk as Buffer)
    recorded.body = Buffer.concat(chunks).toString()
  }
  const { method, target: url, headers, body } = recorded
  const text = JSON.stringify({ method, url, headers, body } satisfies Echo)
  response.setHeader('Content-Type', 'application/json')
  response.setHeader('Content-Length', Buffer.byteLength(text))
  response.end(text)
}

function outcomeOf(response: ServerResponse): RecordedRequest['outcome'] {
  return new Promise((resolve) => {
    response.once('close', () => resolve(response.writableFinished ? 'answered' : 'aborted'))
  })
}

function pairs(rawHeaders: string[]): [string, string][] {
  return rawHeaders.flatMap((name, at) =>
    at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? ''] satisfies [string, string]] : [],
  )
}
