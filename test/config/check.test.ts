import { describe, expect, it } from 'vitest'
import { type OidcOptions, oidc } from '../../src/auth/presets/oidc.ts'
import { anyOf, defineGateway, type GatewayConfig, optional } from '../../src/config/define.ts'
import { checkConfig } from '../../src/config/prepare.ts'
import { warnings } from '../../src/config/warnings.ts'
import { AUDIENCE } from '../support/gateway.ts'

const TO = 'https://origin.test'
const ISSUER = 'https://idp.test'
const binding = { fetch: async () => new Response() }
const main = oidc({ issuer: ISSUER, audience: AUDIENCE })

/** The problems of a config that would have none but for what is given. */
function problemsOf(config: object): readonly string[] {
  return checkConfig({ schemes: { main }, routes: [{ path: '/*', to: TO }], ...config })
}

function problemsOfRoute(...routes: object[]): readonly string[] {
  return problemsOf({ routes: routes.map((route) => ({ path: '/*', to: TO, ...route })) })
}

function problemsOfIssuer(options: object): readonly string[] {
  const issuer = oidc({ issuer: ISSUER, audience: AUDIENCE, ...options })
  return problemsOf({ schemes: { main: issuer } })
}

/** Where the problems are, without the paths of routes. What they say stands in mistakes.ts. */
function whereOf(problems: readonly string[]): readonly string[] {
  return problems.map((problem) => problem.slice(0, problem.indexOf(': ')).replace(/ \(.*\)/, ''))
}

