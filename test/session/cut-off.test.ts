// Whose tokens are cut off has no session either. The marks are an issuer's, so each test has a person of its own.

import { describe, expect, it } from 'vitest'
import type { SchemeFeature } from '../../src/auth/feature.ts'
import { oidc } from '../../src/auth/presets/oidc.ts'
import { createHouse } from '../../src/config/house.ts'
import { backchannelLogout } from '../../src/operate/revocation/backchannel-logout.ts'
import { revocation } from '../../src/operate/revocation/revocation.ts'
import { ENDED_AT_ONCE } from '../../src/options/state-contract.ts'
import { fusionAuthApp } from '../../src/session/fusionauth-app.ts'
import { sessions } from '../../src/session/sessions.ts'
import { AUDIENCE, ORIGIN, refusal, START } from '../support/gateway.ts'
import { ACCESS_SECONDS, CLIENT } from '../support/login-issuer.ts'
import { createSessionWorld, KEY, STATE } from '../support/sessions.ts'

const INVALID = [401, 'session_invalid']
const OPERATOR_KEY = 'p8Xn2Vq7Lr4Tz9Wc1Ks6Bd3Fh5Jm0GyQ'
const COMMON = { of: 'main', keys: [KEY], clientSecret: CLIENT.secret } as const
let count = 0

/** Somebody has signed in. `state` keeps the sessions. */
async function signedIn({ state = STATE, exact = false } = {}) {
  const person = `person-${count++}`
  const world = createSessionWorld({
    config: {
      schemes: {
        main: oidc({ issuer: 'https://idp.test', audience: AUDIENCE }),
        other: oidc({ issuer: 'https://other.test', audience: AUDIENCE }),
        people: sessions({ ...COMMON, state, clientId: CLIENT.id }),
        staff: sessions({
          ...COMMON,
          state,
          clientId: 'staff',
          path: '/staff',
          cookie: '__Host-staff',
        }),
        app: fusionAuthApp({ ...COMMON, state, clientId: CLIENT.id }),
      },
      revocation: revocation({
        state: STATE,
        exact,
        operatorKey: OPERATOR_KEY,
        events: [backchannelLogout({ of: 'main', clientId: CLIENT.id })],
      }),
      routes: [
        { path: '/*', auth: 'people', to: ORIGIN },
        { path: '/of-staff/*', auth: 'staff', to: ORIGIN },
        { path: '/of-app/*', auth: 'app', to: ORIGIN },
      ],
    },
  })
  const { login, newBrowser } = world

  async function enter(sub: string, path = '/auth', audience = CLIENT.id, more = {}) {
    login.idClaims = { sub, aud: audience, sid: `id-${sub}` }
    login.accessClaims = { sub, sid: `access-${sub}`, ...more }
    const browser = newBrowser()
    const begun = await browser.go(`${path}/login`)
    await browser.go(login.signIn(begun.headers.get('location') ?? '').href)
    login.accessClaims = { sub, sid: `access-${sub}` }
    return browser
  }

  async function revoke(body: object) {
    const headers = { authorization: `Bearer ${OPERATOR_KEY}` }
    const init = { method: 'POST', headers, body: JSON.stringify({ entry: 'main', ...body }) }
    const operator = newBrowser()
    return (await operator.go('/.well-known/gatehouse/revoke', init)).status
  }

  /** When every isolate has heard of it, and the access token that the session had is over. */
  function later() {
    world.clock.now += ACCESS_SECONDS
    login.grants.length = 0
  }
  return { ...world, person, browser: await enter(person), enter, revoke, later }
}

