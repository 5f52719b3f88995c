// Revocation with the real state Worker behind STATE. A mark is an issuer's, so each test has an issuer of its own.

import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import {
  type FusionAuthEventsOptions,
  fusionAuthEvents,
} from '../../../src/operate/revocation/fusionauth-events.ts'
import { nameOfMark } from '../../../src/operate/revocation/marks.ts'
import { type RevocationOptions, revocation } from '../../../src/operate/revocation/revocation.ts'
import type { MarkOperations } from '../../../src/operate/revocation/state-operations.ts'
import { type StateBinding, stateOf } from '../../../src/options/state.ts'
import { STATE_CONTRACT } from '../../../src/options/state-contract.ts'
import { createTestGateway, refusal, START } from '../../support/gateway.ts'
import { createTestIssuer } from '../../support/mint.ts'

const STATE = (env as unknown as { STATE: StateBinding }).STATE
const OPERATOR_KEY = 'p8Xn2Vq7Lr4Tz9Wc1Ks6Bd3Fh5Jm0GyQ'
const EVENTS = '/.well-known/gatehouse/fusionauth-events'
const REVOKE = '/.well-known/gatehouse/revoke'
let count = 0

async function createWorld(
  options: Partial<RevocationOptions> = {},
  events: Partial<FusionAuthEventsOptions> = {},
) {
  const clock = { now: START }
  const now = () => clock.now
  const issuer = await createTestIssuer({
    issuer: `https://idp.test/${count++}`,
    audience: 'gatehouse',
    now,
  })
  const own = {
    state: STATE,
    operatorKey: OPERATOR_KEY,
    events: [fusionAuthEvents({ of: 'main', ...events })],
    ...options,
  }
  const another = () =>
    createTestGateway({ issuer, clock, config: { revocation: revocation(own) } })
  const world = await another()

  async function revoke(body: unknown, key = OPERATOR_KEY) {
    const headers = { authorization: `Bearer ${key}` }
    return world.send(REVOKE, { method: 'POST', headers, body: JSON.stringify(body) })
  }

  /** Sends an event as FusionAuth does. */
  async function tell(event: object, signed: { body?: string; token?: string } = {}) {
    const body = JSON.stringify({ event })
    const token = signed.token ?? (await sign(signed.body ?? body))
    const headers = { 'x-fusionauth-signature-jwt': token, 'content-type': 'application/json' }
    return world.send(EVENTS, { method: 'POST', headers, body })
  }

  async function sign(body: string) {
    const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(body))
    const claims = { request_body_sha256: Buffer.from(hash).toString('base64') }
    return issuer.mint({}, { header: { typ: 'JWT' }, payloadText: JSON.stringify(claims) })
  }

  const use = async (token: string, gateway = world) => {
    const headers = { authorization: `Bearer ${token}` }
    return (await gateway.send('/orders', { headers })).status
  }
  return { ...world, clock, issuer, another, revoke, tell, sign, use }
}

