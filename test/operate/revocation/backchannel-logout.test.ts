// Logout tokens as marks, with the real state Worker behind STATE.

import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { GatewayConfig } from '../../../src/config/define.ts'
import { limit } from '../../../src/edge/limit/limit.ts'
import {
  type BackchannelLogoutOptions,
  backchannelLogout,
} from '../../../src/operate/revocation/backchannel-logout.ts'
import { revocation } from '../../../src/operate/revocation/revocation.ts'
import type { StateBinding } from '../../../src/options/state.ts'
import { createTestGateway, refusal, START } from '../../support/gateway.ts'
import { createTestIssuer, type MintOptions } from '../../support/mint.ts'

const STATE = (env as unknown as { STATE: StateBinding }).STATE
const PATH = '/.well-known/gatehouse/backchannel-logout'
const EVENTS = { 'http://schemas.openid.net/event/backchannel-logout': {} }
let count = 0

async function createWorld(
  options: Partial<BackchannelLogoutOptions> = {},
  every: GatewayConfig['every'] = {},
) {
  const clock = { now: START }
  const issuer = await createTestIssuer({
    issuer: `https://logout.test/${count++}`,
    now: () => clock.now,
  })
  const events = [backchannelLogout({ of: 'main', clientId: 'web', ...options })]
  const world = await createTestGateway({
    issuer,
    clock,
    config: { every, revocation: revocation({ state: STATE, events }) },
  })
  const logoutToken = (claims: object, more: MintOptions = {}) =>
    issuer.mint(
      { aud: 'web', scope: undefined, sub: undefined, jti: 'j', events: EVENTS, ...claims },
      { lifetimeSeconds: 120, header: { typ: 'logout+jwt' }, ...more },
    )
  const tell = (token: string, path = PATH) =>
    world.send(path, { method: 'POST', body: new URLSearchParams({ logout_token: token }) })
  const use = async (token: string) =>
    (await world.send('/', { headers: { authorization: `Bearer ${token}` } })).status
  return { ...world, clock, issuer, logoutToken, tell, use }
}

describe('a logout at the issuer', () => {
  it.each([
    ['of a session', { sid: 's1' }, { sub: 'ada', sid: 's1' }, { sub: 'ada', sid: 's2' }],
    ['of a person', { sub: 'ada' }, { sub: 'ada', sid: 's1' }, { sub: 'bob', sid: 's2' }],
    ['of both', { sid: 's1', sub: 'ada' }, { sub: 'ada', sid: 's1' }, { sub: 'ada', sid: 's2' }],
  ])('%s ends the tokens that it names, and no others', async (_, named, mine, others) => {
    const { logoutToken, tell, use, issuer, clock } = await createWorld()
    const [gone, kept] = [await issuer.mint(mine), await issuer.mint(others)]
    expect([await use(gone), await use(kept)]).toEqual([200, 200])
    const response = await tell(await logoutToken(named))
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store'])
    clock.now += 60
    expect([await use(gone), await use(kept)]).toEqual([401, 200])
  })

  it('is the same when it is told again, and leaves what is issued afterwards alone', async () => {
    const { logoutToken, tell, use, issuer, clock } = await createWorld()
    const token = await logoutToken({ sub: 'ada' })
    await tell(token)
    clock.now += 60
    const later = await issuer.mint({ sub: 'ada' })
    expect((await tell(token)).status).toBe(200)
    clock.now += 60
    expect(await use(later)).toBe(200)
  })

  it('gets through whatever limit there is by address', async () => {
    const binding = { limit: async () => ({ success: false }) }
    const none = limit({ by: 'address', requests: 1, perSeconds: 60, binding })
    const { logoutToken, tell } = await createWorld({}, { limit: none })
    expect((await tell(await logoutToken({ sub: 'ada' }))).status).toBe(200)
  })

  it('is told at the path that the owner gives', async () => {
    const { logoutToken, tell } = await createWorld({ path: '/hooks/logout' })
    expect((await tell(await logoutToken({ sub: 'ada' }), '/hooks/logout')).status).toBe(200)
  })

  it.each<[string, object, MintOptions]>([
    ['of another issuer', { iss: 'https://other.test' }, {}],
    ['for another client', { aud: 'other' }, {}],
    ['for the API, as access tokens are', { aud: 'gatehouse' }, {}],
    ['that is an access token', {}, { header: { typ: 'at+jwt' } }],
    ['without the event', { events: {} }, {}],
    ['with a nonce', { nonce: 'n' }, {}],
    ['without a jti', { jti: undefined }, {}],
    ['that names nobody', { sub: undefined }, {}],
    ['with a sid that is a number', { sid: 7 }, {}],
    ['that is old', { iat: START - 331 }, {}],
    ['from the future', { iat: START + 31 }, {}],
    ['without a time', { iat: undefined }, {}],
    ['that has expired', { exp: START - 30 }, {}],
    ['that a foreign key signed', {}, { key: 'foreign' }],
    ['with a shared secret', {}, { secret: 'gatehouse' }],
    ['without a signature', {}, { unsigned: true }],
  ])('that is told by a token %s changes nothing', async (_, claims, more) => {
    const { logoutToken, tell, use, issuer, clock } = await createWorld()
    const token = await issuer.mint({ sub: 'ada' })
    const told = await tell(await logoutToken({ sub: 'ada', ...claims }, more))
    expect(await refusal(told)).toEqual([400, 'invalid_request'])
    clock.now += 60
    expect(await use(token)).toBe(200)
  })

  it('that is no logout token at all asks the issuer nothing', async () => {
    const { tell, issuer, send } = await createWorld()
    for (const token of ['', 'a.b.c', 'x'.repeat(10_000)]) {
      expect((await tell(token)).status).toBe(400)
    }
    const body = 'x'.repeat(16_385)
    expect(await refusal(await send(PATH, { method: 'POST', body }))).toEqual([
      413,
      'body_too_large',
    ])
    expect(issuer.counters.jwks).toBe(0)
  })

  it('is not taken as done where there is no verdict or no memory', async () => {
    const { tell, logoutToken, issuer } = await createWorld()
    issuer.mode = 'unreachable'
    const told = await tell(await logoutToken({ sub: 'ada' }))
    expect(await refusal(told)).toEqual([503, 'issuer_unavailable'])
  })
})
