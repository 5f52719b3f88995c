// A KV namespace for Workers under raw workerd: a small HTTP service that speaks the protocol of
// workerd's KV binding. Several instances may share one. It can be broken on purpose and counts
// what it is asked. It is consistent at once, which the real one is not.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { listenOnLoopback } from './listen.ts'

/**
 * - `ok` answers
 * - `empty` finds nothing; drops what is written
 * - `garbage` finds under every key what nobody wrote
 * - `error` 500
 * - `unreachable` the connection is reset
 * - `hang` no answer
 */
export type KvMode = 'ok' | 'empty' | 'garbage' | 'error' | 'unreachable' | 'hang'

export interface KvEntry {
  value: Buffer
  /** The metadata's JSON text. */
  metadata?: string
  /** Unix seconds. */
  expiration?: number
}

export interface KvStore {
  readonly port: number
  readonly entries: Map<string, KvEntry>
  /** Calls, also those that failed. A read of many keys at once is one. */
  readonly counters: { reads: number; writes: number; deletes: number; lists: number }
  /** For all calls, or for reads (and lists) and writes (and deletes) apart. */
  mode: KvMode | { read?: KvMode; write?: KvMode }
  /** A value as text; `undefined` where there is none. */
  text(key: string): string | undefined
  set(key: string, value: string): void
  stop(): Promise<void>
}

const GARBAGE = '\u0000{"not":"what was written'
const MIN_EXPIRATION_SECONDS = 60
const MIN_CACHE_SECONDS = 30

/** Starts an empty namespace. `now` in Unix seconds decides what has expired. */
export async function startKv(now = () => Math.floor(Date.now() / 1000)): Promise<KvStore> {
  const entries = new Map<string, KvEntry>()
  const server = createServer((request, response) => {
    answer(request, response).catch((cause: unknown) => response.destroy(cause as Error))
  })
  const { port, stop } = await listenOnLoopback(server)
  const store: KvStore = {
    port,
    entries,
    counters: { reads: 0, writes: 0, deletes: 0, lists: 0 },
    mode: 'ok',
    text: (key) => find(key)?.value.toString(),
    set: (key, value) => void entries.set(key, { value: Buffer.from(value) }),
    stop,
  }
  return store

  function find(key: string): KvEntry | undefined {
    const entry = entries.get(key)
    return entry?.expiration !== undefined && entry.expiration <= now() ? undefined : entry
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://kv')
    const body = await readBody(request)
    const call = countCall(request.method, url)
    const own = call === 'reads' || call === 'lists' ? 'read' : 'write'
    const mode = typeof store.mode === 'string' ? store.mode : (store.mode[own] ?? 'ok')
    if (mode === 'hang') return
    if (mode === 'unreachable') return void request.socket.resetAndDestroy()
    if (mode === 'error') return end(response, 500, 'broken on purpose')
    const key = decodeURIComponent(url.pathname.slice(1))
    if (call === 'lists') return list(url, mode, response)
    if (call === 'reads') {
      if (request.method === 'POST') return readMany(body, mode, response)
      if (tooSmall(url, 'cache_ttl', MIN_CACHE_SECONDS)) return end(response, 400, 'cache_ttl')
      return readOne(key, mode, response)
    }
    if (tooSmall(url, 'expiration_ttl', MIN_EXPIRATION_SECONDS)) {
      return end(response, 400, `expiration_ttl must be at least ${MIN_EXPIRATION_SECONDS}`)
    }
    if (mode === 'ok') {
      if (call === 'deletes') entries.delete(key)
      else entries.set(key, entryOf(request, url, body))
    }
    end(response, 200, '')
  }

  function countCall(method: string | undefined, url: URL): keyof KvStore['counters'] {
    const calls = { PUT: 'writes', DELETE: 'deletes' } as const
    const single = url.pathname === '/' ? 'lists' : 'reads'
    const call = method === 'PUT' || method === 'DELETE' ? calls[method] : single
    store.counters[call] += 1
    return call
  }

  function entryOf(request: IncomingMessage, url: URL, value: Buffer): KvEntry {
    const ttl = url.searchParams.get('expiration_ttl')
    const at = url.searchParams.get('expiration')
    const expiration = ttl === null ? at : now() + Number(ttl)
    // Node reads header bytes as Latin-1; workerd writes UTF-8.
    const metadata = request.headers['cf-kv-metadata']?.toString()
    return {
      value,
      ...(expiration !== null && { expiration: Number(expiration) }),
      ...(metadata !== undefined && { metadata: Buffer.from(metadata, 'latin1').toString() }),
    }
  }

  function look(key: string, mode: KvMode): KvEntry | undefined {
    if (mode === 'empty') return undefined
    return mode === 'garbage' ? { value: Buffer.from(GARBAGE) } : find(key)
  }

  function readOne(key: string, mode: KvMode, response: ServerResponse): void {
    const entry = look(key, mode)
    if (!entry) {
      end(response, 404, '')
      return
    }
    if (entry.metadata !== undefined) {
      response.setHeader('CF-KV-Metadata', Buffer.from(entry.metadata).toString('latin1'))
    }
    response.end(entry.value)
  }

  function readMany(body: Buffer, mode: KvMode, response: ServerResponse): void {
    const { keys, type, withMetadata } = JSON.parse(body.toString()) as {
      keys: string[]
      type?: 'json' | 'text'
      withMetadata?: boolean
    }
    const found = keys.map((key) => {
      const entry = look(key, mode)
      if (!entry) return [key, null]
      const text = entry.value.toString()
      const value: unknown = type === 'json' ? JSON.parse(text) : text
      const metadata: unknown = entry.metadata === undefined ? null : JSON.parse(entry.metadata)
      return [key, withMetadata ? { value, metadata } : value]
    })
    response.end(JSON.stringify(Object.fromEntries(found)))
  }

  function list(url: URL, mode: KvMode, response: ServerResponse): void {
    const prefix = url.searchParams.get('prefix') ?? ''
    const limit = Number(url.searchParams.get('key_count_limit') ?? 1000)
    const cursor = url.searchParams.get('cursor') ?? ''
    const names = mode === 'ok' ? [...entries.keys()].sort(byBytes) : []
    const after = names.slice(names.indexOf(cursor) + 1)
    const rest = after.filter((name) => name.startsWith(prefix) && find(name))
    const page = rest.slice(0, limit)
    const keys = page.map((name) => {
      const { expiration, metadata } = entries.get(name) ?? {}
      const shown: unknown = metadata === undefined ? undefined : JSON.parse(metadata)
      return { name, expiration, metadata: shown }
    })
    const complete = page.length === rest.length
    const end = complete ? { list_complete: true } : { list_complete: false, cursor: page.at(-1) }
    response.end(JSON.stringify({ keys, ...end }))
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

function tooSmall(url: URL, name: string, least: number): boolean {
  const value = url.searchParams.get(name)
  return value !== null && Number(value) < least
}

function end(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status).end(text)
}