describe('a config', () => {
  it('is told of the scheme that a route names in vain beside what else is wrong with the route', () => {
    const problems = problemsOfRoute({ to: 'orders.test', auth: 'mian' })
    expect(whereOf(problems)).toEqual(['routes[0].to', 'routes[0].auth'])
  })

  it('with everything in it has no problems', () => {
    const config: GatewayConfig = {
      hosts: ['api.example.com', 'api2.example.com'],
      schemes: {
        main,
        partner: oidc({
          issuer: 'https://partner.test/tenant',
          audience: ['a', 'b'],
          jwksUri: 'https://partner.test/keys',
          algorithms: ['ES256', 'EdDSA'],
          clockSkewSeconds: 300,
          scopeClaim: 'permissions',
          rolesClaim: ['realm_access', 'roles'],
          via: binding,
          introspect: { clientId: 'c', clientSecret: 's', opaque: true, mayOmit: ['iss'] },
        }),
      },
      routes: [
        { path: '/', auth: 'public', to: TO },
        { path: '/me', auth: 'main', to: () => new Response() },
        { path: '/orders/:id', auth: 'main', to: binding, methods: ['GET', 'M-SEARCH'] },
        { path: '/orders/:id', auth: 'main', to: `${TO}/base/`, methods: ['POST'] },
        { path: '/local/*', auth: 'main', to: 'http://localhost:3000', stripPrefix: true },
        { path: '/mtls/*', auth: 'main', to: { url: 'http://b2b.internal', via: binding } },
        {
          path: '/billing/*',
          host: 'api.example.com',
          to: TO,
          via: binding,
          auth: optional(anyOf('main', 'partner')),
          scopes: anyOf('a', 'b'),
          roles: ['billing'],
          claims: { org: ['a', 1, true], verified: true },
          forward: { 'x-user-email': 'email', 'x-org': ['org', 'name'] },
          keep: ['authorization', 'x_legacy'],
          timeoutSeconds: 600,
          dangerouslyAllowAmbiguousPaths: true,
        },
      ],
    }
    expect(checkConfig(config)).toEqual([])
  })

  it('is told every problem at once, each with where', () => {
    const config = {
      host: ['api.test'],
      hosts: ['API.test', 'https://api.test', 'api.test:443', ''],
      schemes: { main: { issuer: ISSUER } },
      routes: [
        { path: 'orders', to: 'origin', scope: ['a'] },
        { path: '/*', auth: 7, methods: ['get', 'TRACE'], timeoutSeconds: 0 },
      ],
    }
    expect(whereOf(checkConfig(config)).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'host',
      'hosts[0]',
      'hosts[1]',
      'hosts[2]',
      'hosts[3]',
      'routes[0].path',
      'routes[0].scope',
      'routes[0].to',
      'routes[1].auth',
      'routes[1].methods[0]',
      'routes[1].methods[1]',
      'routes[1].timeoutSeconds',
      'routes[1].to',
      'schemes.main',
    ])
  })

  it('with one mistake hides no other', () => {
    const config = {
      hosts: ['api.test'],
      schemes: {
        main: { issuer: ISSUER },
        partner: oidc({ issuer: 'http://partner.test', audience: '' }),
        third: oidc({ issuer: undefined, audience: 'a' } as unknown as OidcOptions),
      },
      routes: [
        { path: '/broken', to: 7 },
        { path: '/a', to: 'https://api.test', auth: 'partner', keep: ['x-auth-subject'] },
        { path: '/A', to: TO, auth: 'fourth' },
        { path: '/b', to: TO, auth: anyOf('main', 'third') },
        { path: '/c', to: TO, host: 'other.test' },
      ],
    }
    expect(whereOf(checkConfig(config))).toEqual([
      'schemes.main',
      'routes[0].to',
      'schemes.partner.audience',
      'schemes.third.issuer',
      'routes[1].to',
      'routes[4].host',
      'routes[0].auth',
      'routes[2].auth',
      'routes[4].auth',
      'routes[2].path',
      'routes[1].keep',
    ])
  })

  it('has to be an object with schemes and routes', () => {
    for (const config of [undefined, null, 'x', []]) {
      expect(whereOf(checkConfig(config))).toEqual(['the config'])
    }
    expect(whereOf(checkConfig({}))).toEqual(['schemes', 'routes'])
    expect(whereOf(problemsOf({ routes: [] }))).toEqual(['routes'])
    expect(whereOf(problemsOf({ routes: {} }))).toEqual(['routes'])
    expect(whereOf(problemsOf({ schemes: 'x' }))).toEqual(['schemes'])
    expect(whereOf(problemsOf({ hosts: [] }))).toEqual(['hosts'])
  })

  it('never has a value in its problems, which might be a secret', () => {
    const secret = 's3cr3t'
    const config = {
      hosts: [`${secret}!`],
      schemes: { main: secret },
      routes: [{ path: secret, to: `ftp://${secret}`, auth: secret, keep: [`${secret} `] }],
    }
    expect(checkConfig(config).length).toBeGreaterThan(4)
    expect(checkConfig(config).join()).not.toContain(secret)
    const issuer = oidc({ issuer: `http://${secret}`, audience: AUDIENCE, algorithms: [secret] })
    expect(problemsOf({ schemes: { main: issuer } }).join()).not.toContain(secret)
  })

  it('is written as a function of the environment', () => {
    const define = defineGateway((env: { ISSUER: string }) => ({
      schemes: { main: oidc({ issuer: env.ISSUER, audience: AUDIENCE }) },
      routes: [{ path: '/*', to: TO }],
    }))
    expect(checkConfig(define({ ISSUER }))).toEqual([])
    expect(whereOf(checkConfig(define({} as { ISSUER: string })))).toEqual(['schemes.main.issuer'])
  })
})

