import { describe, expect, it } from 'vitest'
import { oidc } from '../../src/auth/presets/oidc.ts'
import { limit } from '../../src/edge/limit/limit.ts'
import type { RequestEvent } from '../../src/operate/log.ts'
import { type RequestLogOptions, requestLog, subjectHash } from '../../src/operate/request-log.ts'
import { AUDIENCE, createMemoryStore, createTestGateway, ORIGIN } from '../support/gateway.ts'

const KEY = 'vN3xQ8rT1mB6wK4zL9cH2dF7gJ5sP0yA'
const ISSUER = 'https://idp.test'

const logging = (options: RequestLogOptions) =>
  createTestGateway({
    config: { log: requestLog(options) },
    routes: [
      { path: '/*', to: ORIGIN },
      { path: '/down', to: () => Response.error(), auth: 'public' },
      { path: '/simulated', to: ORIGIN, dangerouslySimulate: true },
    ],
  })

describe('the subject in the log', () => {
  it('is left out where the owner says nothing', async () => {
    const { sendWithToken, events } = await createTestGateway()
    await sendWithToken('/')
    expect(JSON.stringify(events)).not.toContain('user-1')
  })

  it('is left out where the owner speaks of other things', async () => {
    const { sendWithToken, lastEvent } = await logging({ serverTiming: true })
    await sendWithToken('/')
    expect(lastEvent()?.subject).toBeUndefined()
  })

  it('is there as the token has it where the owner chose that', async () => {
    const { sendWithToken, lastEvent } = await logging({ subject: 'plain' })
    await sendWithToken('/')
    expect(lastEvent()?.subject).toBe('user-1')
  })

  it('is an HMAC under the owner’s key: one for each caller of each issuer', async () => {
    const { send, issuer, events } = await logging({ subjectKey: KEY })
    for (const sub of ['ada', 'bob', 'ada']) {
      await send('/', { headers: { authorization: `Bearer ${await issuer.mint({ sub })}` } })
    }
    const [ada, bob, again] = events.map((event) => (event as RequestEvent).subject)
    expect(ada).toBe(subjectHash(KEY, ISSUER, 'ada'))
    expect(ada).toMatch(/^[\w-]{22}$/)
    expect([again, bob === ada]).toEqual([ada, false])
    const elsewhere = [
      subjectHash(KEY, 'https://other.test', 'ada'),
      subjectHash(`${KEY}x`, ISSUER, 'ada'),
    ]
    expect(new Set([ada, ...elsewhere]).size).toBe(3)
    expect(JSON.stringify(events)).not.toMatch(/"(?:ada|bob)"/)
  })

  it('names nobody where nobody is known', async () => {
    const { send, lastEvent } = await logging({ subjectKey: KEY })
    await send('/')
    expect(lastEvent()).toMatchObject({ subject: undefined, code: 'credential_missing' })
  })
})

describe('sampling', () => {
  it('leaves out successes, and never a refusal, an error or a request that was only let through', async () => {
    const { send, sendWithToken, events } = await logging({ sampleRatio: 0 })
    await sendWithToken('/')
    expect(events).toEqual([])
    await send('/')
    await send('/down')
    await send('/simulated')
    expect(events).toMatchObject([
      { status: 401, sampleRatio: 0 },
      { status: 502, sampleRatio: 0 },
      { status: 200, simulated: 'credential_missing' },
    ])
  })

  it('writes as many as were asked for, and says for how many each stands', async () => {
    const { send, issuer, events } = await logging({ sampleRatio: 0.25 })
    const headers = { authorization: `Bearer ${await issuer.mint()}` }
    for (let count = 0; count < 100; count++) await send('/', { headers })
    // 25 are expected; more than five standard deviations are 24.
    expect(events.length).toBeGreaterThan(0)
    expect(events.length).toBeLessThan(50)
    expect(events[0]).toMatchObject({ sampleRatio: 0.25 })
  })

  it('keeps a refusal that the owner answers by leading elsewhere', async () => {
    const { send, lastEvent } = await createTestGateway({
      config: {
        log: requestLog({ sampleRatio: 0 }),
        refusal: () => new Response(null, { status: 302, headers: { location: '/login' } }),
      },
    })
    expect((await send('/')).status).toBe(302)
    expect(lastEvent()).toMatchObject({ status: 302, code: 'credential_missing' })
  })

  it('keeps an error of the origin', async () => {
    const world = await createTestGateway({
      config: { log: requestLog({ sampleRatio: 0 }) },
      origin: () => new Response(null, { status: 404 }),
    })
    await world.sendWithToken('/')
    expect(world.lastEvent()).toMatchObject({ status: 404 })
  })
})

