import { env } from 'cloudflare:workers'
import { parseList } from 'structured-headers'
import { describe, expect, it } from 'vitest'
import type { Call } from '../../src/auth/feature.ts'
import { optional } from '../../src/config/define.ts'
import { cors } from '../../src/edge/cors.ts'
import { countedAddress, countedCaller } from '../../src/edge/limit/counted.ts'
import { limit } from '../../src/edge/limit/limit.ts'
import type { LimitOptions } from '../../src/edge/limit/options.ts'
import type { JsonObject } from '../../src/lib/strict-json.ts'
import type { StateBinding } from '../../src/options/state.ts'
import type { TakeRequests } from '../../src/options/state-contract.ts'
import { createTestGateway, ORIGIN, refusal } from '../support/gateway.ts'
import { createTestIssuer } from '../support/mint.ts'

const { STATE } = env as unknown as { STATE: StateBinding }

let names = 0
/** A counter of its own for each test: the state Worker is one for all. */
const own = () => `test-${++names}-${crypto.randomUUID().slice(0, 8)}`

const HOUR = 3_600

function options(more: Partial<LimitOptions> = {}): LimitOptions {
  return { by: 'subject', requests: 3, perSeconds: HOUR, state: STATE, name: own(), ...more }
}

const gatewayWith = (...limits: LimitOptions[]) =>
  createTestGateway({ routes: [{ path: '/*', to: ORIGIN, limit: limit(...limits) }] })

/** A state Worker that is not well. */
function broken(takeRequests: () => Promise<unknown>): StateBinding {
  return { fetch: async () => new Response(), takeRequests } as unknown as StateBinding
}

const from = (address: string) => ({ headers: { 'cf-connecting-ip': address } })

/** The fields of an answer, read by another's parser. */
function fields({ headers }: Response) {
  const read = (name: string) =>
    parseList(headers.get(name) ?? '').map(([value, parameters]) => [
      value,
      Object.fromEntries(parameters),
    ])
  return { policy: read('ratelimit-policy'), limit: read('ratelimit') }
}

