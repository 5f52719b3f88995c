import { describe, expect, it } from 'vitest'
import { oidc } from '../../src/auth/presets/oidc.ts'
import { cors } from '../../src/edge/cors.ts'
import type { CorsOptions } from '../../src/edge/cors-options.ts'
import { protectedResource } from '../../src/edge/resource-metadata.ts'
import { AUDIENCE, createTestGateway, ORIGIN, refusal } from '../support/gateway.ts'

const APP = 'https://app.acme.example'
const FOREIGN = 'https://acme.example.attacker.example'
const EXPOSED = 'WWW-Authenticate, Retry-After, RateLimit, RateLimit-Policy'

const from = (origin: string, more: Record<string, string> = {}) => ({
  headers: { origin, ...more },
})

const asks = (origin: string, method: string, more: Record<string, string> = {}) => ({
  method: 'OPTIONS',
  headers: { origin, 'access-control-request-method': method, ...more },
})

/** What an answer says to browsers. */
function said({ headers, status }: Response) {
  const own = [...headers].filter(([name]) => name.startsWith('access-control-'))
  return { status, vary: headers.get('vary'), ...Object.fromEntries(own) }
}

const gatewayWith = (options: Partial<CorsOptions> = {}, origin?: () => Response) =>
  createTestGateway({
    routes: [
      {
        path: '/orders/*',
        to: ORIGIN,
        methods: ['GET', 'POST'],
        cors: cors({ origins: [APP], ...options }),
      },
      { path: '/plain/*', to: ORIGIN, auth: 'public' },
    ],
    ...(origin && { origin }),
  })

describe('a preflight', () => {
  it('is answered without a credential and without the origin, where the route takes no OPTIONS', async () => {
    const { send, received, lastEvent } = await gatewayWith()
    expect(said(await send('/orders/1', asks(APP, 'POST')))).toEqual({
      status: 204,
      vary: 'Origin',
      'access-control-allow-origin': APP,
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers':
        'authorization, content-type, idempotency-key, if-match, if-modified-since, if-none-match, if-unmodified-since, x-requested-with',
      'access-control-max-age': '7200',
    })
    expect(received).toEqual([])
    expect(lastEvent()).toMatchObject({ method: 'OPTIONS', route: '/orders/*', status: 204 })
  })

  it('from another origin is told nothing, and reaches no origin', async () => {
    const { send, received } = await gatewayWith()
    for (const origin of [FOREIGN, 'null', 'http://app.acme.example', `${APP}:8443`, `${APP}.`]) {
      expect(said(await send('/orders/1', asks(origin, 'GET')))).toEqual({
        status: 204,
        vary: 'Origin',
      })
    }
    expect(received).toEqual([])
  })

  it('is one only with an origin and a method: any other OPTIONS is a request like all', async () => {
    const { send, received } = await gatewayWith()
    for (const headers of [
      {},
      { origin: APP },
      { 'access-control-request-method': 'GET' },
    ] as Record<string, string>[]) {
      const response = await send('/orders/1', { method: 'OPTIONS', headers })
      expect(await refusal(response)).toEqual([405, 'method_not_allowed'])
    }
    const get = await send('/orders/1', from(APP, { 'access-control-request-method': 'GET' }))
    expect(await refusal(get)).toEqual([401, 'credential_missing'])
    expect(received).toEqual([])
  })

  it('on a route without cors goes on as before', async () => {
    const { send, received } = await gatewayWith(
      {},
      () =>
        new Response(null, {
          status: 204,
          headers: { 'access-control-allow-origin': 'https://x' },
        }),
    )
    expect(said(await send('/plain/1', asks(FOREIGN, 'GET')))).toEqual({
      status: 204,
      vary: null,
      'access-control-allow-origin': 'https://x',
    })
    expect(received).toHaveLength(1)
  })

  it('is about the method that is to come, where routes of one path differ', async () => {
    const { send } = await createTestGateway({
      routes: [
        { path: '/a', to: ORIGIN, methods: ['GET'], cors: cors({ origins: [APP] }) },
        {
          path: '/a',
          to: ORIGIN,
          methods: ['PUT', 'OPTIONS'],
          cors: cors({ origins: ['https://admin.acme.example'] }),
        },
      ],
    })
    const allowed = async (origin: string, method: string) =>
      (await send('/a', asks(origin, method))).headers.get('access-control-allow-methods')
    expect(await allowed(APP, 'GET')).toBe('GET')
    expect(await allowed(APP, 'PUT')).toBeNull()
    expect(await allowed('https://admin.acme.example', 'PUT')).toBe('PUT, OPTIONS')
    // A method that no route takes: the route of OPTIONS says which there are.
    expect(await allowed('https://admin.acme.example', 'DELETE')).toBe('PUT, OPTIONS')
  })

  it('names the methods, headers and time of the owner, and headers of the schemes', async () => {
    const { send, issuer } = await createTestGateway()
    const custom = { header: 'x-session-token', ambient: false }
    const schemes = {
      main: oidc({ issuer: issuer.issuer, audience: AUDIENCE, tokenFrom: [custom] }),
    }
    const own = cors({ origins: '*', methods: ['GET'], headers: ['X-Trace-Id'], maxAgeSeconds: 0 })
    const other = await createTestGateway({
      issuer,
      config: { schemes },
      routes: [{ path: '/*', to: ORIGIN, cors: own }],
    })
    const answer = said(await other.send('/', asks(FOREIGN, 'GET')))
    expect(answer).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET',
      'access-control-allow-headers': expect.stringMatching(/x-session-token, X-Trace-Id$/),
      'access-control-max-age': '0',
    })
    expect((await send('/', asks(FOREIGN, 'GET'))).status).toBe(401)
  })

  it('may allow every header, and names Authorization, which * leaves out', async () => {
    const { send } = await gatewayWith({ headers: '*' })
    const { headers } = await send('/orders/1', asks(APP, 'GET'))
    expect(headers.get('access-control-allow-headers')).toBe('*, authorization')
  })

  it('to a host that is not served is refused as all is', async () => {
    const { send } = await createTestGateway({
      config: { hosts: ['api.test'], every: { cors: cors({ origins: [APP] }) } },
    })
    const response = await send('https://other.test/', asks(APP, 'GET'))
    expect(await refusal(response.clone())).toEqual([421, 'host_unknown'])
    expect(response.headers.get('access-control-allow-origin')).toBe(APP)
  })

  it('lets a page of a private network ask for nothing more than others', async () => {
    const { send } = await gatewayWith()
    const asked = asks(APP, 'GET', { 'access-control-request-private-network': 'true' })
    const { headers } = await send('/orders/1', asked)
    expect(headers.get('access-control-allow-private-network')).toBeNull()
  })
})

