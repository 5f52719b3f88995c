// Listens in on a server's sockets and keeps the head of each request as the bytes that came, which
// node:http itself throws away. It expects what a proxy does: no pipelining.

import type { Server } from 'node:http'
import type { Socket } from 'node:net'

interface Tap {
  bytes: Buffer
  /** Bytes are a body's until the exchange is over. */
  inBody: boolean
}

const HEAD_END = '\r\n\r\n'

/** Returns a function that gives the latest head on a socket, without its empty line. */
export function tapHeads(server: Server): (socket: Socket) => string {
  const taps = new WeakMap<Socket, Tap>()
  server.on('connection', (socket: Socket) => {
    const tap: Tap = { bytes: Buffer.alloc(0), inBody: false }
    taps.set(socket, tap)
    // Ahead of the parser, so that the head is here when the request is announced.
    socket.prependListener('data', (chunk) => {
      if (tap.inBody) return
      tap.bytes = Buffer.concat([tap.bytes, chunk])
      tap.inBody = tap.bytes.includes(HEAD_END)
    })
  })
  server.on('request', ({ socket }, response) => {
    response.once('close', () => {
      const tap = taps.get(socket)
      if (tap) Object.assign(tap, { bytes: Buffer.alloc(0), inBody: false })
    })
  })
  return (socket) => {
    const bytes = taps.get(socket)?.bytes ?? Buffer.alloc(0)
    return bytes.subarray(0, bytes.indexOf(HEAD_END)).toString('latin1')
  }
}
