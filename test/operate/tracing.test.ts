import { describe, expect, it } from 'vitest'
import type { Platform } from '../../src/lib/scope.ts'
import type { RequestEvent } from '../../src/operate/log.ts'
import { type TracingOptions, tracing } from '../../src/operate/tracing.ts'
import { createTestGateway, ORIGIN, type TestGateway } from '../support/gateway.ts'
import { createGateway } from '../support/watched-gateway.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'
const PARENT = `00-${TRACE}-${SPAN}-01`
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/

const tracedGateway = (options?: TracingOptions) =>
  createTestGateway({
    config: { every: { trace: tracing(options) } },
    routes: [
      { path: '/open/*', to: ORIGIN, auth: 'public' },
      { path: '/down', to: () => Response.error(), auth: 'public' },
      { path: '/*', to: ORIGIN },
    ],
  })

async function sent(world: TestGateway, headers: Record<string, string>) {
  const response = await world.send('/open', { headers })
  const { headers: arrived } = world.received.at(-1) ?? new Request(ORIGIN)
  const [, traceId = '', parentId = '', flags = ''] =
    /^00-([\da-f]{32})-([\da-f]{16})-(0[01])$/.exec(arrived.get('traceparent') ?? '') ?? []
  return {
    traceId,
    parentId,
    flags,
    state: arrived.get('tracestate'),
    requestId: arrived.get('x-request-id'),
    response,
  }
}

describe('the request id', () => {
  it('of a client is the one of the origin, the answer and the log', async () => {
    const world = await tracedGateway()
    for (const id of ['a', 'f0a1:9/+=@~._-', 'x'.repeat(128)]) {
      const { requestId, response } = await sent(world, { 'x-request-id': id })
      const ids = [requestId, response.headers.get('x-request-id'), world.lastEvent()?.id]
      expect(ids).toEqual([id, id, id])
    }
  })

  it.each([
    ['is missing', undefined],
    ['is empty', ''],
    ['is too long', 'x'.repeat(129)],
    ['has a blank', 'a b'],
    ['is there twice', 'a, b'],
    ['has a quote', 'a"b'],
    ['has an escape', 'a%0Ab'],
    ['has a letter outside ASCII', 'ä'],
  ])('that %s is made anew', async (_, id) => {
    const world = await tracedGateway()
    const { requestId, response } = await sent(
      world,
      id === undefined ? {} : { 'x-request-id': id },
    )
    expect(requestId).toMatch(UUID)
    expect(requestId).toBe(response.headers.get('x-request-id'))
    expect(requestId).toBe(world.lastEvent()?.id)
  })

  it('is the instance of a problem, and is there on refusals and outages', async () => {
    const world = await tracedGateway()
    for (const [path, status] of [
      ['/secret', 401],
      ['/down', 502],
    ] as const) {
      const response = await world.send(path, { headers: { 'x-request-id': 'my/id' } })
      expect(response.status).toBe(status)
      expect(response.headers.get('x-request-id')).toBe('my/id')
      expect(await response.json()).toMatchObject({ instance: 'urn:gatehouse:request:my/id' })
      expect(world.lastEvent()?.id).toBe('my/id')
    }
    const response = await world.send('/secret')
    const { instance } = (await response.json()) as { instance: string }
    expect(instance).toBe(`urn:uuid:${response.headers.get('x-request-id')}`)
  })

  it('is the gateway’s own where the owner does not want those of clients', async () => {
    const world = await tracedGateway({ acceptRequestId: false })
    expect((await sent(world, { 'x-request-id': 'mine' })).requestId).toMatch(UUID)
  })

  it('of the origin does not replace it', async () => {
    const world = await createTestGateway({
      config: { every: { trace: tracing() } },
      origin: () => new Response(null, { headers: { 'x-request-id': 'of the origin' } }),
    })
    const response = await world.sendWithToken('/', { headers: { 'x-request-id': 'mine' } })
    expect(response.headers.get('x-request-id')).toBe('mine')
  })
})

