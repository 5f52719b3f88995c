import { describe, expect, it } from 'vitest'
import { oidc } from '../src/auth/presets/oidc.ts'
import type { GatewayConfig, RouteConfig } from '../src/config/define.ts'
import type { LogEvent } from '../src/operate/log.ts'
import { requestLog } from '../src/operate/request-log.ts'
import { claims } from '../src/upstream/claims-handler.ts'
import { worker } from '../src/worker.ts'
import { AUDIENCE, createTestGateway, ORIGIN, refusal, START } from './support/gateway.ts'
import { createTestIssuer } from './support/mint.ts'
import { createGateway } from './support/watched-gateway.ts'

const context = { waitUntil: () => {} }

describe('the gateway', () => {
  it('answers 401 with a bare challenge where no credential was sent', async () => {
    const { send } = await createTestGateway()
    const response = await send('/orders')
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.json()).toEqual({
      type: 'urn:gatehouse:error:credential_missing',
      title: 'A credential is required',
      status: 401,
      code: 'credential_missing',
      detail:
        'Send what this path takes, for example an access token in the header "Authorization: Bearer <token>".',
      instance: expect.stringMatching(/^urn:uuid:/),
    })
  })

  it('shows verified claims with active true', async () => {
    const { sendWithToken, issuer } = await createTestGateway({
      routes: [{ path: '/api/claims', to: claims }],
    })
    const response = await sendWithToken('/api/claims')
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({
      iss: issuer.issuer,
      aud: AUDIENCE,
      sub: 'user-1',
      scope: 'orders:read',
      iat: START,
      exp: START + 300,
      active: true,
    })
  })

  it('shows active true whatever the token says of itself', async () => {
    const { send, issuer } = await createTestGateway({
      routes: [{ path: '/api/claims', to: claims }],
    })
    const token = await issuer.mint({ active: false })
    const response = await send('/api/claims', { headers: { authorization: `Bearer ${token}` } })
    expect(await response.json()).toMatchObject({ active: true })
  })

  it('forwards with identity headers and without the token', async () => {
    const { sendWithToken, received } = await createTestGateway()
    const response = await sendWithToken('/orders?x=1', { headers: { 'x-auth-subject': 'admin' } })
    expect(response.status).toBe(200)
    expect(received[0]?.url).toBe('https://origin.test/orders?x=1')
    expect(received[0]?.headers.get('x-auth-subject')).toBe('user-1')
    expect(received[0]?.headers.get('authorization')).toBeNull()
  })

  it('refuses a tampered token', async () => {
    const { send, issuer } = await createTestGateway()
    const token = await issuer.mint({}, { key: 'foreign' })
    expect(
      await refusal(await send('/', { headers: { authorization: `Bearer ${token}` } })),
    ).toEqual([401, 'invalid_token'])
  })
})

describe('a public route', () => {
  const routes: RouteConfig[] = [{ path: '/*', auth: 'public', to: ORIGIN }]

  it('neither reads nor judges credentials, and removes them all the same', async () => {
    const { send, received, issuer } = await createTestGateway({ routes })
    for (const authorization of ['Bearer', 'Bearer forged', 'Bearer a, Bearer b', 'Basic eA==']) {
      expect((await send('/', { headers: { authorization } })).status).toBe(200)
    }
    for (const request of received) {
      expect(request.headers.get('authorization')).toBeNull()
      expect(request.headers.get('x-auth-subject')).toBeNull()
    }
    expect(issuer.counters).toMatchObject({ discovery: 0, jwks: 0 })
  })

  it('shows a handler nobody', async () => {
    const { sendWithToken } = await createTestGateway({
      routes: [{ path: '/*', auth: 'public', to: claims }],
    })
    expect(await (await sendWithToken('/')).json()).toEqual({ active: false })
  })
})