describe('an answer', () => {
  it('may be read by pages of the origins and no other, and varies by origin for all', async () => {
    const { sendWithToken } = await gatewayWith()
    const read = { 'access-control-allow-origin': APP, 'access-control-expose-headers': EXPOSED }
    expect(said(await sendWithToken('/orders/1', from(APP)))).toEqual({
      status: 200,
      vary: 'Origin',
      ...read,
    })
    for (const headers of [{}, { origin: FOREIGN }, { origin: 'null' }] as HeadersInit[]) {
      expect(said(await sendWithToken('/orders/1', { headers }))).toEqual({
        status: 200,
        vary: 'Origin',
      })
    }
  })

  it('has what the gateway says of CORS once, in place of what its origin says', async () => {
    const { sendWithToken } = await gatewayWith(
      { exposed: ['X-Total-Count', 'retry-after'] },
      () =>
        new Response('', {
          headers: {
            'access-control-allow-origin': '*',
            'access-control-allow-credentials': 'true',
            'access-control-allow-private-network': 'true',
            'access-control-expose-headers': 'x-secret',
            vary: 'Accept-Encoding',
          },
        }),
    )
    expect(said(await sendWithToken('/orders/1', from(APP)))).toEqual({
      status: 200,
      vary: 'Accept-Encoding, Origin',
      'access-control-allow-origin': APP,
      'access-control-expose-headers':
        'WWW-Authenticate, retry-after, RateLimit, RateLimit-Policy, X-Total-Count',
    })
    expect(said(await sendWithToken('/orders/1', from(FOREIGN)))).toEqual({
      status: 200,
      vary: 'Accept-Encoding, Origin',
    })
  })

  it.each([
    ['origin', 'origin'],
    ['Accept, ORIGIN', 'Accept, ORIGIN'],
    ['*', '*'],
    ['Accept', 'Accept, Origin'],
  ])('that varies by %s varies by %s', async (vary, expected) => {
    const { sendWithToken } = await gatewayWith({}, () => new Response('', { headers: { vary } }))
    expect((await sendWithToken('/orders/1')).headers.get('vary')).toBe(expected)
  })

  it('of a route without cors has what its origin says', async () => {
    const { send } = await gatewayWith(
      {},
      () => new Response('', { headers: { 'access-control-allow-origin': '*', vary: 'Accept' } }),
    )
    expect(said(await send('/plain/1', from(FOREIGN)))).toEqual({
      status: 200,
      vary: 'Accept',
      'access-control-allow-origin': '*',
    })
  })

  it('304, a redirect, an outage and the answer of a handler may be read too', async () => {
    const { send, sendWithToken } = await createTestGateway({
      config: { every: { cors: cors({ origins: [APP] }) } },
      routes: [
        { path: '/*', to: ORIGIN },
        { path: '/handler', auth: 'public', to: () => new Response('here') },
      ],
      origin: ({ url }) => {
        if (url.endsWith('/down')) throw new Error('down')
        return url.endsWith('/304')
          ? new Response(null, { status: 304 })
          : new Response(null, { status: 302, headers: { location: '/x' } })
      },
    })
    for (const [path, status] of [
      ['/304', 304],
      ['/302', 302],
      ['/down', 502],
    ] as const) {
      expect(said(await sendWithToken(path, from(APP)))).toMatchObject({
        status,
        vary: 'Origin',
        'access-control-allow-origin': APP,
      })
    }
    expect(said(await send('/handler', from(APP)))).toMatchObject({
      status: 200,
      'access-control-allow-origin': APP,
    })
  })
})