describe('a session whose person is cut off', () => {
  it('has ended, also when its access token has, and is not refreshed', async () => {
    const { browser, person, revoke, later, login, elsewhere } = await signedIn()
    expect((await browser.go('/')).status).toBe(200)
    expect(await revoke({ subject: person })).toBe(200)
    later()
    const copy = new Map(browser.cookies)
    expect(await refusal(await browser.go('/'))).toEqual(INVALID)
    browser.gateway = elsewhere()
    for (const [name, value] of copy) browser.cookies.set(name, value)
    expect(await refusal(await browser.go('/'))).toEqual(INVALID)
    expect(login.grants).toEqual([])
  })

  it('has ended within ten seconds in an isolate that has just seen it, and cannot refresh itself', async () => {
    const { browser, person, revoke, clock, elsewhere, login } = await signedIn()
    const here = browser.gateway
    browser.gateway = elsewhere()
    expect((await browser.go('/')).status).toBe(200)
    const there = browser.gateway
    browser.gateway = here
    await revoke({ subject: person })
    login.grants.length = 0
    browser.gateway = there
    clock.now += 10
    expect(await refusal(await browser.post('/auth/refresh'))).toEqual(INVALID)
    expect(login.grants).toEqual([])
  })

  it('leaves the sessions of others alone, and those that are begun afterwards', async () => {
    const { browser, enter, person, revoke, clock } = await signedIn()
    const another = await enter(`${person}-other`)
    await revoke({ subject: person })
    clock.now += 1
    const again = await enter(person)
    clock.now += 60
    expect(await refusal(await browser.go('/'))).toEqual(INVALID)
    expect((await again.go('/')).status).toBe(200)
    expect((await another.go('/')).status).toBe(200)
  })

  it('stays where it was begun after the moment that is named', async () => {
    const { browser, person, revoke, later } = await signedIn()
    await revoke({ subject: person, before: START - 1 })
    later()
    expect((await browser.go('/')).status).toBe(200)
  })

  it.each([
    ['/auth', '__Host-session', '/'],
    ['/app', 'app.at', '/of-app/x'],
  ])('is not begun by who is just signing in at %s', async (path, cookie, page) => {
    const { browser, person, revoke, later, login, enter } = await signedIn()
    // The isolate has read the marks, and hears of no news for a while.
    await browser.go('/')
    login.tokenFault = async (form) => {
      login.tokenFault = undefined
      const init = { method: 'POST', body: form }
      const tokens = await login.fetch(new Request('https://idp.test/oauth2/token', init))
      expect(await revoke({ subject: person })).toBe(200)
      return tokens
    }
    const late = await enter(person, path)
    expect(late.cookies.has(cookie)).toBe(false)
    later()
    expect((await late.go(page)).status).toBe(401)
  })

  it('is not begun where it is stored behind the cut that has seen its name', async () => {
    let cut: Promise<number> | undefined
    let mayCut = false
    const state = new Proxy(STATE, {
      get(target, name) {
        return async (...given: unknown[]) => {
          if (name === 'createSession' && mayCut) {
            // The names are written at the same time.
            cut = scheduler.wait(200).then(() => revoke({ subject: person }))
            await cut
          }
          return Reflect.apply(Reflect.get(target, name), target, given)
        }
      },
    })
    const { person, revoke, later, enter } = await signedIn({ state })
    mayCut = true
    const late = await enter(person)
    expect(await cut).toBe(200)
    later()
    expect((await late.go('/')).status).toBe(401)
  })

  it('has ended where the clock of the issuer, whose event it is, runs behind', async () => {
    const { person, enter, revoke, later } = await signedIn()
    const browser = await enter(person, '/auth', CLIENT.id, { iat: START - 20 })
    await revoke({ subject: person, before: START - 10 })
    later()
    expect(await refusal(await browser.go('/'))).toEqual(INVALID)
  })

  it('has ended where the clock of the issuer runs ahead', async () => {
    const { person, enter, revoke, later } = await signedIn()
    const browser = await enter(person, '/auth', CLIENT.id, { iat: START + 20 })
    await revoke({ subject: person })
    later()
    expect(await refusal(await browser.go('/'))).toEqual(INVALID)
  })

  it('stays where it is about another client, or another issuer', async () => {
    const { browser, person, enter, revoke, later, login } = await signedIn()
    const staff = await enter(person, '/staff', 'staff')
    await revoke({ subject: person, client: 'staff' })
    await revoke({ subject: person, entry: 'other' })
    later()
    expect(await refusal(await staff.go('/of-staff/x'))).toEqual(INVALID)
    login.idClaims = { sub: person, aud: CLIENT.id }
    expect((await browser.go('/')).status).toBe(200)
  })

  it.each([
    ['ID', 'id'],
    ['access', 'access'],
  ])('is found by the sid of the %s token', async (_, kind) => {
    const { browser, person, revoke, later } = await signedIn()
    await revoke({ session: `${kind}-${person}` })
    later()
    expect(await refusal(await browser.go('/'))).toEqual(INVALID)
  })

  it('has ended where the issuer has told of a logout', async () => {
    const { browser, person, login, later } = await signedIn()
    const body = new URLSearchParams({ logout_token: await login.logoutToken({ sub: person }) })
    const path = '/.well-known/gatehouse/backchannel-logout'
    expect((await browser.go(path, { method: 'POST', body })).status).toBe(200)
    later()
    expect(await refusal(await browser.go('/'))).toEqual(INVALID)
  })

  it('has ended although there are more than the store ends at once', async () => {
    const asked: unknown[] = []
    const state = new Proxy(STATE, {
      get(target, name) {
        return (...given: unknown[]) => {
          if (name !== 'endSessionsBefore') {
            return Reflect.apply(Reflect.get(target, name), target, given)
          }
          asked.push(given)
          return Promise.resolve(asked.length < 3 ? ENDED_AT_ONCE : 1)
        }
      },
    })
    const { person, revoke } = await signedIn({ state })
    expect(await revoke({ subject: person, client: CLIENT.id })).toBe(200)
    expect(asked.length).toBe(3)
    expect(new Set(asked.map((each) => `${each}`)).size).toBe(1)
  })

  it('is not said to have ended where the store does not answer', async () => {
    let isDown = true
    const state = new Proxy(STATE, {
      get(target, name) {
        if (name === 'endSessionsBefore' && isDown) return () => Promise.reject(new Error('down'))
        return (...given: unknown[]) => Reflect.apply(Reflect.get(target, name), target, given)
      },
    })
    const { browser, person, revoke, later } = await signedIn({ state })
    expect(await revoke({ subject: person })).toBe(503)
    isDown = false
    expect(await revoke({ subject: person })).toBe(200)
    later()
    expect(await refusal(await browser.go('/'))).toEqual(INVALID)
  })
})

