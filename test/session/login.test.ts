import { describe, expect, it } from 'vitest'
import { oidc } from '../../src/auth/presets/oidc.ts'
import { sessions } from '../../src/session/sessions.ts'
import { AUDIENCE, refusal } from '../support/gateway.ts'
import { CLIENT } from '../support/login-issuer.ts'
import { createSessionWorld, KEY, NAVIGATION, SITE, STATE } from '../support/sessions.ts'

const INVALID = [401, 'session_invalid']
const FAILED = [400, 'login_failed']

describe('signing in', () => {
  it('goes to the issuer and back, and the browser gets a cookie and no token', async () => {
    const { newBrowser, login, received } = createSessionWorld()
    const browser = newBrowser()
    const response = await browser.signIn('/account?tab=1')
    expect([response.status, response.headers.get('location')]).toEqual([302, '/account?tab=1'])
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(browser.received.at(-2)).toMatch(
      /^__Host-session=[\w-]{64}; Path=\/; Secure; HttpOnly; SameSite=Lax$/,
    )
    expect([...browser.cookies.keys()]).toEqual(['__Host-session'])

    expect((await browser.go('/account?tab=1')).status).toBe(200)
    const { headers } = received[0] ?? new Request(SITE)
    expect(headers.get('x-auth-subject')).toBe('user-1')
    expect(headers.get('x-auth-issuer')).toBe(login.issuer.issuer)
    expect(headers.get('x-auth-scope')).toBe('orders:read')
    expect([headers.get('cookie'), headers.get('authorization')]).toEqual([null, null])
    const seen = JSON.stringify([browser.received, [...response.headers]])
    expect(seen).not.toMatch(/eyJ|family-/)
  })

  it('asks with PKCE, state, nonce, and the scopes that the issuer knows', async () => {
    const { newBrowser } = createSessionWorld()
    const { origin, pathname, searchParams } = new URL(await newBrowser().begin())
    expect([origin, pathname]).toEqual(['https://idp.test', '/oauth2/authorize'])
    expect(Object.fromEntries(searchParams)).toEqual({
      client_id: 'app',
      response_type: 'code',
      redirect_uri: `${SITE}/auth/callback`,
      scope: 'openid email offline_access',
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    })
  })

  it('names the API, and what else the owner wants to say', async () => {
    const options = {
      resource: 'https://api.test',
      parameters: { prompt: 'consent' },
      scopes: ['openid', 'orders'],
    }
    const { newBrowser, login } = createSessionWorld({ options })
    const browser = newBrowser()
    const location = await browser.begin()
    expect(Object.fromEntries(new URL(location).searchParams)).toMatchObject({
      resource: 'https://api.test',
      prompt: 'consent',
      scope: 'openid orders',
    })
    await browser.go(login.signIn(location).href)
    expect(login.grants[0]?.get('resource')).toBe('https://api.test')
  })

  it('gives a new id each time, and ends the session that was there', async () => {
    const { newBrowser, settle, elsewhere } = createSessionWorld()
    const browser = newBrowser()
    await browser.signIn()
    const first = browser.session
    await browser.signIn()
    await settle()
    expect(browser.session).not.toBe(first)
    browser.gateway = elsewhere()
    const headers = { cookie: `__Host-session=${first}` }
    expect(await refusal(await browser.go('/', { headers }))).toEqual(INVALID)
    expect((await browser.go('/')).status).toBe(401)
  })

  it('works in two tabs at once, whichever comes back first', async () => {
    const { newBrowser, login } = createSessionWorld()
    const browser = newBrowser()
    const [one, two] = [await browser.begin('/one'), await browser.begin('/two')]
    const second = await browser.go(login.signIn(two).href)
    const first = await browser.go(login.signIn(one).href)
    expect([first, second].map(({ headers }) => headers.get('location'))).toEqual(['/one', '/two'])
    expect((await browser.go('/')).status).toBe(200)
  })

  it('leaves no heap of cookies where logins are begun and not ended', async () => {
    const { newBrowser } = createSessionWorld()
    const browser = newBrowser()
    for (let count = 0; count < 20; count++) await browser.begin()
    expect(browser.cookies.size).toBeLessThanOrEqual(5)
  })

  it('is no session where schemes.main would refuse its token', async () => {
    const { newBrowser, login, lastEvent } = createSessionWorld()
    login.accessClaims = { aud: 'another-api' }
    const browser = newBrowser()
    expect(await refusal(await browser.signIn())).toEqual(FAILED)
    expect(lastEvent()?.reason).toBe(
      'schemes.main does not take the access token that the issuer gave: aud does not name this API',
    )
    expect(browser.session).toBeUndefined()
  })
})

