// The sample origin, on a port of its own: answers with the request it received, so that one can see what
// the gateway let through and what it added.

import { createServer, type IncomingMessage, type Server } from 'node:http'
import { text } from 'node:stream/consumers'

/** A server that answers each request with method, url, headers and body of it, as JSON. */
export function sampleOrigin(): Server {
  return createServer(async (request, response) => {
    const seen = await read(request).catch(() => undefined)
    if (!seen) return response.destroy()
    response.setHeader('content-type', 'application/json')
    return response.end(`${JSON.stringify(seen, null, 2)}\n`)
  })
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
