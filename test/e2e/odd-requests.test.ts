// What only a socket can send: lines that a Request object cannot hold, and bodies that break off.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type GatewayWorker, startGatewayWorker } from '../support/gateway-worker.ts'
import { type SocketIssuer, startIssuer } from '../support/issuer.ts'
import { type Origin, startOrigin } from '../support/origin.ts'
import { type RawRequest, rawRequest } from '../support/raw-http.ts'

const CONFIG = `{
  hosts: ['localhost'],
  schemes: { main: oidc({ issuer: env.ISSUER, audience: 'gatehouse', tokenFrom: [{ cookie: 'T' }] }) },
  routes: [
    { path: '/*', to: env.ORIGIN },
    { path: '/public/*', auth: 'public', to: env.ORIGIN },
  ],
}`

let issuer: SocketIssuer
let origin: Origin
let gateway: GatewayWorker
let token: string

beforeAll(async () => {
  issuer = await startIssuer({ algs: ['ES256'] })
  origin = await startOrigin()
  const vars = { ISSUER: issuer.issuer, ORIGIN: origin.url }
  gateway = await startGatewayWorker({ config: CONFIG, vars })
  token = await issuer.mint()
})
afterAll(() => Promise.all([gateway.stop(), origin.stop(), issuer.stop()]))
beforeEach(() => {
  origin.requests.length = 0
  origin.modes.clear()
})

async function ask(target: string, lines: [string, string][], more: Partial<RawRequest> = {}) {
  const headers: [string, string][] = lines.some(([name]) => name === 'Host')
    ? lines
    : [['Host', 'localhost'], ...lines]
  const { status, body } = await rawRequest(gateway.port, { target, headers, ...more })
  return [status, status < 400 ? '' : ((JSON.parse(body) as { code?: string }).code ?? '')]
}

function arrived(name: string): string[] {
  const headers = origin.requests.at(-1)?.headers ?? []
  return headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value)
}

describe('cookies', () => {
  it('of two lines arrive as one list', async () => {
    const lines: [string, string][] = [
      ['Cookie', 'sid=1'],
      ['Cookie', 'csrf=2'],
    ]
    expect(await ask('/public/x', lines)).toEqual([200, ''])
    expect(arrived('cookie')).toEqual(['sid=1; csrf=2'])
  })

  it('keep their commas, on protected and on public routes, where one of them is a credential', async () => {
    const kept = 'k1=v1; k2=v2,v3; prefs={"a":1,"b":2}'
    for (const target of ['/x', '/public/x']) {
      expect(await ask(target, [['Cookie', `${kept}; T=${token}`]])).toEqual([200, ''])
      expect(arrived('cookie')).toEqual([kept])
    }
  })

  it('are no credential in the value of another one', async () => {
    expect(await ask('/x', [['Cookie', `next=x,T=${token}`]])).toEqual([401, 'credential_missing'])
    expect(await ask('/x', [['Cookie', `T=${token}; next=x,T=abc`]])).toEqual([200, ''])
    expect(arrived('cookie')).toEqual(['next=x,T=abc'])
  })

  it('are no credential where their name only looks like it', async () => {
    // U+00A0 and U+2000 in UTF-8: other hosts may set a name that begins with one, whatever is promised of the rest.
    for (const space of ['\xc2\xa0', '\xe2\x80\x80']) {
      const line: [string, string] = ['Cookie', `a=1; ${space}T=${token}`]
      expect(await ask('/x', [line])).toEqual([401, 'credential_missing'])
    }
  })
})

describe('a request line and its lines', () => {
  it('cannot move a path into the host', async () => {
    expect(await ask('/api/claims', [['Host', 'localhost/public/x?']])).toEqual([
      400,
      'invalid_request',
    ])
    expect(origin.requests).toEqual([])
  })

  it('keep header bytes that are no UTF-8', async () => {
    expect(await ask('/public/x', [['X-Name', 'caf\xe9']])).toEqual([200, ''])
    expect(arrived('x-name')).toEqual(['caf\xe9'])
  })

  it('do not reach the origin as its proxy', async () => {
    expect(await ask('/public/x', [['Proxy', 'http://evil.test']])).toEqual([200, ''])
    expect(arrived('proxy')).toEqual([])
  })
})

describe('a body', () => {
  const json: [string, string] = ['Content-Length', '2']

  it('of a GET or HEAD is refused and not dropped', async () => {
    for (const method of ['GET', 'HEAD']) {
      const more = { method, body: '{}' }
      const { status } = await rawRequest(gateway.port, {
        target: '/public/x',
        headers: [['Host', 'localhost'], json],
        ...more,
      })
      expect(status).toBe(400)
    }
    expect(await ask('/public/x', [json], { method: 'GET', body: '{}' })).toEqual([
      400,
      'invalid_request',
    ])
    expect(await ask('/public/x', [['Content-Length', '0']], { method: 'GET' })).toEqual([200, ''])
    expect(origin.requests).toHaveLength(1)
  })

  it('whose chunks are malformed is the client’s mistake', async () => {
    const chunked: [string, string] = ['Transfer-Encoding', 'chunked']
    const more = { method: 'POST', body: 'zz\r\nhello\r\n' }
    expect(await ask('/public/x', [chunked], more)).toEqual([400, 'invalid_request'])
  })
})

describe('an origin that switches protocols without being asked to', () => {
  it('is a bad gateway', async () => {
    origin.modes.set('/public/x', ({ socket }) => {
      socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n')
    })
    expect(await ask('/public/x', [])).toEqual([502, 'origin_unreachable'])
  })
})

describe('a stream that is opened within the clock skew', () => {
  it('lasts as long as its token is accepted', async () => {
    origin.modes.set('/events', { events: { count: 3, everyMs: 100 } })
    const now = Math.floor(Date.now() / 1_000)
    const late = await issuer.mint({ exp: now - 3, iat: now - 300 })
    const { status, body } = await rawRequest(gateway.port, {
      target: '/events',
      headers: [
        ['Host', 'localhost'],
        ['Authorization', `Bearer ${late}`],
      ],
    })
    expect([status, body.match(/data:/g)?.length]).toEqual([200, 3])
  })
})