describe('a refusal', () => {
  it('may be read by pages of the origins and no other', async () => {
    const { send, sendWithToken } = await createTestGateway({
      routes: [{ path: '/*', to: ORIGIN, roles: ['admin'], cors: cors({ origins: [APP] }) }],
    })
    for (const [response, status] of [
      [await send('/', from(APP)), 401],
      [await sendWithToken('/', from(APP)), 403],
    ] as const) {
      expect(said(response)).toEqual({
        status,
        vary: 'Origin',
        'access-control-allow-origin': APP,
        'access-control-expose-headers': EXPOSED,
      })
    }
    for (const response of [
      await send('/', from(FOREIGN)),
      await sendWithToken('/', from(FOREIGN)),
      await send('/'),
    ]) {
      expect(said(response)).toEqual({ status: response.status, vary: 'Origin' })
    }
  })

  it('before a route is found may be read by the origins of every route', async () => {
    const { send } = await createTestGateway({
      config: { hosts: ['api.test'], every: { cors: cors({ origins: [APP] }) } },
      routes: [{ path: '/a', to: ORIGIN, methods: ['GET'] }],
    })
    for (const [target, method, code] of [
      ['/nothing', 'GET', 'not_found'],
      ['/a', 'DELETE', 'method_not_allowed'],
      ['/a%2fb', 'GET', 'path_ambiguous'],
      ['https://other.test/a', 'GET', 'host_unknown'],
      ['http://api.test/a', 'GET', 'https_required'],
    ] as const) {
      const response = await send(target, { method, ...from(APP) })
      expect(response.headers.get('access-control-allow-origin'), code).toBe(APP)
      expect((await refusal(response))[1]).toBe(code)
      const other = await send(target, { method, ...from(FOREIGN) })
      expect(said(other)).toEqual({ status: response.status, vary: 'Origin' })
    }
    expect(said(await send('/nothing', asks(APP, 'PUT')))).toMatchObject({
      status: 204,
      'access-control-allow-origin': APP,
      'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
    })
  })

  it("keeps its CORS headers where it is the owner's page", async () => {
    const { send } = await createTestGateway({
      config: {
        every: { cors: cors({ origins: [APP] }) },
        refusal: () =>
          new Response('no', { status: 401, headers: { 'access-control-allow-origin': '*' } }),
      },
    })
    expect(said(await send('/', from(FOREIGN)))).toEqual({ status: 401, vary: 'Origin' })
  })
})

