// The Cache API for Workers under raw workerd, which has none of its own: a service that speaks the
// protocol of workerd's cache binding. Plain storage by URL with a lifetime; it serves no ranges and
// no conditional requests, and like the real one it ignores Vary.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { listenOnLoopback } from './listen.ts'
import { createResponseReader, type RawHead, values } from './raw-response.ts'

export interface CacheStore {
  readonly port: number
  /** By URL, for a named cache by its name, a blank and the URL. */
  readonly entries: Map<string, { head: RawHead; body: Buffer; expiresAt: number }>
  readonly counters: { hits: number; misses: number; puts: number; deletes: number }
  stop(): Promise<void>
}

// Framing was undone when the response was stored and is done anew when it is served.
const FRAMING = new Set(['content-length', 'transfer-encoding', 'connection'])

/** Starts an empty cache. `now` in Unix seconds decides what is fresh. */
export async function startCache(now = () => Math.floor(Date.now() / 1000)): Promise<CacheStore> {
  const entries: CacheStore['entries'] = new Map()
  const counters = { hits: 0, misses: 0, puts: 0, deletes: 0 }
  // workerd sends absolute URLs and no Host.
  const server = createServer({ requireHostHeader: false }, (request, response) => {
    answer(request, response).catch(() => request.socket.destroy())
  })
  const { port, stop } = await listenOnLoopback(server)
  return { port, entries, counters, stop }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = request.headers['cf-cache-namespace']
    const key = name === undefined ? (request.url ?? '') : `${String(name)} ${request.url}`
    if (request.method === 'PUT') {
      counters.puts += 1
      // The body is the rest as it stands, even where workerd names a transfer coding before it.
      const reader = createResponseReader(request)
      const head = await reader.head()
      await reader.ended
      const seconds = lifetimeSeconds(head.headers)
      if (seconds > 0) entries.set(key, { head, body: reader.rest(), expiresAt: now() + seconds })
      response.writeHead(204).end()
    } else if (request.method === 'PURGE') {
      counters.deletes += 1
      response.writeHead(entries.delete(key) ? 200 : 404).end()
    } else serve(key, response)
  }

  function serve(key: string, response: ServerResponse): void {
    const entry = entries.get(key)
    if (!entry || entry.expiresAt <= now()) {
      counters.misses += 1
      response.writeHead(504, { 'CF-Cache-Status': 'MISS' }).end()
      return
    }
    counters.hits += 1
    const { status, reason, headers } = entry.head
    const kept = headers.filter(([name]) => !FRAMING.has(name.toLowerCase()))
    const own = [
      ['CF-Cache-Status', 'HIT'],
      ['Content-Length', `${entry.body.length}`],
    ]
    response.writeHead(status, reason, [...kept, ...own].flat()).end(entry.body)
  }
}

function lifetimeSeconds(headers: RawHead['headers']): number {
  const control = values(headers, 'cache-control').join(',')
  if (values(headers, 'set-cookie').length > 0 || /no-store|private/i.test(control)) return 0
  const age = /s-maxage=(\d+)/i.exec(control) ?? /max-age=(\d+)/i.exec(control)
  return Number(age?.[1] ?? 0)
}
