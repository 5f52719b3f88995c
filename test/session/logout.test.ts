import { describe, expect, it } from 'vitest'
import { limit } from '../../src/edge/limit/limit.ts'
import { refusal } from '../support/gateway.ts'
import { createSessionWorld, NAVIGATION, OWN_PAGE, SITE, STATE } from '../support/sessions.ts'

const INVALID = [401, 'session_invalid']
const CLEARED = '__Host-session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0'

async function signedIn(world = createSessionWorld()) {
  const browser = world.newBrowser()
  await browser.signIn()
  const headers = { cookie: `__Host-session=${browser.session}` }
  return { ...world, browser, headers }
}

describe('signing out', () => {
  it('ends the session, revokes the refresh token, and goes to the issuer, which is told who leaves', async () => {
    const { browser, login, settle, headers, elsewhere } = await signedIn()
    const response = await browser.post('/auth/logout', { ...OWN_PAGE, ...NAVIGATION })
    expect(response.status).toBe(303)
    const { origin, pathname, searchParams } = new URL(response.headers.get('location') ?? '')
    expect([origin, pathname]).toEqual(['https://idp.test', '/oauth2/logout'])
    expect(Object.fromEntries(searchParams)).toEqual({
      client_id: 'app',
      post_logout_redirect_uri: `${SITE}/`,
      id_token_hint: expect.stringMatching(/^eyJ/),
    })
    expect(response.headers.getSetCookie()).toEqual([CLEARED])
    await settle()
    expect(login.revoked).toEqual([expect.stringMatching(/^family-/)])
    expect(await refusal(await browser.go('/', { headers }))).toEqual(INVALID)
    browser.gateway = elsewhere()
    expect(await refusal(await browser.go('/', { headers }))).toEqual(INVALID)
  })

  it('tells a script where to go', async () => {
    const { browser } = await signedIn()
    const response = await browser.post('/auth/logout')
    expect(response.status).toBe(200)
    const body = await response.json<{ location: string }>()
    const { origin, pathname, searchParams } = new URL(body.location)
    expect([Object.keys(body), origin, pathname]).toEqual([
      ['location'],
      'https://idp.test',
      '/oauth2/logout',
    ])
    // No hint: a script must not get to see a token, whoever has written it.
    expect(Object.fromEntries(searchParams)).toEqual({
      client_id: 'app',
      post_logout_redirect_uri: `${SITE}/`,
    })
  })

  it('works where the issuer has no page for it, or does not answer', async () => {
    const world = createSessionWorld({ options: { afterLogout: '/bye' } })
    world.login.issuer.metadata = { end_session_endpoint: undefined }
    const { browser } = await signedIn(world)
    const response = await browser.post('/auth/logout', { ...OWN_PAGE, ...NAVIGATION })
    expect([response.status, response.headers.get('location')]).toEqual([303, `${SITE}/bye`])
    expect(browser.session).toBeUndefined()
  })

  it('without a session is no mistake', async () => {
    const { newBrowser } = createSessionWorld()
    expect((await newBrowser().post('/auth/logout')).status).toBe(200)
  })

  it('is seen by other isolates within ten seconds', async () => {
    const { browser, clock, headers, elsewhere } = await signedIn()
    const other = elsewhere()
    const here = browser.gateway
    browser.gateway = other
    expect((await browser.go('/', { headers })).status).toBe(200)
    browser.gateway = here
    await browser.post('/auth/logout')
    browser.gateway = other
    clock.now += 9
    expect((await browser.go('/', { headers })).status).toBe(200)
    clock.now += 1
    expect(await refusal(await browser.go('/', { headers }))).toEqual(INVALID)
  })
})

