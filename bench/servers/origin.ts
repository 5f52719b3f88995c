/**
 * The service behind every contender, in a process of its own. Two ports: `small` answers GETs with a
 * fixed JSON from a raw socket, so that it is never the bottleneck; `large` takes bodies, gives bytes
 * and echoes WebSocket messages. `/orders/echo` on `small` answers with the head it received.
 */

import { createHash } from 'node:crypto'
import { createServer as createHttpServer, type ServerResponse } from 'node:http'
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net'

const BODY = JSON.stringify({ id: 'order-1', status: 'shipped', total: 4200, currency: 'EUR' })
const ANSWER = Buffer.from(
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
)
const HEAD_END = '\r\n\r\n'
const CHUNK = Buffer.alloc(64 * 1024, 'x')
// RFC 6455 §1.3
const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

const small = createTcpServer({ noDelay: true }, (socket) => {
  let pending = ''
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    pending += chunk.toString('latin1')
    for (let end = pending.indexOf(HEAD_END); end >= 0; end = pending.indexOf(HEAD_END)) {
      const head = pending.slice(0, end)
      pending = pending.slice(end + HEAD_END.length)
      socket.write(head.startsWith('GET /orders/echo') ? echo(head) : ANSWER)
    }
  })
})

const large = createHttpServer((request, response) => {
  const bytes = Number(new URL(request.url ?? '/', 'http://origin').searchParams.get('bytes') ?? 0)
  if (request.method === 'GET' && bytes > 0) {
    response.writeHead(200, { 'content-length': bytes, 'content-type': 'application/octet-stream' })
    pour(response, bytes)
    return
  }
  let received = 0
  request.on('data', (chunk) => {
    received += chunk.length
  })
  request.on('end', () => response.end(JSON.stringify({ received })))
})

large.on('upgrade', (request, socket: Socket) => {
  const accept = createHash('sha1')
    .update(`${request.headers['sec-websocket-key']}${WEBSOCKET_GUID}`)
    .digest('base64')
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
  echoMessages(socket)
})

const [smallPort, largePort] = await Promise.all([listen(small), listen(large)])
console.log(JSON.stringify({ smallPort, largePort }))
// The parent holds our standard input: when it goes, however it goes, so do we.
process.stdin.resume().once('close', () => process.exit())

function echo(head: string): Buffer {
  const body = Buffer.from(head, 'latin1')
  return Buffer.concat([
    Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`),
    body,
  ])
}

function pour(response: ServerResponse, bytes: number): void {
  let left = bytes
  const more = () => {
    while (left > 0) {
      const chunk = left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK
      left -= chunk.length
      if (!response.write(chunk)) {
        response.once('drain', more)
        return
      }
    }
    response.end()
  }
  more()
}

/** Sends every client frame back unmasked. Lengths up to 65,535 are enough for the benchmark. */
function echoMessages(socket: Socket): void {
  let pending = Buffer.alloc(0)
  socket.on('data', (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
    const answers: Buffer[] = []
    for (;;) {
      if (pending.length < 2) break
      const short = pending.readUInt8(1) & 0x7f
      const lengthBytes = short === 126 ? 2 : 0
      const start = 2 + lengthBytes + 4
      const length = short === 126 && pending.length >= 4 ? pending.readUInt16BE(2) : short
      if (pending.length < start + length) break
      const frame = Buffer.allocUnsafe(2 + lengthBytes + length)
      frame[0] = pending.readUInt8(0)
      frame[1] = short
      pending.copy(frame, 2, 2, 2 + lengthBytes)
      for (let i = 0; i < length; i++) {
        frame[2 + lengthBytes + i] =
          pending.readUInt8(start + i) ^ pending.readUInt8(start - 4 + (i & 3))
      }
      answers.push(frame)
      pending = pending.subarray(start + length)
    }
    if (answers.length > 0) socket.write(Buffer.concat(answers))
  })
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}
