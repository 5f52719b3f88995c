import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { CHROMIUM, expectGoodPage, failOnBlocked, launch } from './browser.ts'
import { ISSUER, startIssuer, type World } from './world.ts'

const APP = 'http://localhost:3000'
/** Where the application sends people on to. */
const HOME = 'http://home.example.net'
const PASSWORD = 'correct horse battery staple'
const PHONE = { width: 360, height: 640 }

let world: World
let browser: Browser
let app: Server
let context: BrowserContext | undefined

describe.skipIf(!CHROMIUM)('the pages in a browser', () => {
  beforeAll(async () => {
    world = await startIssuer()
    await world.admin({
      command: 'client add',
      id: 'spa',
      name: 'Example App',
      kind: 'web',
      redirectUris: [`${APP}/callback`, `${APP}/two-hops`],
      postLogoutRedirectUris: [`${APP}/bye`],
    })
    await world.admin({ command: 'user add', login: 'ada', password: PASSWORD })
    await world.admin({
      command: 'client add',
      id: 'mobile',
      name: 'Mobile App',
      kind: 'public',
      redirectUris: ['com.example.app:/callback'],
    })
    app = createServer((request, response) => {
      const url = new URL(request.url ?? '', APP)
      if (url.pathname === '/two-hops')
        response.writeHead(302, { location: `${HOME}/callback${url.search}` })
      response.end('the application')
    }).listen(0)
    const { port } = app.address() as AddressInfo
    browser = await launch([
      `MAP localhost:8787 127.0.0.1:${world.url.port}`,
      `MAP localhost:3000 127.0.0.1:${port}`,
      `MAP home.example.net 127.0.0.1:${port}`,
    ])
  })

  afterEach(() => context?.close())

  afterAll(async () => {
    app.close()
    await browser.close()
    await world.close()
  })

  it('sign a person in with a password, and survive the back button', async () => {
    const page = await open()
    await page.getByLabel('Name or email').fill('ada')
    await page.getByLabel('Password', { exact: true }).fill('wrong')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('alert').getByText('not right').waitFor()
    expect(await page.getByLabel('Name or email').inputValue()).toBe('ada')
    expect(await page.evaluate('document.activeElement.id')).toBe('password')
    await expectGoodPage(page)
    await signIn(page)
    await expectGoodPage(page)
    await page.getByRole('button', { name: 'Allow', exact: true }).click()
    expect(await arrivedAt(page)).toEqual(['/callback', ['code', 'state', 'iss']])

    await page.goBack()
    const allow = page.getByRole('button', { name: 'Allow', exact: true })
    // From its cache the browser shows the page again; without it, the server says that it is over.
    if (await allow.isVisible()) await allow.click()
    await page.getByText('has expired').waitFor()
    await expectGoodPage(page)
    await page.goto(authorizeUrl())
    expect(await arrivedAt(page)).toEqual(['/callback', ['code', 'state', 'iss']])
  })

  it('lead to an application that itself sends people on to elsewhere', async () => {
    const page = await open({}, { redirect_uri: `${APP}/two-hops` })
    await signIn(page)
    await page.getByRole('button', { name: 'Allow', exact: true }).click()
    await page.getByText('the application').waitFor()
    expect(new URL(page.url()).origin).toBe(HOME)
  })

  it('lead to an application that has a scheme of its own, at the latest at a touch', async () => {
    const redirect_uri = 'com.example.app:/callback'
    const page = await open({}, { client_id: 'mobile', redirect_uri })
    await signIn(page, 'Mobile App')
    await page.getByRole('button', { name: 'Allow', exact: true }).click()
    await page.getByRole('heading', { name: 'Back to the application' }).waitFor()
    await expectGoodPage(page)
    const link = await page.getByRole('link', { name: 'Continue' }).getAttribute('href')
    expect(link).toMatch(/^com\.example\.app:\/callback\?code=/)
  })

  it('work without JavaScript, also for a no', async () => {
    const page = await open({ javaScriptEnabled: false })
    expect(await page.getByRole('button', { name: 'passkey' }).count()).toBe(0)
    await signIn(page)
    await page.getByRole('button', { name: 'Do not allow' }).click()
    expect(await arrivedAt(page)).toEqual([
      '/callback',
      ['error', 'error_description', 'state', 'iss'],
    ])
    expect(page.url()).toContain('error=access_denied')
  })

  it('sign a person in with a passkey that they added themselves', async () => {
    const page = await open()
    await addAuthenticator(page)
    await signIn(page)
    await page.goto(`${ISSUER}/oauth2/account`)
    await expectGoodPage(page)
    await page.getByLabel('Name of the new passkey').fill('laptop')
    await page.getByRole('button', { name: 'Add a passkey' }).click()
    await page.getByText('not used yet').waitFor()
    await expectGoodPage(page)
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await expectGoodPage(page)
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await page.getByRole('heading', { name: 'Signed out' }).waitFor()
    await expectGoodPage(page)

    // The browser offers it where the name is typed; this authenticator takes the offer by itself.
    await page.goto(authorizeUrl())
    await page.getByRole('button', { name: 'Allow', exact: true }).click()
    expect(await arrivedAt(page)).toEqual(['/callback', ['code', 'state', 'iss']])

    await page.goto(`${ISSUER}/oauth2/account`)
    await page.getByText('last used').waitFor()
    await page.getByRole('button', { name: 'Remove laptop' }).click()
    await page.getByRole('heading', { name: 'Remove laptop?' }).waitFor()
    await expectGoodPage(page)
    await page.getByRole('button', { name: 'Remove', exact: true }).click()
    await page.getByText('You have none yet').waitFor()
    await page.goto(authorizeUrl({ prompt: 'login' }))
    await page.getByText('The passkey was not accepted').waitFor()
  })

  it('let a person change the password, and see and end what they allowed', async () => {
    await world.admin({ command: 'user add', login: 'grace', password: PASSWORD })
    const page = await open()
    await page.getByLabel('Name or email').fill('grace')
    const password = page.getByLabel('Password', { exact: true })
    await password.fill(PASSWORD)
    await page.getByRole('button', { name: 'Show' }).click()
    expect(await password.getAttribute('type')).toBe('text')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('button', { name: 'Allow', exact: true }).click()
    await arrivedAt(page)

    await page.goto(`${ISSUER}/oauth2/account`)
    await page.getByLabel('Current password').fill('wrong')
    await page.getByLabel('New password').fill('another long password')
    await page.getByRole('button', { name: 'Change the password' }).click()
    await page.getByRole('alert').getByText('not right').waitFor()
    await expectGoodPage(page)
    await page.getByLabel('Current password').fill(PASSWORD)
    await page.getByLabel('New password').fill('another long password')
    await page.getByRole('button', { name: 'Change the password' }).click()
    await page.getByRole('status').getByText('is changed').waitFor()
    await expectGoodPage(page)
    await page.getByRole('button', { name: 'End the access of Example App' }).click()
    await page.getByText('There are none.').waitFor()
  })

  it('explain a sign-in that has expired', async () => {
    const page = await open({ colorScheme: 'dark' })
    await expectGoodPage(page)
    await page.context().clearCookies()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByText('has expired').waitFor()
    await expectGoodPage(page)
    await page.goto(authorizeUrl())
    await signIn(page)
    await expectGoodPage(page)
  })
})

async function open(
  options: Parameters<Browser['newContext']>[0] = {},
  parameters: Record<string, string> = {},
): Promise<Page> {
  context = await browser.newContext({ viewport: PHONE, ...options })
  const page = await context.newPage()
  failOnBlocked(page)
  await page.goto(authorizeUrl(parameters))
  return page
}

async function signIn(page: Page, app = 'Example App'): Promise<void> {
  await page.getByLabel('Name or email').fill('ada')
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('heading', { name: `Allow ${app}?` }).waitFor()
}

function authorizeUrl(parameters: Record<string, string> = {}): string {
  return `${ISSUER}/oauth2/authorize?${new URLSearchParams({
    client_id: 'spa',
    response_type: 'code',
    redirect_uri: `${APP}/callback`,
    scope: 'openid orders:read',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    state: 's',
    ...parameters,
  })}`
}

async function arrivedAt(page: Page): Promise<[string, string[]]> {
  await page.getByText('the application').waitFor()
  const url = new URL(page.url())
  expect(url.origin).toBe(APP)
  return [url.pathname, [...url.searchParams.keys()]]
}

async function addAuthenticator(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page)
  await session.send('WebAuthn.enable')
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
}
