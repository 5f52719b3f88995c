import { describe, expect, it } from 'vitest'
import { refusal } from '../support/gateway.ts'
import { ACCESS_SECONDS } from '../support/login-issuer.ts'
import { createSessionWorld, NAVIGATION, OWN_PAGE, STATE } from '../support/sessions.ts'

const INVALID = [401, 'session_invalid']
const NO_VERDICT = [503, 'issuer_unavailable']

/** A browser that has just signed in, and the grants of refresh tokens from then on. */
async function signedIn(world = createSessionWorld()) {
  const browser = world.newBrowser()
  await browser.signIn()
  await world.settle()
  const refreshes = () =>
    world.login.grants.filter((form) => form.get('grant_type') === 'refresh_token')
  return { ...world, browser, refreshes }
}

/** Holds every grant until it is let go. */
function hold(login: Awaited<ReturnType<typeof signedIn>>['login']) {
  const gate = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  login.tokenFault = async (form) => {
    begun.resolve()
    await gate.promise
    login.tokenFault = undefined
    login.grants.pop()
    return login.fetch(new Request('https://idp.test/oauth2/token', { method: 'POST', body: form }))
  }
  return { begun: begun.promise, release: gate.resolve }
}

describe('an access token', () => {
  it('is refreshed before it is used where it has ended', async () => {
    const { browser, clock, refreshes, received } = await signedIn()
    clock.now += ACCESS_SECONDS
    expect((await browser.go('/')).status).toBe(200)
    expect(refreshes()).toHaveLength(1)
    expect(received).toHaveLength(1)
  })

  it('is refreshed behind the answer in its last minute', async () => {
    const { browser, clock, refreshes, settle } = await signedIn()
    clock.now += ACCESS_SECONDS - 61
    await browser.go('/')
    await settle()
    expect(refreshes()).toHaveLength(0)
    clock.now += 1
    expect((await browser.go('/')).status).toBe(200)
    await settle()
    expect(refreshes()).toHaveLength(1)
    expect((await browser.go('/')).status).toBe(200)
    clock.now += ACCESS_SECONDS - 61
    await browser.go('/')
    await settle()
    expect(refreshes()).toHaveLength(1)
  })

  it('is refreshed once for a hundred requests at once, in several isolates', async () => {
    const { browser, clock, refreshes, elsewhere, login } = await signedIn()
    clock.now += ACCESS_SECONDS
    const isolates = [browser.gateway, elsewhere(), elsewhere(), elsewhere()]
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => {
        browser.gateway = isolates[index % isolates.length] ?? browser.gateway
        return browser.go('/')
      }),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(refreshes()).toHaveLength(1)
    expect(login.reused).toBe(0)
  })

  it('is refreshed once for two tabs that ask for it at once', async () => {
    const { browser, clock, refreshes } = await signedIn()
    clock.now += 60
    const [one, two] = await Promise.all([
      browser.post('/auth/refresh'),
      browser.post('/auth/refresh'),
    ])
    expect([one.status, two.status]).toEqual([200, 200])
    expect(refreshes()).toHaveLength(1)
    expect(await one.json()).toMatchObject({ accessEndsAt: clock.now + ACCESS_SECONDS })
  })

  it('is refreshed once in ten seconds for a page that asks again and again', async () => {
    const { browser, clock, refreshes } = await signedIn()
    for (let second = 0; second < 25; second++) {
      clock.now += 1
      expect((await browser.post('/auth/refresh')).status).toBe(200)
    }
    expect(refreshes()).toHaveLength(2)
  })

  it('without a refresh token beside it ends the session with it', async () => {
    const world = createSessionWorld()
    world.login.answer = { refresh_token: undefined }
    const { browser, clock } = await signedIn(world)
    clock.now += ACCESS_SECONDS - 1
    expect((await browser.go('/')).status).toBe(200)
    clock.now += 1
    expect(await refusal(await browser.go('/'))).toEqual(INVALID)
    expect(browser.session).toBeUndefined()
  })
})