describe('a limit that the state Worker counts', () => {
  it('lets through as many as it says, then answers 429 with when to come again', async () => {
    const name = own()
    const { sendWithToken, received, lastEvent } = await gatewayWith(options({ name }))
    for (const r of [2, 1, 0]) {
      const response = await sendWithToken('/')
      expect(response.status).toBe(200)
      expect(fields(response)).toEqual({
        policy: [[name, { q: 3, w: HOUR }]],
        limit: [[name, { r, t: HOUR - r * 1_200 }]],
      })
    }
    const response = await sendWithToken('/')
    expect(fields(response)).toEqual({
      policy: [[name, { q: 3, w: HOUR }]],
      limit: [[name, { r: 0, t: HOUR }]],
    })
    expect(response.headers.get('retry-after')).toBe('1200')
    expect(await refusal(response)).toEqual([429, 'rate_limited'])
    expect(lastEvent()).toMatchObject({
      code: 'rate_limited',
      reason: `over the limit ${name}, 3 in ${HOUR} seconds`,
    })
    expect(received).toHaveLength(3)
  })

  it('lets N of 1,000 pass that come at once on one key to ten gateways', async () => {
    const issuer = await createTestIssuer({ audience: 'gatehouse' })
    const rules = options({ requests: 100, waitSeconds: 5 })
    const gateways = await Promise.all(
      Array.from({ length: 10 }, () =>
        createTestGateway({
          issuer,
          clock: { now: Math.floor(Date.now() / 1_000) },
          routes: [{ path: '/*', to: ORIGIN, limit: limit(rules) }],
        }),
      ),
    )
    const headers = { authorization: `Bearer ${await issuer.mint()}` }
    const sent = gateways.flatMap(({ send }) =>
      Array.from({ length: 100 }, () => send('/', { headers })),
    )
    const statuses = (await Promise.all(sent)).map(({ status }) => status)
    const count = (status: number) => statuses.filter((one) => one === status).length
    // 36 seconds bring one more.
    expect({ passed: count(200), refused: count(429) }).toEqual({ passed: 100, refused: 900 })
    expect(gateways.reduce((sum, { received }) => sum + received.length, 0)).toBe(100)
  }, 60_000)

  it('counts by route, or by name on whatever routes it stands', async () => {
    const alone = { ...options({ requests: 1 }) }
    const { name: _, ...unnamed } = alone
    const shared = options({ requests: 1 })
    const path = own()
    const { sendWithToken } = await createTestGateway({
      routes: [
        { path: `/${path}/a`, to: ORIGIN, limit: limit(unnamed) },
        { path: `/${path}/b`, to: ORIGIN, limit: limit(unnamed) },
        { path: '/c', to: ORIGIN, limit: limit(shared) },
        { path: '/d', to: ORIGIN, limit: limit(shared) },
      ],
    })
    const statuses = []
    for (const target of [`/${path}/a`, `/${path}/b`, `/${path}/a`, '/c', '/d']) {
      statuses.push((await sendWithToken(target)).status)
    }
    expect(statuses).toEqual([200, 200, 429, 200, 429])
  })

  it('takes the cost of a route', async () => {
    const { sendWithToken } = await gatewayWith(options({ requests: 5, cost: 2 }))
    const statuses = []
    for (let index = 0; index < 3; index++) statuses.push((await sendWithToken('/')).status)
    expect(statuses).toEqual([200, 200, 429])
  })

  it('is as high as the plan that a claim names', async () => {
    const plans = { claim: 'plan', of: { pro: 3, free: 1 }, otherwise: 2 }
    const { send, issuer } = await gatewayWith(options({ requests: plans }))
    async function passes(claims: Record<string, unknown>) {
      const headers = { authorization: `Bearer ${await issuer.mint(claims)}` }
      for (let count = 0; ; count++) {
        const { status } = await send('/', { headers })
        if (status !== 200) return count
      }
    }
    expect(await passes({ sub: 'a', plan: 'pro' })).toBe(3)
    expect(await passes({ sub: 'b', plan: 'free' })).toBe(1)
    expect(await passes({ sub: 'c', plan: 'toString' })).toBe(2)
    expect(await passes({ sub: 'd' })).toBe(2)
  })

  it('is one of several, and all have to be kept', async () => {
    const { sendWithToken } = await gatewayWith(
      options({ name: 'burst', requests: 2 }),
      options({ name: own(), requests: 9, by: 'address' }),
    )
    await sendWithToken('/')
    await sendWithToken('/')
    const response = await sendWithToken('/')
    expect(response.status).toBe(429)
    expect(fields(response).policy.map(([, parameters]) => parameters)).toEqual([
      { q: 9, w: HOUR },
      { q: 2, w: HOUR },
    ])
    expect(fields(response).limit).toHaveLength(2)
  })

  it('has its fields in place of those that a service sends', async () => {
    const name = own()
    const { sendWithToken } = await createTestGateway({
      routes: [{ path: '/*', to: ORIGIN, limit: limit(options({ name })) }],
      origin: () => new Response('', { headers: { ratelimit: '"x";r=1;t=1' } }),
    })
    expect(fields(await sendWithToken('/')).limit).toEqual([[name, { r: 2, t: 1_200 }]])
  })

  it('can be read by pages of the origins of the route', async () => {
    const { sendWithToken } = await createTestGateway({
      routes: [
        {
          path: '/*',
          to: ORIGIN,
          limit: limit(options({ requests: 1 })),
          cors: cors({ origins: ['https://app.acme.example'] }),
        },
      ],
    })
    const init = { headers: { origin: 'https://app.acme.example' } }
    await sendWithToken('/', init)
    const { status, headers } = await sendWithToken('/', init)
    expect([status, headers.get('access-control-allow-origin')]).toEqual([
      429,
      'https://app.acme.example',
    ])
    expect(headers.get('access-control-expose-headers')).toContain('Retry-After, RateLimit')
  })
})

describe('whose requests count together', () => {
  it('is said by subject, client, key or claim, and who has none counts by its subject', async () => {
    const asked: string[] = []
    const state = {
      fetch: async () => new Response(),
      takeRequests: async (_: number, __: string, { key }: TakeRequests) => {
        asked.push(key)
        return { granted: 1, remaining: 1, resetMs: 1, retryMs: 0 }
      },
    } as unknown as StateBinding
    const every = (['subject', 'client', 'key', { claim: 'org' }] as const).map((by, index) =>
      options({ by, state, name: `n${index}` }),
    )
    const { send, issuer } = await gatewayWith(...every)
    const keysOf = async (claims: Record<string, unknown>) => {
      asked.length = 0
      const headers = { authorization: `Bearer ${await issuer.mint(claims)}` }
      expect((await send('/', { headers })).status).toBe(200)
      return [...asked]
    }
    const ada = await keysOf({ sub: 'ada', client_id: 'web', org: 'acme' })
    const bob = await keysOf({ sub: 'bob', client_id: 'web', org: 'acme' })
    const eve = await keysOf({ sub: 'bob' })
    const same = (a: string[], b: string[]) => a.map((key, index) => key === b[index])
    expect(same(ada, bob)).toEqual([false, true, false, true])
    expect(same(bob, eve)).toEqual([true, false, true, false])
    // Hashes, and of no two limits alike.
    expect(new Set([...ada, ...bob, ...eve]).size).toBe(8)
    for (const key of ada) expect(key).toMatch(/^[\w-]{43}$/)
  })

  it('is nobody where nobody has shown who it is', async () => {
    const { send } = await createTestGateway({
      routes: [{ path: '/*', to: ORIGIN, auth: optional('main'), limit: limit(options()) }],
    })
    const response = await send('/')
    expect([response.status, response.headers.get('ratelimit-policy')]).toEqual([200, null])
  })

  it('is an address before anybody is asked who they are', async () => {
    const { send, events } = await gatewayWith(options({ by: 'address', requests: 2 }))
    const statuses = []
    for (const address of ['192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.2']) {
      statuses.push((await send('/', from(address))).status)
    }
    expect(statuses).toEqual([401, 401, 429, 401])
    expect(events.at(-2)).toMatchObject({ code: 'rate_limited', status: 429 })
  })

  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['', ''],
  ])('of the address %s is %s', (address, counted) => {
    expect(countedAddress(new Headers({ 'cf-connecting-ip': address }))).toBe(counted)
  })

  it('is an API key, not its owner', async () => {
    const call = (claims: JsonObject) => {
      const principal = { kind: 'key', subject: 'acme', issuer: 'urn:gatehouse:keys', claims }
      return { principals: [principal] } as unknown as Call
    }
    expect(countedCaller(call({ jti: 'k1' }), 'key')).toEqual(['key', 'urn:gatehouse:keys', 'k1'])
    expect(countedCaller(call({ jti: 'k1' }), 'subject')).toEqual([
      'subject',
      'urn:gatehouse:keys',
      'acme',
    ])
  })
})

