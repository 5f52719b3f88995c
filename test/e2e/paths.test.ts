// A protected path beside a public `/*`, asked for in every spelling over a raw socket: what is
// matched is what is forwarded, and nothing but the protected route ever answers for it.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type SocketIssuer, startIssuer } from '../support/issuer.ts'
import { type Origin, startOrigin } from '../support/origin.ts'
import { rawRequest } from '../support/raw-http.ts'
import { startWorkerd, type Workerd } from '../support/workerd.ts'

// Each route has a prefix of its own at the origin, so that its bytes tell which route they came by.
const SCRIPT = `
import { oidc } from './src/auth/presets/oidc.ts'
import { claims } from './src/upstream/claims-handler.ts'
import { worker } from './src/worker.ts'

export default worker((env) => ({
  schemes: { main: oidc({ issuer: env.ISSUER, audience: 'gatehouse' }) },
  routes: [
    { path: '/admin', to: env.ORIGIN + '/protected' },
    { path: '/files/*', to: env.ORIGIN + '/protected' },
    { path: '/users/@me', to: env.ORIGIN + '/protected' },
    { path: '/team/:id/keys', to: env.ORIGIN + '/protected' },
    { path: '/stripped/*', to: env.ORIGIN + '/protected', stripPrefix: true },
    { path: '/claims', to: claims, auth: 'public' },
    { path: '/raw/*', to: env.ORIGIN + '/raw', auth: 'public', dangerouslyAllowAmbiguousPaths: true },
    { path: '/*', to: env.ORIGIN + '/public', auth: 'public' },
  ],
}))`

let issuer: SocketIssuer
let origin: Origin
let gateway: Workerd
let token: string

beforeAll(async () => {
  ;[issuer, origin] = await Promise.all([startIssuer({ algs: ['ES256'] }), startOrigin()])
  const vars = { ISSUER: issuer.issuer, ORIGIN: origin.url }
  gateway = await startWorkerd({ script: SCRIPT, vars, protoHeader: 'X-Test-Proto' })
  token = await issuer.mint()
})
afterAll(() => Promise.all([gateway.stop(), origin.stop(), issuer.stop()]))
beforeEach(() => {
  origin.requests.length = 0
})

/** Status, code of a refusal, and the request targets that reached the origin. */
async function ask(target: string, withToken = false, host = `127.0.0.1:${gateway.port}`) {
  const headers: [string, string][] = [['Host', host]]
  if (withToken) headers.push(['Authorization', `Bearer ${token}`])
  if (host.endsWith('.test')) headers.push(['X-Test-Proto', 'https'])
  const { status, body } = await rawRequest(gateway.port, { target, headers })
  const { code = '' } = status < 400 ? {} : (JSON.parse(body) as { code?: string })
  return { status, code, arrived: origin.requests.splice(0).map((request) => request.target) }
}

const REFUSED = { status: 401, code: 'credential_missing', arrived: [] }
const AMBIGUOUS = { status: 400, code: 'path_ambiguous', arrived: [] }

