import { describe, expect, it } from 'vitest'
import type { RouteConfig } from '../../src/config/define.ts'
import { createTestGateway, ORIGIN, START } from '../support/gateway.ts'
import { createTestIssuer } from '../support/mint.ts'

const ROUTES: RouteConfig[] = [
  { path: '/public/*', auth: 'public', to: ORIGIN },
  { path: '/optional', auth: { optional: 'main' }, to: ORIGIN },
  { path: '/stripped/*', auth: 'public', to: `${ORIGIN}/base`, stripPrefix: true },
  { path: '/based/*', auth: 'public', to: `${ORIGIN}/base/` },
  { path: '/*', to: ORIGIN },
]

/** What the client gets for an answer of the origin. */
async function answerTo(response: () => Response, target = '/public/a') {
  const issuer = createTestIssuer({ algs: ['ES256'], now: () => START })
  const { sendWithToken } = await createTestGateway({ issuer, routes: ROUTES, origin: response })
  return sendWithToken(target)
}

function withHeaders(headers: HeadersInit): () => Response {
  return () => new Response('body', { headers })
}

describe('the headers of an answer', () => {
  it('lose what is about the connection, what is for proxies and what speaks for the gateway', async () => {
    const names = [
      'connection',
      'keep-alive',
      'te',
      'trailer',
      'upgrade',
      'proxy-authenticate',
      'proxy-connection',
      'proxy-status',
      'alt-svc',
      'cdn-cache-control',
      'cloudflare-cdn-cache-control',
      'x-auth-subject',
      'x-auth-anything',
    ]
    const sent = Object.fromEntries(names.map((name) => [name, 'x']))
    const response = await answerTo(withHeaders({ ...sent, 'x-kept': '1' }))
    expect(Object.fromEntries(response.headers)).toEqual({
      'content-type': 'text/plain;charset=UTF-8',
      'strict-transport-security': 'max-age=31536000',
      'x-kept': '1',
    })
  })

  it('lose what Connection names, however it names it', async () => {
    const connection = 'close, X-Private,,x y, "z", set-cookie'
    const sent = { connection, 'x-private': '1', 'set-cookie': 'a=1', etag: '"x"' }
    const response = await answerTo(withHeaders(sent))
    expect(response.status).toBe(200)
    expect(response.headers.has('x-private')).toBe(false)
    expect(response.headers.has('set-cookie')).toBe(false)
    expect(response.headers.get('etag')).toBe('"x"')
  })

  it('keep every cookie apart', async () => {
    const cookies = [
      'a=1; Path=/',
      'b=2; HttpOnly',
      'c=3, 4; Expires=Wed, 01 Jan 2031 00:00:00 GMT',
    ]
    const response = await answerTo(
      withHeaders(cookies.map((cookie): [string, string] => ['set-cookie', cookie])),
    )
    expect(response.headers.getSetCookie()).toEqual(cookies)
  })

  it('keep everything else', async () => {
    const sent = {
      'access-control-allow-origin': '*',
      'content-disposition': 'attachment',
      'content-encoding': 'identity',
      'content-security-policy': "default-src 'none'",
      'content-type': 'text/x',
      etag: '"x"',
      link: '</a>; rel=next',
      'retry-after': '7',
      server: 'origin',
      vary: 'accept',
      'www-authenticate': 'Basic',
      'x-custom': 'a, b',
    }
    expect(Object.fromEntries((await answerTo(withHeaders(sent))).headers)).toMatchObject(sent)
  })

  it('say that an answer to one caller is for nobody else, unless the origin says how', async () => {
    const plain = withHeaders({})
    const cacheControl = async (response: () => Response, target: string) =>
      (await answerTo(response, target)).headers.get('cache-control')
    expect(await cacheControl(plain, '/a')).toBe('private, no-store')
    expect(await cacheControl(plain, '/optional')).toBe('private, no-store')
    expect(await cacheControl(plain, '/public/a')).toBeNull()
    const own = withHeaders({ 'cache-control': 'private, max-age=60' })
    expect(await cacheControl(own, '/a')).toBe('private, max-age=60')
  })

  it('ask for https from now on where it is https, unless the origin says how', async () => {
    const { send } = await createTestGateway({ routes: ROUTES })
    const strictly = async (url: string) =>
      (await send(url)).headers.get('strict-transport-security')
    expect(await strictly('https://api.test/public/a')).toBe('max-age=31536000')
    expect(await strictly('http://localhost/public/a')).toBeNull()
    const own = await answerTo(withHeaders({ 'strict-transport-security': 'max-age=0' }))
    expect(own.headers.get('strict-transport-security')).toBe('max-age=0')
  })
})