describe('a route with an optional token', () => {
  const routes: RouteConfig[] = [
    { path: '/claims', auth: { optional: 'main' }, to: claims, roles: ['admin'] },
    { path: '/*', auth: { optional: 'main' }, to: ORIGIN },
  ]

  it('lets in who has none, as nobody', async () => {
    const { send, received } = await createTestGateway({ routes })
    expect((await send('/', { headers: { 'x-auth-subject': 'admin' } })).status).toBe(200)
    expect(received[0]?.headers.get('x-auth-subject')).toBeNull()
  })

  it('lets in who has a good one, as the caller', async () => {
    const { sendWithToken, received } = await createTestGateway({ routes })
    expect((await sendWithToken('/')).status).toBe(200)
    expect(received[0]?.headers.get('x-auth-subject')).toBe('user-1')
  })

  it('refuses who has a bad one, and who may not', async () => {
    const { send, sendWithToken } = await createTestGateway({ routes })
    for (const [authorization, code] of [
      ['Bearer forged', 'invalid_token'],
      ['Bearer', 'invalid_token'],
      ['Bearer a, Bearer b', 'multiple_credentials'],
    ] as const) {
      expect((await refusal(await send('/', { headers: { authorization } })))[1]).toBe(code)
    }
    expect(await refusal(await sendWithToken('/claims'))).toEqual([403, 'forbidden'])
  })
})

describe('the door', () => {
  it('is open on the hosts that are named, and 421 on every other', async () => {
    const { send } = await createTestGateway({ config: { hosts: ['api.test', 'localhost'] } })
    for (const [url, code] of [
      ['https://api.test/', 'credential_missing'],
      ['https://API.test:8443/', 'credential_missing'],
      ['http://localhost:8787/', 'credential_missing'],
      ['https://gatehouse.workers.test/', 'host_unknown'],
      ['https://api.test.evil.test/', 'host_unknown'],
    ] as const) {
      expect((await refusal(await send(url)))[1], url).toBe(code)
    }
  })

  it('is closed to plain http but from this machine, also on public routes', async () => {
    const { send, received } = await createTestGateway({
      routes: [{ path: '/*', auth: 'public', to: ORIGIN }],
    })
    const response = await send('http://api.test/')
    expect(response.headers.get('location')).toBeNull()
    expect(await refusal(response)).toEqual([403, 'https_required'])
    for (const url of ['http://localhost.evil.test/', 'http://127.0.0.1.evil.test/']) {
      expect(await refusal(await send(url))).toEqual([403, 'https_required'])
    }
    expect(received).toEqual([])
    for (const url of ['http://localhost:8787/', 'http://127.0.0.1/', 'http://[::1]/']) {
      expect((await send(url)).status, url).toBe(200)
    }
  })
})

describe('a gateway with problems', () => {
  const good: GatewayConfig = {
    schemes: { main: oidc({ issuer: 'https://idp.test', audience: AUDIENCE }) },
    routes: [
      { path: '/status', auth: 'public', to: ORIGIN },
      { path: '/*', to: ORIGIN },
    ],
  }
  const bad: Record<string, () => GatewayConfig> = {
    'an option that is none': () => ({ ...good, rutes: [] }) as GatewayConfig,
    'an issuer that is not set': () => ({
      ...good,
      schemes: { main: oidc({ issuer: undefined as unknown as string, audience: 'a' }) },
    }),
    'nothing in it': () => ({}) as GatewayConfig,
    'nothing at all': () => undefined as unknown as GatewayConfig,
    'a promise instead of a config': () => Promise.resolve(good) as unknown as GatewayConfig,
    'a function that throws': () => {
      throw new TypeError('s3cr3t')
    },
    'a function that throws nonsense': () => {
      throw 's3cr3t'
    },
    'an option that throws when it is read': () => ({
      ...good,
      get routes(): never {
        throw new Error('s3cr3t')
      },
    }),
  }
  for (const [what, define] of Object.entries(bad)) {
    it(`such as ${what} answers 500 to everything, and calls nobody`, async () => {
      const calls: string[] = []
      const events: LogEvent[] = []
      const fetch = async ({ url }: Request) => {
        calls.push(url)
        return new Response()
      }
      const gateway = createGateway(define, { fetch, log: (event) => events.push(event) })
      expect(gateway.problems.length).toBeGreaterThan(0)
      for (const url of ['https://api.test/', 'https://api.test/status', 'http://x.test//']) {
        const response = await gateway.fetch(new Request(url), context)
        expect(await refusal(response)).toEqual([500, 'config_invalid'])
      }
      await gateway.scheduled(context)
      expect(calls).toEqual([])
      expect(events[0]).toEqual({ event: 'config_invalid', problems: gateway.problems })
      expect(events.slice(1)).toHaveLength(3)
      expect(JSON.stringify(events)).not.toContain('s3cr3t')
    })
  }

  it('says none of them to a client', async () => {
    const gateway = createGateway({ ...good, routes: [] }, { log: () => {} })
    const response = await gateway.fetch(new Request('https://api.test/'), context)
    expect(await response.json()).toEqual({
      type: 'urn:gatehouse:error:config_invalid',
      title: 'The gateway is not configured',
      status: 500,
      code: 'config_invalid',
      detail: 'The operator finds every problem in the log, or with "npm run check".',
      instance: expect.stringMatching(/^urn:uuid:/),
    })
  })

  it('is a Worker all the same, also where its file throws', async () => {
    let reads = 0
    const { fetch, scheduled } = worker((): GatewayConfig => {
      reads++
      throw new TypeError('ORIGIN is undefined')
    })
    const execution = context as unknown as ExecutionContext
    for (let count = 0; count < 2; count++) {
      const request = new Request('https://api.test/') as Parameters<typeof fetch>[0]
      expect(await refusal(await fetch(request, {}, execution))).toEqual([500, 'config_invalid'])
    }
    await scheduled({} as ScheduledController, {}, execution)
    expect(reads).toBe(1)
  })
})

