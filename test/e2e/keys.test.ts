// Key sets over real sockets: three gateways that share one KV, an issuer that goes down, and two
// issuers with a route each.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type GatewayWorker, startGatewayWorker } from '../support/gateway-worker.ts'
import { type SocketIssuer, startIssuer } from '../support/issuer.ts'
import { type KvStore, startKv } from '../support/kv.ts'
import { type Origin, startOrigin } from '../support/origin.ts'
import { values } from '../support/raw-response.ts'

const GOOD = [200, '']
const INVALID = [401, 'invalid_token']
const REQUESTS_EACH = 100

let origin: Origin

beforeAll(async () => {
  origin = await startOrigin()
})
afterAll(() => origin.stop())

describe('three gateways that share one KV', () => {
  const CONFIG = `{
    schemes: { main: oidc({ issuer: env.ISSUER, audience: 'gatehouse' }) },
    routes: [{ path: '/*', to: env.ORIGIN }],
  }`
  let issuer: SocketIssuer
  let store: KvStore
  let gateways: GatewayWorker[]
  let token: string

  async function startGateway(): Promise<GatewayWorker> {
    const vars = { ISSUER: issuer.issuer, ORIGIN: origin.url }
    const gateway = await startGatewayWorker({ config: CONFIG, vars, store })
    gateways.push(gateway)
    return gateway
  }

  const isStored = () => expect.poll(() => store.entries.size, { timeout: 5_000 }).toBe(1)
  const jwksCalls = () => issuer.calls.filter((call) => call.endsWith('/jwks.json')).length

  beforeEach(async () => {
    gateways = []
    origin.requests.length = 0
    ;[issuer, store] = await Promise.all([startIssuer({ algs: ['ES256'] }), startKv()])
    token = await issuer.mint({}, { lifetimeSeconds: 86_400 })
  })
  afterEach(async () => {
    issuer.release()
    await Promise.all([...gateways, issuer, store].map((server) => server.stop()))
  })

  it('fetch the keys once, started one after another, and not again for a while', async () => {
    for (let count = 0; count < 3; count++) {
      const gateway = await startGateway()
      expect(await gateway.show(token)).toEqual(GOOD)
      await isStored()
    }
    expect(jwksCalls()).toBe(1)
    for (const gateway of gateways) {
      const fresh = Array.from({ length: REQUESTS_EACH }, () => issuer.mint())
      const shown = await Promise.all((await Promise.all(fresh)).map((one) => gateway.show(one)))
      expect(shown).toEqual(Array(REQUESTS_EACH).fill(GOOD))
    }
    expect(jwksCalls()).toBe(1)
  })

  for (const mode of ['unreachable', 'hang', 'half'] as const) {
    it(`go on without waiting where the issuer is then in mode ${mode}`, async () => {
      const first = await startGateway()
      expect(await first.show(token)).toEqual(GOOD)
      await isStored()
      const late = await startGateway()
      const fresh = await issuer.mint({}, { lifetimeSeconds: 86_400 })
      const kid = (await issuer.jwks()).keys[0]?.kid
      const forged = await issuer.mint({}, { key: 'foreign', header: { kid } })
      issuer.mode = mode
      for (const ahead of [0, 700, 890]) {
        // The second has its keys from KV alone. Nobody lets the hanging issuer go.
        for (const gateway of [first, late]) {
          await gateway.setClockAhead(ahead)
          expect(await gateway.show(token)).toEqual(GOOD)
          expect(await gateway.show(fresh)).toEqual(GOOD)
          expect(await gateway.show(forged)).toEqual(INVALID)
          expect(await gateway.show(`${fresh.slice(0, -8)}AAAAAAAA`)).toEqual(INVALID)
        }
      }
    })
  }

  it('answer 503 with a time to come back, never 401, where the issuer was never there', async () => {
    issuer.mode = 'unreachable'
    const gateway = await startGateway()
    const { status, headers, body } = await gateway.send('/', token)
    expect([status, (JSON.parse(body) as { code: string }).code]).toEqual([
      503,
      'issuer_unavailable',
    ])
    expect(values(headers, 'retry-after')).toEqual(['5'])
    expect(values(headers, 'www-authenticate')).toEqual([])
    expect(await gateway.show(undefined)).toEqual([401, 'credential_missing'])
    expect(origin.requests).toEqual([])
  })

  for (const mode of ['garbage', 'unreachable', 'hang'] as const) {
    it(`need it for nothing but speed: it may be in mode ${mode}`, async () => {
      store.mode = mode
      const gateway = await startGateway()
      expect(await gateway.show(token)).toEqual(GOOD)
      expect(await gateway.show(await issuer.mint({}, { key: 'foreign' }))).toEqual(INVALID)
      await gateway.setClockAhead(901)
      expect(await gateway.show(token)).toEqual(GOOD)
    })
  }

  it('keep it fresh on schedule, so that no request asks the issuer', async () => {
    const [cron, gateway] = [await startGateway(), await startGateway()]
    expect(await cron.scheduled()).toBe('ok')
    await isStored()
    expect(jwksCalls()).toBe(1)
    for (const ahead of [0, 600, 1_200]) {
      for (const one of [cron, gateway]) await one.setClockAhead(ahead)
      expect(await cron.scheduled()).toBe('ok')
      const calls = jwksCalls()
      expect(await gateway.show(token)).toEqual(GOOD)
      expect(jwksCalls()).toBe(calls)
    }
    expect(jwksCalls()).toBe(3)
  })
})