describe('an answer', () => {
  it('has the status and the reason of the origin, and no body where there is none', async () => {
    for (const [status, statusText] of [
      [201, 'Made'],
      [204, 'No Content'],
      [206, 'Partial Content'],
      [304, 'Not Modified'],
      [599, 'Whatever'],
    ] as const) {
      const body = status === 204 || status === 304 ? null : 'body'
      const response = await answerTo(() => new Response(body, { status, statusText }))
      expect([response.status, response.statusText]).toEqual([status, statusText])
      expect(await response.text()).toBe(body ?? '')
    }
  })

  it('passes as a stream: the client reads before the origin has finished', async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
    const response = await answerTo(() => new Response(readable))
    const writer = writable.getWriter()
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    for (const byte of [1, 2, 3]) {
      const written = writer.write(Uint8Array.of(byte))
      expect((await reader.read()).value).toEqual(Uint8Array.of(byte))
      await written
    }
    await writer.close()
    expect((await reader.read()).done).toBe(true)
  })
})

describe('a redirect of the origin', () => {
  it('is not followed', async () => {
    const { send, received } = await createTestGateway({
      routes: ROUTES,
      origin: () => new Response(null, { status: 302, headers: { location: 'https://x.test/' } }),
    })
    const response = await send('/public/a')
    expect([response.status, response.headers.get('location')]).toEqual([302, 'https://x.test/'])
    expect(received).toHaveLength(1)
  })

  const table: [target: string, location: string, mapped: string][] = [
    // The origin's name is the gateway's.
    ['/public/a', `${ORIGIN}/b?c=d#e`, 'https://api.test/b?c=d#e'],
    ['/public/a', '//origin.test/b', 'https://api.test/b'],
    ['/public/a', 'HTTPS://ORIGIN.test/b', 'https://api.test/b'],
    ['/public/a', ORIGIN, 'https://api.test/'],
    ['/public/a', '/b?c=d#e', '/b?c=d#e'],
    ['/public/a', 'b?c=d', 'b?c=d'],
    ['/public/a', '?c=d', '?c=d'],
    // Everything else is what the origin says.
    [
      '/public/a',
      'https://login.test/?next=https://origin.test/',
      'https://login.test/?next=https://origin.test/',
    ],
    ['/public/a', 'http://origin.test/b', 'https://api.test/b'],
    ['/public/a', 'https://origin.test:8443/b', 'https://origin.test:8443/b'],
    ['/public/a', 'https://origin.test.evil.test/b', 'https://origin.test.evil.test/b'],
    ['/public/a', 'https://user@origin.test/b', 'https://api.test/b'],
    ['/public/a', '//evil.test/b', '//evil.test/b'],
    ['/public/a', '/\\evil.test/b', '/\\evil.test/b'],
    ['/public/a', 'https://', 'https://'],
    ['/public/a', 'javascript:alert(1)', 'javascript:alert(1)'],
    // A path that is harmless as it stands does not become another origin.
    ['/public/a', '/.//evil.test/b', 'https://api.test//evil.test/b'],
    ['/public/a', '/x/..//evil.test/b', 'https://api.test//evil.test/b'],
    ['/based/a', '/base//evil.test/b', 'https://api.test//evil.test/b'],
    ['/based/a', '/base/\\evil.test/b', 'https://api.test//evil.test/b'],
    // Back from below the target's path, and from behind a prefix that it does not know.
    ['/based/a', `${ORIGIN}/base/based/b`, 'https://api.test/based/b'],
    ['/based/a', '/base/based/b', '/based/b'],
    ['/based/a', `${ORIGIN}/base`, 'https://api.test/'],
    ['/based/a', '/base', '/'],
    ['/based/a', '/base?c', '/?c'],
    ['/based/a', '/elsewhere', '/elsewhere'],
    ['/based/a', `${ORIGIN}/basement`, `${ORIGIN}/basement`],
    ['/stripped/a', `${ORIGIN}/base/b`, 'https://api.test/stripped/b'],
    ['/stripped/a', '/base/b?c', '/stripped/b?c'],
    ['/stripped/a', '/base/', '/stripped/'],
    ['/stripped/a', '/base//evil.test', '/stripped//evil.test'],
    // An origin that builds URLs from the public host, and one that knows the prefix too.
    ['/stripped/a', 'https://api.test/dir/', 'https://api.test/stripped/dir/'],
    ['/stripped/a', 'https://api.test/stripped/dir/', 'https://api.test/stripped/dir/'],
    ['/stripped/a', 'https://api.test/Stripped', 'https://api.test/Stripped'],
    ['/stripped/a', `${ORIGIN}/base/stripped/b`, 'https://api.test/stripped/b'],
    ['/stripped/a', 'https://api.test/strippedmore', 'https://api.test/stripped/strippedmore'],
    ['/public/a', 'https://api.test/Other?A#b', 'https://api.test/Other?A#b'],
  ]
  for (const [target, location, mapped] of table) {
    it(`from ${target} to ${location} is to ${mapped}`, async () => {
      const response = await answerTo(
        () => new Response(null, { status: 302, headers: { location } }),
        target,
      )
      expect(response.headers.get('location')).toBe(mapped)
    })
  }

  it('of a binding is mapped the same way', async () => {
    const to = {
      fetch: async () =>
        new Response(null, { status: 307, headers: { location: 'https://api.test/b' } }),
    }
    const { send } = await createTestGateway({
      routes: [{ path: '/a/*', auth: 'public', to, stripPrefix: true }],
    })
    expect((await send('/a/x')).headers.get('location')).toBe('https://api.test/a/b')
  })
})