describe('a protected path', () => {
  const spellings: [target: string, arrived: string][] = [
    ['/admin', '/admin'],
    ['/admin/', '/admin/'],
    ['/ADMIN', '/ADMIN'],
    ['/%61dmin', '/admin'],
    ['/%41dmin', '/Admin'],
    ['/admin?a=/../b', '/admin?a=/../b'],
    ['/./admin', '/admin'],
    ['/x/../admin', '/admin'],
    ['/x/%2e%2e/admin', '/admin'],
    ['/x/%2E./admin', '/admin'],
    ['/%2e%2e/admin', '/admin'],
    ['/../../admin/.', '/admin/'],
    ['/files', '/files'],
    ['/files/', '/files/'],
    ['/FILES/a', '/FILES/a'],
    ['/files/../files/a', '/files/a'],
    ['/x/y/../../files/%2e/a', '/files/a'],
    ['/users/@me', '/users/@me'],
    ['/users/%40me', '/users/%40me'],
    ['/Users/%40ME', '/Users/%40ME'],
    ['/team/7/keys', '/team/7/keys'],
    ['/team/caf%c3%a9/KEYS/', '/team/caf%C3%A9/KEYS/'],
    ['/team/caf\xc3\xa9/keys', '/team/caf%C3%A9/keys'],
  ]
  for (const [target, arrived] of spellings) {
    it(`asked for as ${target} wants a token, and arrives as ${arrived}`, async () => {
      expect(await ask(target)).toEqual(REFUSED)
      expect(await ask(target, true)).toEqual({
        status: 200,
        code: '',
        arrived: [`/protected${arrived}`],
      })
    })
  }

  const ambiguous = [
    '//admin',
    '///admin',
    '/admin//',
    '/.//admin',
    '/x//../admin',
    '/%2fadmin',
    '/%2Fadmin',
    '/x/..%2fadmin',
    '/x%2f..%2fadmin',
    '/%252fadmin',
    '/%252e%252e/admin',
    '/x/%252e%252e%252fadmin',
    '/\\admin',
    '/x\\..\\admin',
    '/x/..\\admin',
    '/%5cadmin',
    '/x%5c..%5cadmin',
    '/admin;',
    '/admin;jsessionid=1',
    '/x/..;/admin',
    '/x/.;/../admin',
    '/admin%3b',
    '/admin%00',
    '/admin%00.css',
    '/admin%0d%0a',
    '/admin%7f',
    '/admin%',
    '/admin%2',
    '/admin%zz',
    '/%u0061dmin',
    '/%c0%afadmin',
    '/%c1%a1dmin',
    '/%ff',
    '/users/%2540me',
  ]
  for (const target of ambiguous) {
    it(`asked for as ${target} is refused, with and without a token`, async () => {
      expect(await ask(target)).toEqual(AMBIGUOUS)
      expect(await ask(target, true)).toEqual(AMBIGUOUS)
    })
  }

  it('is never reached by bytes that are no path', async () => {
    for (const target of [
      '',
      '/admin x',
      '/admin\t',
      '/\xff',
      '/\x80dmin',
      '/a\x00b',
      '?x',
      '#/admin',
    ]) {
      const { status } = await rawRequest(gateway.port, { target })
      expect(status, target).toBe(400)
      expect(origin.requests).toEqual([])
    }
    expect(await ask('*')).toEqual({ status: 400, code: 'invalid_request', arrived: [] })
    // workerd takes it for a path without a slash, and so for none.
    expect(await ask('admin')).toEqual({ status: 200, code: '', arrived: ['/public/'] })
    // What follows a number sign is not for servers.
    expect(await ask('/x#/../admin')).toEqual({ status: 200, code: '', arrived: ['/public/x'] })
    expect(await ask('/admin#/x')).toEqual(REFUSED)
  })

  it('in absolute form is the path all the same', async () => {
    const at = `http://127.0.0.1:${gateway.port}`
    expect(await ask(`${at}/admin`)).toEqual(REFUSED)
    expect(await ask(`${at}/x/%2e%2e/admin`)).toEqual(REFUSED)
    expect(await ask(`http://evil.test/admin`)).toEqual(REFUSED)
    expect(await ask(`${at}//admin`)).toEqual(AMBIGUOUS)
  })

  it('loses its prefix and nothing else', async () => {
    for (const [target, arrived] of [
      ['/stripped/a/b', '/a/b'],
      ['/STRIPPED/a', '/a'],
      ['/%73tripped/a?b', '/a?b'],
      ['/stripped', '/'],
      ['/stripped/../stripped/a', '/a'],
      ['/stripped/stripped', '/stripped'],
    ] as const) {
      expect(await ask(target)).toEqual(REFUSED)
      expect((await ask(target, true)).arrived).toEqual([`/protected${arrived}`])
    }
  })
})

describe('a public path', () => {
  it('is forwarded as the bytes that were matched', async () => {
    for (const [target, arrived] of [
      ['/', '/'],
      ['/x', '/x'],
      ['/admins', '/admins'],
      ['/admin/x', '/admin/x'],
      ['/files2', '/files2'],
      ['/users/me', '/users/me'],
      ['/team/keys', '/team/keys'],
      ['/a/../b', '/b'],
      ['/files/../b', '/b'],
      ['/%7Eme/%e2%82%ac', '/~me/%E2%82%AC'],
      ["/a!$&'()*+,=:@b", "/a!$&'()*+,=:@b"],
      ['/a|b^c{}"', '/a%7Cb%5Ec%7B%7D%22'],
      ['/a[b]', '/a%5Bb%5D'],
      ['/a%20b%3f%23', '/a%20b%3F%23'],
      ['/x?a=%2F..%2f&b=//;\\', '/x?a=%2F..%2f&b=//;\\'],
      ['/x?', '/x?'],
      ['/x?a=\xc3\xa9', '/x?a=%C3%A9'],
    ] as const) {
      expect(await ask(target), target).toEqual({
        status: 200,
        code: '',
        arrived: [`/public${arrived}`],
      })
    }
  })

  it('may be ambiguous only where its route says so', async () => {
    expect((await ask('/raw/a%2fb//c;d')).arrived).toEqual(['/raw/raw/a%2Fb//c;d'])
    expect(await ask('/raw/..%2fadmin')).toMatchObject({ arrived: ['/raw/raw/..%2Fadmin'] })
    expect(await ask('/raw/..//admin')).toEqual(AMBIGUOUS)
    expect(await ask('/x/..//raw/a')).toEqual(AMBIGUOUS)
  })
})

describe('a host', () => {
  const bad = [
    'localhost,evil.test',
    'user@localhost',
    'localhost?x',
    'localhost#x',
    'localhost:99999',
    'localhost:8x',
    'a b',
    '[::1',
    '[:::]',
    '1.2.3.400',
  ]
  for (const host of bad) {
    it(`of ${host} is refused, whatever the target`, async () => {
      for (const target of ['/claims', '/x', '/admin']) {
        expect(await ask(target, false, host)).toEqual({
          status: 400,
          code: 'invalid_request',
          arrived: [],
        })
      }
    })
  }
})
