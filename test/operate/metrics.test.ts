import { describe, expect, it } from 'vitest'
import { BLOBS, DOUBLES, type Usage } from '../../src/operate/metrics/columns.ts'
import { type Dataset, type MetricsOptions, metrics } from '../../src/operate/metrics/metrics.ts'
import { requestLog } from '../../src/operate/request-log.ts'
import { createTestGateway, ORIGIN } from '../support/gateway.ts'

type Point = Parameters<Dataset['writeDataPoint']>[0]

async function counted(options: Partial<MetricsOptions> = {}, sampleRatio = 1) {
  const points: Point[] = []
  const usage: Usage[] = []
  const world = await createTestGateway({
    config: {
      log: requestLog({ sampleRatio }),
      metrics: metrics({
        dataset: { writeDataPoint: (point) => points.push(point) },
        onUsage: (one) => usage.push(one),
        ...options,
      }),
    },
    routes: [
      { path: '/*', to: ORIGIN },
      { path: '/admin', to: ORIGIN, roles: ['admin'] },
      { path: '/down', to: () => Response.error() },
    ],
    origin: ({ url }) => {
      const [, status = '200', units] = /\/status\/(\d+)(?:\/(.+))?$/.exec(url) ?? []
      const headers = units === undefined ? [] : [['x-units', units] as [string, string]]
      return new Response(null, { status: Number(status), headers })
    },
  })
  const as = async (client: string) => ({
    authorization: `Bearer ${await world.issuer.mint({ client_id: client })}`,
  })
  return { ...world, points, usage, as }
}

function named({ blobs = [], doubles = [] }: Point = {}) {
  return Object.fromEntries([
    ...BLOBS.map(({ name }, index) => [name, blobs[index]]),
    ...DOUBLES.map(({ name }, index) => [name, doubles[index]]),
  ])
}

const OUTCOMES = ['/a', '/status/404', '/status/503', '/admin', '/down', '/a;b', '/a?none']

describe('an answer', () => {
  it('is one point, one usage event and one line of the log, whatever it was', async () => {
    const world = await counted()
    const callers = await Promise.all(['app', 'web'].map(world.as))
    // A generator that gives the same numbers each time (Lehmer's).
    let state = 42
    const next = (below: number) => {
      state = (state * 48_271) % 2_147_483_647
      return state % below
    }
    for (let count = 0; count < 100; count++) {
      const path = OUTCOMES[next(OUTCOMES.length)] ?? ''
      const headers = path.endsWith('none') ? {} : callers[next(callers.length)]
      await world.send(path, headers ? { headers } : {})
    }
    const lines = world.events.flatMap((event) => (event.event === 'request' ? [event] : []))
    const outcomeOf = (status: number, code?: string) =>
      status >= 500 ? 'failed' : code === undefined ? 'served' : 'refused'
    const fromLog = lines.map(({ id, client, route, status, code }) => {
      const outcome = outcomeOf(status, code)
      const units = outcome === 'served' ? 1 : 0
      return { id, client, key: undefined, route, outcome, units }
    })
    expect(lines).toHaveLength(100)
    expect(world.usage).toEqual(fromLog)
    const rows = world.points.map(named)
    expect(
      rows.map(({ client, route, outcome, units }) => ({ client, route, outcome, units })),
    ).toEqual(
      fromLog.map(({ client = '', route = '', outcome, units }) => ({
        client,
        route,
        outcome,
        units,
      })),
    )
    expect(new Set(fromLog.map(({ outcome }) => outcome)).size).toBe(3)
  })

  it('is counted where the log leaves it out', async () => {
    const { points, usage, sendWithToken, events } = await counted({}, 0)
    await sendWithToken('/a')
    expect([points.length, usage.length, events.length]).toEqual([1, 1, 0])
  })

  it('has what the log has in its columns, nothing as an empty text or -1', async () => {
    const { points, send, as } = await counted()
    await send('/status/404', { headers: await as('app') })
    await send('/a')
    expect(points.map(named)).toEqual([
      {
        route: '/*',
        method: 'GET',
        outcome: 'served',
        code: '',
        scheme: 'main',
        issuer: 'https://idp.test',
        client: 'app',
        key: '',
        subject: '',
        host: 'api.test',
        origin: 'origin.test',
        cache: '',
        limit: '',
        keys: 'issuer',
        mcpMethod: '',
        mcpName: '',
        units: 1,
        status: 404,
        durationMs: expect.any(Number),
        authMs: expect.any(Number),
        originMs: expect.any(Number),
      },
      expect.objectContaining({ outcome: 'refused', code: 'credential_missing', originMs: -1 }),
    ])
  })

  it('is worth what the service says, where that can be read and it was served', async () => {
    const { usage, send, as } = await counted({ unitsHeader: 'x-units' })
    const headers = await as('app')
    for (const units of ['7', '2.5', '0', '-1', 'NaN', '1e9']) {
      await send(`/status/200/${units}`, { headers })
    }
    await send('/status/503/7', { headers })
    expect(usage.map(({ units }) => units)).toEqual([7, 2.5, 0, 1, 1, 1, 0])
  })
})

describe('a point', () => {
  it('stays within what Analytics Engine takes, however long the names are', async () => {
    const { points, send, as } = await counted()
    const long = `https://client.test/${'é'.repeat(2_000)}`
    await send('/a', { headers: await as(long) })
    await send('/a', { headers: await as(`${long}x`) })
    await send('/a', { headers: await as('app') })
    const [first, second, third] = points.map(({ indexes = [] }) => indexes)
    expect(third).toEqual(['app'])
    expect(first?.[0]).toMatch(/^[\w-]{43}$/)
    expect(second).not.toEqual(first)
    const bytes = new TextEncoder().encode(points[0]?.blobs?.join('')).length
    expect(bytes).toBeLessThan(16_384)
    expect([BLOBS.length <= 20, DOUBLES.length <= 20]).toEqual([true, true])
    // All columns as long as they may be, of three bytes for each character.
    expect(20 * 200 * 3).toBeLessThan(16_384)
  })

  it('that is not taken changes no answer, and the log says so', async () => {
    const dataset = {
      writeDataPoint: () => {
        throw new TypeError('too many points')
      },
    }
    const { sendWithToken, events, settle } = await counted({
      dataset,
      onUsage: () => Promise.reject(new Error('the queue is away')),
    })
    expect((await sendWithToken('/a')).status).toBe(200)
    await settle()
    const [{ id }] = events as { id?: string }[] as [{ id: string }]
    expect(events.slice(1)).toEqual([
      { event: 'metrics_failed', id, reason: 'too many points' },
      { event: 'metrics_failed', id, reason: 'the queue is away' },
    ])
  })
})