describe('what a line has', () => {
  it('names who was asked and who answered: issuer, client, origin', async () => {
    const { send, issuer, lastEvent } = await createTestGateway({
      routes: [
        { path: '/url/*', to: `${ORIGIN}/secret/base` },
        { path: '/handler', to: () => new Response() },
        { path: '/binding', to: { fetch: async () => new Response() } },
      ],
    })
    const authorization = `Bearer ${await issuer.mint({ client_id: 'app' })}`
    const originOf = async (path: string) => {
      await send(path, { headers: { authorization } })
      return lastEvent()?.origin
    }
    expect(await originOf('/url/x')).toBe('origin.test')
    expect(lastEvent()).toMatchObject({ issuer: ISSUER, client: 'app', scheme: 'main' })
    expect(JSON.stringify(lastEvent())).not.toContain('secret')
    expect([await originOf('/handler'), await originOf('/binding')]).toEqual(['handler', 'binding'])
    await send('/url/x')
    expect(lastEvent()).toMatchObject({ origin: undefined, originMs: undefined, issuer: undefined })
  })

  it('says how long each part took, in milliseconds', async () => {
    const { send, sendWithToken, lastEvent } = await createTestGateway({
      routes: [
        { path: '/*', to: ORIGIN },
        { path: '/open', to: ORIGIN, auth: 'public' },
      ],
      origin: async () => {
        await new Promise((resolve) => setTimeout(resolve, 30))
        return new Response()
      },
    })
    await sendWithToken('/')
    const { authMs = -1, originMs = -1, durationMs = -1 } = lastEvent() ?? {}
    expect(authMs).toBeGreaterThanOrEqual(0)
    // A timer may be a millisecond early.
    expect(originMs).toBeGreaterThanOrEqual(29)
    expect(durationMs).toBeGreaterThanOrEqual(authMs + originMs)
    await send('/open')
    expect(lastEvent()?.authMs).toBeUndefined()
  })

  it('says what a verdict had to wait for', async () => {
    const store = createMemoryStore()
    const first = await createTestGateway({ store })
    await first.sendWithToken('/')
    expect(first.lastEvent()?.keys).toBe('issuer')
    await first.sendWithToken('/')
    expect(first.lastEvent()?.keys).toBe('memory')
    await first.settle()
    const second = await createTestGateway({ store, issuer: first.issuer, clock: first.clock })
    await second.sendWithToken('/')
    expect(second.lastEvent()?.keys).toBe('kv')
    await second.send('/')
    expect(second.lastEvent()?.keys).toBeUndefined()
    await second.gateway.scheduled({ waitUntil: () => {} })
    first.clock.now += 601
    await second.sendWithToken('/')
    // The refresh in the background is none that somebody waited for.
    expect(second.lastEvent()?.keys).toBe('memory')
  })

  it('says that the issuer was asked about the token', async () => {
    const endpoint = `${ISSUER}/oauth2/introspect`
    const introspect = { clientId: 'c', clientSecret: 's', endpoint, opaque: true }
    const world = await createTestGateway({
      config: { schemes: { main: oidc({ issuer: ISSUER, audience: AUDIENCE, introspect }) } },
    })
    await world.send('/', { headers: { authorization: 'Bearer opaque' } })
    expect(world.lastEvent()?.keys).toBe('introspection')
  })

  it('says how the limit was', async () => {
    let success: boolean | undefined
    success = true
    const binding = {
      limit: async () => {
        if (success === undefined) throw new Error('away')
        return { success }
      },
    }
    const counted = limit({ by: 'subject', requests: 1, perSeconds: 10, binding })
    const { send, sendWithToken, lastEvent } = await createTestGateway({
      routes: [
        { path: '/*', to: ORIGIN, limit: counted },
        { path: '/free', to: ORIGIN },
      ],
    })
    const outcome = async (path: string) => {
      await sendWithToken(path)
      return lastEvent()?.limit
    }
    expect([await outcome('/'), await outcome('/free')]).toEqual(['within', undefined])
    success = false
    expect(await outcome('/')).toBe('over')
    success = undefined
    expect(await outcome('/')).toBe('unknown')
    await send('/')
    expect(lastEvent()).toMatchObject({ code: 'credential_missing', limit: undefined })
  })
})

describe('Server-Timing', () => {
  it('has each part, after what the origin says, and is on refusals too', async () => {
    const world = await createTestGateway({
      config: { log: requestLog({ serverTiming: true }) },
      origin: () => new Response(null, { headers: { 'server-timing': 'db;dur=3' } }),
    })
    const timing = async (response: Promise<Response>) =>
      (await response).headers.get('server-timing')?.replaceAll(/(?<!db;)dur=\d+/g, 'dur=N')
    expect(await timing(world.sendWithToken('/'))).toBe(
      'db;dur=3, auth;dur=N, origin;dur=N, total;dur=N',
    )
    expect(await timing(world.send('/'))).toBe('auth;dur=N, total;dur=N')
    expect(await timing(world.send('/a;b'))).toBe('total;dur=N')
  })

  it('is what the origin says where the owner does not ask for more', async () => {
    const { sendWithToken } = await createTestGateway()
    expect((await sendWithToken('/')).headers.get('server-timing')).toBeNull()
  })
})
