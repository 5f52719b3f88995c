// An HTTP/1.1 client that sends exactly the bytes it is given and shows what came back unchanged:
// no added headers, no tidied paths, no joined lines. It also leaves in the middle, by FIN or RST.
// One character is one byte, both ways (Latin-1), except where a body is read as text.

import { connect, type Socket } from 'node:net'
import { createResponseReader, type RawHead, type RawResponse } from './raw-response.ts'

/** A request line, header lines and a body, sent as they stand: nothing is added. */
export interface RawRequest {
  /** Default GET. */
  method?: string
  target: string
  /** Default: one Host line. */
  headers?: [name: string, value: string][]
  /** A string goes out as UTF-8. It brings no header of its own. */
  body?: string | Uint8Array
}

/** Limit for everything that waits for the peer, 5 seconds unless said otherwise. */
export interface RawOptions {
  timeoutMs?: number
}

export interface RawConnection {
  /** A string is sent as Latin-1. */
  send(bytes: string | Uint8Array): void
  /** The next response of the connection, whole. `head` for the answer to a HEAD request. */
  read(options?: { head?: boolean }): Promise<RawResponse>
  /** Status line and headers of the next response; its body stays unread. */
  readHead(): Promise<RawHead>
  /** At least one byte of the unread body. */
  readSome(): Promise<Buffer>
  /** Stops reading, as a slow client does; what has arrived can still be read. */
  pause(): void
  resume(): void
  /** Ends the sending half. */
  fin(): void
  /** Drops the connection at once. */
  reset(): void
  /** How the peer ended it. */
  closed(): Promise<'fin' | 'reset'>
  /** What arrived and no read has taken. */
  rest(): Buffer
}

/**
 * Where a client gives up:
 * - `request_headers` after the header block, before any of the body
 * - `request_body` after half of the body
 * - `before_response` with the request sent whole
 * - `response_body` after the response's headers and the first bytes of its body
 */
export type DisconnectPhase =
  | 'request_headers'
  | 'request_body'
  | 'before_response'
  | 'response_body'

const TIMEOUT_MS = 5_000

/** Opens a connection to a port on loopback. */
export async function openRaw(port: number, options: RawOptions = {}): Promise<RawConnection> {
  const { timeoutMs = TIMEOUT_MS } = options
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
  const reader = createResponseReader(socket)
  let ended: 'fin' | 'reset' | undefined
  socket.on('end', () => {
    ended ??= 'fin'
  })
  socket.on('error', () => {
    ended ??= 'reset'
  })
  const guard = <T>(what: string, work: Promise<T>) => within(timeoutMs, what, work, socket, reader)
  await guard(
    'connection',
    new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve).once('error', reject)
    }),
  )
  return {
    send: (bytes) => void socket.write(typeof bytes === 'string' ? latin1(bytes) : bytes),
    read: ({ head = false } = {}) => guard('response', reader.response(head)),
    readHead: () => guard('response headers', reader.head()),
    readSome: () => guard('piece of the body', reader.some()),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    fin: () => void socket.end(),
    reset: () => void socket.resetAndDestroy(),
    closed: async () => {
      await guard('end of the connection', reader.ended)
      return ended ?? 'fin'
    },
    rest: () => reader.rest(),
  }
}

/** Sends one request on a connection of its own and reads the answer. */
export async function rawRequest(
  port: number,
  request: RawRequest | string | Uint8Array,
  options: RawOptions = {},
): Promise<RawResponse> {
  const connection = await openRaw(port, options)
  try {
    const bytes = requestBytes(port, request)
    connection.send(bytes)
    return await connection.read({ head: bytes.subarray(0, 5).toString('latin1') === 'HEAD ' })
  } finally {
    connection.reset()
  }
}

/**
 * Sends a request and leaves in the given phase. `when` is awaited before leaving, so that a test
 * can wait until the request has arrived where it should. With `fin` the connection stays half open
 * and is handed back; after `rst` there is nothing left.
 */
export async function disconnect(
  port: number,
  request: RawRequest,
  how: { phase: DisconnectPhase; by: 'rst' | 'fin'; when?: () => Promise<unknown> } & RawOptions,
): Promise<RawConnection> {
  const connection = await openRaw(port, how)
  const bytes = requestBytes(port, request)
  const bodyBytes = Buffer.byteLength(request.body ?? '')
  const headBytes = bytes.byteLength - bodyBytes
  const sent = {
    request_headers: headBytes,
    request_body: headBytes + (bodyBytes >> 1),
    before_response: bytes.byteLength,
    response_body: bytes.byteLength,
  }
  connection.send(bytes.subarray(0, sent[how.phase]))
  if (how.phase === 'response_body') {
    await connection.readHead()
    await connection.readSome()
  }
  await how.when?.()
  if (how.by === 'rst') connection.reset()
  else connection.fin()
  return connection
}

/** The bytes of a request. */
export function requestBytes(port: number, request: RawRequest | string | Uint8Array): Buffer {
  if (typeof request === 'string') return latin1(request)
  if (request instanceof Uint8Array) return Buffer.from(request)
  const { method = 'GET', target, headers = [['Host', `127.0.0.1:${port}`]], body = '' } = request
  const lines = [`${method} ${target} HTTP/1.1`, ...headers.map(([n, v]) => `${n}: ${v}`), '', '']
  return Buffer.concat([latin1(lines.join('\r\n')), Buffer.from(body)])
}

function latin1(text: string): Buffer {
  const wide = [...text].find((char) => char.charCodeAt(0) > 0xff)
  if (wide !== undefined) throw new Error(`raw HTTP: ${JSON.stringify(wide)} is not one byte`)
  return Buffer.from(text, 'latin1')
}

async function within<T>(
  timeoutMs: number,
  what: string,
  work: Promise<T>,
  socket: Socket,
  reader: { rest(): Buffer; ended: Promise<void> },
): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const fail = () => {
    const seen = JSON.stringify(reader.rest().toString('latin1').slice(0, 500))
    socket.destroy()
    reject(new Error(`raw HTTP: no ${what} within ${timeoutMs} ms; unread: ${seen}`))
  }
  const timer = setTimeout(fail, timeoutMs)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