describe('an issuer', () => {
  it('that takes the refresh token back (invalid_grant) ends the session', async () => {
    const { browser, clock, login, elsewhere } = await signedIn()
    login.tokenFault = () => Response.json({ error: 'invalid_grant' }, { status: 400 })
    clock.now += ACCESS_SECONDS
    const headers = { cookie: `__Host-session=${browser.session}` }
    expect(await refusal(await browser.go('/'))).toEqual(INVALID)
    expect(browser.session).toBeUndefined()
    login.tokenFault = undefined
    browser.gateway = elsewhere()
    expect(await refusal(await browser.go('/', { headers }))).toEqual(INVALID)
  })

  it.each([
    ['is down', () => new Response(null, { status: 503 })],
    ['cannot be reached', () => Promise.reject(new Error('connection refused'))],
    ['answers with no JSON', () => new Response('<html>')],
    ['does not know our secret', () => Response.json({ error: 'invalid_client' }, { status: 401 })],
    ['answers 429', () => new Response(null, { status: 429 })],
  ])('that %s ends no session: 503, and then it goes on', async (_, fault) => {
    const { browser, clock, login } = await signedIn()
    login.tokenFault = fault
    clock.now += ACCESS_SECONDS
    const response = await browser.go('/')
    expect(response.headers.get('retry-after')).toBe('5')
    expect(await refusal(response)).toEqual(NO_VERDICT)
    expect(browser.session).toBeDefined()
    login.tokenFault = undefined
    clock.now += 5
    expect((await browser.go('/')).status).toBe(200)
  })

  it('that is down is asked once in five seconds for each session, however many ask', async () => {
    const { browser, clock, login, refreshes } = await signedIn()
    login.tokenFault = () => new Response(null, { status: 503 })
    clock.now += ACCESS_SECONDS
    const answers = await Promise.all(Array.from({ length: 20 }, () => browser.go('/')))
    for (const answer of answers) expect(await refusal(answer)).toEqual(NO_VERDICT)
    expect(refreshes()).toHaveLength(1)
  })

  it('that hangs holds nobody whose token is good', async () => {
    const { browser, clock, login } = await signedIn()
    const { begun, release } = hold(login)
    clock.now += ACCESS_SECONDS - 30
    expect((await browser.go('/')).status).toBe(200)
    await begun
    for (let count = 0; count < 5; count++) expect((await browser.go('/')).status).toBe(200)
    release()
  })

  it('that answers with the tokens of somebody else ends the session', async () => {
    const { browser, clock, login } = await signedIn()
    login.idClaims = { sub: 'user-2' }
    clock.now += ACCESS_SECONDS
    expect(await refusal(await browser.go('/'))).toEqual(INVALID)
  })
})