describe('the log', () => {
  it('has one line per request, with what an operator asks for', async () => {
    const { sendWithToken, events } = await createTestGateway({
      routes: [{ path: '/orders/:id', to: ORIGIN }],
    })
    await sendWithToken('/orders/7?token=s3cr3t')
    expect(events).toEqual([
      {
        event: 'request',
        id: expect.stringMatching(/^[\da-f-]{36}$/),
        method: 'GET',
        host: 'api.test',
        path: '/orders/7',
        route: '/orders/:id',
        status: 200,
        durationMs: expect.any(Number),
        authMs: expect.any(Number),
        originMs: expect.any(Number),
        origin: 'origin.test',
        issuer: 'https://idp.test',
        scheme: 'main',
        keys: 'issuer',
      },
    ])
  })

  it('says why a request was refused, under the id that the client has got', async () => {
    const { send, lastEvent } = await createTestGateway()
    const response = await send('/orders', { headers: { authorization: 'Bearer s3cr3t' } })
    const { instance } = (await response.json()) as { instance: string }
    const event = lastEvent()
    expect(event).toMatchObject({ status: 401, code: 'invalid_token', route: '/*' })
    expect(event?.reason).toContain('opaque')
    expect(instance).toBe(`urn:uuid:${event?.id}`)
    expect(JSON.stringify(event)).not.toContain('s3cr3t')
  })

  it('says which caller may not', async () => {
    const { sendWithToken, lastEvent } = await createTestGateway({
      config: { log: requestLog({ subject: 'plain' }) },
      routes: [{ path: '/*', to: ORIGIN, roles: ['admin'] }],
    })
    await sendWithToken('/')
    expect(lastEvent()).toMatchObject({ subject: 'user-1', code: 'forbidden', status: 403 })
  })

  it('has the path as it was sent where nobody could read it', async () => {
    const { send, lastEvent } = await createTestGateway()
    await send('/a%2fb?x=s3cr3t')
    expect(lastEvent()).toMatchObject({ path: '/a%2fb', code: 'path_ambiguous' })
    expect(JSON.stringify(lastEvent())).not.toContain('s3cr3t')
  })

  it('tells of a refresh that failed and of nothing else', async () => {
    const { gateway, events, issuer } = await createTestGateway()
    await gateway.scheduled(context)
    expect(events).toEqual([])
    issuer.mode = 'unreachable'
    const other = await createTestGateway({ issuer })
    await other.gateway.scheduled(context)
    expect(other.events).toEqual([
      {
        event: 'scheduled_failed',
        of: 'schemes.main',
        reason: expect.stringContaining(issuer.issuer),
      },
    ])
  })

  it('has no place for what a handler throws', async () => {
    const { send, lastEvent } = await createTestGateway({
      routes: [
        {
          path: '/*',
          auth: 'public',
          to: () => {
            throw 's3cr3t'
          },
        },
      ],
    })
    const response = await send('/')
    expect(await response.clone().text()).not.toContain('s3cr3t')
    expect(await refusal(response)).toEqual([502, 'origin_unreachable'])
    expect(lastEvent()).toMatchObject({
      status: 502,
      reason: 'the handler threw a value that is no error',
    })
  })
})

