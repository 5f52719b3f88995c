import { describe, expect, it } from 'vitest'
import {
  type IssuerConfig,
  type IssuerEnv,
  resourcesOf,
  type UpstreamConfig,
} from '../../src/issuer/config.ts'
import { resolveConfig } from '../../src/issuer/resolve-config.ts'

const UPSTREAM: UpstreamConfig = {
  name: 'Acme',
  issuer: 'https://login.acme.example',
  clientId: 'us',
  clientSecret: 'secret',
}
const ENV = { ISSUER: 'https://auth.example.com', ISSUER_STORAGE: {} } as IssuerEnv

function problems(config: Partial<IssuerConfig>, env: Partial<IssuerEnv> = {}): string[] {
  return resolveConfig({ apis: [], ...config }, { ...ENV, ...env }).problems
}

describe('the configuration of the authorization server', () => {
  it('needs nothing but an issuer, its storage and an API', () => {
    const { config, problems } = resolveConfig({ apis: [{ audience: 'api', scopes: {} }] }, ENV)
    expect(problems).toEqual([])
    expect(config).toEqual({
      issuer: 'https://auth.example.com',
      title: 'Sign in',
      logo: undefined,
      colors: {},
      refreshGraceSeconds: 30,
      defaultAudience: undefined,
      refreshTokenSeconds: 1_209_600,
      sessionSeconds: 86_400,
      keyRotationSeconds: 7_776_000,
      openRegistration: false,
      clientDocuments: false,
      publicClients: true,
      deviceFlow: false,
      dpop: false,
      apis: [
        {
          audience: 'api',
          resources: [],
          scopes: {},
          defaultScopes: [],
          accessTokenSeconds: 600,
          accessTokenFormat: 'jwt',
        },
      ],
    })
  })

  it.each([
    ['', 'ISSUER: must be the public URL of this server'],
    ['auth.example.com', 'ISSUER: must be the public URL of this server'],
    [
      'https://auth.example.com/',
      'ISSUER: must be an origin alone, without a path or a trailing slash',
    ],
    [
      'https://auth.example.com/a',
      'ISSUER: must be an origin alone, without a path or a trailing slash',
    ],
    ['http://auth.example.com', 'ISSUER: must be https outside localhost'],
    ['http://localhost.example.com', 'ISSUER: must be https outside localhost'],
  ])('refuses the issuer %j', (issuer, problem) => {
    expect(problems({}, { ISSUER: issuer })).toEqual([problem])
  })

  it('takes plain http on this machine', () => {
    expect(problems({}, { ISSUER: 'http://localhost:8787' })).toEqual([])
    expect(problems({}, { ISSUER: 'http://127.0.0.1:8787' })).toEqual([])
  })

  it('reports every problem at once', () => {
    const env = { ISSUER_STORAGE: undefined, ADMIN_KEY: 'short', ISSUER_KEY_SECRET: 'short' }
    const config: IssuerConfig = {
      apis: [
        { audience: '', scopes: {} },
        { audience: 'a', scopes: { 'two words': '' }, accessTokenSeconds: 0 },
        { audience: 'b', scopes: {}, resources: ['relative', 'urn:audience:a', 'https://b/#x'] },
      ],
      defaultAudience: 'c',
      sessionSeconds: 0.5,
    }
    expect(problems(config, env as unknown as Partial<IssuerEnv>)).toEqual([
      'ISSUER_STORAGE: the Durable Object binding is missing',
      'ISSUER_KEY_SECRET: must have at least 32 characters',
      'ADMIN_KEY: must have at least 32 characters',
      'apis[0].audience: must not be empty',
      'apis[1].scopes: "two words" is not a scope',
      'apis[1].accessTokenSeconds: must be a positive integer',
      'apis[2].resources: "relative" must be an absolute URI without a fragment',
      'apis[2]: "urn:audience:a" is already another API',
      'apis[2].resources: "https://b/#x" must be an absolute URI without a fragment',
      'sessionSeconds: must be a positive integer',
      'defaultAudience: no API has the audience "c"',
    ])
  })

  it('takes a colour that can be read, and a logo that is a picture', () => {
    expect(
      problems({ colors: { accent: '#7a1fa2', page: '#ffeeee' }, logo: '<svg></svg>' }),
    ).toEqual([])
    expect(problems({ colors: { accent: '#ffcc00', page: 'red' }, logo: 'https://x' })).toEqual([
      'colors.page: must be #rrggbb',
      'logo: must be an SVG document',
    ])
    expect(problems({ colors: { accent: '#ffcc00' } })).toEqual([
      'colors.accent: has a contrast of 1.5 to white and needs 4.5',
    ])
  })

  it('takes another provider to sign in at, and adds nobody by default', () => {
    const { config, problems } = resolveConfig({ apis: [], upstream: UPSTREAM }, ENV)
    expect(problems).toEqual([])
    expect(config.upstream).toEqual({
      ...UPSTREAM,
      scope: 'openid email profile',
      createPeople: false,
    })
  })

  it.each<[string, Partial<UpstreamConfig>]>([
    ['upstream.clientSecret: must not be empty', { clientSecret: undefined }],
    ['upstream.name: must not be empty', { name: '' }],
    ['upstream.issuer: must be the https URL of an OpenID provider', { issuer: 'acme' }],
    [
      'upstream.issuer: must be the https URL of an OpenID provider',
      { issuer: 'http://localhost:1' },
    ],
    ['upstream.issuer: must not be this server', { issuer: 'https://auth.example.com/' }],
    ['upstream.scope: must have "openid" in it', { scope: 'email' }],
    [
      'upstream.createPeople: "@acme.example" must be a domain, such as "acme.example"',
      { createPeople: ['@acme.example'] },
    ],
  ])('says %j', (problem, change) => {
    expect(problems({ upstream: { ...UPSTREAM, ...change } })).toEqual([problem])
  })

  it('makes a resource of any audience, because RFC 8707 wants a URI', () => {
    const uris = ['https://api.example.com', 'my api'].map((audience) => {
      return resourcesOf({ audience, resources: ['https://other.example.com'] })
    })
    expect(uris).toEqual([
      ['https://api.example.com', 'https://other.example.com'],
      ['urn:audience:my%20api', 'https://other.example.com'],
    ])
  })
})
