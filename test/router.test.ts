import { describe, expect, it } from 'vitest'
import { GatewayError } from '../src/errors.ts'
import { createRouter, DEFAULT_METHODS, type Routable, readLocation } from '../src/router.ts'
import { createTestGateway, ORIGIN, refusal } from './support/gateway.ts'

interface TestRoute extends Routable {
  readonly name: string
}

type Options = Partial<Omit<TestRoute, 'methods'>> & { methods?: readonly string[] }

/** A protected route for every host and method, named by its path, unless said otherwise. */
function route(path: string, options: Options = {}): TestRoute {
  return {
    name: path,
    host: undefined,
    isPublic: false,
    allowsAmbiguousPath: false,
    ...options,
    path,
    methods: new Set(options.methods ?? DEFAULT_METHODS),
  }
}

const open = (path: string, options: Options = {}) =>
  route(path, { name: `public ${path}`, isPublic: true, ...options })

/** Finds the name of the route for a raw path, or the code of the refusal. */
function finderOf(...routes: TestRoute[]) {
  const router = createRouter(routes)
  return (target: string, method = 'GET') => {
    const url = target.startsWith('http') ? target : `https://api.test${target}`
    try {
      return router.match(method, readLocation(url)).route.name
    } catch (error) {
      return error instanceof GatewayError ? error.code : error
    }
  }
}

describe('the best route', () => {
  it('has literals where others have parameters, and these where others have a star', () => {
    const all = [
      '/*',
      '/a/*',
      '/a/:id',
      '/a/b',
      '/a/b/*',
      '/a/:id/c',
      '/:x/b/c',
      '/a/b/:id',
      '/:x/*',
    ]
    for (const order of [all, all.toReversed()]) {
      const find = finderOf(...order.map((path) => route(path)))
      const found = Object.fromEntries(
        ['/', '/a', '/a/b', '/a/x', '/a/b/c', '/a/x/c', '/x/b/c', '/a/b/c/d', '/a/x/y', '/x/y'].map(
          (path) => [path, find(path)],
        ),
      )
      expect(found).toEqual({
        '/': '/*',
        '/a': '/a/*',
        '/a/b': '/a/b',
        '/a/x': '/a/:id',
        '/a/b/c': '/a/b/:id',
        '/a/x/c': '/a/:id/c',
        '/x/b/c': '/:x/b/c',
        '/a/b/c/d': '/a/b/*',
        '/a/x/y': '/a/*',
        '/x/y': '/:x/*',
      })
    }
  })

  it('goes on to a wider one where the narrower does not match to its end', () => {
    const find = finderOf(route('/a/b/c'), route('/a/:id'), open('/*'))
    expect(find('/a/b/c')).toBe('/a/b/c')
    expect(find('/a/b')).toBe('/a/:id')
    expect(find('/a/b/d')).toBe('public /*')
  })

  it('matches whole segments', () => {
    const find = finderOf(route('/orders'), route('/orders/:id/items'), route('/x/*'))
    for (const path of ['/order', '/orderss', '/orders/1', '/orders/1/item', '/xy', '/x-/y']) {
      expect(find(path), path).toBe('not_found')
    }
    expect(find('/orders/1/items')).toBe('/orders/:id/items')
    expect(find('/orders//items')).toBe('path_ambiguous')
  })

  it('with a star matches what is above it too', () => {
    const find = finderOf(route('/x/*'), open('/y/*'))
    for (const path of ['/x', '/x/', '/x/a', '/x/a/b/']) expect(find(path)).toBe('/x/*')
    for (const path of ['/y', '/y/', '/y/a']) expect(find(path)).toBe('public /y/*')
    expect(find('/')).toBe('not_found')
  })

  it('takes signs in patterns for themselves', () => {
    const find = finderOf(route('/a.b'), route("/~!@&',=-/:id"), route('/a.b/:c/d.e'))
    expect(find('/a.b')).toBe('/a.b')
    expect(find('/aXb')).toBe('not_found')
    expect(find('/a.b/1/d.e')).toBe('/a.b/:c/d.e')
    expect(find('/a.b/1/dXe')).toBe('not_found')
    expect(find("/~!@&',=-/1")).toBe("/~!@&',=-/:id")
  })

  it('may use one parameter name twice', () => {
    expect(finderOf(route('/:a/:a/x'))('/1/2/x')).toBe('/:a/:a/x')
  })
})