describe('an issuer', () => {
  const table: [options: object, problems: string[]][] = [
    [{ issuer: undefined, audience: undefined }, ['issuer', 'audience']],
    [{ issuer: '' }, ['issuer']],
    [{ audience: '' }, ['audience']],
    [{ audience: [] }, ['audience']],
    [{ audience: ['a', ''] }, ['audience[1]']],
    [{ audience: 7 }, ['audience']],
    [{ audiance: 'x' }, ['audiance']],
    [{ issuer: 'http://idp.test' }, ['issuer']],
    [{ issuer: 'acme.com' }, ['issuer']],
    [{ issuer: 'acme.com', jwksUri: 'https://idp.test/keys' }, []],
    [{ issuer: 'http://localhost:9011' }, []],
    [{ issuer: 'http://127.0.0.1:9011' }, []],
    [{ issuer: 'http://localhost.evil.test' }, ['issuer']],
    [{ jwksUri: 'http://idp.test/keys' }, ['jwksUri']],
    [{ jwksUri: '/keys' }, ['jwksUri']],
    [{ jwksUri: 'https://keys.test' }, []],
    [{ jwksUri: 'https://keys.test', via: binding }, ['via']],
    [{ jwksUri: `${ISSUER}/keys`, via: binding }, []],
    [{ via: {} }, ['via']],
    [{ algorithms: [] }, ['algorithms']],
    [{ clockSkewSeconds: 301 }, ['clockSkewSeconds']],
    [{ clockSkewSeconds: -1 }, ['clockSkewSeconds']],
    [{ clockSkewSeconds: '30' }, ['clockSkewSeconds']],
    [{ clockSkewSeconds: Number.NaN }, ['clockSkewSeconds']],
    [{ scopeClaim: '' }, ['scopeClaim']],
    [{ rolesClaim: [] }, ['rolesClaim']],
    [{ rolesClaim: [['a', 'b'], ['c']] }, []],
    [{ rolesClaim: [['a'], 'b'] }, ['rolesClaim[1]']],
    [{ maxTokenLength: 16_384 }, []],
    [{ maxTokenLength: 16_385 }, ['maxTokenLength']],
    [{ maxTokenLength: 0.5 }, ['maxTokenLength']],
    [{ rolesClaim: ['a', 7] }, ['rolesClaim']],
  ]
  for (const [options, problems] of table) {
    it(`with ${JSON.stringify(options)} has ${problems.length === 0 ? 'no problem' : 'problems'}`, () => {
      expect(whereOf(problemsOfIssuer(options))).toEqual(
        problems.map((name) => `schemes.main.${name}`),
      )
    })
  }

  it('may use asymmetric algorithms alone', () => {
    for (const name of ['none', 'HS256', 'HS512', 'RS1', 'ES256K', 'rs256', '']) {
      const [problem] = problemsOfIssuer({ algorithms: ['RS256', name] })
      expect(problem, name).toMatch(/^schemes\.main\.algorithms/)
    }
  })
})

