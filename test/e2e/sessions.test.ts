// People with browsers, the whole way: headless Chromium, the gateway on raw workerd, its state in a process of its
// own, and the local authorization server.

import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { CHROMIUM, expectGoodPage, launch } from '../issuer/browser.ts'
import { freePort } from '../local/npm.ts'
import {
  AUDIENCE,
  type LocalIssuer,
  PASSWORD,
  type SessionsGateway,
  startLocalIssuer,
  startSessionsGateway,
} from './sessions/world.ts'

const START_TIMEOUT_MS = 150_000
/** Of the access tokens of the local authorization server. */
const ACCESS_SECONDS = 600
const REFRESH = 'POST /oauth2/token'

describe.skipIf(!CHROMIUM)('a person with a browser', () => {
  let issuer: LocalIssuer
  let gateway: SessionsGateway
  let browser: Browser
  let context: BrowserContext

  beforeAll(async () => {
    const port = await freePort()
    issuer = await startLocalIssuer(`http://localhost:${port}`)
    gateway = await startSessionsGateway(port, {
      ISSUER: issuer.tap.url,
      AUDIENCE,
      RESOURCE: AUDIENCE,
      CLIENT_ID: issuer.client.id,
      CLIENT_SECRET: issuer.client.secret,
      SCOPES: ['openid', 'profile', 'email', 'orders:read'],
    })
    browser = await launch([])
  }, START_TIMEOUT_MS)
  beforeEach(async () => {
    context = await browser.newContext()
    await gateway.setClockAhead(0)
  })
  afterEach(() => context.close())
  afterAll(async () => {
    await browser.close()
    await gateway.stop()
    await issuer.stop()
  })

  async function open(path: string, at: BrowserContext = context): Promise<Page> {
    const page = await at.newPage()
    await page.goto(gateway.origin + path)
    return page
  }

  async function giveName(page: Page): Promise<void> {
    await page.getByLabel('Name or email').fill('ada')
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  }

  async function signIn(at: BrowserContext = context): Promise<Page> {
    const page = await open('/people', at)
    await page.getByRole('link', { name: 'Sign in' }).click()
    await giveName(page)
    await page.getByRole('button', { name: 'Sign out' }).waitFor()
    return page
  }

  /** Here, and at the authorization server, which asks. */
  async function signOut(page: Page): Promise<void> {
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL(`${issuer.tap.url}/**`)
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await page.getByRole('link', { name: 'Sign in' }).waitFor()
  }

  const status = (page: Page, path: string, method = 'GET') =>
    page.evaluate(`fetch('${path}', { method: '${method}' }).then(({ status }) => status)`)
  const refreshes = () => issuer.tap.calls.filter((call) => call === REFRESH).length

  it('signs in, calls the API and signs out, and scripts never see a token', async () => {
    const page = await signIn()
    await expectGoodPage(page)
    await page.getByRole('button', { name: 'Call the API' }).click()
    await page.getByText('"active": true').waitFor()
    const [cookie, ...others] = await context.cookies(gateway.origin)
    const own = [cookie, ...others].filter((each) => each?.name.startsWith('__Host-'))
    expect(own).toMatchObject([
      { name: '__Host-session', path: '/', httpOnly: true, secure: true, sameSite: 'Lax' },
    ])
    expect(await page.evaluate('document.cookie')).toBe('')
    const seen = `${await page.evaluate("fetch('/auth/me').then((answer) => answer.text())")}`
    expect(JSON.parse(seen)).toMatchObject({ claims: { email: 'ada@acme.example', name: 'Ada' } })
    expect(seen).not.toContain('eyJ')
    await signOut(page)
    expect(page.url()).toBe(`${gateway.origin}/people`)
    await expectGoodPage(page)
    expect(await status(page, '/people/api')).toBe(401)
  })

  it('who goes to a page signs in and comes back to it', async () => {
    const page = await open('/people/private?tab=2')
    await giveName(page)
    await page.getByRole('button', { name: 'Sign out' }).waitFor()
    expect(page.url()).toBe(`${gateway.origin}/people/private?tab=2`)
  })

  it('gets along without JavaScript, and with the keyboard alone', async () => {
    const quiet = await browser.newContext({ javaScriptEnabled: false })
    const page = await open('/people', quiet)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByLabel('Name or email').fill('ada')
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Sign out' }).focus()
    await page.keyboard.press('Enter')
    await page.waitForURL(`${issuer.tap.url}/**`)
    await page.getByRole('button', { name: 'Sign out', exact: true }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: 'Sign in' }).waitFor()
    await quiet.close()
  })

  it('stays signed in when the access token ends: two tabs at once, one refresh', async () => {
    const one = await signIn()
    const two = await open('/people')
    await gateway.setClockAhead(ACCESS_SECONDS + 5)
    const before = refreshes()
    const calls = [one, two, one, two].map((page) => status(page, '/people/api'))
    expect(await Promise.all(calls)).toEqual([200, 200, 200, 200])
    expect(refreshes() - before).toBe(1)
  })

  it('who signs out in one tab is signed out in the other', async () => {
    const one = await signIn()
    const two = await open('/people')
    expect(await status(two, '/people/api')).toBe(200)
    await signOut(one)
    expect(await status(two, '/people/api')).toBe(401)
    await two.evaluate("dispatchEvent(new Event('focus'))")
    await two.getByRole('link', { name: 'Sign in' }).waitFor()
  })

  it('goes back after signing in, and sees no broken page', async () => {
    const page = await signIn()
    await page.goBack()
    await page.goto(`${gateway.origin}/people`)
    await page.getByRole('button', { name: 'Sign out' }).waitFor()
    const answer = await page.goto(`${gateway.origin}/auth/callback?code=old&state=old`)
    expect(answer?.status()).toBe(400)
    await page.getByRole('heading', { name: 'You are not signed in' }).waitFor()
    await expectGoodPage(page)
    await page.goto(`${gateway.origin}/people`)
    expect(await status(page, '/people/api')).toBe(200)
  })

  it('cannot be made to sign out, or to change anything, by a page elsewhere', async () => {
    const page = await signIn()
    const evil = await context.newPage()
    await evil.goto(`${gateway.origin.replace('localhost', '127.0.0.1')}/people`)
    await evil.setContent(
      `<form method="post" action="${gateway.origin}/auth/logout"><button>x</button></form>`,
    )
    await evil.getByRole('button').click()
    await evil.getByText('The request may have been made by a page elsewhere').waitFor()
    expect(await status(page, '/people/api')).toBe(200)
  })

  it('who signs out at the authorization server is signed out here within ten seconds', async () => {
    const page = await signIn()
    await page.goto(`${issuer.tap.url}/oauth2/logout`)
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await page.getByRole('heading', { name: 'Signed out' }).waitFor()
    await gateway.setClockAhead(10)
    await page.goto(`${gateway.origin}/people`)
    await page.getByRole('heading', { name: 'Your session has ended' }).waitFor()
    await expectGoodPage(page)
    await page.reload()
    await page.getByRole('link', { name: 'Sign in' }).waitFor()
  })

  it('loses no session where the store is killed in the middle of a refresh', async () => {
    const page = await signIn()
    await gateway.setClockAhead(ACCESS_SECONDS + 5)
    const { begun, release } = issuer.tap.hold('/oauth2/token')
    const answer = status(page, '/people/api')
    await begun
    await gateway.killState()
    release()
    expect(await answer).toBe(200)
    await gateway.startState()
    const before = refreshes()
    await expect.poll(() => status(page, '/auth/me'), { timeout: 20_000, interval: 500 }).toBe(200)
    // Past what the gateway remembers: it has to come from the store.
    await gateway.setClockAhead(ACCESS_SECONDS + 20)
    expect(await status(page, '/people/api')).toBe(200)
    await gateway.setClockAhead(2 * ACCESS_SECONDS + 20)
    // The issuer's clock has not moved: it refreshes, and the token that it gives is over by the gateway's clock. What
    // is refused is that token, and not the session.
    const refused = await page.evaluate("fetch('/auth/me').then((answer) => answer.json())")
    expect(refused).toMatchObject({ status: 401, code: 'invalid_token' })
    expect(refreshes() - before).toBe(1)
  })
})
