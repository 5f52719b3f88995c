import { describe, expect, it } from 'vitest'
import type { RouteConfig } from '../../src/config/define.ts'
import { originPath } from '../../src/upstream/location.ts'
import type { Handler } from '../../src/upstream/target.ts'
import { createTestGateway, ORIGIN, refusal } from '../support/gateway.ts'

/** A gateway with public routes, so that nothing but the way out is in question. */
function gatewayWith(
  routes: Omit<RouteConfig, 'auth'>[],
  origin?: (request: Request) => Response | Promise<Response>,
) {
  return createTestGateway({
    routes: routes.map((route) => ({ ...route, auth: 'public' })),
    ...(origin && { origin }),
  })
}

/** What the origin is asked for, by what the gateway is asked for. */
async function originUrls(route: Omit<RouteConfig, 'auth'>, targets: readonly string[]) {
  const { send, received } = await gatewayWith([route])
  for (const target of targets) expect((await send(target)).status, target).toBe(200)
  return received.map(({ url }) => url.slice(ORIGIN.length))
}

/** A binding that records what it was asked for. */
function createBinding() {
  const requests: Request[] = []
  return {
    requests,
    async fetch(this: unknown, request: Request) {
      // Bindings of the platform work only when their fetch is called on them.
      if (this === undefined) throw new TypeError('Illegal invocation')
      requests.push(request)
      return new Response('from the binding')
    },
  }
}

describe('the path at the origin', () => {
  it('is the whole path with its query, as it was sent', async () => {
    expect(
      await originUrls({ path: '/orders/*', to: ORIGIN }, [
        '/orders/7',
        '/orders/7/?a=%2f&b=//&c=..&d=%zz',
        '/orders?x',
        '/orders/caf%c3%a9/%40me',
      ]),
    ).toEqual([
      '/orders/7',
      '/orders/7/?a=%2f&b=//&c=..&d=%zz',
      '/orders?x',
      '/orders/caf%C3%A9/%40me',
    ])
  })

  it('comes after the path of the target', async () => {
    for (const to of [`${ORIGIN}/base`, `${ORIGIN}/base/`]) {
      expect(await originUrls({ path: '/orders/*', to }, ['/orders/7?a=b', '/orders'])).toEqual([
        '/base/orders/7?a=b',
        '/base/orders',
      ])
    }
  })

  it('loses the literal prefix of the pattern where the route says so', async () => {
    const strip = { stripPrefix: true, to: ORIGIN }
    expect(
      await originUrls({ ...strip, path: '/v1/orders/*' }, [
        '/v1/orders/7?a=b',
        '/v1/orders/7/',
        '/v1/orders/',
        '/v1/orders',
        '/v1/orders?a',
        '/v1/%6frders/%2e%2e/orders/x',
      ]),
    ).toEqual(['/7?a=b', '/7/', '/', '/', '/?a', '/x'])
    expect(await originUrls({ ...strip, path: '/v1/:tenant/*' }, ['/v1/a/b', '/v1/v1/a'])).toEqual([
      '/a/b',
      '/v1/a',
    ])
    expect(await originUrls({ ...strip, path: '/users/@me/*' }, ['/users/%40me/x'])).toEqual(['/x'])
    expect(await originUrls({ ...strip, path: '/a', to: `${ORIGIN}/base/` }, ['/a'])).toEqual([
      '/base/',
    ])
  })

  it('loses the prefix in whatever case a protected route was asked for', async () => {
    const { sendWithToken, received } = await createTestGateway({
      routes: [{ path: '/Orders/*', stripPrefix: true, to: ORIGIN }],
    })
    for (const path of ['/orders/Seven', '/ORDERS/x']) await sendWithToken(path)
    expect(received.map(({ url }) => url)).toEqual([`${ORIGIN}/Seven`, `${ORIGIN}/x`])
  })

  it('is cut by segments, never inside one', () => {
    const mapping = { stripped: '/a/b', base: undefined }
    expect(originPath('/a/b', mapping)).toBe('/')
    expect(originPath('/a/b/', mapping)).toBe('/')
    expect(originPath('/A/%62/c/d', mapping)).toBe('/c/d')
    expect(originPath('/a', mapping)).toBe('/')
    expect(originPath('/a/b/c', { stripped: '', base: undefined })).toBe('/a/b/c')
  })

  it('never leads to another origin', async () => {
    const { send, received } = await gatewayWith([
      { path: '/raw/*', to: ORIGIN, stripPrefix: true, dangerouslyAllowAmbiguousPaths: true },
      { path: '/*', to: ORIGIN, dangerouslyAllowAmbiguousPaths: true },
    ])
    for (const path of [
      '//evil.test/x',
      '/raw//evil.test/x',
      '/raw/%5cevil.test',
      '/raw/..%2f..%2fevil.test',
      '/raw/@evil.test',
      '/raw/:80/x',
      '/.//evil.test',
    ]) {
      await send(`https://api.test${path}`)
    }
    expect(received.length).toBe(7)
    for (const { url } of received) expect(new URL(url).origin).toBe(ORIGIN)
  })
})