describe('a lease', () => {
  it('is spent without asking, and asked for again when it is spent or has ended', async () => {
    let asked = 0
    const state = {
      fetch: async () => new Response(),
      takeRequests: async (_: number, __: string, { want }: TakeRequests) => {
        asked++
        return { granted: want, remaining: 50, resetMs: 1_000, retryMs: 0 }
      },
    } as unknown as StateBinding
    const { sendWithToken, clock } = await gatewayWith(
      options({ requests: 100, lease: 4, state, name: 'leased' }),
    )
    const remaining = []
    for (let index = 0; index < 4; index++) {
      const [, parameters] = fields(await sendWithToken('/')).limit[0] ?? []
      remaining.push((parameters as { r: number }).r)
    }
    expect([asked, remaining]).toEqual([1, [53, 52, 51, 50]])
    await sendWithToken('/')
    expect(asked).toBe(2)
    clock.now += 10
    await sendWithToken('/')
    expect(asked).toBe(3)
  })

  it('lets through no more than the limit where there is one isolate', async () => {
    const { sendWithToken } = await gatewayWith(options({ requests: 20, lease: 5 }))
    const sent = Array.from({ length: 40 }, () => sendWithToken('/'))
    const passed = (await Promise.all(sent)).filter(({ status }) => status === 200)
    expect(passed.length).toBeLessThanOrEqual(20)
    expect(passed.length).toBeGreaterThan(10)
  })
})

describe('a state Worker that cannot count', () => {
  it.each([
    ['is down', () => Promise.reject(new Error('no such Worker')), 'no such Worker'],
    ['hangs', () => new Promise(() => {}), 'no count within 0.05 seconds'],
  ] as const)('and %s lets requests pass, which the log says', async (_, take, why) => {
    const { sendWithToken, lastEvent, received } = await gatewayWith(
      options({ state: broken(take), name: 'a', waitSeconds: 0.05 }),
    )
    const response = await sendWithToken('/')
    expect(response.status).toBe(200)
    expect(fields(response)).toEqual({ policy: [['a', { q: 3, w: HOUR }]], limit: [] })
    expect(lastEvent()).toMatchObject({ status: 200, limitFailure: `a: ${why}` })
    expect(received).toHaveLength(1)
  })

  it.each([
    ['is down', () => Promise.reject(new Error('no such Worker')), 'no such Worker'],
    ['hangs', () => new Promise(() => {}), 'no count within 0.05 seconds'],
  ] as const)('and %s closes the door where the owner says so', async (_, take, why) => {
    const { sendWithToken, lastEvent, received } = await gatewayWith(
      options({ state: broken(take), name: 'a', waitSeconds: 0.05, onFailure: 'closed' }),
    )
    const response = await sendWithToken('/')
    expect(response.headers.get('retry-after')).toBe('5')
    expect(await refusal(response)).toEqual([503, 'limit_unavailable'])
    expect(lastEvent()).toMatchObject({ reason: `the limit a cannot be counted: ${why}` })
    expect(received).toEqual([])
  })
})

describe('a limit that Cloudflare counts at one place', () => {
  it('says its policy and no remainder, and 429 with the whole period', async () => {
    const keys: string[] = []
    const binding = {
      limit: async ({ key }: { key: string }) => ({ success: keys.push(key) <= 2 }),
    }
    const { state: _, ...rough } = options({ requests: 2, perSeconds: 60, name: 'rough', binding })
    const { sendWithToken } = await gatewayWith(rough)
    const responses = [await sendWithToken('/'), await sendWithToken('/'), await sendWithToken('/')]
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 429])
    for (const response of responses) {
      expect(fields(response)).toEqual({ policy: [['rough', { q: 2, w: 60 }]], limit: [] })
    }
    expect(responses[2]?.headers.get('retry-after')).toBe('60')
    expect(new Set(keys).size).toBe(1)
    expect(keys[0]).toMatch(/^[\w-]{43}$/)
  })
})
