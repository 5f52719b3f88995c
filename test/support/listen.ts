// Puts a server on a free loopback port and takes it down again with everything still connected.

import type { AddressInfo, Server, Socket } from 'node:net'

export interface Listening {
  port: number
  /** Open connections, for tests that break them. */
  sockets: ReadonlySet<Socket>
  /** Cuts what is open and closes; safe to call twice. */
  stop(): Promise<void>
}

/** Listens on 127.0.0.1, on a port of the system's choice. */
export async function listenOnLoopback(server: Server): Promise<Listening> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    // A peer that resets is what many tests are about, never a reason to crash the test process.
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
  return { port, sockets, stop }
}
