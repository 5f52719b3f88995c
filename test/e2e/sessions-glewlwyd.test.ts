// Sessions of people who sign in at Glewlwyd, where Debian's package is installed: an authorization server in another
// language, that nobody here has written, whose refresh tokens are good once.

import { type IncomingMessage, request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../local/npm.ts'
import { ACCESS_SECONDS, type Glewlwyd, startGlewlwyd, whyNoGlewlwyd } from '../support/glewlwyd.ts'
import { addPerson, type GlewlwydPerson } from '../support/glewlwyd-person.ts'
import { type SessionsGateway, startSessionsGateway } from './sessions/world.ts'

const reason = whyNoGlewlwyd()
if (reason !== undefined) console.warn(`Sessions with Glewlwyd are skipped: ${reason}.`)

const NAVIGATION = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }

describe.skipIf(reason !== undefined)('a person of Glewlwyd', () => {
  let issuer: Glewlwyd
  let gateway: SessionsGateway
  let person: GlewlwydPerson
  let cookie = ''

  beforeAll(async () => {
    const port = await freePort()
    issuer = await startGlewlwyd()
    person = await addPerson(issuer, `http://localhost:${port}/auth/callback`)
    gateway = await startSessionsGateway(port, {
      ISSUER: issuer.issuer,
      AUDIENCE: person.audience,
      CLIENT_ID: person.client.id,
      CLIENT_SECRET: person.client.secret,
      SCOPES: person.audience.split(' '),
    })
  })
  afterAll(async () => {
    await gateway.stop()
    await issuer.stop()
  })

  /** As a browser: Node's fetch would say by itself what kind of request it is. */
  async function go(target: string, method = 'GET', headers: Record<string, string> = {}) {
    const { href } = new URL(target, gateway.origin)
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const sent = { ...headers, ...(cookie !== '' && { cookie }) }
    request(href, { method, headers: sent }, resolve).once('error', reject).end()
    const response = await promise
    response.resume()
    const set = (response.headers['set-cookie'] ?? []).map((line) => line.split(';')[0] ?? '')
    if (set.length > 0) cookie = set.filter((pair) => !pair.endsWith('=')).join('; ')
    return { status: response.statusCode, location: response.headers.location ?? '' }
  }
  const post = (path: string, headers = {}) =>
    go(path, 'POST', { origin: gateway.origin, ...headers })

  it('signs in, calls an API, is refreshed once for all who ask at once, and signs out there too', async () => {
    const sent = await go('/people/private', 'GET', NAVIGATION)
    expect([sent.status, sent.location]).toEqual([302, '/auth/login?return_to=%2Fpeople%2Fprivate'])
    const begun = await go(sent.location)
    expect(begun.location).toMatch(`${issuer.issuer}/auth?`)
    const back = await go(await person.signIn(begun.location))
    expect([back.status, back.location]).toEqual([302, '/people/private'])
    expect((await go('/people/api')).status).toBe(200)
    expect(await person.refreshTokens()).toEqual([true])

    await gateway.setClockAhead(ACCESS_SECONDS + 5)
    const answers = await Promise.all(Array.from({ length: 10 }, () => go('/people/api')))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect((await person.refreshTokens()).filter(Boolean)).toHaveLength(1)
    expect(await person.refreshTokens()).toHaveLength(2)
    // A token that had been shown twice would have ended them all.
    await gateway.setClockAhead(ACCESS_SECONDS + 16)
    expect((await post('/auth/refresh')).status).toBe(200)
    expect((await person.refreshTokens()).filter(Boolean)).toHaveLength(1)
    expect(await person.refreshTokens()).toHaveLength(3)

    const left = await post('/auth/logout', NAVIGATION)
    expect(left.status).toBe(303)
    const to = new URL(left.location)
    expect(to.origin + to.pathname).toBe(`${issuer.issuer}/end_session`)
    expect(await person.signOut(left.location)).toMatch('prompt=end_session')
    expect((await go('/people/api')).status).toBe(401)
    await expect.poll(() => person.refreshTokens()).not.toContain(true)
  })
})