describe('a route', () => {
  const table: [route: { path?: string; [option: string]: unknown }, problems: string[]][] = [
    // path
    [{ path: '' }, ['path']],
    [{ path: '*' }, ['path']],
    [{ path: '/a//b' }, ['path']],
    [{ path: '/a/*/b' }, ['path']],
    [{ path: '/a*' }, ['path']],
    [{ path: '/a:b' }, ['path']],
    [{ path: '/:1' }, ['path']],
    [{ path: '/:a?' }, ['path']],
    [{ path: '/:a+' }, ['path']],
    [{ path: '/(a|b)' }, ['path']],
    [{ path: '/a?b=c' }, ['path']],
    [{ path: '/é' }, ['path']],
    [{ path: '/a b' }, ['path']],
    [{ path: '/%61' }, ['path']],
    [{ path: '/a/../b' }, ['path']],
    [{ path: '/caf%c3%a9' }, ['path']],
    [{ path: '/caf%C3%A9/*' }, []],
    [{ path: '/%40me' }, ['path']],
    [{ path: '/100%' }, ['path']],
    [{ path: '/a%2Fb' }, ['path']],
    [{ path: '/:id/a%2Fb' }, ['path']],
    [{ path: '/:id/..' }, ['path']],
    [{ path: '/:id/%61/*' }, ['path']],
    // host
    [{ host: 'api.test' }, []],
    [{ host: 'API.test' }, ['host']],
    [{ host: 'api.test:8443' }, ['host']],
    // to
    [{ to: undefined }, ['to']],
    [{ to: null }, ['to']],
    [{ to: '' }, ['to']],
    [{ to: {} }, ['to']],
    [{ to: 'origin.test' }, ['to']],
    [{ to: 'http://origin.test' }, ['to']],
    [{ to: 'ftp://origin.test' }, ['to']],
    [{ to: 'https://origin.test?a=b' }, ['to']],
    [{ to: 'https://origin.test/#a' }, ['to']],
    [{ to: 'https://user:pass@origin.test' }, ['to']],
    [{ to: 'http://localhost:3000' }, []],
    [{ to: { url: 'http://b2b.internal', via: binding } }, []],
    [{ to: { url: 'http://b2b.internal' } }, ['to.via']],
    [{ to: { url: 'ftp://b2b.internal', via: binding } }, ['to.url']],
    [{ to: { url: TO, via: binding, x: 1 } }, ['to.x']],
    [{ via: binding }, []],
    [{ via: 'x' }, ['via']],
    [{ to: binding, via: binding }, ['via']],
    // the rest
    [{ methods: [] }, ['methods']],
    [{ methods: 'GET' }, ['methods']],
    [{ stripPrefix: 'yes' }, ['stripPrefix']],
    [{ auth: 'optional' }, ['auth']],
    [{ scopes: [] }, ['scopes']],
    [{ scopes: 'a b' }, ['scopes']],
    [{ scopes: anyOf() }, ['scopes.anyOf']],
    [{ scopes: ['a b'] }, ['scopes[0]']],
    [{ scopes: ['a"b'] }, ['scopes[0]']],
    [{ scopes: ['a\nb'] }, ['scopes[0]']],
    [{ scopes: anyOf('é') }, ['scopes.anyOf[0]']],
    [{ roles: [] }, ['roles']],
    [{ roles: [''] }, ['roles[0]']],
    [{ claims: { org: [] } }, ['claims.org']],
    [{ claims: { org: null } }, ['claims.org']],
    [{ timeoutSeconds: 601 }, ['timeoutSeconds']],
    [{ timeoutSeconds: -1 }, ['timeoutSeconds']],
    [{ timeoutSeconds: Number.NaN }, ['timeoutSeconds']],
    [{ dangerouslyAllowAmbiguousPaths: 1 }, ['dangerouslyAllowAmbiguousPaths']],
    // forward
    [{ forward: { 'x-user-email': '' } }, ['forward.x-user-email']],
    ...[
      'host',
      'cookie',
      'authorization',
      'content-type',
      'content-length',
      'connection',
      'transfer-encoding',
      'upgrade',
      'proxy-authorization',
      'x-forwarded-for',
      'forwarded',
      'x-auth-subject',
      'x-real-ip',
      'x-original-url',
      'cf-connecting-ip',
      'x-gatehouse-hops',
      'X-User',
      'x_user',
      'x user',
      '',
    ].map((name): [{ path?: string; [option: string]: unknown }, string[]] => [
      { forward: { [name]: 'email' } },
      [`forward.${name}`],
    ]),
    // keep
    [{ keep: ['X-Legacy'] }, ['keep[0]']],
    [{ keep: ['authorization', 'x_legacy', 'cf-ipcountry'] }, []],
    [{ keep: ['x-auth-subject'] }, ['keep']],
    [{ keep: ['x-forwarded-for'] }, ['keep']],
    [{ keep: ['x-gatehouse-hops'] }, ['keep']],
    [{ keep: ['x-user'], forward: { 'x-user': 'email' } }, ['keep']],
    [{ keep: ['x_auth_subject'] }, ['keep']],
    [{ keep: ['x_user'], forward: { 'x-user': 'email' } }, ['keep']],
    [{ keep: ['x_forwarded.for'] }, ['keep']],
    [{ keep: ['connection'] }, ['keep']],
    [{ keep: ['transfer-encoding'] }, ['keep']],
    // public
    [{ auth: 'public' }, []],
    ...Object.entries({
      scopes: ['a'],
      roles: ['a'],
      claims: { a: 1 },
      forward: { 'x-a': 'a' },
    }).map(([name, value]): [{ path?: string; [option: string]: unknown }, string[]] => [
      { auth: 'public', [name]: value },
      [name],
    ]),
  ]
  for (const [route, problems] of table) {
    it(`with ${JSON.stringify(route)} has ${problems.length === 0 ? 'no problem' : 'problems'}`, () => {
      expect(whereOf(problemsOfRoute(route))).toEqual(problems.map((name) => `routes[0].${name}`))
    })
  }

  it('has to be on a host of the gateway', () => {
    const hosts = ['api.test']
    expect(
      whereOf(problemsOf({ hosts, routes: [{ path: '/*', to: TO, host: 'other.test' }] })),
    ).toEqual(['routes[0].host'])
  })

  it('must not lead to the gateway itself', () => {
    const hosts = ['api.test']
    for (const to of ['https://api.test', 'https://api.test:8443/x', 'https://API.test']) {
      expect(whereOf(problemsOf({ hosts, routes: [{ path: '/*', to }] }))).toEqual(['routes[0].to'])
    }
    expect(
      problemsOf({ hosts, routes: [{ path: '/*', to: 'https://api.test', via: binding }] }),
    ).toEqual([])
  })
})