describe('a mark of the operator', () => {
  const cases: [string, Record<string, unknown>, Record<string, unknown>][] = [
    ['subject', { sub: 'ada' }, { sub: 'bob' }],
    ['session', { sid: 'ada' }, { sid: 'bob' }],
    ['token', { jti: 'ada' }, { jti: 'bob' }],
    ['client', { client_id: 'ada' }, { client_id: 'bob' }],
    ['client', { azp: 'ada' }, { azp: 'bob' }],
    ['client', { applicationId: 'ada' }, { applicationId: 'bob' }],
  ]
  for (const [kind, claims, others] of cases) {
    it(`on the ${kind} in ${Object.keys(claims)[0]} ends its tokens, and no other's`, async () => {
      const { revoke, use, issuer, clock } = await createWorld()
      const [mine, other] = [await issuer.mint(claims), await issuer.mint(others)]
      expect([await use(mine), await use(other)]).toEqual([200, 200])
      expect((await revoke({ [kind]: 'ada' })).status).toBe(200)
      clock.now += 60
      expect([await use(mine), await use(other)]).toEqual([401, 200])
    })
  }

  it('leaves what is issued afterwards alone', async () => {
    const { revoke, use, issuer, clock } = await createWorld()
    await revoke({ subject: 'ada' })
    clock.now += 1
    expect(await use(await issuer.mint({ sub: 'ada' }))).toBe(200)
  })

  it('on a subject at one client leaves the other clients alone', async () => {
    const { revoke, use, issuer } = await createWorld()
    await revoke({ subject: 'ada', client: 'app' })
    expect(await use(await issuer.mint({ sub: 'ada', client_id: 'app' }))).toBe(401)
    expect(await use(await issuer.mint({ sub: 'ada', client_id: 'web' }))).toBe(200)
    expect(await use(await issuer.mint({ sub: 'bob', client_id: 'app' }))).toBe(200)
  })

  it('ends a token that does not say when it was issued', async () => {
    const { revoke, use, issuer, clock } = await createWorld()
    const mint = (sub: string) => issuer.mint({ sub, iat: undefined })
    expect(await use(await mint('ada'))).toBe(200)
    await revoke({ subject: 'ada', before: START - 100 })
    clock.now += 60
    expect(await use(await mint('ada'))).toBe(401)
    expect(await use(await mint('bob'))).toBe(200)
  })

  it('ends a token that was issued at a fraction of its second', async () => {
    const { revoke, use, issuer, clock } = await createWorld()
    await revoke({ subject: 'ada' })
    clock.now += 1
    expect(await use(await issuer.mint({ sub: 'ada', iat: START + 0.5 }))).toBe(401)
    expect(await use(await issuer.mint({ sub: 'ada', iat: START + 1 }))).toBe(200)
  })

  it('holds for as long as the token, with the clock skew that it is given', async () => {
    const { revoke, use, issuer, clock } = await createWorld({ keepSeconds: 3_600 })
    const mint = (sub: string) => issuer.mint({ sub }, { lifetimeSeconds: 3_600 })
    const [mine, other] = [await mint('ada'), await mint('bob')]
    await revoke({ subject: 'ada' })
    clock.now += 3_629
    expect([await use(mine), await use(other)]).toEqual([401, 200])
  })

  it('only moves forward', async () => {
    const { revoke, use, issuer, clock } = await createWorld()
    const token = await issuer.mint({ sub: 'ada' })
    await revoke({ subject: 'ada' })
    await revoke({ subject: 'ada', before: START - 100 })
    clock.now += 60
    expect(await use(token)).toBe(401)
  })

  it('holds in every instance after 60 s, where each had read the marks before', async () => {
    const { revoke, use, issuer, clock, another } = await createWorld()
    const token = await issuer.mint({ sub: 'ada' })
    const instances = await Promise.all([another(), another(), another()])
    for (const instance of instances) expect(await use(token, instance)).toBe(200)
    await revoke({ subject: 'ada' })
    clock.now += 59
    // Younger than 60 s: answered, and refreshed in the background.
    for (const instance of instances) {
      expect(await use(token, instance)).toBe(200)
      await instance.settle()
      expect(await use(token, instance)).toBe(401)
    }
  })

  it('holds at once where every request asks', async () => {
    const { revoke, use, issuer, another } = await createWorld({ exact: true })
    const token = await issuer.mint({ sub: 'ada' })
    const other = await another()
    expect(await use(token, other)).toBe(200)
    await revoke({ subject: 'ada' })
    expect(await use(token, other)).toBe(401)
  })

  it('is refused as invalid_token, and the log says why', async () => {
    const { revoke, issuer, send, lastEvent } = await createWorld()
    await revoke({ subject: 'ada' })
    const authorization = `Bearer ${await issuer.mint({ sub: 'ada' })}`
    const response = await send('/', { headers: { authorization } })
    expect(response.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"')
    expect(await refusal(response)).toEqual([401, 'invalid_token'])
    expect(lastEvent()?.reason).toBe('the token was revoked')
  })

  // A thousand requests: more than a slow machine does in the usual time.
  it('of 1,000 at once none is lost', { timeout: 60_000 }, async () => {
    const { revoke, issuer, use } = await createWorld()
    const subjects = Array.from({ length: 1_000 }, (_, index) => `user-${index}`)
    const answers = await Promise.all(subjects.map((subject) => revoke({ subject })))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    const state = stateOf<MarkOperations>(STATE)
    const { version, marks } = await state.marksSince(STATE_CONTRACT, issuer.issuer, 0)
    const names = subjects.map((subject) => nameOfMark({ subject }))
    expect(version).toBe(1_000)
    expect(new Set(marks.map(({ name }) => name))).toEqual(new Set(names))
    expect(await use(await issuer.mint({ sub: 'user-999' }))).toBe(401)
  })
})

describe('more marks than an isolate should hold', () => {
  it('end all tokens of the issuer, and lose none', { timeout: 60_000 }, async () => {
    const { issuer, use, clock } = await createWorld()
    const state = stateOf<MarkOperations>(STATE)
    const marks = Array.from({ length: 20_001 }, (_, index) => ({
      name: nameOfMark({ subject: `user-${index}` }),
      before: START,
    }))
    const token = await issuer.mint({ sub: 'bob' })
    await state.keepMarks(STATE_CONTRACT, issuer.issuer, marks.slice(1), 86_400, START)
    expect(await use(token)).toBe(200)
    await state.keepMarks(STATE_CONTRACT, issuer.issuer, marks.slice(0, 1), 86_400, START)
    clock.now += 60
    expect(await use(token)).toBe(401)
    expect(await use(await issuer.mint({ sub: 'bob' }))).toBe(200)
  })
})

describe('a token that lives longer than marks are kept', () => {
  it('is refused', async () => {
    const { use, issuer } = await createWorld({ keepSeconds: 3_600 })
    expect(await use(await issuer.mint({}, { lifetimeSeconds: 3_600 }))).toBe(200)
    expect(await use(await issuer.mint({}, { lifetimeSeconds: 4_000 }))).toBe(401)
  })

  it('is refused where it does not say when it was issued, and still lives longer', async () => {
    const { use, issuer } = await createWorld({ keepSeconds: 3_600 })
    const mint = (lives: number) => issuer.mint({ iat: undefined, exp: START + lives })
    expect(await use(await mint(3_600))).toBe(200)
    expect(await use(await mint(4_000))).toBe(401)
  })
})

describe('whoever is no operator', () => {
  it('is refused, without a key, with a wrong one, and after many wrong ones for a minute', async () => {
    const { revoke, send, clock } = await createWorld()
    const without = await send(REVOKE, { method: 'POST', body: '{"subject":"ada"}' })
    expect(await refusal(without)).toEqual([401, 'credential_missing'])
    const wrong = [`${OPERATOR_KEY}x`, OPERATOR_KEY.slice(1), `x${OPERATOR_KEY.slice(1)}`]
    for (let index = 0; index < 20; index++) {
      const key = wrong[index % 3] ?? ''
      expect(await refusal(await revoke({ subject: 'a' }, key))).toEqual([401, 'invalid_token'])
    }
    const flooded = await revoke({ subject: 'a' }, wrong[0])
    expect(flooded.headers.get('retry-after')).toBe('60')
    expect(await refusal(flooded)).toEqual([429, 'rate_limited'])
    expect((await revoke({ subject: 'a' })).status).toBe(200)
    clock.now += 60
    expect(await refusal(await revoke({ subject: 'a' }, wrong[0]))).toEqual([401, 'invalid_token'])
  })

  it('finds nothing there where no key is set', async () => {
    const { send } = await createWorld({ operatorKey: undefined as never, events: [] })
    expect((await send(REVOKE, { method: 'POST' })).status).toBe(500)
  })
})

describe('a question that cannot be understood', () => {
  const WRONG: [string, unknown][] = [
    ['no object', [1]],
    ['another member', { subject: 'a', user: 'b' }],
    ['nobody', {}],
    ['two who do not belong together', { subject: 'a', session: 'b' }],
    ['an empty name', { subject: '' }],
    ['a number', { subject: 7 }],
    ['a moment to come', { subject: 'a', before: START + 1 }],
    ['a moment in milliseconds', { subject: 'a', before: START * 1_000 }],
    ['a broken moment', { subject: 'a', before: 1.5 }],
    ['another entry', { entry: 'other', subject: 'a' }],
  ]
  for (const [what, body] of WRONG) {
    it(`with ${what} is 400`, async () => {
      const { revoke } = await createWorld()
      expect(await refusal(await revoke(body))).toEqual([400, 'invalid_request'])
    })
  }

  it('of more than 16 KiB is 413', async () => {
    const { revoke } = await createWorld()
    const body = { subject: 'a'.repeat(20_000) }
    expect(await refusal(await revoke(body))).toEqual([413, 'body_too_large'])
  })
})

describe('the marks cannot be read', () => {
  const AWAY = { fetch: () => Promise.reject(new Error('away')) } as unknown as StateBinding

  it('and never could: 503, or as if there were none where the owner says so', async () => {
    const closed = await createWorld({ state: AWAY })
    expect(await closed.use(await closed.issuer.mint())).toBe(503)
    const open = await createWorld({ state: AWAY, onOutage: 'allow' })
    expect(await open.use(await open.issuer.mint())).toBe(200)
  })

  it('any more: what is known holds for five minutes, then it is 503', async () => {
    const link: { isAway: boolean } = { isAway: false }
    const state = new Proxy(STATE, {
      get: (target, name) => {
        if (link.isAway) return () => Promise.reject(new Error('away'))
        const operations = target as unknown as Record<
          string | symbol,
          (...of: unknown[]) => unknown
        >
        return (...given: unknown[]) => operations[name]?.(...given)
      },
    })
    const { use, issuer, revoke, clock } = await createWorld({ state })
    await revoke({ subject: 'ada' })
    expect(await use(await issuer.mint())).toBe(200)
    link.isAway = true
    clock.now += 299
    expect(await use(await issuer.mint())).toBe(200)
    expect(await use(await issuer.mint({ sub: 'ada', iat: START }))).toBe(401)
    clock.now += 1
    expect(await use(await issuer.mint())).toBe(503)
    link.isAway = false
    clock.now += 5
    expect(await use(await issuer.mint())).toBe(200)
  })

  it('and a mark that cannot be kept is 503 for who sent it', async () => {
    const { revoke } = await createWorld({ state: AWAY })
    expect(await refusal(await revoke({ subject: 'a' }))).toEqual([503, 'issuer_unavailable'])
  })
})

describe('an event of FusionAuth', () => {
  const at = { id: 'e1', createInstant: START * 1_000 + 999, tenantId: 't' }
  const lives = { applicationTimeToLiveInSeconds: { app: 600, web: 600 } }
  const EVENTS_AND_ENDS: [string, object, Record<string, unknown>, Record<string, unknown>][] = [
    [
      'of one refresh token',
      { type: 'jwt.refresh-token.revoke', ...lives, userId: 'ada', refreshToken: { id: 's1' } },
      { sub: 'ada', sid: 's1' },
      { sub: 'ada', sid: 's2' },
    ],
    [
      'of all of a user',
      { type: 'jwt.refresh-token.revoke', ...lives, userId: 'ada' },
      { sub: 'ada', applicationId: 'app' },
      { sub: 'bob', applicationId: 'app' },
    ],
    [
      'of a user in one application',
      { type: 'jwt.refresh-token.revoke', ...lives, user: { id: 'ada' }, applicationId: 'app' },
      { sub: 'ada', applicationId: 'app' },
      { sub: 'ada', applicationId: 'web' },
    ],
    [
      'of an application',
      { type: 'jwt.refresh-token.revoke', ...lives, applicationId: 'app' },
      { sub: 'ada', applicationId: 'app' },
      { sub: 'ada', applicationId: 'web' },
    ],
    ['of a deactivated user', { type: 'user.deactivate', user: { id: 'ada' } }, { sub: 'ada' }, {}],
    ['of a deleted user', { type: 'user.delete', user: { id: 'ada' } }, { sub: 'ada' }, {}],
  ]
  for (const [what, event, ended, others] of EVENTS_AND_ENDS) {
    it(`${what} ends those tokens alone`, async () => {
      const { tell, use, issuer } = await createWorld()
      const [mine, other] = [await issuer.mint(ended), await issuer.mint(others)]
      expect((await tell({ ...event, ...at })).status).toBe(204)
      expect([await use(mine), await use(other)]).toEqual([401, 200])
    })
  }

  it('twice, late or in another order changes nothing', async () => {
    const { tell, use, issuer, clock } = await createWorld()
    const revoke = { type: 'user.deactivate', user: { id: 'ada' } }
    clock.now += 100
    const between = await issuer.mint({ sub: 'ada', iat: START + 50 })
    await tell({ ...revoke, id: 'new', createInstant: (START + 60) * 1_000 })
    await tell({ ...revoke, id: 'old', createInstant: START * 1_000 })
    await tell({ ...revoke, id: 'new', createInstant: (START + 60) * 1_000 })
    expect(await use(between)).toBe(401)
    expect(await use(await issuer.mint({ sub: 'ada', iat: START + 61 }))).toBe(200)
  })

  it('that brings somebody back clears no mark', async () => {
    const { tell, use, issuer, clock } = await createWorld()
    const token = await issuer.mint({ sub: 'ada' })
    await tell({ type: 'user.deactivate', user: { id: 'ada' }, ...at })
    clock.now += 1
    const createInstant = clock.now * 1_000
    await tell({ type: 'user.reactivate', user: { id: 'ada' }, id: 'e2', createInstant })
    expect(await use(token)).toBe(401)
  })

  it('of another kind changes nothing, and is answered', async () => {
    const { tell, use, issuer } = await createWorld()
    expect((await tell({ type: 'user.login.success', user: { id: 'ada' }, ...at })).status).toBe(
      204,
    )
    expect(await use(await issuer.mint({ sub: 'ada' }))).toBe(200)
  })

  it('of a changed key has the keys read again', async () => {
    const { tell, issuer, settle, use } = await createWorld()
    await use(await issuer.mint())
    const before = issuer.counters.jwks
    await tell({ type: 'jwt.public-key.update', applicationIds: ['app'], ...at })
    await settle()
    expect(issuer.counters.jwks).toBe(before + 1)
  })

  describe('that is not to be believed is refused and keeps nothing:', () => {
    const event = { type: 'user.deactivate', user: { id: 'ada' }, ...at }
    type World = Awaited<ReturnType<typeof createWorld>>
    const FORGED: [string, (world: World) => Promise<Response>, [number, string]][] = [
      [
        'without a signature',
        ({ send }) => send(EVENTS, { method: 'POST', body: JSON.stringify({ event }) }),
        [401, 'credential_missing'],
      ],
      [
        'with the signature of another body',
        ({ tell }) => tell(event, { body: '{}' }),
        [401, 'signature_invalid'],
      ],
      [
        'signed by another key',
        async ({ tell, issuer, sign }) => {
          const [, payload = ''] = (await sign(JSON.stringify({ event }))).split('.')
          const payloadText = Buffer.from(payload, 'base64url').toString()
          return tell(event, { token: await issuer.mint({}, { payloadText, key: 'foreign' }) })
        },
        [401, 'signature_invalid'],
      ],
      [
        'signed with the public key as a secret',
        async ({ tell, issuer, sign }) => {
          const [, payload = ''] = (await sign(JSON.stringify({ event }))).split('.')
          const payloadText = Buffer.from(payload, 'base64url').toString()
          const secret = JSON.stringify(issuer.jwks())
          return tell(event, { token: await issuer.mint({}, { payloadText, secret }) })
        },
        [401, 'signature_invalid'],
      ],
      [
        'with an access token that has the claim too',
        async ({ tell, issuer, sign }) => {
          const [, payload = ''] = (await sign(JSON.stringify({ event }))).split('.')
          const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
          return tell(event, { token: await issuer.mint(claims) })
        },
        [401, 'signature_invalid'],
      ],
      [
        'of tomorrow',
        ({ tell }) => tell({ ...event, createInstant: (START + 86_400) * 1_000 }),
        [400, 'invalid_request'],
      ],
      [
        'without a time',
        ({ tell }) => tell({ ...event, createInstant: undefined }),
        [400, 'invalid_request'],
      ],
      ['without a type', ({ tell }) => tell({ ...at }), [400, 'invalid_request']],
      [
        'of more than 256 KiB',
        ({ tell }) => tell({ ...event, pad: 'x'.repeat(262_144) }),
        [413, 'body_too_large'],
      ],
    ]
    for (const [what, send, expected] of FORGED) {
      it(what, async () => {
        const world = await createWorld()
        const token = await world.issuer.mint({ sub: 'ada' })
        expect(await refusal(await send(world))).toEqual(expected)
        expect(await world.use(token)).toBe(200)
      })
    }
  })

  it('signature is no access token', async () => {
    const { sign, use } = await createWorld()
    expect(await use(await sign('{}'))).toBe(401)
  })

  it('is signed with a shared secret where the owner says so, and with nothing else then', async () => {
    const signingSecret = 'a shared secret of FusionAuth and us'
    const { tell, sign, issuer } = await createWorld({}, { signingSecret })
    const event = { type: 'user.deactivate', user: { id: 'ada' }, ...at }
    const body = JSON.stringify({ event })
    const [, payload = ''] = (await sign(body)).split('.')
    const payloadText = Buffer.from(payload, 'base64url').toString()
    const token = await issuer.mint({}, { payloadText, secret: signingSecret })
    expect((await tell(event, { token })).status).toBe(204)
    expect(await refusal(await tell(event))).toEqual([401, 'signature_invalid'])
  })

  it('is told to the owner once, whatever it is, and not where it is of the day before', async () => {
    const told: unknown[] = []
    const onEvent = (event: object) => void told.push(event)
    const { tell, settle } = await createWorld({}, { onEvent })
    const login = { type: 'user.login.success', user: { id: 'ada' }, ...at }
    await tell(login)
    await tell(login)
    await tell({ ...login, id: 'e2' })
    await tell({ ...login, id: 'e3', createInstant: (START - 86_400) * 1_000 })
    await settle()
    expect(told).toEqual([login, { ...login, id: 'e2' }])
  })

  it('is told once also where its clock was ahead', async () => {
    const told: unknown[] = []
    const { tell, settle, clock } = await createWorld({}, { onEvent: (event) => told.push(event) })
    const login = { type: 'user.login.success', ...at, createInstant: (START + 300) * 1_000 }
    await tell(login)
    clock.now += 86_400
    await tell(login)
    await settle()
    expect(told).toEqual([login])
  })

  it('is answered although the owner fails with it', async () => {
    const onEvent = () => {
      throw new Error('no')
    }
    const { tell, settle } = await createWorld({}, { onEvent })
    expect((await tell({ type: 'test', ...at })).status).toBe(204)
    await settle()
  })
})
