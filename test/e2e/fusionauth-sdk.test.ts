// FusionAuth's React SDK, unmodified, with the gateway as its serverUrl and the local authorization server behind it.

import { build } from 'esbuild'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { CHROMIUM, launch } from '../issuer/browser.ts'
import { freePort } from '../local/npm.ts'
import {
  AUDIENCE,
  type LocalIssuer,
  PASSWORD,
  type SessionsGateway,
  startLocalIssuer,
  startSessionsGateway,
} from './sessions/world.ts'

describe.skipIf(!CHROMIUM)('a page with the React SDK of FusionAuth', () => {
  let issuer: LocalIssuer
  let gateway: SessionsGateway
  let browser: Browser
  let context: BrowserContext

  beforeAll(async () => {
    const port = await freePort()
    issuer = await startLocalIssuer(`http://localhost:${port}`, { callback: '/app/callback' })
    const SCRIPT = await bundlePage(issuer.client.id)
    const vars = {
      ISSUER: issuer.tap.url,
      AUDIENCE,
      RESOURCE: AUDIENCE,
      CLIENT_ID: issuer.client.id,
      CLIENT_SECRET: issuer.client.secret,
      SCOPES: ['openid', 'email', 'orders:read'],
      SCRIPT,
    }
    gateway = await startSessionsGateway(port, vars, 'test/e2e/sessions/fusionauth-gateway.ts')
    browser = await launch([])
  }, 150_000)
  beforeEach(async () => {
    context = await browser.newContext()
  })
  afterEach(() => context.close())
  afterAll(async () => {
    await browser.close()
    await gateway.stop()
    await issuer.stop()
  })

  async function logIn(): Promise<Page> {
    const page = await context.newPage()
    await page.goto(`${gateway.origin}/people`)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByLabel('Name or email').fill('ada')
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('button', { name: 'Log out' }).waitFor()
    return page
  }

  it('logs in, knows who it is, calls an API, refreshes and logs out', async () => {
    const page = await logIn()
    expect(page.url()).toContain('state=')
    await page.getByText(/user .{10}/).waitFor()
    await page.getByRole('button', { name: 'Call' }).click()
    await page.getByText('api 200').waitFor()
    expect(await page.evaluate('document.cookie')).not.toMatch(/app\.(?:at|rt)=/)
    const before = await expiry(page)
    const asked = issuer.tap.calls.length
    await page.getByRole('button', { name: 'Refresh' }).click()
    await page.getByText('refresh fulfilled fulfilled').waitFor()
    expect(await expiry(page)).toBeGreaterThanOrEqual(before)
    expect(issuer.tap.calls.slice(asked)).toEqual(['POST /oauth2/token'])
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.waitForURL(`${issuer.tap.url}/**`)
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await page.getByRole('button', { name: 'Log in' }).waitFor()
    const own = (await context.cookies()).filter(({ name }) => name.startsWith('app.'))
    expect(own).toEqual([])
  })

  it('has cookies that scripts cannot read, but for what the SDK has to read', async () => {
    await logIn()
    const own = (await context.cookies()).filter(({ name }) => name.startsWith('app.'))
    const kinds = own.map(({ name, httpOnly, secure, sameSite }) => [
      name,
      httpOnly,
      secure,
      sameSite,
    ])
    expect(kinds.sort()).toEqual([
      ['app.at', true, true, 'Lax'],
      ['app.at_exp', false, true, 'Lax'],
      ['app.idt', false, true, 'Lax'],
      ['app.rt', true, true, 'Lax'],
    ])
  })
})

async function expiry(page: Page): Promise<number> {
  return Number(await page.evaluate('/app\\.at_exp=(\\d+)/.exec(document.cookie)?.[1]'))
}

async function bundlePage(clientId: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: ['test/e2e/sessions/fusionauth-page.js'],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    platform: 'browser',
    define: { 'process.env.NODE_ENV': '"production"', CLIENT_ID: JSON.stringify(clientId) },
    logLevel: 'silent',
  })
  return outputFiles[0]?.text ?? ''
}