describe('a target', () => {
  it('that is a binding gets the public URL', async () => {
    const binding = createBinding()
    const { send, received } = await gatewayWith([{ path: '/a/*', to: binding, stripPrefix: true }])
    const response = await send('https://API.test:8443/a/b?c=d')
    expect(await response.text()).toBe('from the binding')
    expect(binding.requests.map(({ url }) => url)).toEqual(['https://api.test:8443/b?c=d'])
    expect(received).toEqual([])
  })

  it('that is a URL behind a binding gets that URL', async () => {
    const binding = createBinding()
    const { send, received } = await gatewayWith([
      { path: '/a', to: { url: 'http://b2b.internal:8080/base', via: binding } },
      { path: '/b', to: 'https://b2b.internal', via: binding },
    ])
    await send('/a?x')
    await send('/b')
    expect(binding.requests.map(({ url }) => url)).toEqual([
      'http://b2b.internal:8080/base/a?x',
      'https://b2b.internal/b',
    ])
    expect(received).toEqual([])
  })

  it('that is a handler gets the public URL, clean headers and the caller', async () => {
    const { sendWithToken } = await createTestGateway({
      routes: [
        {
          path: '/a/*',
          to: ({ url, method, headers }, principal) =>
            Response.json({
              url,
              method,
              subject: principal?.subject,
              roles: principal?.roles,
              authorization: headers.get('authorization'),
              forged: headers.get('x-auth-roles'),
            }),
        },
      ],
    })
    const init = { method: 'POST', body: 'x', headers: { 'x-auth-roles': 'admin' } }
    expect(await (await sendWithToken('/a/b?c=d', init)).json()).toEqual({
      url: 'https://api.test/a/b?c=d',
      method: 'POST',
      subject: 'user-1',
      roles: [],
      authorization: null,
      forged: null,
    })
  })

  it('that is a handler without an answer is 502, and the log says why', async () => {
    const none = 'the handler returned no Response'
    const handlers: [to: Handler, reason: string][] = [
      [() => undefined as unknown as Response, none],
      [async () => 'hello' as unknown as Response, none],
      [() => Response.error(), none],
      [
        () => {
          throw new Error('no database')
        },
        'the handler threw Error: no database',
      ],
      [
        () => Promise.reject(new TypeError('not a number')),
        'the handler threw TypeError: not a number',
      ],
    ]
    for (const [to, reason] of handlers) {
      const { send, lastEvent } = await gatewayWith([{ path: '/*', to }])
      const response = await send('/')
      expect(await response.clone().text()).not.toContain('database')
      expect(await refusal(response)).toEqual([502, 'origin_unreachable'])
      expect(lastEvent()?.reason).toBe(reason)
    }
  })
})