describe('sessions of an entry that takes tokens of several issuers', () => {
  const [first, second] = ['https://first.test', 'https://second.test']
  const OUTSIDE = { fetch: undefined, store: undefined, now: () => START }
  /** What the store is asked where tokens of these issuers are cut off. */
  async function askedBy(issuers: readonly string[]) {
    const asked: unknown[] = []
    const state = {
      fetch: async () => new Response(),
      endSessionsBefore: async (...given: unknown[]) => asked.push(given),
    }
    const own = { issuer: first, issuers: [first, second], takesOpaqueTokens: false }
    const main: SchemeFeature = { ...oidc({ issuer: first, audience: AUDIENCE }), oauth: own }
    const { house } = createHouse({ schemes: { main } }, OUTSIDE)
    const scheme = sessions({ ...COMMON, state, clientId: CLIENT.id }).compile('people', house)
    await scheme.cutOff?.(issuers, { selection: { subject: 'ada' }, before: START })
    return asked
  }

  it('end where another entry that takes those of one of them tells of a cut', async () => {
    expect(await askedBy([second])).toHaveLength(1)
  })

  it('stay where the cut is of none of them', async () => {
    expect(await askedBy(['https://third.test'])).toEqual([])
  })
})

describe('who is cut off by token or client', () => {
  it.each([
    ['/auth', '/auth/me'],
    ['/app', '/app/me'],
  ])('is told nothing by %s', async (path, me) => {
    const { enter, person, revoke } = await signedIn({ exact: true })
    const browser = await enter(person, path)
    expect((await browser.go(me)).status).toBe(200)
    await revoke({ token: `${person}-none` })
    expect((await browser.go(me)).status).toBe(200)
    await revoke({ subject: person, client: AUDIENCE })
    expect(await refusal(await browser.go(me))).toEqual([401, 'invalid_token'])
  })
})
