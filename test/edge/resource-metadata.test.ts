import { describe, expect, it } from 'vitest'
import { oidc } from '../../src/auth/presets/oidc.ts'
import { checkConfig } from '../../src/config/prepare.ts'
import { protectedResource } from '../../src/edge/resource-metadata.ts'
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
      [401, `Bearer ${metadata}`],
      [401, `Bearer error="invalid_token", ${metadata}`],
      [403, `Bearer error="insufficient_scope", scope="tools", ${metadata}`],
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
