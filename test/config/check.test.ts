import { describe, expect, it } from 'vitest'
import { type OidcOptions, oidc } from '../../src/auth/presets/oidc.ts'
import { warnings } from '../../src/config/check.ts'
import { anyOf, defineGateway, type GatewayConfig, optional } from '../../src/config/define.ts'
import { checkConfig } from '../../src/config/prepare.ts'
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

const MISSING = 'is missing; an unset secret, variable or binding arrives as undefined'
const EMPTY = 'is empty; an unset secret or variable arrives like this'
const NO_ITEMS = 'must not be empty; leave it out instead'
const HTTPS = 'must be an https URL; plain http is for localhost alone'

describe('a config', () => {
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
    expect(checkConfig(config).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'host: is not an option',
      `hosts[0]: must be a host name in lower case, without scheme and port`,
      `hosts[1]: must be a host name in lower case, without scheme and port`,
      `hosts[2]: must be a host name in lower case, without scheme and port`,
      `hosts[3]: ${EMPTY}`,
      `hosts[3]: must be a host name in lower case, without scheme and port`,
      'routes[0].path: must be a path of literal segments, :parameters, and * at its end',
      'routes[0].scope: is not an option',
      `routes[0].to: ${HTTPS}`,
      "routes[1].auth: must be the name of a scheme, anyOf(…), allOf(…), optional(…) of these, or 'public'",
      'routes[1].methods: must be methods in upper case, without CONNECT and TRACE',
      'routes[1].timeoutSeconds: must be more than 0',
      `routes[1].to: ${MISSING}`,
      'schemes.main: must be made by a preset, for example oidc({ … })',
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
    const target =
      'must be a URL (https, or http on localhost), a binding, { url, via }, or a handler function'
    expect(checkConfig(config)).toEqual([
      'schemes.main: must be made by a preset, for example oidc({ … })',
      `routes[0].to: ${target}`,
      `schemes.partner.audience: ${EMPTY}`,
      `schemes.third.issuer: ${MISSING}`,
      'routes[1].to: is on a host of the gateway itself',
      'routes[2].auth: names "fourth", which is not in schemes',
      'routes[4].host: is not among hosts, so the route can never match',
      'routes[4].auth: is missing, and there are several schemes',
      'routes[2].path: is also that of routes[1], for the same requests',
      'routes[1].keep: must not name x-auth-subject: only the gateway may say that',
    ])
  })

  it('has to be an object with schemes and routes', () => {
    expect(checkConfig(undefined)).toEqual([`the config: ${MISSING}`])
    expect(checkConfig(null)).toEqual(['the config: must be an object'])
    expect(checkConfig('x')).toEqual(['the config: must be an object'])
    expect(checkConfig({})).toEqual([`schemes: ${MISSING}`, `routes: ${MISSING}`])
    expect(problemsOf({ routes: [] })).toEqual(['routes: must not be empty'])
    expect(problemsOf({ routes: {} })).toEqual(['routes: must be an array'])
    expect(problemsOf({ schemes: 'x' })).toEqual(['schemes: must be an object of schemes by name'])
    expect(problemsOf({ hosts: [] })).toEqual(['hosts: must not be empty'])
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
    expect(checkConfig(define({} as { ISSUER: string }))).toEqual([
      `schemes.main.issuer: ${MISSING}`,
    ])
  })
})

