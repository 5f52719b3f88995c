// What a test origin may answer besides its echo: the faults and the special bodies, one per path.
// It knows node:http and nothing of who asks.

import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { gzipSync } from 'node:zlib'

/**
 * - `reset` RST before any of the response; `close` FIN instead
 * - `reset_mid_body` promises 1,000 bytes, sends 500, then RST; `half_body` FIN instead
 * - `hang` no answer until `release()`; `hang_mid_body` headers and half a body until then
 * - `invalid_http` bytes that are no response
 * - `cookies` three Set-Cookie lines; `early_hints` 103, then 200; `gzip` an encoded body
 * - `sink` reads the body to its end and answers `{ bytes, sha256 }`
 * - `slow_headers` the echo, later; `huge_headers` one header of that size
 * - `redirect` to a location, as it stands; `stream` that many bytes in chunks
 * - `events` a server-sent event each `everyMs` (default 10), `count` of them (default: no end)
 * - `respond` this status, these header lines, this body
 * - a function does what it likes
 */
export type OriginMode =
  | 'reset'
  | 'close'
  | 'reset_mid_body'
  | 'half_body'
  | 'hang'
  | 'hang_mid_body'
  | 'invalid_http'
  | 'cookies'
  | 'early_hints'
  | 'gzip'
  | 'sink'
  | { slow_headers: { delayMs: number } }
  | { huge_headers: { bytes: number } }
  | { redirect: { location: string; status?: number } }
  | { stream: { bytes: number } }
  | { events: { count?: number; everyMs?: number } }
  | { respond: { status?: number; headers?: [string, string][]; body?: string | Uint8Array } }
  | ((request: IncomingMessage, response: ServerResponse) => void | Promise<void>)

/** What `gzip` mode sends, before it is encoded. */
export const GZIP_TEXT = 'the quick brown fox '.repeat(100)

const PROMISED_BYTES = 1000
const CHUNK_BYTES = 64 * 1024

/** Answers in a mode. `echo` is the origin's ordinary answer; `released` ends a hang. */
export async function answerAs(
  mode: OriginMode,
  request: IncomingMessage,
  response: ServerResponse,
  echo: () => Promise<void>,
  released: Promise<void>,
): Promise<void> {
  if (typeof mode === 'function') return mode(request, response)
  if (typeof mode === 'object') return answerWith(mode, response, echo)
  switch (mode) {
    case 'reset':
      request.socket.resetAndDestroy()
      return
    case 'close':
      request.socket.destroy()
      return
    case 'reset_mid_body':
      await sendHalf(response)
      request.socket.resetAndDestroy()
      return
    case 'half_body':
      await sendHalf(response)
      request.socket.end()
      return
    case 'hang':
      await released
      return echo()
    case 'hang_mid_body':
      await sendHalf(response)
      await released
      response.end('x'.repeat(PROMISED_BYTES >> 1))
      return
    case 'invalid_http':
      request.socket.end('HTP/9.9 what?\r\nno colon here\r\n\r\n')
      return
    case 'cookies':
      response.setHeader('Set-Cookie', ['a=1; Path=/', 'b=2; HttpOnly', 'c=3, 4'])
      return echo()
    case 'early_hints':
      await new Promise<void>((sent) => {
        response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' }, sent)
      })
      return echo()
    case 'gzip':
      response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Encoding': 'gzip' })
      response.end(gzipSync(GZIP_TEXT))
      return
    case 'sink':
      return sink(request, response)
  }
}

async function answerWith(
  mode: Exclude<OriginMode, string | ((...args: never[]) => unknown)>,
  response: ServerResponse,
  echo: () => Promise<void>,
): Promise<void> {
  if ('slow_headers' in mode) {
    await later(mode.slow_headers.delayMs)
    return echo()
  }
  if ('huge_headers' in mode) {
    response.setHeader('X-Huge', 'h'.repeat(mode.huge_headers.bytes))
    return echo()
  }
  if ('redirect' in mode) {
    const { location, status = 302 } = mode.redirect
    response.writeHead(status, { Location: location }).end()
    return
  }
  if ('stream' in mode) return stream(response, mode.stream.bytes)
  if ('events' in mode) return events(response, mode.events)
  const { status = 200, headers = [], body = '' } = mode.respond
  response.writeHead(status, headers.flat()).end(body)
}

async function sendHalf(response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': PROMISED_BYTES })
  await new Promise<void>((written) => {
    response.write('x'.repeat(PROMISED_BYTES >> 1), () => written())
  })
}

async function sink(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of request) {
    hash.update(chunk as Buffer)
    bytes += (chunk as Buffer).byteLength
  }
  response.setHeader('Content-Type', 'application/json')
  response.end(JSON.stringify({ bytes, sha256: hash.digest('hex') }))
}

async function stream(response: ServerResponse, bytes: number): Promise<void> {
  response.writeHead(200, { 'Content-Type': 'application/octet-stream' })
  await pipeline(chunks(bytes), response)
}

function* chunks(bytes: number): Generator<Buffer> {
  const chunk = Buffer.alloc(CHUNK_BYTES, 'stream ')
  for (let left = bytes; left > 0; left -= CHUNK_BYTES) {
    yield chunk.subarray(0, Math.min(left, CHUNK_BYTES))
  }
}

async function events(
  response: ServerResponse,
  { count = Number.POSITIVE_INFINITY, everyMs = 10 }: { count?: number; everyMs?: number },
): Promise<void> {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
  for (let id = 1; id <= count && !response.destroyed; id += 1) {
    response.write(`id: ${id}\ndata: event ${id}\n\n`)
    await later(everyMs)
  }
  response.end()
}

function later(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs))
}