describe('two issuers, a route each', () => {
  // One name for both: what tells them apart is the entry, and so the keys.
  const CONFIG = `{
    schemes: {
      one: oidc({ issuer: env.NAME_OF_ONE, jwksUri: env.KEYS_OF_ONE, audience: 'gatehouse' }),
      two: oidc({ issuer: env.NAME_OF_TWO, jwksUri: env.KEYS_OF_TWO, audience: 'gatehouse' }),
    },
    routes: [
      { path: '/one/*', auth: 'one', to: env.ORIGIN },
      { path: '/two/*', auth: 'two', to: env.ORIGIN, roles: ['admin'] },
    ],
  }`

  for (const [what, nameOfTwo] of [
    ['with names of their own', 'https://two.test'],
    ['with one name', 'https://one.test'],
  ] as const) {
    it(`${what} keep their tokens apart, whatever these say`, async () => {
      const [one, two] = await Promise.all([
        startIssuer({ algs: ['ES256'] }),
        startIssuer({ algs: ['ES256'] }),
      ])
      const vars = {
        NAME_OF_ONE: 'https://one.test',
        NAME_OF_TWO: nameOfTwo,
        KEYS_OF_ONE: one.jwksUri,
        KEYS_OF_TWO: two.jwksUri,
        ORIGIN: origin.url,
      }
      const gateway = await startGatewayWorker({ config: CONFIG, vars })
      const roles = ['admin']
      const ofOne = await one.mint({ iss: 'https://one.test', roles })
      const ofTwo = await two.mint({ iss: nameOfTwo, roles })
      const asTwo = await one.mint({ iss: nameOfTwo, roles })
      // Twice: the second time, the good ones are known already.
      for (let count = 0; count < 2; count++) {
        expect(await gateway.show(ofOne, '/one/')).toEqual(GOOD)
        expect(await gateway.show(ofTwo, '/two/')).toEqual(GOOD)
        expect(await gateway.show(ofOne, '/two/')).toEqual(INVALID)
        expect(await gateway.show(ofTwo, '/one/')).toEqual(INVALID)
        expect(await gateway.show(asTwo, '/two/')).toEqual(INVALID)
      }
      await Promise.all([gateway.stop(), one.stop(), two.stop()])
    })
  }
})
