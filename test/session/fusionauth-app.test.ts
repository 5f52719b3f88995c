import { describe, expect, it } from 'vitest'
import { oidc } from '../../src/auth/presets/oidc.ts'
import { fusionAuthApp } from '../../src/session/fusionauth-app.ts'
import { AUDIENCE, ORIGIN, refusal } from '../support/gateway.ts'
import { ACCESS_SECONDS, CLIENT } from '../support/login-issuer.ts'
import { createSessionWorld, KEY, NAVIGATION, OWN_PAGE, SITE, STATE } from '../support/sessions.ts'

function createAppWorld() {
  return createSessionWorld({
    config: {
      schemes: {
        main: oidc({ issuer: 'https://idp.test', audience: AUDIENCE }),
        app: fusionAuthApp({
          of: 'main',
          state: STATE,
          keys: [KEY],
          clientId: CLIENT.id,
          clientSecret: CLIENT.secret,
        }),
      },
    },
    routes: [{ path: '/*', auth: 'app', to: ORIGIN }],
  })
}

const LOGIN = `/app/login/${CLIENT.id}`

async function signedIn() {
  const world = createAppWorld()
  const browser = world.newBrowser()
  const query = new URLSearchParams({ redirect_uri: `${SITE}/page?a=1`, state: 'its-own' })
  const begun = await browser.go(`${LOGIN}?${query}`)
  const back = await browser.go(world.login.signIn(begun.headers.get('location') ?? '').href)
  return { ...world, browser, back }
}