describe('an issuer', () => {
  const table: [options: object, problems: string[]][] = [
    [{ issuer: undefined, audience: undefined }, [`issuer: ${MISSING}`, `audience: ${MISSING}`]],
    [{ issuer: '' }, [`issuer: ${EMPTY}`]],
    [{ audience: '' }, [`audience: ${EMPTY}`]],
    [{ audience: [] }, [`audience: ${NO_ITEMS}`]],
    [{ audience: ['a', ''] }, [`audience[1]: ${EMPTY}`]],
    [{ audience: 7 }, ['audience: must be a string or an array of strings that are not empty']],
    [{ audiance: 'x' }, ['audiance: is not an option']],
    [
      { issuer: 'http://idp.test' },
      ['issuer: must be an https URL, or jwksUri must say where the keys are'],
    ],
    [
      { issuer: 'acme.com' },
      ['issuer: must be an https URL, or jwksUri must say where the keys are'],
    ],
    [{ issuer: 'acme.com', jwksUri: 'https://idp.test/keys' }, []],
    [{ issuer: 'http://localhost:9011' }, []],
    [{ issuer: 'http://127.0.0.1:9011' }, []],
    [
      { issuer: 'http://localhost.evil.test' },
      ['issuer: must be an https URL, or jwksUri must say where the keys are'],
    ],
    [{ jwksUri: 'http://idp.test/keys' }, [`jwksUri: ${HTTPS}`]],
    [{ jwksUri: '/keys' }, [`jwksUri: ${HTTPS}`]],
    [{ jwksUri: 'https://keys.test' }, []],
    [
      { jwksUri: 'https://keys.test', via: binding },
      ['via: needs all URLs of the issuer on one origin'],
    ],
    [{ jwksUri: `${ISSUER}/keys`, via: binding }, []],
    [{ via: {} }, ['via: must be a binding (something with a fetch function)']],
    [{ algorithms: [] }, [`algorithms: ${NO_ITEMS}`]],
    [{ clockSkewSeconds: 301 }, ['clockSkewSeconds: must be 300 or less']],
    [{ clockSkewSeconds: -1 }, ['clockSkewSeconds: must be 0 or more']],
    [{ clockSkewSeconds: '30' }, ['clockSkewSeconds: must be a number']],
    [{ clockSkewSeconds: Number.NaN }, ['clockSkewSeconds: must be a number']],
    [{ scopeClaim: '' }, [`scopeClaim: ${EMPTY}`]],
    [{ rolesClaim: [] }, [`rolesClaim: ${NO_ITEMS}`]],
    [{ rolesClaim: [['a', 'b'], ['c']] }, []],
    [{ rolesClaim: [['a'], 'b'] }, ['rolesClaim[1]: must be an array']],
    [{ maxTokenLength: 16_384 }, []],
    [{ maxTokenLength: 16_385 }, ['maxTokenLength: must be 16384 or less']],
    [
      { maxTokenLength: 0.5 },
      ['maxTokenLength: must be a whole number of characters', 'maxTokenLength: must be 1 or more'],
    ],
    [{ rolesClaim: ['a', 7] }, ['rolesClaim: must be a claim name or a path of names']],
  ]
  for (const [options, problems] of table) {
    it(`with ${JSON.stringify(options)} has ${problems.length === 0 ? 'no problem' : 'problems'}`, () => {
      expect(problemsOfIssuer(options)).toEqual(problems.map((text) => `schemes.main.${text}`))
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
  const PATH = 'must be a path of literal segments, :parameters, and * at its end'
  const CANONICAL = 'is not in canonical form, so no request would match it'
  const TARGET =
    'must be a URL (https, or http on localhost), a binding, { url, via }, or a handler function'
  const FORWARD = 'is not a header that a claim may be sent under (lower case)'
  const OURS = (name: string) => `keep: must not name ${name}: only the gateway may say that`
  const FOLDED = (name: string) =>
    `keep: must not name ${name}: some servers take it for a header of the gateway`
  const HOP = (name: string) =>
    `keep: must not name ${name}: it is about one connection and ends with it`
  const BARE = 'must have no query, no fragment and no user in it'
  const SCOPES = 'must be scopes: visible ASCII without " and \\'
  const table: [route: object, problems: string[]][] = [
    // path
    [{ path: '' }, [`path: ${EMPTY}`]],
    [{ path: '*' }, [`path: ${PATH}`]],
    [{ path: '/a//b' }, [`path: ${PATH}`]],
    [{ path: '/a/*/b' }, [`path: ${PATH}`]],
    [{ path: '/a*' }, [`path: ${PATH}`]],
    [{ path: '/a:b' }, [`path: ${PATH}`]],
    [{ path: '/:1' }, [`path: ${PATH}`]],
    [{ path: '/:a?' }, [`path: ${PATH}`]],
    [{ path: '/:a+' }, [`path: ${PATH}`]],
    [{ path: '/(a|b)' }, [`path: ${PATH}`]],
    [{ path: '/a?b=c' }, [`path: ${PATH}`]],
    [{ path: '/é' }, [`path: ${PATH}`]],
    [{ path: '/a b' }, [`path: ${PATH}`]],
    [{ path: '/%61' }, [`path: ${CANONICAL}`]],
    [{ path: '/a/../b' }, [`path: ${CANONICAL}`]],
    [{ path: '/caf%c3%a9' }, [`path: ${CANONICAL}`]],
    [{ path: '/caf%C3%A9/*' }, []],
    [{ path: '/%40me' }, [`path: ${CANONICAL}`]],
    [{ path: '/100%' }, [`path: ${CANONICAL}`]],
    [{ path: '/a%2Fb' }, [`path: ${CANONICAL}`]],
    [{ path: '/:id/a%2Fb' }, [`path: ${CANONICAL}`]],
    [{ path: '/:id/..' }, [`path: ${CANONICAL}`]],
    [{ path: '/:id/%61/*' }, [`path: ${CANONICAL}`]],
    // host
    [{ host: 'api.test' }, []],
    [{ host: 'API.test' }, ['host: must be a host name in lower case, without scheme and port']],
    [
      { host: 'api.test:8443' },
      ['host: must be a host name in lower case, without scheme and port'],
    ],
    // to
    [{ to: undefined }, [`to: ${MISSING}`]],
    [{ to: null }, [`to: ${TARGET}`]],
    [{ to: '' }, [`to: ${EMPTY}`, `to: ${HTTPS}`]],
    [{ to: {} }, [`to: ${TARGET}`]],
    [{ to: 'origin.test' }, [`to: ${HTTPS}`]],
    [{ to: 'http://origin.test' }, [`to: ${HTTPS}`]],
    [{ to: 'ftp://origin.test' }, [`to: ${HTTPS}`]],
    [{ to: 'https://origin.test?a=b' }, [`to: ${BARE}`]],
    [{ to: 'https://origin.test/#a' }, [`to: ${BARE}`]],
    [{ to: 'https://user:pass@origin.test' }, [`to: ${BARE}`]],
    [{ to: 'http://localhost:3000' }, []],
    [{ to: { url: 'http://b2b.internal', via: binding } }, []],
    [{ to: { url: 'http://b2b.internal' } }, [`to: ${TARGET}`]],
    [{ to: { url: 'ftp://b2b.internal', via: binding } }, ['to.url: must be an http or https URL']],
    [{ to: { url: TO, via: binding, x: 1 } }, [`to: ${TARGET}`]],
    [{ via: binding }, []],
    [{ via: 'x' }, ['via: must be a binding (something with a fetch function)']],
    [{ to: binding, via: binding }, ['via: goes with a URL in to']],
    // the rest
    [{ methods: [] }, ['methods: must not be empty; leave it out instead']],
    [{ methods: 'GET' }, ['methods: must be an array']],
    [{ stripPrefix: 'yes' }, ['stripPrefix: must be true or false']],
    [{ auth: 'optional' }, ['auth: names "optional", which is not in schemes']],
    [{ scopes: [] }, [`scopes: ${NO_ITEMS}`]],
    [{ scopes: 'a b' }, ['scopes: must be an array of scopes, or anyOf(…)']],
    [{ scopes: anyOf() }, [`scopes.anyOf: ${NO_ITEMS}`]],
    [{ scopes: ['a b'] }, [`scopes: ${SCOPES}`]],
    [{ scopes: ['a"b'] }, [`scopes: ${SCOPES}`]],
    [{ scopes: ['a\nb'] }, [`scopes: ${SCOPES}`]],
    [{ scopes: anyOf('é') }, [`scopes.anyOf: ${SCOPES}`]],
    [{ roles: [] }, ['roles: must not be empty; leave it out instead']],
    [{ roles: [''] }, [`roles[0]: ${EMPTY}`]],
    [{ claims: { org: [] } }, ['claims.org: must not be empty']],
    [
      { claims: { org: null } },
      ['claims.org: must be a string, a number, a boolean, or an array of them'],
    ],
    [{ timeoutSeconds: 601 }, ['timeoutSeconds: must be 600 or less']],
    [{ timeoutSeconds: -1 }, ['timeoutSeconds: must be more than 0']],
    [{ timeoutSeconds: Number.NaN }, ['timeoutSeconds: must be a number of seconds, or false']],
    [
      { dangerouslyAllowAmbiguousPaths: 1 },
      ['dangerouslyAllowAmbiguousPaths: must be true or false'],
    ],
    // forward
    [{ forward: { 'x-user-email': '' } }, [`forward.x-user-email: ${EMPTY}`]],
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
    ].map((name): [object, string[]] => [
      { forward: { [name]: 'email' } },
      [`forward.${name}: ${FORWARD}`],
    ]),
    // keep
    [{ keep: ['X-Legacy'] }, ['keep: must be header names in lower case']],
    [{ keep: ['authorization', 'x_legacy', 'cf-ipcountry'] }, []],
    [{ keep: ['x-auth-subject'] }, [OURS('x-auth-subject')]],
    [{ keep: ['x-forwarded-for'] }, [OURS('x-forwarded-for')]],
    [{ keep: ['x-gatehouse-hops'] }, [OURS('x-gatehouse-hops')]],
    [{ keep: ['x-user'], forward: { 'x-user': 'email' } }, [OURS('x-user')]],
    [{ keep: ['x_auth_subject'] }, [FOLDED('x_auth_subject')]],
    [{ keep: ['x_user'], forward: { 'x-user': 'email' } }, [FOLDED('x_user')]],
    [{ keep: ['x_forwarded.for'] }, [FOLDED('x_forwarded.for')]],
    [{ keep: ['connection'] }, [HOP('connection')]],
    [{ keep: ['transfer-encoding'] }, [HOP('transfer-encoding')]],
    // public
    [{ auth: 'public' }, []],
    ...Object.entries({
      scopes: ['a'],
      roles: ['a'],
      claims: { a: 1 },
      forward: { 'x-a': 'a' },
    }).map(([name, value]): [object, string[]] => [
      { auth: 'public', [name]: value },
      [`${name}: has no meaning on a public route`],
    ]),
  ]
  for (const [route, problems] of table) {
    it(`with ${JSON.stringify(route)} has ${problems.length === 0 ? 'no problem' : 'problems'}`, () => {
      expect(problemsOfRoute(route)).toEqual(problems.map((text) => `routes[0].${text}`))
    })
  }

  it('has to be on a host of the gateway', () => {
    const hosts = ['api.test']
    expect(problemsOf({ hosts, routes: [{ path: '/*', to: TO, host: 'other.test' }] })).toEqual([
      'routes[0].host: is not among hosts, so the route can never match',
    ])
  })

  it('must not lead to the gateway itself', () => {
    const hosts = ['api.test']
    for (const to of ['https://api.test', 'https://api.test:8443/x', 'https://API.test']) {
      expect(problemsOf({ hosts, routes: [{ path: '/*', to }] })).toEqual([
        'routes[0].to: is on a host of the gateway itself',
      ])
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
      expect(found).toEqual(problems.map((text) => `routes[0].auth: ${text}`))
    })
  }

  it('is one of those that take opaque tokens, and no more than one', () => {
    const asks = (issuer: string) =>
      oidc({ issuer, audience: 'a', introspect: { clientId: 'c', opaque: true } })
    const schemes = { one: asks('https://one.test'), two: asks('https://two.test') }
    expect(
      problemsOf({ schemes, routes: [{ path: '/*', to: TO, auth: anyOf('one', 'two') }] }),
    ).toEqual(['routes[0].auth: names one and two, which both take opaque tokens'])
  })
})

describe('two routes', () => {
  const SAME = ['routes[1].path: is also that of routes[0], for the same requests']
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
      expect(problemsOfRoute(one, two)).toEqual(problems)
    })
  }

  it('must not let a client say what either of them forwards', () => {
    expect(
      problemsOfRoute(
        { path: '/a', forward: { 'x-user': 'email' } },
        { path: '/b', keep: ['x-user', 'x_user'] },
      ),
    ).toEqual([
      'routes[1].keep: must not name x-user: only the gateway may say that',
      'routes[1].keep: must not name x_user: some servers take it for a header of the gateway',
    ])
  })
})

describe('a switch that weakens the gateway', () => {
  it('is warned of', () => {
    const routes = [
      { path: '/a', to: TO },
      { path: '/b', to: TO, dangerouslyAllowAmbiguousPaths: true },
    ]
    expect(warnings({ schemes: { main }, routes })).toEqual([
      'routes[1].dangerouslyAllowAmbiguousPaths: paths that origins read differently than the gateway pass',
    ])
  })
})
