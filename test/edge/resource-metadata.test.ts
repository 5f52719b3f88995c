import { describe, expect, it } from 'vitest'
import { oidc } from '../../src/auth/presets/oidc.ts'
import { checkConfig } from '../../src/config/prepare.ts'
import {
  type ProtectedResourceOptions,
  protectedResource,
} from '../../src/edge/resource-metadata.ts'
import { createTestGateway, ORIGIN } from '../support/gateway.ts'

const routes = [
  {
    path: '/mcp/*',
    to: ORIGIN,
    scopes: ['tools'],
    resource: protectedResource({ name: 'Orders' }),
  },
  { path: '/*', to: ORIGIN },
]

describe('resource metadata', () => {
  it('is published without a token at the path of its resource', async () => {
    const { send, received } = await createTestGateway({ routes })
    const response = await send('/.well-known/oauth-protected-resource/mcp')
    expect(response.status).toBe(200)
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(await response.json()).toEqual({
      resource: 'https://api.test/mcp',
      authorization_servers: ['https://idp.test'],
      scopes_supported: ['tools'],
      bearer_methods_supported: ['header'],
      resource_name: 'Orders',
    })
    expect(received).toEqual([])
  })

  it('is named by the challenge of its route, for want of a token, of a good one and of scope', async () => {
    const { send, sendWithToken } = await createTestGateway({ routes })
    const metadata = 'resource_metadata="https://api.test/.well-known/oauth-protected-resource/mcp"'
    const challenges = [
      await send('/mcp'),
      await send('/mcp', { headers: { authorization: 'Bearer nonsense' } }),
      await sendWithToken('/mcp'),
    ].map((response) => [response.status, response.headers.get('www-authenticate')])
    expect(challenges).toEqual([
      [401, `Bearer scope="tools", ${metadata}`],
      [401, `Bearer error="invalid_token", scope="tools", ${metadata}`],
      [403, `Bearer error="insufficient_scope", scope="tools", ${metadata}`],
    ])
  })

  it('may be read by a client in a browser that asks first', async () => {
    const { send, received } = await createTestGateway({ routes })
    const response = await send('/.well-known/oauth-protected-resource/mcp', {
      method: 'OPTIONS',
      headers: {
        origin: 'https://client.test',
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'mcp-protocol-version',
      },
    })
    expect(response.status).toBe(204)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET',
      'access-control-allow-headers': '*',
    })
    const post = await send('/.well-known/oauth-protected-resource/mcp', { method: 'POST' })
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, OPTIONS, HEAD'])
    expect(received).toEqual([])
  })

  it('publishes the scopes that a client has to ask for, where tokens call them otherwise', async () => {
    const published = 'api://11111111-2222-3333-4444-555555555555/Notes.Use'
    const { send, issuer } = await createTestGateway({
      routes: [
        {
          path: '/mcp',
          to: ORIGIN,
          scopes: ['Notes.Use'],
          resource: protectedResource({ scopes: [published] }),
        },
      ],
    })
    const document = await send('/.well-known/oauth-protected-resource/mcp')
    expect(await document.json()).toMatchObject({ scopes_supported: [published] })
    const show = async (scp: string) =>
      send('/mcp', { headers: { authorization: `Bearer ${await issuer.mint({ scp })}` } })
    expect((await show('Notes.Use')).status).toBe(200)
    const metadata = 'resource_metadata="https://api.test/.well-known/oauth-protected-resource/mcp"'
    for (const [response, status, error] of [
      [await send('/mcp'), 401, ''],
      [await show(published), 403, 'error="insufficient_scope", '],
    ] as const) {
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([
        status,
        `Bearer ${error}scope="${published}", ${metadata}`,
      ])
    }
  })

  /** The resource of a document, and the document that the challenge names, for a request to one host. */
  async function asked(
    host: string,
    options: ProtectedResourceOptions,
    config: { hosts?: string[]; host?: string } = {},
  ) {
    const { hosts, ...own } = config
    const { send } = await createTestGateway({
      config: { ...(hosts && { hosts }) },
      routes: [{ path: '/mcp/*', to: ORIGIN, resource: protectedResource(options), ...own }],
    })
    const challenge = (await send(`${host}/mcp/x`)).headers.get('www-authenticate') ?? ''
    const path = /oauth-protected-resource[^"]*/.exec(challenge)?.[0] ?? ''
    const response = await send(`${host}/.well-known/${path}`)
    const { resource } = (await response.json()) as { resource: string }
    return [resource, /resource_metadata="([^"]*)"/.exec(challenge)?.[1]]
  }

  it('names a resource that comes from configuration, whatever host was asked', async () => {
    const wellKnown = '/.well-known/oauth-protected-resource'
    const url = 'https://public.example/tools/mcp'
    expect(await asked('https://anything.test:8443', { url })).toEqual([
      url,
      `https://public.example${wellKnown}/tools/mcp`,
    ])
    const hosts = ['api.test', 'other.test']
    expect(await asked('https://other.test:8443', {}, { hosts })).toEqual([
      'https://other.test/mcp',
      `https://other.test${wellKnown}/mcp`,
    ])
    expect(await asked('https://API.test', {}, { hosts })).toEqual([
      'https://api.test/mcp',
      `https://api.test${wellKnown}/mcp`,
    ])
    expect(await asked('https://api.test:8443', {}, { host: 'api.test' })).toEqual([
      'https://api.test/mcp',
      `https://api.test${wellKnown}/mcp`,
    ])
    // Where no host is configured there is only the one that was asked; localhost has a port.
    expect(await asked('http://localhost:8787', {}, { hosts: ['localhost'] })).toEqual([
      'http://localhost:8787/mcp',
      `http://localhost:8787${wellKnown}/mcp`,
    ])
  })

  it('has options that are checked', () => {
    const problems = checkConfig({
      schemes: { main: oidc({ issuer: 'https://idp.test', audience: 'a' }) },
      routes: [
        {
          path: '/',
          to: ORIGIN,
          resource: protectedResource({ url: 'https://a.test/?x', scopes: ['a b'] }),
        },
      ],
    })
    expect(problems).toEqual([
      "routes[0] (/).resource.url: must not have '?' or '#' in it. Write it like 'https://api.acme.example/mcp'",
      "routes[0] (/).resource.scopes[0]: is several scopes in one text. Write ['api://orders/Orders.Read', …]",
    ])
  })

  it('is not named by the challenge of a route without one', async () => {
    const { send } = await createTestGateway({ routes })
    const response = await send('/other')
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
  })

  it('refuses a route of the owner over its document, and two documents at one address', () => {
    const problems = checkConfig({
      schemes: { main: oidc({ issuer: 'https://idp.test', audience: 'a' }) },
      routes: [
        ...routes,
        { path: '/mcp/:id', to: ORIGIN, resource: protectedResource() },
        { path: '/.well-known/oauth-protected-resource/mcp', to: ORIGIN, auth: 'public' },
      ],
    })
    expect(problems).toEqual([
      expect.stringMatching(
        /^routes\[2\] \(\/mcp\/:id\)\.resource: has the address of routes\[0\] \(\/mcp/,
      ),
      expect.stringMatching(/^routes\[3\] .*\.path: is the address of routes\[0\] \(\/mcp/),
    ])
  })
})