describe('gateways that share a store', () => {
  /** Three gateways that start one after another. */
  async function createThree() {
    const clock = { now: START }
    const issuer = createTestIssuer({ algs: ['ES256'], now: () => clock.now })
    const first = await createTestGateway({ issuer, clock })
    const others = []
    await first.sendWithToken('/')
    await first.settle()
    for (let count = 0; count < 2; count++) {
      const gateway = await createTestGateway({ issuer, clock, store: first.store })
      await gateway.sendWithToken('/')
      await gateway.settle()
      others.push(gateway)
    }
    const token = await issuer.mint({}, { lifetimeSeconds: 86_400 })
    return { clock, issuer, token, gateways: [first, ...others] }
  }

  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

  it('fetch the keys once, and for 10,000 requests within 600 s not again', {
    timeout: 60_000,
  }, async () => {
    const { clock, issuer, token, gateways } = await createThree()
    expect(issuer.counters).toMatchObject({ discovery: 1, jwks: 1 })
    for (let count = 0; count < 10_000; count++) {
      clock.now = START + Math.floor((count * 600) / 10_000)
      const response = await gateways[count % 3]?.send('/', bearer(token))
      if (response?.status !== 200) expect(response?.status).toBe(200)
    }
    expect(issuer.counters).toMatchObject({ discovery: 1, jwks: 1 })
  })

  for (const mode of ['unreachable', 'error', 'hang'] as const) {
    it(`go on without waiting where the issuer is then in mode ${mode}`, async () => {
      const { clock, issuer, token, gateways } = await createThree()
      const tampered = `${token.slice(0, -4)}${token.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`
      const kid = (await issuer.jwks()).keys[0]?.kid
      const forged = await issuer.mint({ roles: ['admin'] }, { key: 'foreign', header: { kid } })
      issuer.mode = mode
      // A signature that does not fit may be that of a new key: who shows one waits for the issuer, once in 30 s.
      const unsigned = [`${token}x`, 'opaque']
      const bads = mode === 'hang' ? unsigned : [tampered, forged, ...unsigned]
      // Every answer comes while the hanging issuer holds on to the refresh.
      for (const age of [1, 599, 600, 601, 899]) {
        clock.now = START + age
        for (const { send } of gateways) {
          expect((await send('/', bearer(token))).status).toBe(200)
          for (const bad of bads) {
            expect(await refusal(await send('/', bearer(bad)))).toEqual([401, 'invalid_token'])
          }
        }
      }
      issuer.release()
    })
  }

  it('answer 503, never 401, where the issuer was never reachable', async () => {
    const issuer = createTestIssuer({ algs: ['ES256'], now: () => START })
    const token = await issuer.mint()
    for (const mode of ['unreachable', 'error', 'not_found', 'html', 'huge', 'half'] as const) {
      issuer.mode = mode
      const { send, received } = await createTestGateway({ issuer })
      const response = await send('/', bearer(token))
      expect(response.headers.get('retry-after')).toBe('5')
      expect(response.headers.get('www-authenticate')).toBeNull()
      expect(await refusal(response)).toEqual([503, 'issuer_unavailable'])
      expect(received).toEqual([])
    }
  })

  it('still say 401 to who sends nothing or nonsense while the issuer is unreachable', async () => {
    const issuer = createTestIssuer({ algs: ['ES256'], now: () => START })
    issuer.mode = 'unreachable'
    const { send } = await createTestGateway({ issuer })
    expect(await refusal(await send('/'))).toEqual([401, 'credential_missing'])
    for (const token of ['opaque', 'e30.e30.e30', await issuer.mint({ iss: 'https://x.test' })]) {
      expect(await refusal(await send('/', bearer(token)))).toEqual([401, 'invalid_token'])
    }
    expect(issuer.counters.discovery).toBe(0)
  })
})