describe('a callback', () => {
  it('is good once: a replayed one is 400, and ends no session', async () => {
    const { newBrowser, login } = createSessionWorld()
    const browser = newBrowser()
    const back = login.signIn(await browser.begin())
    expect((await browser.go(back.href)).status).toBe(302)
    const again = await browser.go(back.href)
    expect(await refusal(again)).toEqual(FAILED)
    expect((await browser.go('/')).status).toBe(200)
  })

  it('belongs to the browser that began (login CSRF): 400 in another one', async () => {
    const { newBrowser, login } = createSessionWorld()
    const [attacker, victim] = [newBrowser(), newBrowser()]
    const back = login.signIn(await attacker.begin())
    expect(await refusal(await victim.go(back.href))).toEqual(FAILED)
    await victim.begin()
    expect(await refusal(await victim.go(back.href))).toEqual(FAILED)
    expect(victim.session).toBeUndefined()
    expect(login.grants).toEqual([])
  })

  it.each([
    ['the iss of another issuer', { iss: 'https://evil.test' }],
    ['no iss, where the issuer says that it sends one', { iss: '' }],
    ['a code that is not the issuer’s', { code: 'made-up' }],
    ['an error', { error: 'access_denied' }],
  ])('with %s is 400, and the cookie goes', async (_, more) => {
    const { newBrowser, login } = createSessionWorld()
    const browser = newBrowser()
    const back = login.signIn(await browser.begin(), more)
    const response = await browser.go(back.href)
    expect(await refusal(response)).toEqual(FAILED)
    expect(response.headers.getSetCookie()).toHaveLength(1)
    expect(browser.session).toBeUndefined()
  })

  it('with another state is 400, and the login that was begun goes on', async () => {
    const { newBrowser, login } = createSessionWorld()
    const browser = newBrowser()
    const location = await browser.begin()
    const state = new URL(location).searchParams.get('state') ?? ''
    const alien = login.signIn(location, { state: state[0] === 'A' ? 'B' : 'A' })
    expect(await refusal(await browser.go(alien.href))).toEqual(FAILED)
    expect((await browser.go(login.signIn(location).href)).status).toBe(302)
  })

  it('with an ID token for another login (nonce) is 400', async () => {
    const { newBrowser, login } = createSessionWorld()
    login.idClaims = { nonce: 'another' }
    expect(await refusal(await newBrowser().signIn())).toEqual(FAILED)
  })

  it('is late after ten minutes', async () => {
    const { newBrowser, login, clock } = createSessionWorld()
    const browser = newBrowser()
    const [one, two] = [await browser.begin(), await browser.begin()]
    clock.now += 599
    expect((await browser.go(login.signIn(one).href)).status).toBe(302)
    clock.now += 1
    expect(await refusal(await browser.go(login.signIn(two).href))).toEqual(FAILED)
  })

  it('is 503 while the issuer does not answer, and can be tried again', async () => {
    const { newBrowser, login } = createSessionWorld()
    const browser = newBrowser()
    const back = login.signIn(await browser.begin())
    login.tokenFault = () => new Response(null, { status: 502 })
    expect(await refusal(await browser.go(back.href))).toEqual([503, 'issuer_unavailable'])
    login.tokenFault = undefined
    expect((await browser.go(back.href)).status).toBe(302)
  })

  it.each(['', '?state=', '?state=%0a&code=x', '?state=%3B%20a=b', '?code=x&state=a&state=b'])(
    'that no issuer sent (%s) is 400, and sets nothing',
    async (search) => {
      const { newBrowser } = createSessionWorld()
      const response = await newBrowser().go(`/auth/callback${search}`)
      expect(response.headers.getSetCookie()).toEqual([])
      expect(await refusal(response)).toEqual(FAILED)
    },
  )

  it('shows a page to a person, with a way to try again that comes back to the same place', async () => {
    const { newBrowser, login } = createSessionWorld()
    const browser = newBrowser()
    const back = login.signIn(await browser.begin('/a?b="><script>'), { error: 'access_denied' })
    const response = await browser.go(back.href, { headers: NAVIGATION })
    expect([response.status, response.headers.get('content-type')]).toEqual([
      400,
      'text/html; charset=utf-8',
    ])
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    const html = await response.text()
    expect(html).toContain('You are not signed in')
    expect(html).toContain('href="/auth/login?return_to=%2Fa%3Fb%3D%22%3E%3Cscript%3E"')
  })
})

