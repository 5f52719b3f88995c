// What passes through the gateway in both directions, as bytes on real sockets: header lines,
// bodies, and the answers of an origin.

import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type SocketIssuer, startIssuer } from '../support/issuer.ts'
import { type Origin, startOrigin } from '../support/origin.ts'
import { GZIP_TEXT } from '../support/origin-modes.ts'
import { openRaw, type RawRequest, rawRequest } from '../support/raw-http.ts'
import { values } from '../support/raw-response.ts'
import { startWorkerd, type Workerd } from '../support/workerd.ts'

type Lines = [name: string, value: string][]

const SCRIPT = `
import { oidc } from './src/auth/presets/oidc.ts'
import { worker } from './src/worker.ts'

export default worker((env) => ({
  schemes: { main: oidc({ issuer: env.ISSUER, audience: 'gatehouse' }) },
  routes: [
    { path: '/api/*', to: env.ORIGIN, forward: { 'x-user-email': 'email', 'x-user-name': 'name' } },
    { path: '/bound/*', to: env.BINDING },
    { path: '/*', to: env.ORIGIN, auth: 'public' },
  ],
}))`

let issuer: SocketIssuer
let origin: Origin
let gateway: Workerd
let token: string

beforeAll(async () => {
  ;[issuer, origin] = await Promise.all([startIssuer({ algs: ['ES256'] }), startOrigin()])
  const vars = { ISSUER: issuer.issuer, ORIGIN: origin.url }
  const services = { BINDING: { url: origin.url } }
  gateway = await startWorkerd({ script: SCRIPT, vars, services, protoHeader: 'X-Test-Proto' })
  token = await issuer.mint({ email: 'ada@example.test', name: 'Ada Lovelacé, Countess\r\n' })
})
afterAll(() => Promise.all([gateway.stop(), origin.stop(), issuer.stop()]))
beforeEach(() => {
  origin.requests.length = 0
  origin.modes.clear()
})

/** Sends header lines as they are, and answers the lines that reached the origin. */
async function arrivedLines(target: string, lines: Lines, request: Partial<RawRequest> = {}) {
  const headers: Lines = [['Host', 'localhost'], ...lines]
  const { status } = await rawRequest(gateway.port, { target, headers, ...request })
  expect(status).toBe(200)
  return origin.requests[0]?.headers ?? []
}

const bearer = (): Lines => [['Authorization', `Bearer ${token}`]]

