import { describe, expect, it } from 'vitest'
import { anyOf } from '../../src/config/define.ts'
import { loginPage } from '../../src/session/login-page.ts'
import { ORIGIN, refusal } from '../support/gateway.ts'
import { createSessionWorld, NAVIGATION, SITE } from '../support/sessions.ts'

const ROUTES = [
  { path: '/app/*', auth: anyOf('main', 'people'), login: loginPage(), to: ORIGIN },
  { path: '/staff/*', auth: 'people', roles: ['staff'], login: loginPage(), to: ORIGIN },
  { path: '/*', auth: 'people', to: ORIGIN },
]

describe('a page that people have to sign in for', () => {
  it('sends them to the login, and they come back to where they wanted to go', async () => {
    const { newBrowser, login, received } = createSessionWorld({ routes: ROUTES })
    const browser = newBrowser()
    const asked = await browser.go('/app/orders?page=2', { headers: NAVIGATION })
    expect([asked.status, asked.headers.get('location')]).toEqual([
      302,
      '/auth/login?return_to=%2Fapp%2Forders%3Fpage%3D2',
    ])
    expect(asked.headers.get('cache-control')).toBe('no-store')
    const sent = await browser.go(asked.headers.get('location') ?? '', { headers: NAVIGATION })
    const back = await browser.go(login.signIn(sent.headers.get('location') ?? '').href)
    expect(back.headers.get('location')).toBe('/app/orders?page=2')
    expect((await browser.go('/app/orders?page=2', { headers: NAVIGATION })).status).toBe(200)
    expect(received).toHaveLength(1)
  })

  it('sends them there also when their session has ended, and takes the cookie away', async () => {
    const { newBrowser, clock } = createSessionWorld({ routes: ROUTES })
    const browser = newBrowser()
    await browser.signIn()
    clock.now += 3_600
    const asked = await browser.go('/app/', { headers: NAVIGATION })
    expect(asked.status).toBe(302)
    expect(browser.session).toBeUndefined()
  })

  it.each([
    ['a script', { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }],
    ['a script that wants HTML', { 'sec-fetch-mode': 'cors', accept: 'text/html' }],
    ['a frame', { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }],
    ['no browser', {}],
  ])('answers %s with the 401 as everywhere', async (_, headers) => {
    const { newBrowser } = createSessionWorld({ routes: ROUTES })
    const response = await newBrowser().go('/app/', { headers: headers as Record<string, string> })
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(response.headers.get('www-authenticate')).toBe('Bearer, Session login="/auth/login"')
    expect(await refusal(response)).toEqual([401, 'credential_missing'])
  })

  it('answers what changes something, and routes that do not say so, with the 401', async () => {
    const { newBrowser } = createSessionWorld({ routes: ROUTES })
    const browser = newBrowser()
    const headers = { ...NAVIGATION, origin: SITE }
    expect((await browser.go('/app/', { method: 'POST', headers })).status).toBe(401)
    expect((await browser.go('/elsewhere', { headers: NAVIGATION })).status).toBe(401)
  })

  it('does not send them in circles who are signed in and may not see it: 403', async () => {
    const { newBrowser } = createSessionWorld({ routes: ROUTES })
    const browser = newBrowser()
    await browser.signIn()
    expect(await refusal(await browser.go('/staff/', { headers: NAVIGATION }))).toEqual([
      403,
      'forbidden',
    ])
  })

  it('comes before the owner’s own answer to refusals, which programs get', async () => {
    const refusalPage = () => new Response('ours', { status: 401 })
    const world = createSessionWorld({ routes: ROUTES, config: { refusal: refusalPage } })
    const browser = world.newBrowser()
    expect((await browser.go('/app/', { headers: NAVIGATION })).status).toBe(302)
    expect(await (await browser.go('/app/')).text()).toBe('ours')
  })
})