describe('a person on the way in', () => {
  it.each([
    ['at the callback', 'token'],
    ['at the login', 'discovery'],
  ])('gets a page where the issuer does not answer %s, and may try again', async (_, what) => {
    const { newBrowser, login } = createSessionWorld()
    const browser = newBrowser()
    let path = '/auth/login?return_to=%2Faccount'
    if (what === 'discovery') login.issuer.mode = { discovery: 'error' }
    else {
      path = login.signIn(await browser.begin('/account')).href
      login.tokenFault = () => new Response(null, { status: 502 })
    }
    const response = await browser.go(path, { headers: NAVIGATION })
    expect([response.status, response.headers.get('content-type')]).toEqual([
      503,
      'text/html; charset=utf-8',
    ])
    expect(response.headers.get('retry-after')).toBe('5')
    const html = await response.text()
    expect(html).toContain('This does not work right now')
    expect(html).toContain('href="/auth/login?return_to=%2Faccount"')
    expect(await refusal(await browser.go(path))).toEqual([503, 'issuer_unavailable'])
  })

  it('gets a page where the link is a bad one', async () => {
    const { newBrowser } = createSessionWorld()
    const path = '/auth/login?return_to=https://evil.test'
    const response = await newBrowser().go(path, { headers: NAVIGATION })
    expect([response.status, response.headers.get('content-type')]).toEqual([
      400,
      'text/html; charset=utf-8',
    ])
    const html = await response.text()
    expect(html).toContain('The parameter return_to must be a path')
    expect(html).not.toContain('evil.test')
  })
})

describe('the place to come back to', () => {
  it.each(['/', '/a/b?c=d&e=/f#g', '/%2f', '/~ada', '/a//b'])('may be %s', async (path) => {
    const { newBrowser } = createSessionWorld()
    const response = await newBrowser().signIn(path)
    expect([response.status, response.headers.get('location')]).toEqual([302, path])
  })

  it.each([
    'https://evil.test/',
    '//evil.test',
    '/\\evil.test',
    '\\/evil.test',
    '/\t/evil.test',
    '/\n/evil.test',
    '/ /evil.test',
    '/..//evil.test',
    '/.//evil.test',
    '/%2e%2e//evil.test',
    'javascript:alert(1)',
    'account',
    '',
    '/ü',
    `/${'a'.repeat(2_000)}`,
  ])('may not be %j', async (path) => {
    const { newBrowser } = createSessionWorld()
    const browser = newBrowser()
    const response = await browser.go(`/auth/login?return_to=${encodeURIComponent(path)}`)
    expect(await refusal(response)).toEqual([400, 'invalid_request'])
    expect(response.headers.getSetCookie()).toEqual([])
  })

  it('may not be there twice', async () => {
    const { newBrowser } = createSessionWorld()
    const response = await newBrowser().go('/auth/login?return_to=/a&return_to=/b')
    expect(await refusal(response)).toEqual([400, 'invalid_request'])
  })
})

