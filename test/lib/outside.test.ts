import { describe, expect, it } from 'vitest'
import type { Fetch } from '../../src/lib/fetch.ts'
import { type FetchJsonOptions, fetchJson } from '../../src/lib/fetch-json.ts'
import { readStore, type Store, writeStore } from '../../src/lib/kv.ts'

const URL = 'https://idp.test/keys'

function fetchFrom(fetch: Fetch, options: Partial<FetchJsonOptions> = {}) {
  return fetchJson(URL, { fetch, signal: new AbortController().signal, maxBytes: 64, ...options })
}

/** A body in the given pieces; with `error`, one that breaks after them. */
function pieces(texts: readonly string[], error?: Error): ReadableStream<Uint8Array> {
  const left = [...texts]
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      const next = left.shift()
      if (next !== undefined) controller.enqueue(new TextEncoder().encode(next))
      else if (error) controller.error(error)
      else controller.close()
    },
  })
}

describe('a small document', () => {
  it('is fetched uncached, without following redirects', async () => {
    let seen: Request | undefined
    const answer = await fetchFrom(async (request) => {
      seen = request
      return Response.json({ a: 1 })
    })
    expect(answer).toEqual({ status: 200, body: { a: 1 } })
    expect(seen?.url).toBe(URL)
    expect(seen?.method).toBe('GET')
    expect(seen?.redirect).toBe('manual')
    expect(seen?.cache).toBe('no-store')
    expect(seen?.headers.get('accept')).toBe('application/json')
  })

  it('is sent for as the caller says', async () => {
    const init = { method: 'POST', body: 'token=x', headers: { authorization: 'Basic eA==' } }
    let seen: Request | undefined
    await fetchFrom(
      async (request) => {
        seen = request.clone()
        return new Response()
      },
      { init },
    )
    expect([seen?.method, seen?.redirect, seen?.cache]).toEqual(['POST', 'manual', 'no-store'])
    expect(seen?.headers.get('authorization')).toBe('Basic eA==')
    expect(await seen?.text()).toBe('token=x')
  })

  it('is an answer whatever its status', async () => {
    for (const status of [201, 400, 401, 404, 500, 503]) {
      const answer = await fetchFrom(async () => new Response('{"error":"x"}', { status }))
      expect(answer).toEqual({ status, body: { error: 'x' } })
    }
  })

  it('has no body where it is not JSON', async () => {
    expect(await fetchFrom(async () => new Response('<!doctype html>'))).toEqual({
      status: 200,
      body: undefined,
    })
    expect(await fetchFrom(async () => new Response(null, { status: 204 }))).toEqual({
      status: 204,
      body: undefined,
    })
  })

  it('is refused where it is a redirect', async () => {
    for (const status of [301, 302, 303, 307, 308]) {
      const headers = { location: 'https://evil.test/keys' }
      const answer = fetchFrom(async () => new Response('{"keys":[]}', { status, headers }))
      await expect(answer).rejects.toThrow(`answered with a redirect (${status})`)
    }
  })

  it('may be as large as allowed and no larger, in whatever pieces it comes', async () => {
    const text = JSON.stringify({ a: 'x'.repeat(64 - 8) })
    expect(text.length).toBe(64)
    const answer = await fetchFrom(async () => new Response(pieces([...text])))
    expect(answer.body).toEqual({ a: 'x'.repeat(56) })
    for (const body of [`${text} `, pieces([text, ' ']), pieces([text, ' '.repeat(1_000)])]) {
      await expect(fetchFrom(async () => new Response(body))).rejects.toThrow('more than 64 bytes')
    }
  })

  it('is counted in bytes, not in characters', async () => {
    const text = JSON.stringify('€'.repeat(21))
    await expect(fetchFrom(async () => new Response(text))).rejects.toThrow('more than 64 bytes')
  })

  it('joins a character that two pieces share', async () => {
    const bytes = new TextEncoder().encode('"é"')
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte))
        controller.close()
      },
    })
    expect((await fetchFrom(async () => new Response(body))).body).toBe('é')
  })

  it('is not read to its end where it never ends', async () => {
    let cancelled = false
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(16)),
      cancel: () => {
        cancelled = true
      },
    })
    await expect(fetchFrom(async () => new Response(body))).rejects.toThrow('more than 64 bytes')
    expect(cancelled).toBe(true)
  })

  it('fails where its connection dies half way', async () => {
    const body = pieces(['{"a":'], new Error('connection lost'))
    await expect(fetchFrom(async () => new Response(body))).rejects.toThrow('connection lost')
  })

  it('is given up at the deadline, also by a binding that ignores the signal', async () => {
    const deadline = new AbortController()
    const answer = fetchFrom(() => new Promise(() => {}), { signal: deadline.signal })
    deadline.abort(new Error('deadline'))
    await expect(answer).rejects.toThrow('deadline')
  })

  it('is given up at the deadline where its body never comes', async () => {
    const deadline = new AbortController()
    const reading = Promise.withResolvers<void>()
    const body = new ReadableStream<Uint8Array>({
      pull: () => {
        reading.resolve()
        return new Promise(() => {})
      },
    })
    const answer = fetchFrom(async () => new Response(body), { signal: deadline.signal })
    await reading.promise
    deadline.abort(new Error('deadline'))
    await expect(answer).rejects.toThrow('deadline')
  })

  it('is not asked for after the deadline', async () => {
    const signal = AbortSignal.abort(new Error('deadline'))
    let calls = 0
    const answer = fetchFrom(
      async () => {
        calls++
        return Response.json({})
      },
      { signal },
    )
    await expect(answer).rejects.toThrow('deadline')
    expect(calls).toBe(0)
  })
})

describe('the store', () => {
  const working = (entries: Record<string, string>, puts: unknown[] = []): Store => ({
    get: async (key) => entries[key] ?? null,
    put: async (...put) => void puts.push(put),
  })
  const failing = (fail: () => Promise<never>): Store => ({ get: fail, put: fail })

  it('is read and written', async () => {
    const puts: unknown[] = []
    const store = working({ a: '1' }, puts)
    expect(await readStore(store, 'a')).toBe('1')
    expect(await readStore(store, 'b')).toBeUndefined()
    await writeStore(store, 'a', '2', 60)
    expect(puts).toEqual([['a', '2', { expirationTtl: 60 }]])
  })

  it('is a miss where there is none', async () => {
    expect(await readStore(undefined, 'a')).toBeUndefined()
    await writeStore(undefined, 'a', '2', 60)
  })

  it('is a miss where it fails, at once or later', async () => {
    const later = failing(() => Promise.reject(new Error('KV is down')))
    const atOnce = failing(() => {
      throw new Error('KV is down')
    })
    for (const store of [later, atOnce]) {
      expect(await readStore(store, 'a')).toBeUndefined()
      await writeStore(store, 'a', '2', 60)
    }
  })

  it('is a miss where it does not answer', async () => {
    const hanging = failing(() => new Promise(() => {}))
    expect(await readStore(hanging, 'a')).toBeUndefined()
  })
})
