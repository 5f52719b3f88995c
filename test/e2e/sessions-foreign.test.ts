// The same way in at an authorization server that is none of ours: oidc-provider alone, with its own pages.

import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { exportJWK, generateKeyPair } from 'jose'
import { Provider } from 'oidc-provider/lib/provider.js'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHROMIUM, launch } from '../issuer/browser.ts'
import { freePort } from '../local/npm.ts'
import { type Listening, listenOnLoopback } from '../support/listen.ts'
import { type SessionsGateway, startSessionsGateway } from './sessions/world.ts'

const AUDIENCE = 'urn:test:people'
const CLIENT = { id: 'people:1', secret: `+&=%: ${randomBytes(12).toString('base64')}` }
const ACCESS_SECONDS = 600

describe.skipIf(!CHROMIUM)('people of a foreign issuer', () => {
  let server: Listening
  let gateway: SessionsGateway
  let browser: Browser
  let calls: string[]

  beforeAll(async () => {
    const port = await freePort()
    calls = []
    let handle: ReturnType<Provider['callback']> | undefined
    const http = createServer((request, response) => {
      calls.push(`${request.method} ${new URL(request.url ?? '/', 'http://x').pathname}`)
      void handle?.(request, response)
    })
    server = await listenOnLoopback(http)
    const issuer = `http://localhost:${server.port}`
    handle = new Provider(issuer, await configuration(`http://localhost:${port}`)).callback()
    gateway = await startSessionsGateway(port, {
      ISSUER: issuer,
      AUDIENCE,
      RESOURCE: AUDIENCE,
      CLIENT_ID: CLIENT.id,
      CLIENT_SECRET: CLIENT.secret,
      SCOPES: ['openid', 'read'],
    })
    browser = await launch([])
  }, 150_000)
  afterAll(async () => {
    await browser.close()
    await gateway.stop()
    await server.stop()
  })

  const status = (page: Page) => page.evaluate("fetch('/people/api').then(({ status }) => status)")

  it('sign in, are refreshed once, and sign out there too', async () => {
    const page = await browser.newPage()
    await page.goto(`${gateway.origin}/people/private`)
    await page.locator('input[name=login]').fill('ada')
    await page.locator('input[name=password]').fill('any')
    await page.locator('button[type=submit]').click()
    await page.locator('button[type=submit]').click()
    await page.getByRole('button', { name: 'Sign out' }).waitFor()
    expect(page.url()).toBe(`${gateway.origin}/people/private`)
    expect(await status(page)).toBe(200)
    await gateway.setClockAhead(ACCESS_SECONDS + 5)
    calls.splice(0)
    expect(await Promise.all([status(page), status(page), status(page)])).toEqual([200, 200, 200])
    expect(calls.filter((call) => call === 'POST /token')).toHaveLength(1)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: 'Yes, sign me out' }).click()
    await page.getByRole('link', { name: 'Sign in' }).waitFor()
    expect(await status(page)).toBe(401)
    expect(calls).toContain('POST /token/revocation')
  })
})

async function configuration(origin: string): Promise<Record<string, unknown>> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const key = { ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: 'one' }
  return {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        redirect_uris: [`${origin}/auth/callback`],
        post_logout_redirect_uris: [`${origin}/people`],
      },
    ],
    jwks: { keys: [key] },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    ttl: { AccessToken: () => ACCESS_SECONDS },
    issueRefreshToken: async () => true,
    rotateRefreshToken: true,
    scopes: ['openid', 'read'],
    features: {
      devInteractions: { enabled: true },
      revocation: { enabled: true, allowedPolicy: () => true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: 'read',
          audience: AUDIENCE,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  }
}
