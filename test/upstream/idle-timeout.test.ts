import { describe, expect, it } from 'vitest'
import {
  type IdleTimeoutOptions,
  idleTimeout,
  type StartTimer,
} from '../../src/upstream/idle-timeout.ts'
import { createTestGateway, ORIGIN } from '../support/gateway.ts'

const text = new TextEncoder()

/** Timers that run out when the test says so, and a body that the test fills. */
async function createWorld(options: IdleTimeoutOptions, headers: HeadersInit = {}) {
  const timers = new Set<() => void>()
  const limits: number[] = []
  const startTimer: StartTimer = (work, ms) => {
    timers.add(work)
    limits.push(ms)
    return () => timers.delete(work)
  }
  let cancelled: unknown
  let origin!: ReadableStreamDefaultController<Uint8Array>
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      origin = controller
    },
    cancel(reason) {
      cancelled = reason
    },
  })
  const { send } = await createTestGateway({
    routes: [
      { path: '/*', auth: 'public', to: ORIGIN, idleTimeout: idleTimeout(options, startTimer) },
    ],
    origin: () => new Response(body, { headers }),
  })
  const response = await send('/')
  const reader = response.body?.getReader() as ReadableStreamDefaultReader<Uint8Array>
  return {
    response,
    reader,
    limits,
    timers,
    say: (words: string) => origin.enqueue(text.encode(words)),
    end: () => origin.close(),
    async runOut() {
      await expect.poll(() => timers.size).toBe(1)
      for (const work of timers) work()
    },
    wasCancelled: () => cancelled instanceof Error && cancelled.message,
  }
}

const read = async (reader: ReadableStreamDefaultReader<Uint8Array>) => {
  const { done, value } = await reader.read()
  return done ? 'the end' : new TextDecoder().decode(value)
}

describe('an answer whose body falls silent', () => {
  it('breaks off, also before its first byte, and the origin is let go', async () => {
    const { reader, runOut, wasCancelled, limits } = await createWorld({ seconds: 60 })
    const answer = read(reader)
    await runOut()
    await expect(answer).rejects.toThrow('the service was silent for 60 s in its answer')
    expect(wasCancelled()).toBe('the service was silent for 60 s in its answer')
    expect(limits).toEqual([60_000])
  })

  it('breaks off in the middle, with what has come', async () => {
    const { reader, say, runOut } = await createWorld({ seconds: 60 })
    say('half')
    expect(await read(reader)).toBe('half')
    const rest = read(reader)
    await runOut()
    await expect(rest).rejects.toThrow('was silent')
  })
})

describe('an answer that goes on', () => {
  it('comes whole, with the same status and headers, and each piece has the whole time', async () => {
    const { response, reader, say, end, limits, timers } = await createWorld(
      { seconds: 60 },
      { 'content-type': 'text/plain', 'x-own': 'yes' },
    )
    expect([response.status, response.headers.get('x-own')]).toEqual([200, 'yes'])
    for (const word of ['one', 'two', 'three']) {
      say(word)
      expect(await read(reader)).toBe(word)
    }
    end()
    expect(await read(reader)).toBe('the end')
    expect(limits).toEqual([60_000, 60_000, 60_000, 60_000])
    expect(timers.size).toBe(0)
  })

  it('may be read slowly: only while the origin is asked for more is there a limit', async () => {
    const { reader, say, limits, timers } = await createWorld({ seconds: 60 })
    say('one')
    say('two')
    await expect.poll(() => timers.size).toBe(0)
    expect(limits).toEqual([60_000])
    expect([await read(reader), await read(reader)]).toEqual(['one', 'two'])
    await expect.poll(() => timers.size).toBe(1)
  })

  it('lets the origin go where the client has gone', async () => {
    const { reader, say, timers, wasCancelled } = await createWorld({ seconds: 60 })
    say('one')
    await read(reader)
    await reader.cancel(new Error('gone'))
    say('two')
    await expect.poll(wasCancelled).not.toBe(false)
    expect(timers.size).toBe(0)
  })

  it('may be an event stream, which is silent as long as it likes unless the owner says otherwise', async () => {
    const events = { 'content-type': 'text/event-stream; charset=utf-8' }
    expect((await createWorld({ seconds: 60 }, events)).limits).toEqual([])
    const asked = await createWorld({ seconds: 60, eventStreams: true }, events)
    const answer = read(asked.reader)
    await asked.runOut()
    await expect(answer).rejects.toThrow('was silent')
  })

  it('may be one without a body', async () => {
    const { send } = await createTestGateway({
      routes: [
        { path: '/*', auth: 'public', to: ORIGIN, idleTimeout: idleTimeout({ seconds: 1 }) },
      ],
      origin: () => new Response(null, { status: 204 }),
    })
    expect((await send('/')).status).toBe(204)
  })
})
