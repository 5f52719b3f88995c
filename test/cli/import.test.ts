// `npm run import`: what becomes of each thing in an OpenAPI document, and what is said of what has no counterpart.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { importDocument } from '../../src/cli/import/command.ts'
import { ImportError } from '../../src/cli/import/document.ts'

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-import-'))
afterAll(() => rmSync(folder, { recursive: true }))

const TO = 'https://orders.internal.acme.test'

const ORDERS = `openapi: 3.1.0
info: { title: Orders, version: '1' }
servers: [{ url: https://api.acme.test/v1 }]
security: [{ oauth: [orders:read] }]
paths:
  /orders:
    get: { responses: {} }
    head: { responses: {} }
    post: { security: [{ oauth: [orders:write] }, { key: [] }], responses: {} }
  /orders/{order-id}:
    get: { security: [{}, { oauth: [] }], responses: {} }
    delete: { security: [{ key: [], oauth: [orders:write] }], responses: {} }
    trace: { responses: {} }
  /health:
    $ref: '#/components/pathItems/Health'
components:
  pathItems:
    Health: { get: { security: [], responses: {} } }
  securitySchemes:
    oauth: { type: oauth2, flows: {} }
    key: { type: apiKey, in: header, name: X-Orders-Key }
`

const FILE = `import { apiKeys } from './auth/key/api-keys.ts'
import { oidc } from './auth/presets/oidc.ts'
import { allOf, anyOf, defineGateway, optional, type GatewayConfig } from './config/define.ts'

// The routes of Orders 1, written by "npm run import" from orders.yaml.
export default defineGateway((env: Env): GatewayConfig => ({
  schemes: {
    oauth: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }),
    key: apiKeys({ store: env.STORE, header: 'x-orders-key' }),
  },
  routes: [
    { path: '/v1/orders', methods: ['GET', 'HEAD'], auth: 'oauth', scopes: ['orders:read'], to: '${TO}' },
    { path: '/v1/orders', methods: ['POST'], auth: anyOf('oauth', 'key'), require: anyOf({ scopes: ['orders:write'], claims: { iss: env.ISSUER } }, { claims: { iss: 'urn:gatehouse:key' } }), to: '${TO}' },
    { path: '/v1/orders/:order_id', methods: ['GET'], auth: optional('oauth'), to: '${TO}' },
    { path: '/v1/orders/:order_id', methods: ['DELETE'], auth: allOf('oauth', 'key'), scopes: ['orders:write'], to: '${TO}' },
    { path: '/v1/health', methods: ['GET'], auth: 'public', to: '${TO}' },
  ],
}))
`

interface Given {
  /** In the place of `security` of the one operation. */
  security?: string
  /** More lines below `securitySchemes`. */
  scheme?: string
  path?: string
  servers?: string
  basePath?: string
  without?: readonly string[]
}

function given({
  security = '[]',
  scheme = '',
  path = '/a',
  servers = '[]',
  basePath,
  without = [],
}: Given) {
  const text = `openapi: 3.1.0
info: { title: A, version: '1' }
servers: ${servers}
paths:
  ${path}:
    get:
      security: ${security}
components:
  securitySchemes:
    one: { type: http, scheme: bearer }
    two: { type: oauth2, flows: {} }
    key: { type: apiKey, in: header, name: X-Key }
    key2: { type: apiKey, in: header, name: X-Key-2 }
    ${scheme}
`
  return importDocument(text, { file: 'a.yaml', to: TO, basePath, without })
}

/** The options of the one route, without its path, methods and target. */
function optionsOf(what: Given): string {
  const [, options = ''] = /methods: \[[^\]]*\], (.*), to: /.exec(given(what).text) ?? []
  return options
}

function refusalOf(what: Given): readonly string[] {
  try {
    given(what)
  } catch (error) {
    if (error instanceof ImportError) return error.problems
    throw error
  }
  return []
}

