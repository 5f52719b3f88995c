// The test issuer on a socket: discovery, key set and introspection over real HTTP, with the same
// minting, rotation and faults as the one inside the test; here a fault breaks a connection.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { listenOnLoopback } from './listen.ts'
import { createTestIssuer, type TestIssuer, type TestIssuerOptions } from './mint.ts'

export interface SocketIssuer extends TestIssuer {
  readonly port: number
  /** Calls that came in so far, as `METHOD target`, also those that failed. */
  readonly calls: string[]
  stop(): Promise<void>
}

/** Starts an issuer on a free port of loopback; its `issuer` is its URL, plus `path` if given. */
export async function startIssuer(
  options: Omit<TestIssuerOptions, 'issuer'> & { path?: string } = {},
): Promise<SocketIssuer> {
  const calls: string[] = []
  const server = createServer((request, response) => {
    calls.push(`${request.method} ${request.url}`)
    answer(request, response).catch(() => request.socket.destroy())
  })
  const { port, stop } = await listenOnLoopback(server)
  const origin = `http://127.0.0.1:${port}`
  const issuer = createTestIssuer({ ...options, issuer: `${origin}${options.path ?? ''}` })
  return Object.assign(issuer, { port, calls, stop })

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '/', origin)
    if (!issuer.answers(url)) {
      outgoing.writeHead(404).end()
      return
    }
    const gone = new AbortController()
    outgoing.once('close', () => gone.abort())
    const response = await issuer.fetch(await toRequest(url, incoming, gone.signal))
    outgoing.writeHead(response.status, [...response.headers].flat())
    for await (const chunk of response.body ?? []) {
      if (outgoing.write(chunk)) continue
      await new Promise<void>((resolve) => {
        outgoing.once('drain', resolve)
        gone.signal.addEventListener('abort', () => resolve())
      })
      if (gone.signal.aborted) return
    }
    outgoing.end()
  }
}

async function toRequest(
  url: URL,
  incoming: IncomingMessage,
  signal: AbortSignal,
): Promise<Request> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const { method = 'GET' } = incoming
  const headers = Object.entries(incoming.headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  )
  const body = method === 'GET' || method === 'HEAD' ? null : Buffer.concat(chunks)
  return new Request(url, { method, headers, body, signal, redirect: 'manual' })
}