describe('a page elsewhere', () => {
  it.each([
    ['from another site', { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' }],
    ['from a sibling host', { origin: 'https://other.app.test', 'sec-fetch-site': 'same-site' }],
    ['that hides where it is', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    ['of the same name on another port', { origin: `${SITE}:8443` }],
    ['that says nothing', {}],
  ])('%s cannot sign out, refresh, or change anything', async (_, from) => {
    const { browser, received } = await signedIn()
    for (const path of ['/auth/logout', '/auth/refresh', '/orders']) {
      expect(await refusal(await browser.post(path, from as Record<string, string>))).toEqual([
        403,
        'csrf',
      ])
    }
    const upgrade = await browser.go('/', { headers: { upgrade: 'websocket', ...from } })
    expect(await refusal(upgrade)).toEqual([403, 'csrf'])
    expect(received).toEqual([])
    expect(browser.session).toBeDefined()
    expect((await browser.go('/')).status).toBe(200)
  })

  it('changes something where it is the gateway’s own', async () => {
    const { browser, received } = await signedIn()
    expect((await browser.post('/orders')).status).toBe(200)
    expect((await browser.post('/orders', { 'sec-fetch-site': 'same-origin' })).status).toBe(200)
    expect(received).toHaveLength(2)
  })

  it('is looked out for also where the token is that of a client', async () => {
    const world = createSessionWorld()
    world.login.accessClaims = { client_id: 'user-1' }
    const { browser } = await signedIn(world)
    expect(await refusal(await browser.post('/orders', {}))).toEqual([403, 'csrf'])
  })

  it('leads a person to a page that says so', async () => {
    const { browser } = await signedIn()
    const from = { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' }
    const response = await browser.post('/auth/logout', { ...from, ...NAVIGATION })
    expect([response.status, response.headers.get('content-type')]).toEqual([
      403,
      'text/html; charset=utf-8',
    ])
    expect(browser.session).toBeDefined()
  })

  it('cannot use a GET to sign out', async () => {
    const { browser } = await signedIn()
    expect(await refusal(await browser.go('/auth/logout'))).toEqual([405, 'method_not_allowed'])
    expect(browser.session).toBeDefined()
  })
})

describe('a limit by address for every route', () => {
  it('holds for what people ask here, and loses no logout that the issuer tells', async () => {
    const every = {
      limit: limit({ by: 'address', requests: 1, perSeconds: 3_600, state: STATE, name: 'people' }),
    }
    const world = createSessionWorld({ config: { every } })
    const browser = world.newBrowser()
    expect((await browser.go('/auth/login')).status).toBe(302)
    for (const path of ['/auth/login', '/auth/callback', '/auth/me']) {
      expect(await refusal(await browser.go(path))).toEqual([429, 'rate_limited'])
    }
    for (const path of ['/auth/refresh', '/auth/logout']) {
      expect(await refusal(await browser.post(path))).toEqual([429, 'rate_limited'])
    }
    expect(await refusal(await browser.post('/auth/backchannel-logout'))).toEqual([
      400,
      'invalid_request',
    ])
  })
})

describe('a logout at the issuer', () => {
  async function tell(world: ReturnType<typeof createSessionWorld>, token: string) {
    const browser = world.newBrowser()
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const body = new URLSearchParams({ logout_token: token }).toString()
    const response = await browser.go('/auth/backchannel-logout', { method: 'POST', headers, body })
    expect(response.headers.get('cache-control')).toBe('no-store')
    return response
  }

  it('ends the one session that it names, and no other', async () => {
    const world = createSessionWorld()
    const [one, two] = [world.newBrowser(), world.newBrowser()]
    world.login.idClaims = { sid: 'one' }
    await one.signIn()
    world.login.idClaims = { sid: 'two' }
    await two.signIn()
    expect((await tell(world, await world.login.logoutToken({ sid: 'one' }))).status).toBe(200)
    world.clock.now += 10
    expect(await refusal(await one.go('/'))).toEqual(INVALID)
    expect((await two.go('/')).status).toBe(200)
  })

  it('ends all sessions of a person, where it names no session', async () => {
    const world = createSessionWorld()
    const browsers = [world.newBrowser(), world.newBrowser()]
    world.login.idClaims = { sub: 'ada-everywhere' }
    for (const browser of browsers) await browser.signIn()
    const token = await world.login.logoutToken({ sub: 'ada-everywhere' })
    expect((await tell(world, token)).status).toBe(200)
    world.clock.now += 10
    for (const browser of browsers) expect(await refusal(await browser.go('/'))).toEqual(INVALID)
  })

  it('counts once: the same token again is 400', async () => {
    const world = createSessionWorld()
    const token = await world.login.logoutToken({ sid: 'once' })
    expect((await tell(world, token)).status).toBe(200)
    expect(await refusal(await tell(world, token))).toEqual([400, 'invalid_request'])
  })

  it.each([
    ['for another client', { aud: 'another' }, {}],
    ['of another issuer', { iss: 'https://evil.test' }, {}],
    ['without events', { events: undefined }, {}],
    ['with another event', { events: { 'https://schemas.openid.net/other': {} } }, {}],
    ['with a nonce, as an ID token has', { nonce: 'x' }, {}],
    ['without sid and sub', { sid: undefined, sub: undefined }, {}],
    ['with a sid that is no text', { sid: 7 }, {}],
    ['without jti', { jti: undefined }, {}],
    ['that has ended', { exp: 1_000 }, {}],
    ['from long ago', { iat: 1_000 }, {}],
    ['that calls itself an access token', {}, { typ: 'at+jwt' }],
  ])('by a token %s is 400, and ends nothing', async (_, claims, header) => {
    const world = createSessionWorld()
    const browser = world.newBrowser()
    world.login.idClaims = { sid: 'stays' }
    await browser.signIn()
    const token = await world.login.logoutToken({ sid: 'stays', ...claims }, header)
    expect(await refusal(await tell(world, token))).toEqual([400, 'invalid_request'])
    world.clock.now += 10
    expect((await browser.go('/')).status).toBe(200)
  })

  it('by a token that is forged is 400, and by one that is no token', async () => {
    const world = createSessionWorld()
    const forged = await world.login.logoutToken({ sid: 'y' }, {}, 'foreign')
    for (const token of [forged, 'x', '', 'a.b.c', 'x'.repeat(20_000)]) {
      expect(await refusal(await tell(world, token))).toEqual([400, 'invalid_request'])
    }
  })

  it('is 503 while the issuer’s keys are not to be had, so that the issuer tries again', async () => {
    const world = createSessionWorld()
    const token = await world.login.logoutToken({ sid: 'later' })
    world.login.issuer.mode = { jwks: 'error' }
    const refused = await tell(world, token)
    expect(refused.headers.get('retry-after')).toBe('5')
    expect(await refusal(refused)).toEqual([503, 'issuer_unavailable'])
    world.login.issuer.mode = 'ok'
    world.clock.now += 5
    expect((await tell(world, token)).status).toBe(200)
  })

  it.each([
    ['is no key set', () => Response.json({})],
    ['has a key that is none', () => Response.json({ keys: ['x'] })],
    ['is no JSON', () => new Response('oops')],
  ])('is 503 while what stands for the keys %s, and is not remembered', async (what, answer) => {
    const world = createSessionWorld()
    const { login } = world
    const { fetch } = login
    const token = await login.logoutToken({ sid: `later-${what}` })
    login.fetch = async (request) => (request.url.includes('jwks') ? answer() : fetch(request))
    expect(await refusal(await tell(world, token))).toEqual([503, 'issuer_unavailable'])
    login.fetch = fetch
    world.clock.now += 30
    expect((await tell(world, token)).status).toBe(200)
  })

  it('by a token that names none of several keys is taken, whichever it was signed with', async () => {
    const world = createSessionWorld()
    const { issuer } = world.login
    const older = (await issuer.jwks()).keys[0]?.kid ?? ''
    await issuer.rotate({ overlap: true })
    expect((await issuer.jwks()).keys).toHaveLength(2)
    for (const key of [older, undefined]) {
      const token = await world.login.logoutToken({ sid: 'nameless' }, { kid: undefined }, key)
      expect((await tell(world, token)).status).toBe(200)
    }
    const forged = await world.login.logoutToken({ sid: 'n' }, { kid: undefined }, 'foreign')
    expect(await refusal(await tell(world, forged))).toEqual([400, 'invalid_request'])
  })

  it('by a key that is new is taken', async () => {
    const world = createSessionWorld()
    expect((await tell(world, await world.login.logoutToken({ sid: 'a' }))).status).toBe(200)
    await world.login.issuer.rotate()
    world.clock.now += 30
    expect((await tell(world, await world.login.logoutToken({ sid: 'a' }))).status).toBe(200)
  })
})
