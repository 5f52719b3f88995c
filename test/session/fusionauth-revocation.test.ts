// What a logout does at FusionAuth, which has no endpoint of RFC 7009. FusionAuth is the stand-in; which of its
// behaviours are documented and which inferred stands in test/support/fusionauth/jwt-api.ts.

import { describe, expect, it } from 'vitest'
import { fusionAuth } from '../../src/auth/presets/fusionauth.ts'
import { createGateway } from '../../src/gateway.ts'
import { fusionAuthApp } from '../../src/session/fusionauth-app.ts'
import { sessions } from '../../src/session/sessions.ts'
import { createFusionAuth } from '../support/fusionauth.ts'
import { ORIGIN, START } from '../support/gateway.ts'
import type { LoginIssuer } from '../support/login-issuer.ts'
import { Browser, KEY, OWN_PAGE, SITE, STATE } from '../support/sessions.ts'

const FUSIONAUTH = 'https://auth.test'
const ISSUER = 'acme.com'
const SCOPE = 'openid offline_access'
const ACCESS_SECONDS = 300

async function signedIn(kind: 'sessions' | 'app') {
  const clock = { now: START }
  const now = () => clock.now
  const instance = await createFusionAuth({ now })
  const { mint, world } = instance
  const { id: clientId, secret: clientSecret } = world.applications.shop
  world.applications.shop.lifetimeSeconds = ACCESS_SECONDS

  /** The stand-in has no pages: the code is the nonce. */
  async function exchange(code: string): Promise<Response> {
    const refreshToken = mint.refreshToken({ scope: SCOPE })
    const accessToken = await mint.accessToken({ scope: SCOPE, refreshToken })
    return Response.json({
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: ACCESS_SECONDS,
      refresh_token: refreshToken.value,
      id_token: await mint.idToken({ scope: SCOPE, nonce: code, accessToken }),
    })
  }

  async function fetch(request: Request): Promise<Response> {
    const body = new TextDecoder().decode(await request.clone().arrayBuffer())
    const form = new URLSearchParams(body)
    const isCode = form.get('grant_type') === 'authorization_code'
    return isCode ? exchange(form.get('code') ?? '') : instance.fetch(request)
  }

  const options = { of: 'main', state: STATE, keys: [KEY], clientSecret } as const
  const main = fusionAuth({ url: FUSIONAUTH, issuer: ISSUER, clientId })
  const people = kind === 'app' ? fusionAuthApp(options) : sessions(options)
  const routes = [{ path: '/*', auth: 'people', to: ORIGIN }]
  const gateway = createGateway({ schemes: { main, people }, routes }, { fetch, now, log() {} })
  expect(gateway.problems).toEqual([])
  const pending: Promise<unknown>[] = []
  const context = { waitUntil: (promise: Promise<unknown>) => void pending.push(promise) }
  const browser = new Browser(gateway, context, {} as LoginIssuer)

  const begun = await browser.go(kind === 'app' ? '/app/login' : '/auth/login')
  const asked = new URL(begun.headers.get('location') ?? '').searchParams
  const answer = { code: asked.get('nonce') ?? '', state: asked.get('state') ?? '', iss: ISSUER }
  const back = await browser.go(`${asked.get('redirect_uri')}?${new URLSearchParams(answer)}`)
  expect(back.status).toBe(302)
  return {
    instance,
    clock,
    browser,
    async signOut() {
      const { status } = await (kind === 'app'
        ? browser.go('/app/logout', { headers: { 'sec-fetch-site': 'same-origin' } })
        : browser.post('/auth/logout', { ...OWN_PAGE, referer: SITE }))
      await Promise.all(pending)
      return status
    },
  }
}

describe.each([
  ['sessions', 200],
  ['app', 302],
] as const)('a logout of %s at FusionAuth', (kind, signedOut) => {
  it("ends the session's refresh token with the person's own access token, and no other", async () => {
    const { instance, browser, signOut } = await signedIn(kind)
    const [own] = instance.refreshTokens.values()
    const other = instance.mint.refreshToken({ scope: SCOPE })
    expect(await signOut()).toBe(signedOut)
    expect([...instance.refreshTokens.values()]).toEqual([other])
    const { method, url, headers } = instance.last.revoke ?? {}
    expect([method, url]).toEqual(['DELETE', `${FUSIONAUTH}/api/jwt/refresh/${own?.id}`])
    expect(headers?.get('authorization')).toMatch(/^Bearer eyJ/)
    expect(instance.calls.token).toBe(0)
    expect(browser.cookies.size).toBe(0)
  })

  it.each(['Reusable', 'OneTimeUse'] as const)(
    'long after the access token has ended, refreshes it first (%s)',
    async (refreshTokens) => {
      const { instance, clock, signOut } = await signedIn(kind)
      instance.world.applications.shop.refreshTokens = refreshTokens
      clock.now += ACCESS_SECONDS + 60
      expect(await signOut()).toBe(signedOut)
      expect(instance.refreshTokens.size).toBe(0)
      expect([instance.calls.token, instance.calls.revoke]).toEqual([1, 2])
    },
  )

  it('works where FusionAuth does not answer', async () => {
    const { instance, browser, signOut } = await signedIn(kind)
    instance.mode.revoke = 'down'
    expect(await signOut()).toBe(signedOut)
    expect([instance.refreshTokens.size, browser.cookies.size]).toEqual([1, 0])
  })
})
