// The sample origin, on a port of its own: answers with the request it received, so that one can see what
// the gateway let through and what it added.

import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface SampleOrigin {
  readonly port: number
  /** Cuts what is open. */
  stop(): Promise<void>
}

/** Starts a server that answers each request with method, url, headers and body of it, as JSON. */
export async function startSampleOrigin(): Promise<SampleOrigin> {
  const server = createServer(async (request, response) => {
    const seen = await read(request).catch(() => undefined)
    if (!seen) return response.destroy()
    response.setHeader('content-type', 'application/json')
    return response.end(`${JSON.stringify(seen, null, 2)}\n`)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    async stop() {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function read(request: IncomingMessage) {
  const { method, url = '/', headers } = request
  return {
    method,
    url: `http://${headers.host}${url}`,
    headers: Object.fromEntries(Object.entries(headers).sort()),
    body: await text(request),
  }
}
