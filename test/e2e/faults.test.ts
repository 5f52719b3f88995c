// Parts that fail, on real sockets and raw workerd: the store, the issuer, the clock, the origin. A
// good token is served wherever that can be known, a bad one never, and no fault reads as a bad token.

import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { type GatewayWorker, startGatewayWorker } from '../support/gateway-worker.ts'
import { type SocketIssuer, startIssuer } from '../support/issuer.ts'
import { type KvStore, startKv } from '../support/kv.ts'
import { type Origin, startOrigin } from '../support/origin.ts'

const CONFIG = `{
  schemes: { main: oidc({ issuer: env.ISSUER, audience: 'gatehouse' }) },
  routes: [
    { path: '/*', to: env.ORIGIN },
    { path: '/hurry/*', to: env.ORIGIN, timeoutSeconds: 1 },
  ],
}`

const GOOD = [200, '']
const BAD = [401, 'invalid_token']
const NO_VERDICT = [503, 'issuer_unavailable']
const DAY = 86_400

let issuer: SocketIssuer
let origin: Origin
let store: KvStore

beforeAll(async () => {
  origin = await startOrigin({
    modes: {
      '/reset': 'reset',
      '/close': 'close',
      '/invalid': 'invalid_http',
      '/reset-mid-body': 'reset_mid_body',
      '/half-body': 'half_body',
      '/hurry/hang': 'hang',
      '/huge-headers': { huge_headers: { bytes: 300_000 } },
    },
  })
})
afterAll(() => origin.stop())

beforeEach(async () => {
  issuer = await startIssuer({ algs: ['ES256'] })
  store = await startKv()
  return async () => {
    origin.release()
    await store.stop()
    await issuer.stop()
  }
})

/** Another isolate: it shares the store and nothing else. */
async function startIsolate(config = CONFIG): Promise<GatewayWorker> {
  const vars = { ISSUER: issuer.issuer, ORIGIN: origin.url }
  const gateway = await startGatewayWorker({ config, vars, store })
  onTestFinished(() => gateway.stop())
  return gateway
}

const longToken = () => issuer.mint({}, { lifetimeSeconds: 3 * DAY })
const spoilt = (token: string) => `${token.slice(0, -8)}AAAAAAAA`

/** The one entry of the store, once it is there. */
async function storedEntry(): Promise<[name: string, entry: Record<string, unknown>]> {
  await expect.poll(() => store.entries.size, { timeout: 10_000 }).toBe(1)
  const [name] = [...store.entries.keys()] as [string]
  return [name, JSON.parse(store.text(name) as string) as Record<string, unknown>]
}

describe('the store', () => {
  it.each(['empty', 'garbage', 'error', 'unreachable', 'hang'] as const)(
    'that is %s makes nothing worse than slower',
    async (mode) => {
      store.mode = mode
      const gateway = await startIsolate()
      const token = await longToken()
      expect(await gateway.show(token)).toEqual(GOOD)
      expect(await gateway.show(spoilt(token))).toEqual(BAD)
      await gateway.setClockAhead(901)
      expect(await gateway.show(token)).toEqual(GOOD)
      // A write that hangs holds up nobody but the platform, which ends it in its own time.
      if (mode !== 'hang') expect(await gateway.scheduled()).toBe('ok')
    },
  )

  it('keeps an isolate going that starts while the issuer is down, for a day', async () => {
    const token = await longToken()
    await (await startIsolate()).show(token)
    await storedEntry()
    issuer.mode = 'unreachable'
    const gateway = await startIsolate()
    await gateway.setClockAhead(DAY - 10)
    expect(await gateway.show(token)).toEqual(GOOD)
    expect(await gateway.show(spoilt(token))).toEqual(BAD)
    await gateway.setClockAhead(DAY + 10)
    expect(await gateway.show(token)).toEqual(NO_VERDICT)
  })

  it('is not believed once the copy is 900 s old and the issuer answers', async () => {
    const token = await longToken()
    await (await startIsolate()).show(token)
    const [name, entry] = await storedEntry()
    const fetchedAt = (entry.fetchedAt as number) - 901
    store.set(name, JSON.stringify({ ...entry, fetchedAt }))
    await issuer.rotate()
    expect(await (await startIsolate()).show(token)).toEqual(BAD)
  })

  it.each<[string, (entry: Record<string, unknown>) => Record<string, unknown>]>([
    ['of another issuer', (entry) => ({ ...entry, issuer: 'https://other.test' })],
    ['from the future', (entry) => ({ ...entry, fetchedAt: (entry.fetchedAt as number) + 600 })],
    ['without keys', (entry) => ({ ...entry, document: { jwks: [] } })],
    ['from an address that is not safe', (entry) => ({ ...entry, jwksUri: 'http://other.test/' })],
  ])('may hold a copy %s, which is passed over', async (_, change) => {
    const stranger = await startIssuer({ algs: ['ES256'] })
    onTestFinished(() => stranger.stop())
    const token = await longToken()
    await (await startIsolate()).show(token)
    const [name, entry] = await storedEntry()
    const document = await stranger.jwks()
    store.set(name, JSON.stringify(change({ ...entry, document })))
    const gateway = await startIsolate()
    const { iss, ...foreign } = { iss: issuer.issuer, exp: Math.floor(Date.now() / 1_000) + 300 }
    expect(await gateway.show(await stranger.mint({ iss, ...foreign }))).toEqual(BAD)
    expect(await gateway.show(token)).toEqual(GOOD)
  })
})