describe('the cookie', () => {
  // What a sibling host can set: its own prefix is none, and so its browser lets it have a domain.
  it.each([
    ['in the value of another one', (value: string) => `theme=1, __Host-session=${value}`],
    ['after a space that is none', (value: string) => `\u2000__Host-session=${value}`],
    ['after another such space', (value: string) => `theme=1; \u00a0__Host-session=${value}`],
    ['before such a space', (value: string) => `__Host-session\u2003=${value}`],
  ])('counts by its name alone, and not %s', async (_, spell) => {
    const browser = createSessionWorld().newBrowser()
    await browser.signIn()
    const headers = { cookie: spell(browser.session ?? '') }
    expect(await refusal(await browser.go('/', { headers }))).toEqual([401, 'credential_missing'])
  })

  it('of one entry is none of another entry with the same keys', async () => {
    const world = createTwoEntries()
    const browser = world.newBrowser()
    await browser.signIn()
    const headers = { cookie: `__Host-staff=${browser.session}` }
    expect(await refusal(await browser.go('/staff/me', { headers }))).toEqual(INVALID)
    expect((await browser.go('/auth/me')).status).toBe(200)
  })

  it('of a login counts only where the login began', async () => {
    const { newBrowser, login } = createTwoEntries()
    const browser = newBrowser()
    const back = login.signIn(await browser.begin())
    back.pathname = '/staff/callback'
    expect(await refusal(await browser.go(back.href))).toEqual(FAILED)
    expect(login.grants).toEqual([])
  })

  it.each([
    ['that nobody made', 'A'.repeat(64)],
    ['too long', 'A'.repeat(9_000)],
    ['with other characters', '"quoted"'],
    ['not in its one spelling', `${'A'.repeat(63)}=`],
  ])('%s is 401, costs no call of the store, and is cleared', async (_, value) => {
    const { newBrowser } = createSessionWorld({
      options: { state: { fetch: () => Promise.reject(new Error('no call')) } as never },
    })
    const browser = newBrowser()
    const response = await browser.go('/', { headers: { cookie: `__Host-session=${value}` } })
    expect(response.headers.get('www-authenticate')).toBe('Session login="/auth/login"')
    expect(response.headers.getSetCookie()).toEqual([
      '__Host-session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0',
    ])
    expect(await refusal(response)).toEqual(INVALID)
  })

  it('altered in any place is 401', async () => {
    const { newBrowser, elsewhere } = createSessionWorld()
    const browser = newBrowser()
    await browser.signIn()
    const { session = '' } = browser
    browser.gateway = elsewhere()
    for (const index of [0, 20, 31, 32, 40, 63]) {
      const other = session[index] === 'x' ? 'y' : 'x'
      const altered = session.slice(0, index) + other + session.slice(index + 1)
      const headers = { cookie: `__Host-session=${altered}` }
      expect(await refusal(await browser.go('/', { headers }))).toEqual(INVALID)
    }
    expect(
      (await browser.go('/', { headers: { cookie: `__Host-session=${session}` } })).status,
    ).toBe(200)
  })

  it('there twice with two values, as only somebody else could set it, is 401', async () => {
    const { newBrowser } = createSessionWorld()
    const [ada, mallory] = [newBrowser(), newBrowser()]
    await ada.signIn()
    await mallory.signIn()
    const cookie = `__Host-session=${mallory.session}; __Host-session=${ada.session}`
    expect(await refusal(await ada.go('/', { headers: { cookie } }))).toEqual(INVALID)
  })

  it('of the name without the prefix, which a sibling host could set, is none', async () => {
    const { newBrowser } = createSessionWorld()
    const browser = newBrowser()
    await browser.signIn()
    const headers = { cookie: `session=${browser.session}; Host-session=${browser.session}` }
    expect(await refusal(await browser.go('/', { headers }))).toEqual([401, 'credential_missing'])
  })

  it('made with a key that was replaced is good, and with one that was taken out is not', async () => {
    const other = 'Zr8Kd2mQ6tW0yB4nH7jL1pS5vX9cF3gA'
    const old = createSessionWorld()
    const { login } = old
    const browser = old.newBrowser()
    await browser.signIn()
    const both = createSessionWorld({ login, options: { keys: [other, KEY] } })
    const gone = createSessionWorld({ login, options: { keys: [other] } })
    browser.gateway = gone.gateway
    const headers = { cookie: `__Host-session=${browser.session}` }
    expect(await refusal(await browser.go('/', { headers }))).toEqual(INVALID)
    browser.gateway = both.gateway
    expect((await browser.go('/', { headers })).status).toBe(200)
  })
})

function createTwoEntries() {
  const entry = { of: 'main', state: STATE, keys: [KEY] }
  const { id: clientId, secret: clientSecret } = CLIENT
  return createSessionWorld({
    config: {
      schemes: {
        main: oidc({ issuer: 'https://idp.test', audience: AUDIENCE }),
        people: sessions({ ...entry, clientId, clientSecret }),
        staff: sessions({
          ...entry,
          clientId,
          clientSecret,
          path: '/staff',
          cookie: '__Host-staff',
        }),
      },
    },
  })
}
