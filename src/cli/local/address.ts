// Where the local gateway is: `npm start` listens there and `npm run token` asks there. Node only.

import { createServer } from 'node:net'
import { StartError } from './start-error.ts'

const DEFAULT_PORT = 8787

/** Reads PORT. Default 8787. Throws a {@link StartError} when it names no port. */
export function readPort(value: string | undefined): number {
  if (value === undefined || value === '') return DEFAULT_PORT
  const port = /^\d{1,5}$/.test(value) ? Number(value) : 0
  if (port < 1 || port > 65_535) {
    throw new StartError(`PORT is "${value}", but a port is a number from 1 to 65535.`)
  }
  return port
}

/**
 * The port of the gateway that is meant: PORT where it is set, else the default one, else the only one that runs.
 * Throws a {@link StartError} where that leaves a choice.
 */
export function findPort(value: string | undefined, running: readonly number[]): number {
  const [first, ...others] = running
  if (value || first === undefined || running.includes(DEFAULT_PORT)) return readPort(value)
  if (others.length === 0) return first
  throw new StartError(
    `Several run, on the ports ${running.join(', ')}. Say which: PORT=${first} npm run -s token`,
  )
}

/** The gateway's public address, which is also the name of the local issuer. */
export function localUrl(port: number): string {
  return `http://localhost:${port}`
}

/** `npm …` as it has to be typed to reach the gateway on this port. */
export function npmCommand(port: number, command: string): string {
  return port === DEFAULT_PORT ? `npm ${command}` : `PORT=${port} npm ${command}`
}

/**
 * Throws a {@link StartError} unless this port can be listened on. Both loopback addresses count:
 * with another server on `[::1]` alone, `localhost` would reach that one and not the gateway.
 */
export async function assertPortIsFree(port: number): Promise<void> {
  for (const host of ['127.0.0.1', '::1']) {
    const code = await listenOnce(port, host)
    if (code === 'EADDRINUSE') {
      throw new StartError(
        `Port ${port} is in use. Stop what uses it, or choose another: ` +
          `PORT=${port === 65_535 ? DEFAULT_PORT : port + 1} npm start`,
      )
    }
    if (code === 'EACCES') {
      throw new StartError(`Port ${port} needs more rights than you have. Choose one above 1023.`)
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