describe('the Hosted Backend API', () => {
  it('logs in by its own paths and cookies, and gives state back', async () => {
    const { browser, back, received } = await signedIn()
    expect([back.status, back.headers.get('location')]).toEqual([302, '/page?a=1&state=its-own'])
    expect(new Set(browser.cookies.keys())).toEqual(
      new Set(['app.at', 'app.at_exp', 'app.idt', 'app.rt']),
    )
    expect((await browser.go('/orders')).status).toBe(200)
    expect(received[0]?.headers.get('cookie')).toBeNull()
    const me = await browser.go('/app/me/')
    expect(await me.json()).toMatchObject({ sub: 'user-1', scope: 'orders:read' })
  })

  it.each([LOGIN, '/app/login/', '/app/login', '/app/register/', `/app/register/${CLIENT.id}`])(
    'begins at %s',
    async (path) => {
      const { newBrowser } = createAppWorld()
      const { status, headers } = await newBrowser().go(path)
      expect(status).toBe(302)
      const { searchParams } = new URL(headers.get('location') ?? '')
      expect(searchParams.get('redirect_uri')).toBe(`${SITE}/app/callback`)
      expect(searchParams.get('prompt')).toBe(path.includes('register') ? 'create' : null)
    },
  )

  it('knows no other client', async () => {
    const { newBrowser } = createAppWorld()
    expect(await refusal(await newBrowser().go('/app/login/another'))).toEqual([404, 'not_found'])
  })

  it.each([
    'https://evil.test/',
    `${SITE}.evil.test/`,
    'javascript:alert(1)',
    `${SITE}//evil.test`,
  ])('leads nobody to %s', async (to) => {
    const { newBrowser } = createAppWorld()
    const query = new URLSearchParams({ redirect_uri: to })
    const response = await newBrowser().go(`${LOGIN}?${query}`)
    expect(await refusal(response)).toEqual([400, 'invalid_request'])
  })

  it.each(['//[', 'https://['])('leads nobody to the path %s', async (path) => {
    const { newBrowser } = createAppWorld()
    const response = await newBrowser().go(`${LOGIN}?${new URLSearchParams({ path })}`)
    expect(await refusal(response)).toEqual([400, 'invalid_request'])
  })

  it('looks out for pages elsewhere also where the token is that of a client', async () => {
    const world = createAppWorld()
    world.login.accessClaims = { client_id: 'user-1' }
    const browser = world.newBrowser()
    const begun = await browser.go(LOGIN)
    await browser.go(world.login.signIn(begun.headers.get('location') ?? '').href)
    expect(await refusal(await browser.post('/orders', {}))).toEqual([403, 'csrf'])
    expect((await browser.post('/orders')).status).toBe(200)
  })

  it('shows the token to no address over plain http', async () => {
    const { browser, login, elsewhere } = await signedIn()
    const asked: string[] = []
    const { fetch } = login
    login.fetch = (request) => {
      if (request.headers.has('authorization')) asked.push(request.url)
      return fetch(request)
    }
    for (const userinfo_endpoint of ['http://idp.test/me', 'https://idp.test/me']) {
      login.issuer.metadata = { ...login.issuer.metadata, userinfo_endpoint }
      browser.gateway = elsewhere()
      await browser.go('/app/me')
    }
    expect(asked).toEqual(['https://idp.test/me'])
  })

  it('refreshes once for a hundred who ask at once with one token', async () => {
    const { browser, login, clock, elsewhere } = await signedIn()
    clock.now += ACCESS_SECONDS
    const cookie = [...browser.cookies].map((pair) => pair.join('=')).join('; ')
    const isolates = [browser.gateway, elsewhere()]
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => {
        browser.gateway = isolates[index % 2] ?? browser.gateway
        return browser.post(`/app/refresh/${CLIENT.id}`, { ...OWN_PAGE, cookie })
      }),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    const tokens = answers.map(({ headers }) => headers.getSetCookie()[0]?.split(';')[0])
    expect(new Set(tokens).size).toBe(1)
    expect([login.grants.length, login.reused]).toEqual([2, 0])
    // Whoever comes late with the spent token gets the same, for half a minute.
    clock.now += 29
    expect((await browser.post('/app/refresh/', { ...OWN_PAGE, cookie })).status).toBe(200)
    expect(login.reused).toBe(0)
  })

  it('lets nobody make the issuer work all the time: one refresh in ten seconds', async () => {
    const { browser, login, clock } = await signedIn()
    for (let second = 0; second < 25; second++) {
      expect((await browser.post('/app/refresh/')).status).toBe(200)
      clock.now += 1
    }
    // The login, and a refresh at 0, 10 and 20 seconds.
    expect([login.grants.length, login.reused]).toEqual([4, 0])
    expect((await browser.go('/orders')).status).toBe(200)
  })

  it('gives pages to people who meet a refusal', async () => {
    const { newBrowser, login } = createAppWorld()
    login.issuer.mode = { discovery: 'error' }
    const headers = NAVIGATION
    for (const [path, status] of [
      [LOGIN, 503],
      ['/app/login/another', 404],
      ['/app/logout', 403],
      ['/app/callback?code=x', 400],
    ] as const) {
      const response = await newBrowser().go(path, { headers })
      expect([path, response.status, response.headers.get('content-type')]).toEqual([
        path,
        status,
        'text/html; charset=utf-8',
      ])
    }
  })

  it('answers 400, and takes the cookies away, where the person has to log in again', async () => {
    const { browser, login } = await signedIn()
    login.tokenFault = () => Response.json({ error: 'invalid_grant' }, { status: 400 })
    expect(await refusal(await browser.post('/app/refresh/'))).toEqual([400, 'login_failed'])
    expect([...browser.cookies.keys()]).toEqual([])
  })

  it('keeps the cookies while the issuer is down: 503', async () => {
    const { browser, login } = await signedIn()
    login.tokenFault = () => new Response(null, { status: 500 })
    expect(await refusal(await browser.post('/app/refresh/'))).toEqual([503, 'issuer_unavailable'])
    expect(browser.cookies.size).toBe(4)
  })

  it('is not refreshed, logged out or used to change something by a page elsewhere', async () => {
    const { browser } = await signedIn()
    const elsewhere = { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' }
    const FORGED = [403, 'csrf']
    expect(await refusal(await browser.post('/app/refresh/', elsewhere))).toEqual(FORGED)
    expect(await refusal(await browser.post('/orders', elsewhere))).toEqual(FORGED)
    for (const site of ['cross-site', 'same-site']) {
      const headers = { 'sec-fetch-site': site }
      expect(await refusal(await browser.go('/app/logout/', { headers }))).toEqual(FORGED)
    }
    expect(browser.cookies.size).toBe(4)
  })

  it('logs out: the cookies go, the token is revoked, the issuer is told', async () => {
    const { browser, login, settle } = await signedIn()
    const query = new URLSearchParams({ post_logout_redirect_uri: `${SITE}/bye` })
    const headers = { 'sec-fetch-site': 'same-origin' }
    const response = await browser.go(`/app/logout/?${query}`, { headers })
    const { searchParams } = new URL(response.headers.get('location') ?? '')
    expect(searchParams.get('post_logout_redirect_uri')).toBe(`${SITE}/bye`)
    expect(browser.cookies.size).toBe(0)
    await settle()
    expect(login.revoked).toHaveLength(1)
  })

  it('has no answer about nobody', async () => {
    const { newBrowser } = createAppWorld()
    expect(await refusal(await newBrowser().go('/app/me'))).toEqual([401, 'session_invalid'])
    const headers = { cookie: 'app.at=forged' }
    expect(await refusal(await newBrowser().go('/app/me', { headers }))).toEqual([
      401,
      'invalid_token',
    ])
  })
})
