import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { CHROMIUM, expectGoodPage, failOnBlocked, launch } from './browser.ts'
import {
  startUpstreamProvider,
  UPSTREAM_SECRET,
  type UpstreamProvider,
} from './upstream-provider.ts'
import { ISSUER, startIssuer, type World } from './world.ts'

const PHONE = { width: 360, height: 640 }

let upstream: UpstreamProvider
let world: World
let browser: Browser

describe.skipIf(!CHROMIUM)('another provider in a browser', () => {
  beforeAll(async () => {
    upstream = await startUpstreamProvider()
    const UPSTREAM_ISSUER = upstream.issuer
    world = await startIssuer({ UPSTREAM_ISSUER, UPSTREAM_CLIENT_SECRET: UPSTREAM_SECRET })
    const redirectUris = ['https://app.example.com/callback']
    await world.admin({ command: 'client add', id: 'spa', kind: 'public', redirectUris })
    await world.admin({ command: 'user add', login: 'ada', email: 'ada@example.com' })
    browser = await launch([`MAP localhost:8787 127.0.0.1:${world.url.port}`])
  }, 120_000)

  afterAll(async () => {
    await browser.close()
    await world.close()
    upstream.close()
  })

  it('signs a person in, and says in words when it cannot', async () => {
    const context = await browser.newContext({ viewport: PHONE, colorScheme: 'light' })
    const page = await context.newPage()
    failOnBlocked(page)
    await page.goto(
      `${ISSUER}/oauth2/authorize?${new URLSearchParams({
        client_id: 'spa',
        response_type: 'code',
        scope: 'openid',
        redirect_uri: 'https://app.example.com/callback',
        code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
        code_challenge_method: 'S256',
      })}`,
    )
    const button = page.getByRole('button', { name: 'Continue with Acme' })
    await expectGoodPage(page)
    upstream.account = 'unknown-there'
    await button.click()
    await page.getByRole('alert').getByText('no account here is yours').waitFor()
    await expectGoodPage(page)
    await context.clearCookies({ domain: 'localhost', path: '/' })
    upstream.account = 'ada-there'
    await button.click()
    await page.getByRole('heading', { name: 'Allow spa?' }).waitFor()
    await page.getByText('Signed in as ada').waitFor()
    await expectGoodPage(page)
  })
})
