import { describe, expect, it } from 'vitest'
import type { RouteConfig } from '../../src/config/define.ts'
import { cached } from '../../src/edge/cache/cached.ts'
import { type RetryClock, type RetryOptions, retry } from '../../src/upstream/retry.ts'
import { createTestGateway, ORIGIN, refusal, START } from '../support/gateway.ts'

type Answer = () => Response | Promise<Response>

const ok: Answer = () => new Response('ok')
const lost: Answer = () => Promise.reject(new Error('Network connection lost.'))
const status =
  (code: number, headers: HeadersInit = {}): Answer =>
  () =>
    new Response('no', { status: code, headers })

interface World extends Partial<RouteConfig> {
  options?: RetryOptions
  /** What the origin does, one after the other; then it answers. */
  answers?: Answer[]
  /** How long an attempt takes. */
  attemptMs?: number
}

/** A clock that stands still but for attempts and pauses. */
async function createWorld({ options, answers = [], attemptMs = 5, ...route }: World = {}) {
  let nowMs = 1_000_000
  const pauses: number[] = []
  const seconds = { now: START }
  const pass = (ms: number) => {
    nowMs += ms
    seconds.now += ms / 1_000
  }
  const clock: RetryClock = {
    now: () => nowMs,
    async pause(ms) {
      pauses.push(ms)
      pass(ms)
    },
    random: () => 0.5,
  }
  const world = await createTestGateway({
    clock: seconds,
    routes: [{ path: '/*', to: ORIGIN, retry: retry(options, clock), ...route }],
    origin: () => {
      pass(attemptMs)
      return (answers.shift() ?? ok)()
    },
  })
  return { ...world, pauses, pass, answers }
}

const UNREACHABLE = [502, 'origin_unreachable']

describe('an origin that does not answer', () => {
  it('is asked once more after a pause, with the same request, and the log says so', async () => {
    const { sendWithToken, received, pauses, lastEvent } = await createWorld({ answers: [lost] })
    const response = await sendWithToken('/orders?a=1', { headers: { 'x-own': 'yes' } })
    expect([response.status, await response.text()]).toEqual([200, 'ok'])
    expect(pauses).toEqual([150])
    const [first, second] = received.map(({ method, url, headers }) => [method, url, [...headers]])
    expect(received).toHaveLength(2)
    expect(second).toEqual(first)
    expect(lastEvent()).toMatchObject({ status: 200, retried: 'Network connection lost.' })
  })

  it('is asked twice and never more', async () => {
    const { sendWithToken, received } = await createWorld({
      options: { budgetPercent: 100 },
      answers: [lost, lost, lost],
    })
    expect(await refusal(await sendWithToken('/'))).toEqual(UNREACHABLE)
    expect(received).toHaveLength(2)
  })

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('is not sent %s again', async (method) => {
    const { sendWithToken, received } = await createWorld({ answers: [lost] })
    expect(await refusal(await sendWithToken('/', { method }))).toEqual(UNREACHABLE)
    expect(received).toHaveLength(1)
  })

  it('is sent HEAD again', async () => {
    const { sendWithToken, received } = await createWorld({ answers: [lost] })
    expect((await sendWithToken('/', { method: 'HEAD' })).status).toBe(200)
    expect(received).toHaveLength(2)
  })

  it('is not sent an upgrade again', async () => {
    const { sendWithToken, received } = await createWorld({ answers: [lost] })
    const headers = { upgrade: 'websocket', connection: 'upgrade' }
    expect(await refusal(await sendWithToken('/', { headers }))).toEqual(UNREACHABLE)
    expect(received).toHaveLength(1)
  })

  it('is asked once where the route has no such part', async () => {
    const { sendWithToken, received } = await createTestGateway({ origin: lost })
    expect(await refusal(await sendWithToken('/'))).toEqual(UNREACHABLE)
    expect(received).toHaveLength(1)
  })

  it('is asked once where it is a function of the owner’s file', async () => {
    let calls = 0
    const to = () => {
      calls++
      throw new Error('broken')
    }
    const { sendWithToken } = await createTestGateway({
      config: { every: { retry: retry() } },
      routes: [{ path: '/*', to }],
    })
    expect(await refusal(await sendWithToken('/'))).toEqual(UNREACHABLE)
    expect(calls).toBe(1)
  })
})

