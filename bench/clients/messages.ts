/**
 * Sends WebSocket messages through a contender to an echo and counts what comes back. Raw sockets with
 * prepared frames, so that the client is not what is measured.
 */

import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'

interface Spec {
  port: number
  path: string
  token: string
  connections: number
  /** Messages on their way at once, per connection. */
  window: number
  messages: number
}

const PAYLOAD_BYTES = 100
const ANSWER_BYTES = 2 + PAYLOAD_BYTES
const FRAME = Buffer.concat([
  // A final binary frame (RFC 6455 §5.2) whose mask of zeros leaves the payload as it is.
  Buffer.from([0x82, 0x80 | PAYLOAD_BYTES, 0, 0, 0, 0]),
  Buffer.alloc(PAYLOAD_BYTES, 'x'),
])

const spec = JSON.parse(process.argv[2] ?? '') as Spec
const share = Math.ceil(spec.messages / spec.connections)

const started = performance.now()
const refusals = (await Promise.all(Array.from({ length: spec.connections }, talk))).filter(Boolean)
const seconds = (performance.now() - started) / 1000
console.log(JSON.stringify({ messages: share * spec.connections, seconds, refusal: refusals[0] }))
process.exit()

/** Resolves when every message of a connection is back, or with the refusal of its handshake. */
function talk(): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: spec.port, host: '127.0.0.1', noDelay: true })
    let head: string | undefined = ''
    let sent = 0
    let bytes = 0
    const send = (count: number) => {
      const now = Math.min(count, share - sent)
      if (now <= 0) return
      sent += now
      socket.write(Buffer.concat(Array.from({ length: now }, () => FRAME)))
    }
    socket.once('error', reject)
    socket.once('close', () => reject(new Error(`closed after ${bytes} bytes`)))
    socket.write(
      [
        `GET ${spec.path} HTTP/1.1`,
        `Host: 127.0.0.1:${spec.port}`,
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
        `Authorization: Bearer ${spec.token}`,
        '\r\n',
      ].join('\r\n'),
    )
    socket.on('data', (chunk) => {
      if (head !== undefined) {
        head += chunk.toString('latin1')
        if (!head.includes('\r\n\r\n')) return
        const status = head.slice(0, head.indexOf('\r\n'))
        if (!status.includes(' 101 ')) return resolve(status)
        head = undefined
        send(spec.window)
        return
      }
      const before = Math.floor(bytes / ANSWER_BYTES)
      bytes += chunk.length
      const done = Math.floor(bytes / ANSWER_BYTES)
      if (done === share) return resolve(undefined)
      send(done - before)
    })
  })
}