describe('an OpenAPI document', () => {
  it("becomes an owner's file, with its security", () => {
    const imported = importDocument(ORDERS, {
      file: 'api/orders.yaml',
      to: TO,
      basePath: undefined,
      without: [],
    })
    expect(imported).toEqual({
      text: FILE,
      notes: [
        '/orders/{order-id}: TRACE is left out, because it is never passed on',
        '1 operation is public, because "security" asks for nothing',
      ],
    })
  })

  it.each([
    ['[]', `auth: 'public'`],
    ['[{}]', `auth: 'public'`],
    ['[{ one: [] }]', `auth: 'one'`],
    ['[{ one: [admin] }]', `auth: 'one', roles: ['admin']`],
    ['[{ two: [a, b] }]', `auth: 'two', scopes: ['a', 'b']`],
    [
      '[{ two: [a] }, { two: [b] }]',
      `auth: 'two', require: anyOf({ scopes: ['a'] }, { scopes: ['b'] })`,
    ],
    ['[{ two: [a] }, { two: [] }]', `auth: 'two'`],
    ['[{ one: [] }, { key: [] }]', `auth: anyOf('one', 'key')`],
    ['[{}, { one: [] }, { key: [] }]', `auth: optional(anyOf('one', 'key'))`],
    ['[{ key: [], two: [a] }]', `auth: allOf('two', 'key'), scopes: ['a']`],
    ['[{ key: [], one: [] }, {}]', `auth: optional(allOf('key', 'one'))`],
    [
      '[{ two: [a] }, { key: [] }]',
      `auth: anyOf('two', 'key'), require: anyOf({ scopes: ['a'], claims: { iss: env.ISSUER } }, { claims: { iss: 'urn:gatehouse:key' } })`,
    ],
  ])('asks for %s as %s', (security, options) => {
    expect(optionsOf({ security })).toBe(options)
  })

  it('gives several issuers variables of their own, and knows one by its discovery document', () => {
    const scheme =
      'three: { type: openIdConnect, openIdConnectUrl: https://id.acme.test/.well-known/openid-configuration }'
    const { text } = given({ security: '[{ one: [] }, { three: [] }]', scheme })
    expect(text).toContain('one: oidc({ issuer: env.ONE_ISSUER, audience: env.ONE_AUDIENCE })')
    expect(text).toContain(
      "three: oidc({ issuer: 'https://id.acme.test', audience: env.THREE_AUDIENCE })",
    )
    expect(text).toContain(
      '(env: Env & { ONE_ISSUER: string; ONE_AUDIENCE: string; THREE_AUDIENCE: string })',
    )
  })

  it('leaves out what is named, and never lets more in for that', () => {
    expect(optionsOf({ security: '[{ one: [] }, { key: [] }]', without: ['key'] })).toBe(
      `auth: 'one'`,
    )
    expect(optionsOf({ security: '[{}, { key: [] }]', without: ['key'] })).toBe(`auth: 'public'`)
    const both = importDocument(ORDERS, {
      file: 'orders.yaml',
      to: TO,
      basePath: undefined,
      without: ['key'],
    })
    expect(both.text).not.toContain('DELETE')
    expect(both.notes).toContain(
      '/orders/{order-id}: DELETE is left out, with the schemes that it needs',
    )
    expect(() => given({ security: '[{ one: [], key: [] }]', without: ['key'] })).toThrow(
      'no operation is left to write a route for',
    )
  })

  it('takes the base path that it is given', () => {
    const servers = '[{ url: /v1 }, { url: /v2 }]'
    expect(given({ servers, basePath: '/v2' }).text).toContain(`path: '/v2/a'`)
    expect(given({ servers: '[{ url: "https://{region}.acme.test/v1/" }]' }).text).toContain(
      `'/v1/a'`,
    )
  })
})

const WITHOUT = 'Leave it out with --without, or change the document'