describe('the schemes of a route', () => {
  const two = { main, other: oidc({ issuer: 'https://other.test', audience: 'a' }) }
  const twin = { main, twin: oidc({ issuer: ISSUER, audience: 'b' }) }
  const none = {}
  const table: [schemes: object, route: object, problems: string[]][] = [
    [{ main }, {}, []],
    [two, {}, ['is missing, and there are several schemes']],
    [none, {}, ['is missing, and there is no scheme']],
    [none, { auth: 'public' }, []],
    [two, { auth: 'public' }, []],
    [two, { auth: 'other' }, []],
    [two, { auth: anyOf('main', 'other') }, []],
    [two, { auth: 'third' }, ['names "third", which is not in schemes']],
    [two, { auth: 'constructor' }, ['names "constructor", which is not in schemes']],
    [two, { auth: anyOf('main', 'third') }, ['names "third", which is not in schemes']],
    [
      two,
      { auth: anyOf('main', 'main') },
      ['names two entries with the same issuer, so that a token would have two meanings'],
    ],
    [twin, { auth: 'twin' }, []],
    [
      twin,
      { auth: anyOf('main', 'twin') },
      ['names two entries with the same issuer, so that a token would have two meanings'],
    ],
  ]
  for (const [schemes, route, problems] of table) {
    it(`of ${Object.keys(schemes)} with ${JSON.stringify(route)} ${problems[0] ?? 'is fine'}`, () => {
      const found = problemsOf({ schemes, routes: [{ path: '/*', to: TO, ...route }] })
      expect(whereOf(found)).toEqual(problems.map(() => 'routes[0].auth'))
    })
  }

  it('is one of those that take opaque tokens, and no more than one', () => {
    const asks = (issuer: string) =>
      oidc({ issuer, audience: 'a', introspect: { clientId: 'c', opaque: true } })
    const schemes = { one: asks('https://one.test'), two: asks('https://two.test') }
    expect(
      whereOf(problemsOf({ schemes, routes: [{ path: '/*', to: TO, auth: anyOf('one', 'two') }] })),
    ).toEqual(['routes[0].auth'])
  })
})

describe('two routes', () => {
  const SAME = ['routes[1].path']
  const table: [one: object, two: object, problems: string[]][] = [
    [{ path: '/a' }, { path: '/a' }, SAME],
    [{ path: '/a' }, { path: '/A' }, SAME],
    [{ path: '/a' }, { path: '/a/' }, SAME],
    [{ path: '/a/:x' }, { path: '/a/:y' }, SAME],
    [{ path: '/a' }, { path: '/a', auth: 'public' }, SAME],
    [{ path: '/a', methods: ['GET'] }, { path: '/A', methods: ['POST'] }, SAME],
    [{ path: '/a', methods: ['GET'] }, { path: '/a/', methods: ['POST'] }, SAME],
    [{ path: '/a', methods: ['GET'] }, { path: '/a', methods: ['POST'] }, []],
    [{ path: '/a', methods: ['GET', 'POST'] }, { path: '/a', methods: ['POST'] }, SAME],
    [{ path: '/a', methods: ['GET'] }, { path: '/a' }, SAME],
    [{ path: '/a', host: 'x.test' }, { path: '/a' }, []],
    [{ path: '/a', host: 'x.test' }, { path: '/a', host: 'x.test' }, SAME],
    [{ path: '/a' }, { path: '/a/*' }, []],
    [{ path: '/a/:x' }, { path: '/a/*' }, []],
    [{ path: '/a/:x' }, { path: '/a/b' }, []],
  ]
  for (const [one, two, problems] of table) {
    it(`${JSON.stringify(one)} and ${JSON.stringify(two)} ${problems.length === 0 ? 'go together' : 'are for the same requests'}`, () => {
      expect(whereOf(problemsOfRoute(one, two))).toEqual(problems)
    })
  }

  it('must not let a client say what either of them forwards', () => {
    expect(
      whereOf(
        problemsOfRoute(
          { path: '/a', forward: { 'x-user': 'email' } },
          { path: '/b', keep: ['x-user', 'x_user'] },
        ),
      ),
    ).toEqual(['routes[1].keep', 'routes[1].keep'])
  })
})

describe('a switch that weakens the gateway', () => {
  it('is warned of', () => {
    const routes = [
      { path: '/a', to: TO },
      { path: '/b', to: TO, dangerouslyAllowAmbiguousPaths: true },
    ]
    expect(whereOf(warnings({ schemes: { main }, routes }))).toEqual([
      'routes[1].dangerouslyAllowAmbiguousPaths',
    ])
  })
})
