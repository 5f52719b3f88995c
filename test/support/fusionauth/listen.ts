// Puts a stand-in on a loopback port, for clients that want a URL: the official client, `curl`,
// another process. Node only; not imported by what runs in workerd.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FusionAuth } from '../fusionauth.ts'

/** Serves until `close()`, which also ends open connections. */
export async function listen(
  fusionAuth: Pick<FusionAuth, 'fetch'>,
): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer((incoming, outgoing) => {
    answer(fusionAuth, incoming, outgoing).catch(() => outgoing.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()))
        server.closeAllConnections()
      }),
  }
}

async function answer(
  fusionAuth: Pick<FusionAuth, 'fetch'>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const gone = new AbortController()
  outgoing.on('close', () => gone.abort(new Error('The client went away')))
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  const response = await fusionAuth.fetch(
    new Request(`http://${incoming.headers.host}${incoming.url}`, {
      method: incoming.method ?? 'GET',
      headers: headersOf(incoming),
      signal: gone.signal,
      // The client follows redirects itself, or does not.
      redirect: 'manual',
      ...(body.length > 0 && { body }),
    }),
  )
  outgoing.writeHead(response.status, [
    ...[...response.headers].filter(([name]) => name !== 'set-cookie').flat(),
    ...response.headers.getSetCookie().flatMap((value) => ['set-cookie', value]),
  ])
  for await (const chunk of response.body ?? []) {
    // Each chunk is on the wire before the next: a body that breaks off has begun.
    await new Promise((resolve) => outgoing.write(chunk, resolve))
  }
  outgoing.end()
}

function headersOf(incoming: IncomingMessage): Headers {
  const headers = new Headers()
  for (const [name, values] of Object.entries(incoming.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value)
  }
  return headers
}