describe('a session', () => {
  it('that is ended while it is refreshed does not come back', async () => {
    const world = createSessionWorld()
    // The issuer cannot be told, so that its refresh goes well.
    world.login.issuer.metadata = { ...world.login.issuer.metadata, revocation_endpoint: undefined }
    const { browser, clock, login, settle, elsewhere } = await signedIn(world)
    const { begun, release } = hold(login)
    clock.now += ACCESS_SECONDS - 30
    await browser.go('/')
    await begun
    const headers = { cookie: `__Host-session=${browser.session}` }
    expect((await browser.post('/auth/logout')).status).toBe(200)
    release()
    await settle()
    expect(await refusal(await browser.go('/', { headers }))).toEqual(INVALID)
    browser.gateway = elsewhere()
    expect(await refusal(await browser.go('/', { headers }))).toEqual(INVALID)
  })

  it('is not lost where the store does not take what the issuer gave: it is written until it is', async () => {
    let failures = 0
    const state = new Proxy(STATE as unknown as Record<string, (...args: unknown[]) => unknown>, {
      get: (target, name: string) => {
        if (name === 'writeSession' && failures-- > 0) {
          return () => Promise.reject(new Error('the store is gone'))
        }
        return (...args: unknown[]) => target[name]?.(...args)
      },
    })
    const world = createSessionWorld({ options: { state: state as never } })
    const { browser, clock, login, refreshes, settle, elsewhere } = await signedIn(world)
    failures = 2
    clock.now += ACCESS_SECONDS
    expect((await browser.go('/')).status).toBe(200)
    await settle()
    browser.gateway = elsewhere()
    expect((await browser.go('/')).status).toBe(200)
    clock.now += ACCESS_SECONDS
    expect((await browser.go('/')).status).toBe(200)
    expect(refreshes()).toHaveLength(2)
    expect(login.reused).toBe(0)
  })

  it('goes on where whoever refreshed has died: the lease ends after 30 s', async () => {
    const { browser, clock, login, refreshes } = await signedIn()
    clock.now += ACCESS_SECONDS
    // Its isolate takes the lease, and is never heard of again.
    login.tokenFault = () => new Promise(() => {})
    void browser.go('/')
    while (refreshes().length === 0) await scheduler.wait(1)
    login.tokenFault = undefined
    clock.now += 30
    expect((await browser.go('/')).status).toBe(200)
    expect(refreshes()).toHaveLength(2)
  })

  it('ends after an hour without a request', async () => {
    const { browser, clock } = await signedIn()
    clock.now += 3_599
    expect((await browser.go('/')).status).toBe(200)
    clock.now += 3_599
    expect((await browser.go('/')).status).toBe(200)
    clock.now += 3_600
    expect(await refusal(await browser.go('/'))).toEqual(INVALID)
  })

  it('ends after twelve hours, whatever happens', async () => {
    const { browser, clock } = await signedIn()
    for (let hours = 0; hours < 23; hours++) {
      clock.now += 1_800
      expect((await browser.go('/')).status).toBe(200)
    }
    clock.now += 1_800
    expect(await refusal(await browser.go('/'))).toEqual(INVALID)
  })

  it('costs one read of the store in ten seconds and isolate, and nothing between', async () => {
    const calls: string[] = []
    const state = new Proxy(STATE as unknown as Record<string, (...args: unknown[]) => unknown>, {
      get:
        (target, name: string) =>
        (...args: unknown[]) => {
          calls.push(name)
          return target[name]?.(...args)
        },
    })
    const world = createSessionWorld({ options: { state: state as never } })
    const { browser, clock } = await signedIn(world)
    calls.splice(0)
    for (let count = 0; count < 50; count++) await browser.go('/')
    expect(calls).toEqual([])
    clock.now += 9
    await browser.go('/')
    expect(calls).toEqual([])
    clock.now += 1
    for (let count = 0; count < 50; count++) await browser.go('/')
    expect(calls).toEqual(['readSession'])
  })

  it('cannot be asked about while the store is down: 503, and the cookie stays', async () => {
    const { browser, clock } = await signedIn()
    const down = createSessionWorld({
      clock,
      options: {
        state: {
          fetch: () => {},
          readSession: () => Promise.reject(new Error('gone')),
        } as never,
      },
    })
    browser.gateway = down.gateway
    expect(await refusal(await browser.go('/'))).toEqual(NO_VERDICT)
    const page = await browser.go('/orders?a=1', { headers: NAVIGATION })
    expect([page.status, page.headers.get('content-type')]).toEqual([
      503,
      'text/html; charset=utf-8',
    ])
    expect(await page.text()).toContain('href="/orders?a=1"')
    expect(browser.session).toBeDefined()
  })

  it('is told to its own page: who it is and when it ends, and no token', async () => {
    const { browser, clock } = await signedIn()
    const response = await browser.go('/auth/me')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.json()).toEqual({
      claims: { sub: 'user-1', email: 'ada@acme.example', scope: 'orders:read' },
      accessEndsAt: clock.now + ACCESS_SECONDS,
      refreshes: true,
      sessionEndsAt: clock.now + 43_200,
    })
    browser.cookies.clear()
    expect(await refusal(await browser.go('/auth/me'))).toEqual(INVALID)
    expect(await refusal(await browser.post('/auth/refresh', OWN_PAGE))).toEqual(INVALID)
  })
})
