import { describe, expect, it } from 'vitest'
import type { GatewayConfig } from '../../src/config/define.ts'
import { createTestGateway, ORIGIN } from '../support/gateway.ts'

type Page = NonNullable<GatewayConfig['refusal']>

const routes = [
  { path: '/*', to: ORIGIN, scopes: ['orders:read'] },
  { path: '/get', to: ORIGIN, methods: ['GET'] },
]
const gatewayWith = (refusal: Page, config: Partial<GatewayConfig> = {}) =>
  createTestGateway({ routes, config: { refusal, ...config } })

const DEFAULT = {
  'cache-control': 'no-store',
  'www-authenticate': 'Bearer scope="orders:read"',
}

describe('the owner’s refusal', () => {
  it('is told the problem and the request, and keeps status and headers that it does not set', async () => {
    const asked: unknown[] = []
    const { send } = await gatewayWith((problem, { url, method }) => {
      asked.push([problem, method, url])
      return Response.json({ error: problem.code })
    })
    const response = await send('/a?b', { method: 'POST' })
    expect([response.status, await response.json()]).toEqual([401, { error: 'credential_missing' }])
    expect(Object.fromEntries(response.headers)).toEqual({
      'content-type': 'application/json',
      ...DEFAULT,
    })
    const problem = {
      type: 'urn:gatehouse:error:credential_missing',
      title: 'A credential is required',
      status: 401,
      code: 'credential_missing',
      detail: expect.any(String),
      instance: expect.stringMatching(/^urn:uuid:/),
    }
    expect(asked).toEqual([[problem, 'POST', 'https://api.test/a?b']])
  })

  it('keeps Allow and Retry-After too', async () => {
    const { send, sendWithToken, issuer } = await gatewayWith(() => new Response('no'))
    const denied = await send('/get', { method: 'POST' })
    expect([denied.status, denied.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    issuer.mode = 'unreachable'
    const down = await sendWithToken('/a')
    expect([down.status, down.headers.get('retry-after')]).toEqual([503, '5'])
  })

  it('may set every header itself', async () => {
    const headers = { 'www-authenticate': 'Custom', 'cache-control': 'max-age=1', 'x-own': 'a' }
    const { send } = await gatewayWith(() => new Response(null, { headers }))
    expect(Object.fromEntries((await send('/a')).headers)).toEqual(headers)
  })

  it.each([
    [200, 401],
    [204, 401],
    [302, 302],
    [304, 401],
    [404, 404],
    [503, 503],
    [599, 599],
  ])('with status %i is sent with %i: never one of success', async (status, sent) => {
    const headers = { location: '/login' }
    const { send } = await gatewayWith(() => new Response(null, { status, headers }))
    expect((await send('/a')).status).toBe(sent)
  })

  it('leaves a problem document where it returns undefined', async () => {
    const { send, lastEvent } = await gatewayWith(() => undefined)
    const response = await send('/a')
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(await response.json()).toMatchObject({ code: 'credential_missing' })
    expect(lastEvent()).not.toHaveProperty('refusalFault')
  })

  const shared = new Response('for all')
  const locked = new Response('locked')
  locked.body?.getReader()
  const { 0: webSocket } = new WebSocketPair()

  it.each([
    [
      'throws',
      () => {
        throw new RangeError('mine')
      },
      'RangeError: mine',
    ],
    [
      'throws what is no error',
      () => {
        throw 'mine'
      },
      'a value was thrown',
    ],
    ['returns null', () => null, 'TypeError: it returned no Response'],
    ['returns text', () => '<h1>No</h1>', 'TypeError: it returned no Response'],
    [
      'returns a promise',
      () => Promise.resolve(new Response()),
      'TypeError: it returned a promise, and nothing can be waited for here',
    ],
    [
      'returns a promise that fails',
      () => Promise.reject(new Error('mine')),
      'TypeError: it returned a promise, and nothing can be waited for here',
    ],
    ['returns an error response', () => Response.error(), 'TypeError: it returned no Response'],
    [
      'returns a WebSocket',
      () => new Response(null, { status: 101, webSocket }),
      'TypeError: it returned no Response',
    ],
    [
      'returns a response that is being read',
      () => locked,
      'TypeError: it returned a Response that was sent before',
    ],
  ])('that %s is not used, and the log says why', async (_, refusal, fault) => {
    const { send, lastEvent } = await gatewayWith(refusal as unknown as Page)
    const response = await send('/a')
    expect(response.status).toBe(401)
    expect(Object.fromEntries(response.headers)).toEqual({
      'content-type': 'application/problem+json',
      ...DEFAULT,
    })
    expect(await response.json()).toMatchObject({ code: 'credential_missing' })
    expect(lastEvent()).toMatchObject({ code: 'credential_missing', refusalFault: fault })
  })

  it('that is one Response for all is used once', async () => {
    const { send, lastEvent } = await gatewayWith(() => shared)
    expect(await (await send('/a')).text()).toBe('for all')
    expect(await (await send('/a')).json()).toMatchObject({ code: 'credential_missing' })
    expect(lastEvent()?.refusalFault).toBe('TypeError: it returned a Response that was sent before')
  })

  it('is about refusals alone: an answer of the service passes', async () => {
    const { sendWithToken } = await createTestGateway({
      config: { refusal: () => new Response('mine') },
      origin: () => new Response('its own', { status: 403 }),
    })
    const response = await sendWithToken('/a')
    expect([response.status, await response.text()]).toEqual([403, 'its own'])
  })

  it('is not used while the config has problems', async () => {
    const { send } = await gatewayWith(() => new Response('mine'), { hosts: [] })
    const response = await send('/a')
    expect(await response.json()).toMatchObject({
      type: 'urn:gatehouse:error:config_invalid',
      status: 500,
    })
  })
})

describe('the type of a problem', () => {
  it('may be a page of the owner’s, by code', async () => {
    const problemType = 'https://docs.acme.example/errors/{code}#{code}'
    const { send } = await createTestGateway({ config: { problemType } })
    expect(await (await send('/a')).json()).toMatchObject({
      type: 'https://docs.acme.example/errors/credential_missing#credential_missing',
    })
  })
})