describe('the host of a route', () => {
  it('comes before its path, in any case, without port and final dot', () => {
    const find = finderOf(
      route('/*', { host: 'a.test', name: 'a' }),
      route('/x', { name: 'any' }),
      route('/x', { host: 'b.test', name: 'b' }),
    )
    expect(find('https://a.test/x')).toBe('a')
    expect(find('https://A.TEST:8443/x')).toBe('a')
    expect(find('https://a.test./x')).toBe('a')
    expect(find('https://b.test/x')).toBe('b')
    expect(find('https://c.test/x')).toBe('any')
    expect(find('https://xa.test/x')).toBe('any')
  })

  it('leaves paths that it does not have to the routes of every host', () => {
    const find = finderOf(route('/x', { host: 'a.test' }), route('/y', { name: 'any' }))
    expect(find('https://a.test/y')).toBe('any')
    expect(find('https://b.test/x')).toBe('not_found')
  })
})

describe('the method of a route', () => {
  const find = finderOf(
    route('/a', { name: 'get', methods: ['GET'] }),
    route('/a', { name: 'post', methods: ['POST', 'PUT'] }),
    open('/*', { name: 'wide' }),
  )

  it('chooses among routes of the same path', () => {
    expect(find('/a')).toBe('get')
    expect(find('/a', 'PUT')).toBe('post')
  })

  it('is never looked for on a wider route', () => {
    expect(find('/a', 'DELETE')).toBe('method_not_allowed')
    expect(find('/b', 'DELETE')).toBe('wide')
  })

  it('HEAD is served by GET', () => {
    expect(find('/a', 'HEAD')).toBe('get')
    expect(finderOf(route('/a', { methods: ['POST'] }))('/a', 'HEAD')).toBe('method_not_allowed')
    expect(
      finderOf(route('/a', { methods: ['GET'] }), route('/a', { methods: ['HEAD'], name: 'head' }))(
        '/a',
        'HEAD',
      ),
    ).toBe('head')
  })

  it('is none of those that are about the connection', () => {
    for (const method of ['TRACE', 'CONNECT', 'PROPFIND', 'get', 'Get']) {
      expect(finderOf(route('/*'))('/a', method)).toBe('method_not_allowed')
    }
  })

  it('is named by the refusal', async () => {
    const { send } = await createTestGateway({
      routes: [
        { path: '/a', to: ORIGIN, methods: ['GET'] },
        { path: '/a', to: ORIGIN, methods: ['POST', 'DELETE'] },
        { path: '/*', to: ORIGIN, auth: 'public' },
      ],
    })
    const response = await send('/a', { method: 'PATCH' })
    expect(response.headers.get('allow')).toBe('GET, POST, DELETE, HEAD')
    expect(await refusal(response)).toEqual([405, 'method_not_allowed'])
  })
})

describe('a protected route beside a public one', () => {
  const find = finderOf(
    route('/admin', { name: 'protected' }),
    route('/users/@me', { name: 'protected' }),
    route('/team/:id/keys', { name: 'protected' }),
    route('/files/*', { name: 'protected' }),
    open('/*'),
  )

  const protectedPaths = [
    '/admin',
    '/admin/',
    '/ADMIN',
    '/aDmIn/',
    '/%61dmin',
    '/%41DMIN',
    '/./admin',
    '/x/../admin',
    '/x/%2e%2e/admin',
    '/%2e%2e/admin',
    '/.%2E/admin/.',
    '/users/@me',
    '/users/%40me',
    '/Users/%40ME/',
    '/team/7/keys',
    '/TEAM/%2e/7/Keys/',
    '/team/x@y/keys',
    '/files',
    '/files/',
    '/FILES/a',
    '/files/a/%2e%2e/b',
    '/public/../files/a',
  ]
  for (const path of protectedPaths) {
    it(`takes ${path}`, () => expect(find(path)).toBe('protected'))
  }

  const refused = [
    '//admin',
    '/admin//',
    '//',
    '/x//../admin',
    '/%2fadmin',
    '/x/..%2fadmin',
    '/x%2f..%2fadmin',
    '/%252fadmin',
    '/%252e%252e/admin',
    '/x/%252e%252e/admin',
    '/\\admin',
    '/x\\..\\admin',
    '/x%5c..%5cadmin',
    '/admin;',
    '/admin;x=1',
    '/x/..;/admin',
    '/admin%3b',
    '/admin%00',
    '/admin%0a',
    '/admin%',
    '/admin%zz',
    '/%c0%afadmin',
    '/%c1%a1dmin',
    '/users/%2540me',
  ]
  for (const path of refused) {
    it(`leaves ${path} to nobody`, () => expect(find(path)).toBe('path_ambiguous'))
  }

  it('leaves what only looks like it to the public one', () => {
    for (const path of ['/admins', '/admin/x', '/admin.', '/admin%20', '/users/me', '/file/a']) {
      expect(find(path), path).toBe('public /*')
    }
  })

  it('wins where the two match equally well', () => {
    for (const routes of [
      [open('/x/:id'), route('/x/:name', { name: 'protected' })],
      [route('/x/:name', { name: 'protected' }), open('/x/:id')],
    ]) {
      expect(finderOf(...routes)('/x/1')).toBe('protected')
    }
  })

  it('takes a method that only the public one has no more than that', () => {
    const either = finderOf(
      route('/x', { name: 'protected', methods: ['POST'] }),
      open('/x', { name: 'public', methods: ['GET'] }),
    )
    expect(either('/x')).toBe('public')
    expect(either('/x', 'POST')).toBe('protected')
    expect(either('/X')).toBe('method_not_allowed')
    expect(either('/x/')).toBe('method_not_allowed')
  })
})