describe('the trace', () => {
  it('of a client goes on under a span of its own, and is in the log', async () => {
    const world = await tracedGateway()
    const first = await sent(world, { traceparent: PARENT, tracestate: 'foo=1 , bar=2' })
    expect(first).toMatchObject({ traceId: TRACE, flags: '01', state: 'foo=1,bar=2' })
    const second = await sent(world, { traceparent: PARENT.replace(/01$/, '00') })
    expect(second).toMatchObject({ traceId: TRACE, flags: '00', state: null })
    expect(new Set([SPAN, first.parentId, second.parentId]).size).toBe(3)
    expect(world.lastEvent()?.traceId).toBe(TRACE)
  })

  it('is in the log of a refusal too', async () => {
    const world = await tracedGateway()
    await world.send('/secret', { headers: { traceparent: PARENT } })
    expect(world.lastEvent()).toMatchObject({ code: 'credential_missing', traceId: TRACE })
  })

  it.each([
    ['nothing was sent', {}],
    ['the parent is malformed', { traceparent: `${PARENT}-more`, tracestate: 'foo=1' }],
    ['there are two parents', { traceparent: `${PARENT}, ${PARENT}`, tracestate: 'foo=1' }],
    ['there is a state alone', { tracestate: 'foo=1' }],
  ])('starts where %s, without a state', async (_, headers) => {
    const world = await tracedGateway()
    const { traceId, flags, state } = await sent(world, headers)
    expect(traceId).toMatch(/^[\da-f]{32}$/)
    expect([traceId === TRACE, flags, state]).toEqual([false, '01', null])
    expect(world.lastEvent()?.traceId).toBe(traceId)
  })

  it('goes on without a state that is malformed', async () => {
    const world = await tracedGateway()
    const broken = await sent(world, { traceparent: PARENT, tracestate: 'foo=1,foo=2' })
    expect([broken.traceId, broken.state]).toEqual([TRACE, null])
  })

  it('of a client is dropped where the owner does not want it', async () => {
    const world = await tracedGateway({ continueTraces: false })
    const { traceId, state } = await sent(world, { traceparent: PARENT, tracestate: 'foo=1' })
    expect([traceId === TRACE, state]).toEqual([false, null])
  })

  it('is sampled as often as the owner says where it starts, and as the client says where not', async () => {
    const none = await tracedGateway({ sampleRatio: 0 })
    expect((await sent(none, {})).flags).toBe('00')
    expect((await sent(none, { traceparent: PARENT })).flags).toBe('01')
    const some = await tracedGateway({ sampleRatio: 0.5 })
    const flags = await Promise.all(Array.from({ length: 200 }, () => sent(some, {})))
    // Fewer than 40 or more than 160 of 200 come once in more than 10^17 times.
    const sampled = some.received.filter(({ headers }) =>
      headers.get('traceparent')?.endsWith('-01'),
    ).length
    expect(flags).toHaveLength(200)
    expect(sampled > 40 && sampled < 160).toBe(true)
  })

  it('is passed through unread on a route without the part', async () => {
    const world = await createTestGateway()
    const headers = { traceparent: 'as it is', tracestate: 'x', 'x-request-id': 'a b' }
    const response = await world.sendWithToken('/', { headers })
    expect(Object.fromEntries(world.received[0]?.headers ?? [])).toMatchObject(headers)
    expect(response.headers.has('x-request-id')).toBe(false)
    expect(world.lastEvent()).not.toHaveProperty('traceId')
  })
})

/** A stand-in for the platform's tracing, which Cloudflare alone runs. */
function platform(isTraced: boolean) {
  const noted: unknown[] = []
  const span = {
    isTraced,
    spanContext: () =>
      isTraced
        ? { traceId: 'c'.repeat(32), spanId: 'd'.repeat(16), traceFlags: 0 }
        : { traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 },
    updateName: (name: string) => noted.push(name),
    setStatus: (status: unknown) => noted.push(status),
  }
  const ended: string[] = []
  const tracing: NonNullable<Platform['tracing']> = {
    getActiveSpan: () => span,
    enterSpan(name, work) {
      const result = work(span)
      const end = () => void ended.push(name)
      void Promise.resolve(result).then(end, end)
      return result
    },
  }
  return { tracing, noted, ended }
}

async function onPlatform(own: Platform | undefined, path = '/open/1', headers = {}) {
  const arrived: Request[] = []
  const events: unknown[] = []
  const gateway = createGateway(
    {
      schemes: {},
      every: { trace: tracing() },
      routes: [{ path: '/open/:id', auth: 'public', to: ORIGIN }],
    },
    {
      log: (event) => events.push(event),
      fetch: async (request) => {
        arrived.push(request)
        return new Response(null, { status: path.endsWith('500') ? 500 : 200 })
      },
    },
  )
  const request = new Request(`https://api.test${path}`, { headers })
  await gateway.fetch(request, { ...own, waitUntil: () => {} })
  return {
    parent: arrived[0]?.headers.get('traceparent'),
    event: events.at(-1) as RequestEvent,
  }
}

describe('the platform’s span (a stand-in: not run on Cloudflare)', () => {
  it('is what a trace that starts here begins with, sampled as it is', async () => {
    const { parent, event } = await onPlatform(platform(true))
    expect(parent).toBe(`00-${'c'.repeat(32)}-${'d'.repeat(16)}-00`)
    expect(event.traceId).toBe('c'.repeat(32))
    expect(event).not.toHaveProperty('platformTraceId')
  })

  it('is in the log beside the trace of a client', async () => {
    const { parent, event } = await onPlatform(platform(true), '/open/1', { traceparent: PARENT })
    expect(parent).toBe(`00-${TRACE}-${'d'.repeat(16)}-01`)
    expect(event).toMatchObject({ traceId: TRACE, platformTraceId: 'c'.repeat(32) })
  })

  it('gets the pattern of the route, and a status where the service fails', async () => {
    const well = platform(true)
    await onPlatform(well)
    const ill = platform(true)
    await onPlatform(ill, '/open/500')
    expect([well.noted, ill.noted]).toEqual([
      ['GET /open/:id'],
      ['GET /open/:id', { code: 'error' }],
    ])
  })

  it('has one below it for authentication and one for the origin, which end as these do', async () => {
    const own = platform(true)
    await onPlatform(own)
    expect(own.ended).toEqual(['authenticate', 'origin'])
  })

  it('says nothing where it is not recorded, or there is none', async () => {
    for (const own of [platform(false), undefined]) {
      const { parent, event } = await onPlatform(own)
      expect(parent).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-01$/)
      expect(parent).not.toContain('0'.repeat(16))
      expect(event).not.toHaveProperty('platformTraceId')
    }
  })
})