describe('the issuer', () => {
  const FAULTS = ['error', 'not_found', 'unreachable', 'redirect', 'html', 'huge', 'half'] as const

  it.each(FAULTS)(
    'that answers with %s is 503 before its keys were seen, and not noticed for a day after',
    async (mode) => {
      const gateway = await startIsolate()
      const token = await longToken()
      issuer.mode = mode
      expect(await gateway.show(token)).toEqual(NO_VERDICT)
      expect(await gateway.show(spoilt(token))).toEqual(NO_VERDICT)
      issuer.mode = 'ok'
      await gateway.setClockAhead(5)
      expect(await gateway.show(token)).toEqual(GOOD)
      issuer.mode = mode
      await gateway.setClockAhead(DAY - 10)
      expect(await gateway.show(token)).toEqual(GOOD)
      expect(await gateway.show(spoilt(token))).toEqual(BAD)
      expect(await gateway.scheduled()).toBe('ok')
      await gateway.logLine(/"scheduled_failed"/)
      await gateway.setClockAhead(DAY + 20)
      expect(await gateway.show(token)).toEqual(NO_VERDICT)
    },
  )

  it('that is slow is waited for', async () => {
    const gateway = await startIsolate()
    issuer.mode = { delayMs: 300 }
    expect(await gateway.show(await longToken())).toEqual(GOOD)
  })

  it('that hangs is 503 once keys and introspection have had their time, and nobody waits again', async () => {
    const introspect = "introspect: { clientId: 'gateway' }"
    const gateway = await startIsolate(CONFIG.replace("'gatehouse'", `'gatehouse', ${introspect}`))
    const token = await longToken()
    issuer.mode = { jwks: 'hang', introspection: 'hang' }
    expect(await gateway.show(token)).toEqual(NO_VERDICT)
    const counters = { discovery: 1, jwks: 1, introspection: 1 }
    expect(issuer.counters).toMatchObject(counters)
    expect(await gateway.show(token)).toEqual(NO_VERDICT)
    expect(issuer.counters).toMatchObject(counters)
    issuer.mode = 'ok'
    await gateway.setClockAhead(5)
    expect(await gateway.show(token)).toEqual(GOOD)
  })

  it('that withdraws a key is heard within 900 s by every isolate, busy or not', async () => {
    const [busy, idle] = await Promise.all([startIsolate(), startIsolate()])
    const token = await longToken()
    for (const isolate of [busy, idle]) expect(await isolate.show(token)).toEqual(GOOD)
    await storedEntry()
    await issuer.rotate()
    for (const age of [300, 600, 899]) {
      await busy.setClockAhead(age)
      await busy.show(token)
    }
    for (const isolate of [busy, idle]) {
      await isolate.setClockAhead(901)
      expect(await isolate.show(token)).toEqual(BAD)
    }
  })
})

describe('clocks that differ', () => {
  it('may differ by 30 s, in both directions', async () => {
    const gateway = await startIsolate()
    const token = await issuer.mint({}, { lifetimeSeconds: 60 })
    // The seconds that the test itself takes are between these.
    for (const [ahead, expected] of [
      [-20, GOOD],
      [-40, BAD],
      [60 + 15, GOOD],
      [60 + 30, BAD],
    ] as const) {
      await gateway.setClockAhead(ahead)
      expect([ahead, await gateway.show(token)]).toEqual([ahead, expected])
    }
  })
})

describe('the origin', () => {
  let own: SocketIssuer
  let gateway: GatewayWorker
  let token: string

  beforeAll(async () => {
    own = await startIssuer({ algs: ['ES256'] })
    const vars = { ISSUER: own.issuer, ORIGIN: origin.url }
    gateway = await startGatewayWorker({ config: CONFIG, vars })
    token = await own.mint()
  })
  afterAll(async () => {
    await gateway.stop()
    await own.stop()
  })

  it.each(['/reset', '/close', '/invalid'])(
    'that fails before its response (%s) is 502',
    async (path) => {
      expect(await gateway.show(token, path)).toEqual([502, 'origin_unreachable'])
      expect(await gateway.show(token)).toEqual(GOOD)
    },
  )

  it.each(['/reset-mid-body', '/half-body'])(
    'that fails in the middle of its body (%s) leaves the client with an answer that is not whole',
    async (path) => {
      await expect(gateway.send(path, token)).rejects.toThrow('ended before')
      expect(await gateway.show(token)).toEqual(GOOD)
    },
  )

  it('that does not answer in time is 504, and its request is given up', async () => {
    const arrived = origin.next()
    expect(await gateway.show(token, '/hurry/hang')).toEqual([504, 'origin_timeout'])
    expect(await (await arrived).outcome).toBe('aborted')
    expect(await gateway.show(token)).toEqual(GOOD)
  })

  it('that sends headers without measure takes nobody down', async () => {
    const [status] = await gateway.show(token, '/huge-headers')
    expect([200, 502]).toContain(status)
    expect(await gateway.show(token)).toEqual(GOOD)
  })

  it('that is gone is 502, also for an upload', async () => {
    const body = 'x'.repeat(100_000)
    const headers: [string, string][] = [['Content-Length', `${body.length}`]]
    const { status } = await gateway.send('/reset', token, { method: 'POST', headers, body })
    expect(status).toBe(502)
    expect(await gateway.show(token)).toEqual(GOOD)
  })
})