describe('what has no counterpart', () => {
  it.each<[Given, string]>([
    [
      { security: '[{ x: [] }]', scheme: 'x: { type: apiKey, in: query, name: k }' },
      `/components/securitySchemes/x (line 14): is a key in the address, where it is logged and shared. Have it sent in a header. ${WITHOUT}`,
    ],
    [
      { security: '[{ x: [] }]', scheme: 'x: { type: apiKey, in: cookie, name: k }' },
      `/components/securitySchemes/x (line 14): is a key in a cookie. For people with browsers there are sessions (docs/sessions.md). ${WITHOUT}`,
    ],
    [
      { security: '[{ x: [] }]', scheme: 'x: { type: apiKey, in: header, name: Authorization }' },
      `/components/securitySchemes/x (line 14): is a key in a header that has other uses. If it is a token, write type: http and scheme: bearer. ${WITHOUT}`,
    ],
    [
      { security: '[{ x: [] }]', scheme: 'x: { type: http, scheme: basic }' },
      `/components/securitySchemes/x (line 14): is HTTP authentication of the kind basic, which the gateway does not take. ${WITHOUT}`,
    ],
    [
      { security: '[{ x: [] }]', scheme: 'x: { type: mutualTLS }' },
      `/components/securitySchemes/x (line 14): is a client certificate, which the zone asks for and not a route. ${WITHOUT}`,
    ],
    [
      {
        security: '[{ x.y: [] }, { x-y: [] }]',
        scheme: 'x.y: { type: oauth2 }\n    x-y: { type: oauth2 }',
      },
      '/components/securitySchemes/x-y (line 15): has a name that differs from another one in signs alone. Rename it',
    ],
    [
      { security: '[{ x: [] }]' },
      '/components/securitySchemes/x: is not there, and an operation asks for it',
    ],
    [
      { security: '[{ one: [], key: [] }, { two: [] }]' },
      '/paths/~1a/get/security (line 7): has one and key together as one of several alternatives. A route takes either any one of several, or all of them. Make two paths, or change the document',
    ],
    [
      { security: '[{ one: [], two: [] }]' },
      '/paths/~1a/get/security (line 7): asks for two tokens together (one, two), and both would stand in Authorization. Name one of them',
    ],
    [
      { security: '[{ key: [] }, { key2: [admin] }]' },
      '/paths/~1a/get/security (line 7): asks for the keys key and key2 in different ways. Keys of the gateway are one list, so that one key would do for both. Leave one out with --without, and tell keys apart by roles',
    ],
    [
      { path: '/files/*' },
      '/paths/~1files~1* (line 6): has the segment *, which takes nothing but itself there. In a route it would take any other too',
    ],
    [
      { path: '/:id' },
      '/paths/~1:id (line 6): has the segment :id, which takes nothing but itself there. In a route it would take any other too',
    ],
    [
      { security: '' },
      '/paths/~1a/get/security (line 7): must be a list of security requirements, for example - bearerAuth: []',
    ],
    [
      { security: '[{ key: [], key2: [] }]' },
      '/paths/~1a/get/security (line 7): asks for two keys together (key, key2). Keys of the gateway are one list, so that one key would do for both. Name one of them',
    ],
    [
      { security: '[{ two: [a], key: [b] }]' },
      '/paths/~1a/get/security (line 7): asks several schemes together for scopes or roles, and only those of the first scheme count. Ask one of them',
    ],
    [
      { security: '[{ one: [a, b] }]' },
      '/paths/~1a/get/security (line 7): asks for all of the roles a, b, and a route asks for any one of several. Ask for one',
    ],
    [
      { security: '{ one: [] }' },
      '/paths/~1a/get/security (line 7): must be a list of security requirements, for example - bearerAuth: []',
    ],
    [
      { path: '/a/{b}.json' },
      '/paths/~1a~1{b}.json (line 6): has a parameter that is a part of a segment ({b}.json). A parameter of a route is a whole segment, and would take more than this path says',
    ],
    [
      { servers: '[{ url: /v1 }, { url: /v2 }]' },
      '/servers (line 3): has servers with several paths. Say which one it is with --base-path',
    ],
    [
      { servers: '[{ url: "/{version}" }]' },
      '/servers (line 3): has a variable in the path of a server. Say what the path is with --base-path',
    ],
  ])('is refused with its place: %j', (what, problem) => {
    expect(refusalOf(what)).toEqual([problem])
  })

  it.each([
    [
      'swagger: "2.0"',
      '/swagger: is OpenAPI 2.0. Convert the document to version 3 first, for example with swagger2openapi',
    ],
    ['openapi: 4.0.0', '/openapi: must be 3.0, 3.1 or 3.2, for example openapi: 3.1.0'],
    ['openapi: 3.1.0', '/paths: is not there, so that there is nothing to write a route for'],
    ['- a', 'the file has no object in it'],
    [
      'openapi: 3.1.0\npaths: { /a: { $ref: other.yaml } }',
      '/paths/~1a/$ref (line 2): leads out of this document. Make one document of all of them first, for example with "redocly bundle"',
    ],
    [
      'openapi: 3.1.0\npaths: { /a: { $ref: "#/paths/~1a" } }',
      '/paths/~1a/$ref (line 2): leads nowhere',
    ],
    ['openapi: 3.1.0\npaths: { /a: { $ref: "#/%" } }', '/paths/~1a/$ref (line 2): leads nowhere'],
    [
      'openapi: 3.1.0\npaths:\n  /a: { get: { security: [] } }\n  /b: { $ref: "#/paths/~1a", get: { security: [{ one: [] }] } }',
      '/paths/~1b/$ref (line 4): has get beside it, and only one of them can count',
    ],
    [
      'openapi: 3.1.0\npaths: { /a: { get: { $ref: "#/x-get" } } }\nx-get: { security: [{ one: [] }] }',
      '/paths/~1a/get/$ref (line 2): stands for an operation, which OpenAPI does not have. Write the operation there',
    ],
    [
      'openapi: 3.1.0\nsecurity:\npaths: { /a: { get: {} } }',
      '/security (line 2): must be a list of security requirements',
    ],
  ])('is refused as a whole: %s', (text, problem) => {
    const run = () =>
      importDocument(text, { file: 'a.yaml', to: TO, basePath: undefined, without: [] })
    expect(run).toThrow(problem)
  })

  it('takes what a merge key brings, as other tools do', () => {
    const text = `openapi: 3.1.0
x-own: &own { security: [{ one: [] }] }
paths:
  /a:
    get: { <<: *own }
components: { securitySchemes: { one: { type: http, scheme: bearer } } }
`
    const options = { file: 'a.yaml', to: TO, basePath: undefined, without: [] }
    expect(importDocument(text, options).text).toContain(`auth: 'one'`)
  })

  it('says who may come with one of several kinds of keys, where all are asked alike', () => {
    const either = { security: '[{ key: [] }, { key2: [] }]' }
    expect(optionsOf(either)).toBe(`auth: anyOf('key', 'key2')`)
  })

  it('is refused where an operation asks for a key that another does not ask for', () => {
    const text = `openapi: 3.1.0
paths:
  /a: { get: { security: [{ key: [] }] } }
  /b: { get: { security: [{ key2: [] }] } }
components:
  securitySchemes:
    key: { type: apiKey, in: header, name: X-Key }
    key2: { type: apiKey, in: header, name: X-Key-2 }
`
    const options = { file: 'a.yaml', to: TO, basePath: undefined, without: [] }
    const problem = 'asks for the keys key and key2 in different ways'
    expect(() => importDocument(text, options)).toThrow(problem)
    expect(importDocument(text, { ...options, without: ['key2'] }).text).toContain(`auth: 'key'`)
  })

  it('is refused by the config check too, at its place', () => {
    const paths = 'openapi: 3.1.0\npaths:\n  /a: { get: {} }\n  /A: { get: {} }\n'
    const run = () =>
      importDocument(paths, { file: 'a.yaml', to: TO, basePath: undefined, without: [] })
    expect(run).toThrow(/^\/paths\/~1A \(line 4\): routes\[1\]/)
  })
})

describe('npm run import', () => {
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['src/cli/import.ts', ...args], {
      encoding: 'utf8',
    })
    return { status, stdout, stderr }
  }

  it('writes a file, and not over one that is there', () => {
    const [source, out] = [join(folder, 'orders.yaml'), join(folder, 'gateway.config.ts')]
    writeFileSync(source, ORDERS)
    expect(run(source, '--to', TO, '--out', out)).toMatchObject({ status: 0, stdout: '' })
    expect(readFileSync(out, 'utf8')).toBe(FILE)
    expect(run(source, '--to', TO, '--out', out)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('the file is there. Write over it with --force') as string,
    })
    expect(run(source, '--to', TO)).toMatchObject({ status: 0, stdout: FILE })
  })

  it('says how it is used, and what is wrong', () => {
    expect(run('--help')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('--base-path') as string,
    })
    expect(run('a.yaml')).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining('--to is missing') as string,
    })
  })
})
