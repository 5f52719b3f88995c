// Where the demo is: `npm start` listens there and `npm run token` asks there. Node only.

import { createServer } from 'node:net'
import { DemoError } from './demo-error.ts'

const DEFAULT_PORT = 8787

/** Reads PORT. Default 8787. Throws a {@link DemoError} when it names no port. */
export function readPort(value: string | undefined): number {
  if (value === undefined || value === '') return DEFAULT_PORT
  const port = /^\d{1,5}$/.test(value) ? Number(value) : 0
  if (port < 1 || port > 65_535) {
    throw new DemoError(`PORT is "${value}", but a port is a number from 1 to 65535.`)
  }
  return port
}

/** The demo's public address, which is also the name of its issuer. */
export function demoUrl(port: number): string {
  return `http://localhost:${port}`
}

/** `npm …` as it has to be typed to reach the demo on this port. */
export function npmCommand(port: number, command: string): string {
  return port === DEFAULT_PORT ? `npm ${command}` : `PORT=${port} npm ${command}`
}

/**
 * Throws a {@link DemoError} unless this port can be listened on. Both loopback addresses count:
 * with another server on `[::1]` alone, `localhost` would reach that one and not the demo.
 */
export async function assertPortIsFree(port: number): Promise<void> {
  for (const host of ['127.0.0.1', '::1']) {
    const code = await listenOnce(port, host)
    if (code === 'EADDRINUSE') {
      throw new DemoError(
        `Port ${port} is in use. Stop what uses it, or choose another: ` +
          `${npmCommand(port === DEFAULT_PORT ? port + 1 : DEFAULT_PORT, 'start')}`,
      )
    }
    if (code === 'EACCES') {
      throw new DemoError(`Port ${port} needs more rights than you have. Choose one above 1023.`)
    }
  }
}

function listenOnce(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code))
    server.listen(port, host, () => server.close(() => resolve(undefined)))
  })
}
