/**
 * Connections that outlast the credential they were opened with: a WebSocket or an event stream ends
 * when the token does. Both run through this isolate for that: a timer that is merely handed to
 * waitUntil ends 30 s after the response has begun, and the connection would go on.
 */

import type { Principal } from '../auth/principal.ts'
import { isPrivateToOrigin } from './header-names.ts'

/** The longest time that setTimeout knows; who is connected for longer is asked again. */
const MAX_DELAY_MS = 2 ** 31 - 1
/** RFC 6455 section 7.4.1: policy violation; and the codes that are reserved or stand for the lack of one. */
const EXPIRED = { code: 1008, reason: 'the credential has expired' }
const RESERVED = new Set([1004, 1005, 1006, 1015])

/** The same response, ending with the first of the credentials that it was given for, if one of them ends. */
export function endWith(
  response: Response,
  principals: readonly Principal[],
  now: () => number,
): Response {
  if (principals.length === 0 || !staysOpen(response)) return response
  const expiresAt = Math.min(...principals.map((principal) => principal.expiresAt))
  return expiresAt === Infinity ? response : endAfter(response, expiresAt - now())
}

function staysOpen({ webSocket, headers }: Response): boolean {
  return Boolean(webSocket) || /^text\/event-stream\b/i.test(headers.get('content-type') ?? '')
}

/** The same response, with an end in `seconds` from now where it would otherwise stay open. */
export function endAfter(response: Response, seconds: number): Response {
  if (response.webSocket) return relay(response, response.webSocket, seconds)
  if (!response.body || !staysOpen(response)) return response
  return new Response(endStream(response.body, seconds), response)
}

/** Ends the stream as if the origin had: an EventSource then reconnects, and is asked who it is. */
function endStream(body: ReadableStream<Uint8Array>, seconds: number): ReadableStream<Uint8Array> {
  const { readable, writable } = new IdentityTransformStream()
  const end = new AbortController()
  const timer = setTimeout(() => end.abort(), delayMs(seconds))
  body
    .pipeTo(writable, { signal: end.signal, preventAbort: true })
    .catch(() => writable.close())
    .catch(() => {})
    .finally(() => clearTimeout(timer))
  return readable
}

function relay(response: Response, origin: WebSocket, seconds: number): Response {
  const { 0: client, 1: server } = new WebSocketPair()
  const timer = setTimeout(() => {
    close(origin, EXPIRED)
    close(server, EXPIRED)
  }, delayMs(seconds))
  connect(origin, server, timer)
  connect(server, origin, timer)
  const headers = new Headers(response.headers)
  for (const [name] of response.headers) {
    // Extensions and the accept key are of the connection to the origin alone.
    if (isPrivateToOrigin(name) || /^sec-websocket-(?!protocol)/.test(name)) headers.delete(name)
  }
  return new Response(null, { status: 101, headers, webSocket: client })
}

function connect(from: WebSocket, to: WebSocket, timer: ReturnType<typeof setTimeout>): void {
  from.binaryType = 'arraybuffer'
  from.addEventListener('message', ({ data }) => {
    if (to.readyState === WebSocket.OPEN) to.send(data)
  })
  from.addEventListener('close', (event) => {
    clearTimeout(timer)
    close(to, event)
  })
  from.addEventListener('error', () => {
    clearTimeout(timer)
    close(to, { code: 1011, reason: '' })
  })
  from.accept()
}

function close(socket: WebSocket, { code, reason }: { code: number; reason: string }): void {
  try {
    // A peer may send any number. One that cannot be passed on still ends the connection.
    const isSendable = code >= 1_000 && code < 5_000 && !RESERVED.has(code)
    if (isSendable) socket.close(code, reason)
    else socket.close()
  } catch {
    // It is closed already.
  }
}

function delayMs(seconds: number): number {
  return Math.min(Math.max(seconds, 0) * 1_000, MAX_DELAY_MS)
}