describe('the header lines of a request', () => {
  const forged: Lines = [
    'X-Auth-Subject',
    'x_auth_subject',
    'X_Auth-Subject',
    'x.auth.subject',
    'X-Auth-Roles',
    'X-Auth-Claims',
    'X-Auth-Anything',
    'X-User-Email',
    'x_user_email',
    'X-USER-NAME',
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'X-Forwarded-Proto',
    'X-Forwarded-User',
    'Forwarded',
    'X-Real-IP',
    'True-Client-IP',
    'Cf-Access-Jwt-Assertion',
    'MF-Access-Blob',
    'X-Original-URL',
    'X-Rewrite-URL',
    'X-HTTP-Method-Override',
    'Proxy-Authorization',
    'Proxy-Connection',
    'HTTP2-Settings',
    // The one that stays, as often as it was sent, to show that the others were seen at all.
    'X-Anything-Else',
  ].map((name) => [name, 'forged'])

  for (const [where, target, credential] of [
    ['a protected', '/api/x', bearer],
    ['a public', '/x', () => []],
    ['a bound', '/bound/x', bearer],
  ] as [string, string, () => Lines][]) {
    it(`lose what only the gateway may say, sent once or twice, on ${where} route`, async () => {
      const arrived = await arrivedLines(target, [...forged, ...credential(), ...forged])
      const left = arrived.filter(([, value]) => value.includes('forged'))
      expect(left.map(([name]) => name.toLowerCase())).toEqual([
        'x-anything-else',
        'x-anything-else',
      ])
      expect(values(arrived, 'authorization')).toEqual([])
    })
  }

  it('tell the origin who is calling, in visible ASCII', async () => {
    const arrived = await arrivedLines('/api/x', bearer())
    const told = arrived.filter(([name]) => /^x-(auth|user|forwarded)-/i.test(name))
    const claims = values(arrived, 'x-auth-claims')[0] ?? ''
    expect(Object.fromEntries(told.map(([name, value]) => [name.toLowerCase(), value]))).toEqual({
      'x-auth-claims': claims,
      'x-auth-issuer': issuer.issuer,
      'x-auth-scope': 'orders:read',
      'x-auth-subject': 'user-1',
      'x-forwarded-host': 'localhost',
      'x-forwarded-proto': 'http',
      'x-user-email': 'ada@example.test',
      'x-user-name': 'Ada%20Lovelac%C3%A9,%20Countess%0D%0A',
    })
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
      sub: 'user-1',
      name: 'Ada Lovelacé, Countess\r\n',
    })
  })

  it('lose what Connection names, on every line of it', async () => {
    const arrived = await arrivedLines('/api/x', [
      ...bearer(),
      ['Connection', 'keep-alive, X-One'],
      ['connection', 'X-Two, x-auth-subject, host, caf\xe9'],
      ['X-One', '1'],
      ['X-Two', '2'],
      ['X-Three', '3'],
      ['TE', 'trailers'],
      ['Keep-Alive', 'timeout=5'],
      ['Upgrade', 'h2c'],
    ])
    const names = arrived.map(([name]) => name.toLowerCase())
    for (const name of ['x-one', 'x-two', 'te', 'keep-alive', 'upgrade', 'connection']) {
      expect(names).not.toContain(name)
    }
    expect(values(arrived, 'x-three')).toEqual(['3'])
    expect(values(arrived, 'x-auth-subject')).toEqual(['user-1'])
  })

  it('keep their bytes, also where these are no text', async () => {
    const arrived = await arrivedLines('/x', [
      ['X-Bytes', 'a\tb "c"; d=\'e\''],
      ['Cookie', 'a=1; b=2'],
      ['User-Agent', 'raw/1.0'],
      ['Accept-Encoding', 'zstd'],
    ])
    expect(values(arrived, 'x-bytes')).toEqual(['a\tb "c"; d=\'e\''])
    expect(values(arrived, 'cookie')).toEqual(['a=1; b=2'])
    expect(values(arrived, 'user-agent')).toEqual(['raw/1.0'])
    expect(values(arrived, 'accept-encoding')).toEqual(['zstd'])
  })

  it('have one credential, once: a second line is refused, also where it says the same', async () => {
    const other = await issuer.mint({ sub: 'user-2' })
    const [[, same]] = bearer() as [[string, string]]
    for (const second of [same, `Bearer ${other}`, 'Basic eA==']) {
      const headers: Lines = [['Host', 'localhost'], ...bearer(), ['authorization', second]]
      const { status, body } = await rawRequest(gateway.port, { target: '/api/x', headers })
      expect([status, (JSON.parse(body) as { code: string }).code]).toEqual([
        400,
        'multiple_credentials',
      ])
    }
    expect(origin.requests).toHaveLength(0)
  })
})

describe('the body of a request', () => {
  it('with chunks arrives as chunks, with a length as that length', async () => {
    const chunked = '3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n'
    const framed = await arrivedLines('/x', [['Transfer-Encoding', 'chunked']], {
      method: 'POST',
      body: chunked,
    })
    expect(values(framed, 'transfer-encoding')).toEqual(['chunked'])
    expect(origin.requests[0]?.body).toBe('abcdefg')
    origin.requests.length = 0
    const sized = await arrivedLines('/x', [['Content-Length', '7']], {
      method: 'PUT',
      body: 'abcdefg',
    })
    expect(values(sized, 'content-length')).toEqual(['7'])
    expect(origin.requests[0]?.body).toBe('abcdefg')
  })

  it('arrives while the client is still sending it', async () => {
    const arrival = origin.next()
    const connection = await openRaw(gateway.port)
    connection.send(
      'POST /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n',
    )
    const request = await arrival
    await expect.poll(() => request.body).toBe('abc')
    connection.send('3\r\ndef\r\n0\r\n\r\n')
    expect((await connection.read()).status).toBe(200)
    expect(request.body).toBe('abcdef')
    connection.reset()
  })

  it('is none where a GET has one, and leaves nothing behind on the connection', async () => {
    for (const method of ['GET', 'HEAD']) {
      origin.requests.length = 0
      const lines: Lines = [['Content-Length', '27']]
      const body = 'GET /smuggled HTTP/1.1\r\n\r\nx'
      const arrived = await arrivedLines('/x', lines, { method, body })
      expect(values(arrived, 'content-length')).toEqual([])
      expect(values(arrived, 'transfer-encoding')).toEqual([])
      await arrivedLines('/y', [])
      expect(origin.requests.map(({ target, body: got }) => [target, got])).toEqual([
        ['/x', ''],
        ['/y', ''],
      ])
    }
  })
})

