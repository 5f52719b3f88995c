import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Message } from '../../src/issuer/config.ts'
import { codeAt } from './authenticator-app.ts'
import { CHROMIUM, expectGoodPage, failOnBlocked, launch } from './browser.ts'
import { ISSUER, startOpenIssuer, type World } from './world.ts'

const PASSWORD = 'correct horse battery staple'
const PHONE = { width: 360, height: 640 }

let world: World
let browser: Browser

describe.skipIf(!CHROMIUM)('more pages in a browser', () => {
  beforeAll(async () => {
    world = await startOpenIssuer()
    const redirectUris = ['https://app.example.com/callback']
    await world.admin({ command: 'client add', id: 'spa', kind: 'public', redirectUris })
    await world.admin({ command: 'client add', id: 'tv', name: 'Television', kind: 'device' })
    await world.admin({ command: 'user add', login: 'ada', password: PASSWORD })
    browser = await launch([`MAP localhost:8787 127.0.0.1:${world.url.port}`])
  }, 120_000)

  afterAll(async () => {
    await browser.close()
    await world.close()
  })

  it('set up an authenticator app, and take its code', async () => {
    const page = await open('light')
    await typePassword(page)
    await page.getByRole('heading', { name: 'Allow spa?' }).waitFor()
    await page.goto(`${ISSUER}/oauth2/account`)
    await page.getByRole('button', { name: 'Set one up' }).click()
    await page.getByRole('heading', { name: 'Set up an authenticator app' }).waitFor()
    const picture = page.getByRole('img', { name: /^QR code with the key (?:\w{4} ?){8}$/ })
    expect((await picture.boundingBox())?.width).toBeGreaterThan(200)
    await expectGoodPage(page)
    const secret = ((await page.locator('strong.code').textContent()) ?? '').replaceAll(' ', '')
    const now = () => Date.now() / 1000
    await page.getByLabel('Code that the app shows').fill(codeAt(secret, now() - 30))
    await page.getByRole('button', { name: 'Switch it on' }).click()
    await page.getByRole('button', { name: 'Switch it off' }).waitFor()

    const other = await open('dark')
    await typePassword(other)
    await other.getByRole('heading', { name: 'One more step' }).waitFor()
    await expectGoodPage(other)
    await other.getByLabel('Code').fill('000000')
    await other.getByRole('button', { name: 'Sign in' }).click()
    await other.getByRole('alert').getByText('not right').waitFor()
    await expectGoodPage(other)
    await other.getByLabel('Code').fill(codeAt(secret, now()))
    await other.getByRole('button', { name: 'Sign in' }).click()
    await other.getByRole('heading', { name: 'Allow spa?' }).waitFor()
    await page.getByRole('button', { name: 'Switch it off' }).click()
    await page.getByRole('button', { name: 'Set one up' }).waitFor()
  })

  it('connect a device', async () => {
    const started = await world.fetch(`${ISSUER}/oauth2/device_authorization`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: 'tv', scope: 'openid' }),
    })
    const { user_code } = await started.json<{ user_code: string }>()
    const page = await open('dark', `${ISSUER}/oauth2/device`)
    await expectGoodPage(page)
    await page.getByLabel('Code').fill('BBBB-BBBB')
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('alert').getByText('no such code').waitFor()
    await expectGoodPage(page)
    await page.getByLabel('Code').fill(user_code)
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('heading', { name: 'Is this your device?' }).waitFor()
    await expectGoodPage(page)
    await page.getByRole('button', { name: 'Yes, continue' }).click()
    await typePassword(page)
    await page.getByRole('heading', { name: 'Allow Television?' }).waitFor()
    await expectGoodPage(page)
    await page.getByRole('button', { name: 'Allow', exact: true }).click()
    await page.getByRole('heading', { name: 'Your device is connected' }).waitFor()
    await expectGoodPage(page)
  })

  it('verify a mail address', async () => {
    const page = await open('dark')
    await typePassword(page)
    await page.getByRole('heading', { name: 'Allow spa?' }).waitFor()
    await page.goto(`${ISSUER}/oauth2/account`)
    await expectGoodPage(page)
    await page.getByLabel('Address to verify').fill('ada@example.com')
    await page.getByRole('button', { name: 'Send a link to it' }).click()
    await page.getByRole('status').getByText('on its way to ada@example.com').waitFor()
    await expectGoodPage(page)
    const mail = await open('light', lastMessage().url)
    await mail.getByRole('heading', { name: 'Is this your address?' }).waitFor()
    await expectGoodPage(mail)
    await mail.getByRole('button', { name: 'Yes, it is mine' }).click()
    await mail.getByRole('heading', { name: 'Your address is verified' }).waitFor()
    await expectGoodPage(mail)
    await page.goto(`${ISSUER}/oauth2/account`)
    await page.getByText('(verified)').waitFor()
    await expectGoodPage(page)
  })

  it('replace a forgotten password', async () => {
    const page = await open('light')
    await page.getByRole('link', { name: 'Forgot your password?' }).click()
    await page.getByRole('heading', { name: 'Forgot your password?' }).waitFor()
    await expectGoodPage(page)
    await page.getByLabel('Name or email').fill('ada')
    await page.getByRole('button', { name: 'Send the message' }).click()
    await page.getByRole('heading', { name: 'Look into your mail' }).waitFor()
    await expectGoodPage(page)
    const { url } = await world.admin<{ url: string }>({ command: 'user invite', login: 'grace' })
    await page.goto(url)
    await expectGoodPage(page)
    await page.getByLabel('New password').fill('another long password')
    await page.getByRole('button', { name: 'Set the password' }).click()
    await page.getByRole('heading', { name: 'Your password is set' }).waitFor()
    await expectGoodPage(page)
    await page.goto(url)
    await page.getByRole('heading', { name: 'This link is over' }).waitFor()
    await expectGoodPage(page)
  })
})

function lastMessage(): Message {
  const line = world.logs().findLast((text) => text.startsWith('message '))
  return JSON.parse(line?.slice('message '.length) ?? '') as Message
}

async function open(colorScheme: 'light' | 'dark', url = authorizeUrl()): Promise<Page> {
  const context = await browser.newContext({ viewport: PHONE, colorScheme })
  const page = await context.newPage()
  failOnBlocked(page)
  await page.goto(url)
  return page
}

function authorizeUrl(): string {
  return `${ISSUER}/oauth2/authorize?${new URLSearchParams({
    client_id: 'spa',
    response_type: 'code',
    scope: 'openid',
    redirect_uri: 'https://app.example.com/callback',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  })}`
}

async function typePassword(page: Page): Promise<void> {
  await page.getByLabel('Name or email').fill('ada')
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('heading', { name: 'Sign in to' }).waitFor({ state: 'detached' })
}