describe("a route's own cors", () => {
  it('stands in place of that of every route', async () => {
    const { send } = await createTestGateway({
      config: { every: { cors: cors({ origins: [APP] }) } },
      routes: [
        { path: '/a', to: ORIGIN },
        { path: '/b', to: ORIGIN, cors: cors({ origins: ['https://b.acme.example'] }) },
      ],
    })
    const allowed = async (path: string, origin: string) =>
      (await send(path, from(origin))).headers.get('access-control-allow-origin')
    expect(await allowed('/a', APP)).toBe(APP)
    expect(await allowed('/b', APP)).toBeNull()
    expect(await allowed('/b', 'https://b.acme.example')).toBe('https://b.acme.example')
  })

  it('leaves the resource metadata open to pages of every origin', async () => {
    const { send } = await createTestGateway({
      config: { every: { cors: cors({ origins: [APP] }) } },
      routes: [{ path: '/mcp', to: ORIGIN, resource: protectedResource() }],
    })
    const path = '/.well-known/oauth-protected-resource/mcp'
    for (const init of [from(FOREIGN), asks(FOREIGN, 'GET')]) {
      expect((await send(path, init)).headers.get('access-control-allow-origin')).toBe('*')
    }
  })
})

describe('a wildcard', () => {
  it('is one label, the first', async () => {
    const { sendWithToken } = await gatewayWith({
      origins: ['https://*.acme.example', 'https://*.dev.example:8443', 'app://*.acme.example'],
    })
    const isAllowed = async (origin: string) => {
      const { headers } = await sendWithToken('/orders/1', from(origin))
      return headers.get('access-control-allow-origin') === origin
    }
    for (const origin of [
      'https://a.acme.example',
      'https://x_y-2.acme.example',
      'https://a.dev.example:8443',
      'app://a.acme.example',
    ]) {
      expect(await isAllowed(origin), origin).toBe(true)
    }
    for (const origin of [
      'https://acme.example',
      'https://.acme.example',
      'https://a.b.acme.example',
      'https://a.acme.example:8443',
      'https://a.dev.example',
      'http://a.acme.example',
      'https://a.acme.example.attacker.example',
      'https://a.evilacme.example',
      'https://attacker.example/.acme.example',
      'https://attacker.example#.acme.example',
      'https://A.acme.example',
    ]) {
      expect(await isAllowed(origin), origin).toBe(false)
    }
  })
})

describe('credentials', () => {
  it('never go with every origin, or with every header', async () => {
    const { gateway } = await gatewayWith({ origins: '*', headers: '*', credentials: true })
    expect(gateway.problems).toEqual([
      expect.stringMatching(
        /^routes\[0\] \(\/orders\/\*\)\.cors: has '\*' in origins and credentials/,
      ),
      expect.stringMatching(
        /^routes\[0\] \(\/orders\/\*\)\.cors: has '\*' in headers and credentials/,
      ),
    ])
  })

  it('go with origins that are named, on answers, refusals and preflights', async () => {
    const { send, sendWithToken } = await gatewayWith({ credentials: true })
    for (const response of [
      await sendWithToken('/orders/1', from(APP)),
      await send('/orders/1', from(APP)),
      await send('/orders/1', asks(APP, 'GET')),
    ]) {
      expect(said(response)).toMatchObject({
        'access-control-allow-origin': APP,
        'access-control-allow-credentials': 'true',
      })
    }
    const { headers } = await sendWithToken('/orders/1', from(FOREIGN))
    expect(headers.get('access-control-allow-credentials')).toBeNull()
  })

  it('that a browser sends by itself count from pages of these origins, and of no others', async () => {
    const { issuer } = await createTestGateway()
    const ambient = { header: 'x-our-proxy', ambient: true }
    const schemes = {
      main: oidc({ issuer: issuer.issuer, audience: AUDIENCE, tokenFrom: [ambient] }),
    }
    const { send } = await createTestGateway({
      issuer,
      config: { schemes },
      routes: [
        { path: '/with', to: ORIGIN, cors: cors({ origins: [APP], credentials: true }) },
        { path: '/without', to: ORIGIN, cors: cors({ origins: [APP] }) },
        { path: '/open', to: ORIGIN, cors: cors({ origins: '*' }) },
        { path: '/none', to: ORIGIN },
      ],
    })
    const token = await issuer.mint()
    const post = async (path: string, origin: string) => {
      const headers = { origin, 'x-our-proxy': token }
      return (await send(path, { method: 'POST', headers })).status
    }
    expect(await post('/with', APP)).toBe(200)
    for (const [path, origin] of [
      ['/with', FOREIGN],
      ['/without', APP],
      ['/open', APP],
      ['/none', APP],
    ] as const) {
      expect(await post(path, origin), path).toBe(403)
    }
  })
})