describe('a public route', () => {
  it('is matched to the letter', () => {
    const find = finderOf(open('/Status'), open('/docs/'), open('/a/:id'), route('/*'))
    expect(find('/Status')).toBe('public /Status')
    expect(find('/%53tatus')).toBe('public /Status')
    for (const path of ['/status', '/STATUS', '/Status/', '/Status/x', '/docs', '/A/1', '/a/1/']) {
      expect(find(path), path).toBe('/*')
    }
    expect(find('/docs/')).toBe('public /docs/')
    expect(find('/a/1')).toBe('public /a/:id')
  })

  it('may be narrower than a protected one', () => {
    const find = finderOf(route('/api/*'), open('/api/health'))
    expect(find('/api/health')).toBe('public /api/health')
    expect(find('/api/Health')).toBe('/api/*')
    expect(find('/api/x/../health')).toBe('public /api/health')
  })
})

describe('ambiguous paths', () => {
  const find = finderOf(
    route('/raw/*', { allowsAmbiguousPath: true, name: 'raw' }),
    route('/admin', { name: 'protected' }),
    open('/*'),
  )

  it('reach only the route that asked for them', () => {
    expect(find('/raw/a%2fb')).toBe('raw')
    expect(find('/raw/a//b;c')).toBe('raw')
    expect(find('/raw/..//admin')).toBe('path_ambiguous')
    expect(find('/a%2fb')).toBe('path_ambiguous')
    expect(find('/raw%2fa')).toBe('path_ambiguous')
    expect(find('//raw/a')).toBe('path_ambiguous')
    expect(find('/raw/%zz')).toBe('path_ambiguous')
  })
})

describe('where a request goes', () => {
  it('is read from its URL without tidying it', () => {
    expect(readLocation('https://Api.Test.:8443/a/../%2e?x=%20&y=/../')).toEqual({
      scheme: 'https',
      host: 'Api.Test.:8443',
      hostname: 'api.test',
      rawPath: '/a/../%2e',
      search: '?x=%20&y=/../',
    })
    expect(readLocation('http://[::1]:8787/')).toMatchObject({ hostname: '[::1]', search: '' })
    expect(readLocation('http://127.0.0.1/a?')).toMatchObject({ rawPath: '/a', search: '?' })
  })

  it('is nowhere where that is no URL of ours', () => {
    const bad = [
      '',
      '/a',
      'https://',
      'https:///a',
      'https://api.test',
      'https://api.test*',
      'https://api.test/a#b',
      'https://user@api.test/a',
      'https://api.test:80x/a',
      'https://api.test:65536/a',
      'https://1.2.3.400/a',
      'https://[:::]/a',
      'https://a b/c',
      'https://[::1/a',
      'ftp://api.test/a',
      'https:/api.test/a',
      'https://api.test\\a',
      'https://evil.test/@api.test#/a',
    ]
    for (const url of bad) {
      expect(() => readLocation(url), url).toThrowError(GatewayError)
    }
  })
})

describe('the Host header', () => {
  it('is a host, with a port or none, whatever the runtime makes of it', () => {
    const url = 'http://localhost/public/x?/api/claims'
    for (const host of ['localhost', 'LOCALHOST:8787', '127.0.0.1:1', '[::1]:80', 'a_b.test']) {
      expect(readLocation(url, host).rawPath).toBe('/public/x')
    }
    for (const host of ['localhost/public/x?', 'a@b', 'a b', 'a#', 'a\\b', '', 'a:b', '[::1']) {
      expect(() => readLocation(url, host), host).toThrow('the Host header is malformed')
    }
  })
})