describe('the body of a request', () => {
  it('passes as a stream: the origin reads before the client has finished', async () => {
    const { promise: isRead, resolve } = Promise.withResolvers<void>()
    const { send } = await gatewayWith([{ path: '/*', to: ORIGIN }], async ({ body }) => {
      const reader = (body as ReadableStream<Uint8Array>).getReader()
      const first = await reader.read()
      resolve()
      const second = await reader.read()
      const decode = (bytes?: Uint8Array) => new TextDecoder().decode(bytes)
      return new Response(decode(first.value) + decode(second.value))
    })
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
    const answer = send('/', { method: 'POST', body: readable })
    const writer = writable.getWriter()
    await writer.write(new TextEncoder().encode('one '))
    await isRead
    await writer.write(new TextEncoder().encode('two'))
    await writer.close()
    expect(await (await answer).text()).toBe('one two')
  })

  it('goes with every method that may have one', async () => {
    const bodies: string[] = []
    const { send } = await gatewayWith([{ path: '/*', to: ORIGIN }], async (request) => {
      bodies.push(`${request.method} ${await request.text()}`)
      return new Response()
    })
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      await send('/', { method, body: 'x' })
    }
    expect(bodies).toEqual(['POST x', 'PUT x', 'PATCH x', 'DELETE x', 'OPTIONS x'])
  })
})

describe('an origin', () => {
  it('that is not there is 502', async () => {
    const { send, lastEvent } = await gatewayWith([{ path: '/*', to: ORIGIN }], async () => {
      throw new Error('Network connection lost.')
    })
    expect(await refusal(await send('/'))).toEqual([502, 'origin_unreachable'])
    expect(lastEvent()?.reason).toBe('Network connection lost.')
  })

  it('that throws at once is 502 too, also behind a binding', async () => {
    const fetch = (): never => {
      throw new Error('no such binding')
    }
    const { send } = await gatewayWith([
      { path: '/a', to: { fetch } },
      { path: '/b', to: ORIGIN, via: { fetch } },
    ])
    for (const path of ['/a', '/b']) {
      expect(await refusal(await send(path))).toEqual([502, 'origin_unreachable'])
    }
  })

  it('that does not begin to answer in time is 504', async () => {
    const hang = () => new Promise<Response>(() => {})
    const { send, lastEvent } = await gatewayWith(
      [
        { path: '/a', to: ORIGIN, timeoutSeconds: 0.02 },
        { path: '/b', to: { fetch: hang }, timeoutSeconds: 0.02 },
        { path: '/c', to: hang, timeoutSeconds: 0.02 },
      ],
      hang,
    )
    for (const path of ['/a', '/b', '/c']) {
      expect(await refusal(await send(path))).toEqual([504, 'origin_timeout'])
      expect(lastEvent()?.reason).toBe('no response within 0.02 s')
    }
  })

  it('may take as long as it likes once it has begun', async () => {
    const { send } = await gatewayWith([{ path: '/*', to: ORIGIN, timeoutSeconds: 0.02 }], () => {
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
      const writer = writable.getWriter()
      setTimeout(() => {
        void writer.write(new TextEncoder().encode('late')).then(() => writer.close())
      }, 50)
      return new Response(readable)
    })
    expect(await (await send('/')).text()).toBe('late')
  })

  it('may say no in any way: that is its answer, not a problem of the gateway', async () => {
    for (const status of [400, 401, 403, 404, 418, 429, 500, 502, 503, 504]) {
      const { send } = await gatewayWith([{ path: '/*', to: ORIGIN }], () =>
        Response.json({ own: status }, { status, headers: { 'www-authenticate': 'Basic' } }),
      )
      const response = await send('/')
      expect(response.status).toBe(status)
      expect(response.headers.get('www-authenticate')).toBe('Basic')
      expect(await response.json()).toEqual({ own: status })
    }
  })
})