describe('an answer of the origin', () => {
  const ask = (target: string, lines: Lines = []) =>
    rawRequest(gateway.port, { target, headers: [['Host', 'localhost'], ...lines] })

  it('loses the headers that are not for clients, and keeps every cookie apart', async () => {
    origin.modes.set('/x', {
      respond: {
        headers: [
          ['Connection', 'X-Private'],
          ['X-Private', '1'],
          ['Keep-Alive', 'timeout=5'],
          ['Proxy-Authenticate', 'Basic'],
          ['Alt-Svc', 'h3=":443"'],
          ['CDN-Cache-Control', 'max-age=60'],
          ['X-Auth-Subject', 'user-1'],
          ['Set-Cookie', 'a=1; Path=/'],
          ['Set-Cookie', 'b=2, 3; HttpOnly'],
          ['ETag', '"x"'],
        ],
        body: 'body',
      },
    })
    const { headers, body } = await ask('/x')
    const names = headers.map(([name]) => name.toLowerCase())
    for (const name of [
      'x-private',
      'keep-alive',
      'proxy-authenticate',
      'alt-svc',
      'cdn-cache-control',
      'x-auth-subject',
    ]) {
      expect(names).not.toContain(name)
    }
    expect(values(headers, 'set-cookie')).toEqual(['a=1; Path=/', 'b=2, 3; HttpOnly'])
    expect(values(headers, 'etag')).toEqual(['"x"'])
    expect(body).toBe('body')
  })

  it('is private where the caller had to say who they are', async () => {
    const { headers } = await ask('/api/x', bearer())
    expect(values(headers, 'cache-control')).toEqual(['private, no-store'])
    expect(values((await ask('/x')).headers, 'cache-control')).toEqual([])
  })

  it('asks for https where it came by https, and plain http is refused elsewhere', async () => {
    expect(values((await ask('/x')).headers, 'strict-transport-security')).toEqual([])
    const secure = await ask('/x', [['X-Test-Proto', 'https']])
    expect(values(secure.headers, 'strict-transport-security')).toEqual(['max-age=31536000'])
    const headers: Lines = [['Host', 'api.test']]
    const plain = await rawRequest(gateway.port, { target: '/x', headers })
    expect([plain.status, (JSON.parse(plain.body) as { code: string }).code]).toEqual([
      403,
      'https_required',
    ])
  })

  it('keeps its encoding, byte by byte', async () => {
    origin.modes.set('/x', 'gzip')
    const { headers, bytes } = await ask('/x', [['Accept-Encoding', 'gzip']])
    expect(values(headers, 'content-encoding')).toEqual(['gzip'])
    expect(gunzipSync(bytes).toString()).toBe(GZIP_TEXT)
  })

  it('to HEAD has the headers and no body', async () => {
    origin.modes.set('/x', { respond: { headers: [['Content-Length', '5']], body: '12345' } })
    const headers: Lines = [['Host', 'localhost']]
    const response = await rawRequest(gateway.port, { method: 'HEAD', target: '/x', headers })
    expect([response.status, values(response.headers, 'content-length')]).toEqual([200, ['5']])
  })

  it('that is a redirect is not followed, and names the gateway', async () => {
    origin.modes.set('/x', { redirect: { location: `${origin.url}/y?z`, status: 307 } })
    const { status, headers } = await ask('/x')
    expect([status, values(headers, 'location')]).toEqual([307, ['http://localhost/y?z']])
    expect(origin.requests).toHaveLength(1)
  })

  it('of whatever status passes as it is', async () => {
    for (const status of [204, 206, 304, 401, 403, 418, 500, 503]) {
      origin.modes.set('/x', { respond: { status } })
      expect((await ask('/x')).status).toBe(status)
    }
  })
})