describe('an answer', () => {
  it.each([500, 502, 503, 504, 404, 200])(
    'of %i is not asked for again by itself',
    async (code) => {
      const { sendWithToken, received } = await createWorld({ answers: [status(code)] })
      expect((await sendWithToken('/')).status).toBe(code)
      expect(received).toHaveLength(1)
    },
  )

  it.each([502, 503, 504])('of %i is asked for again where the owner says so', async (code) => {
    const options = { statuses: [code] }
    const { sendWithToken, received, lastEvent } = await createWorld({
      options,
      answers: [status(code)],
    })
    expect(await (await sendWithToken('/')).text()).toBe('ok')
    expect(received).toHaveLength(2)
    expect(lastEvent()).toMatchObject({ status: 200, retried: `${code}` })
  })

  it('that says when to come back is given as it is', async () => {
    const { sendWithToken, received } = await createWorld({
      options: { statuses: [503] },
      answers: [status(503, { 'retry-after': '10' })],
    })
    const response = await sendWithToken('/')
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '10'])
    expect(received).toHaveLength(1)
  })

  it.each([520, 521, 522, 523, 525])(
    'of %i, which is Cloudflare’s own for an origin without one, is asked for again',
    async (code) => {
      const { sendWithToken, received } = await createWorld({ answers: [status(code)] })
      expect((await sendWithToken('/')).status).toBe(200)
      expect(received).toHaveLength(2)
    },
  )

  it('that is bad again is the one that is given, and the first is let go', async () => {
    let isCancelled = false
    const body = new ReadableStream({
      cancel() {
        isCancelled = true
      },
    })
    const { sendWithToken } = await createWorld({
      options: { statuses: [503] },
      answers: [() => new Response(body, { status: 503 }), status(503, { 'x-second': 'yes' })],
    })
    expect((await sendWithToken('/')).headers.get('x-second')).toBe('yes')
    expect(isCancelled).toBe(true)
  })
})

describe('the time', () => {
  it('of both attempts and the pause is no longer than timeoutSeconds', async () => {
    const late = { timeoutSeconds: 1, attemptMs: 850, answers: [lost] }
    const { sendWithToken, received } = await createWorld(late)
    expect(await refusal(await sendWithToken('/'))).toEqual(UNREACHABLE)
    expect(received).toHaveLength(1)
    const inTime = await createWorld({ ...late, attemptMs: 849, answers: [lost] })
    expect((await inTime.sendWithToken('/')).status).toBe(200)
  })

  it('of the first attempt is under ten seconds, or the origin may have begun to work', async () => {
    const slow = { timeoutSeconds: false as const, attemptMs: 9_850, answers: [lost] }
    const { sendWithToken, received } = await createWorld(slow)
    expect(await refusal(await sendWithToken('/'))).toEqual(UNREACHABLE)
    expect(received).toHaveLength(1)
  })

  it('does not run out for the credential: one that has expired meanwhile is not sent', async () => {
    const expiring = async (lifetimeSeconds: number) => {
      const world = await createWorld({ attemptMs: 2_000, answers: [lost] })
      const token = await world.issuer.mint({ exp: START - 30 + lifetimeSeconds })
      const headers = { authorization: `Bearer ${token}` }
      const response = await world.send('/', { headers })
      return [response.status, world.received.length]
    }
    expect(await expiring(2)).toEqual([502, 1])
    expect(await expiring(3)).toEqual([200, 2])
  })
})

describe('the budget', () => {
  /** How many of so many requests in a row the origin gets, all of which it fails. */
  async function load(requests: number, options?: RetryOptions): Promise<number> {
    const answers = Array<Answer>(requests * 2).fill(lost)
    const world = { auth: 'public', answers, ...(options && { options }) } as const
    const { send, received } = await createWorld(world)
    for (let count = 0; count < requests; count++) await send('/')
    return received.length
  }

  it('is one request in ten and one more at first, so that an outage is not asked twice as often', async () => {
    expect(await load(1)).toBe(2)
    expect(await load(40)).toBe(45)
  })

  it('is what the owner says', async () => {
    expect(await load(40, { budgetPercent: 5 })).toBe(43)
    expect(await load(20, { budgetPercent: 100 })).toBe(40)
  })

  it('is saved up, ten at most', async () => {
    const { send, received, answers } = await createWorld({ auth: 'public' })
    for (let count = 0; count < 95; count++) await send('/')
    answers.push(...Array<Answer>(100).fill(lost))
    received.length = 0
    for (let count = 0; count < 20; count++) await send('/')
    expect(received.length).toBe(20 + 11)
  })

  it('is not filled by requests that are never sent again', async () => {
    const { send, received, answers } = await createWorld({ auth: 'public' })
    answers.push(lost)
    await send('/')
    for (let count = 0; count < 20; count++) await send('/', { method: 'POST' })
    answers.push(lost)
    received.length = 0
    expect((await send('/')).status).toBe(502)
    expect(received).toHaveLength(1)
  })
})

describe('beside other parts', () => {
  it('stands before what is stored: a stale answer is given after the second attempt alone', async () => {
    const { sendWithToken, received, answers, pass, settle } = await createWorld({
      cache: cached({ share: 'subject' }),
    })
    const path = `/stale-${crypto.randomUUID()}`
    answers.push(
      () => new Response('old', { headers: { 'cache-control': 'max-age=1, stale-if-error=600' } }),
    )
    await (await sendWithToken(path)).text()
    await settle()
    pass(2_000)
    answers.push(lost, lost)
    expect(await (await sendWithToken(path)).text()).toBe('old')
    expect(received).toHaveLength(3)
  })

  it('lets a request through that is only tried out, and says both', async () => {
    const { send, lastEvent } = await createWorld({
      dangerouslySimulate: true,
      roles: ['admin'],
      answers: [lost],
    })
    expect((await send('/')).status).toBe(200)
    expect(lastEvent()).toMatchObject({ status: 200, simulated: 'credential_missing' })
  })
})
