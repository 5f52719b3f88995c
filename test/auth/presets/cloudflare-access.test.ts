import { describe, expect, it } from 'vitest'
import {
  ADA,
  AUD,
  accessWorld,
  mintAccess,
  OTHER_AUD,
  PERSON,
  SERVICE,
  SERVICE_TOKEN,
  TEAM,
} from '../../support/access.ts'
import { ORIGIN, refusal, START } from '../../support/gateway.ts'
import { createTestKey } from '../../support/signing-keys.ts'

const ASSERTION = 'cf-access-jwt-assertion'
const CLOUDFLARED = 'cf-access-token'
const cookieOf = (token: string) => `CF_Authorization=${token}`

describe('a token of Cloudflare Access', () => {
  it('lets a person in by the header and by the cookie, and the origin sees neither', async () => {
    const { send, received } = accessWorld()
    const token = await mintAccess(PERSON)
    for (const headers of [{ [ASSERTION]: token }, { cookie: `a=1; ${cookieOf(token)}` }]) {
      expect((await send('/a', { headers })).status).toBe(200)
    }
    const seen = received.map(({ headers }) => ({
      subject: headers.get('x-auth-subject'),
      issuer: headers.get('x-auth-issuer'),
      assertion: headers.get(ASSERTION),
      cookie: headers.get('cookie'),
    }))
    const common = { subject: ADA, issuer: TEAM, assertion: null }
    expect(seen).toEqual([
      { ...common, cookie: null },
      { ...common, cookie: 'a=1' },
    ])
  })

  it('is one credential where header and cookie have the same, and the header wins where they differ', async () => {
    const { send, received } = accessWorld()
    const [token, old] = [await mintAccess(PERSON), await mintAccess({ ...PERSON, sub: 'old' })]
    for (const cookie of [cookieOf(token), cookieOf(old), cookieOf('a b')]) {
      expect((await send('/a', { headers: { [ASSERTION]: token, cookie } })).status).toBe(200)
    }
    expect(received.map(({ headers }) => headers.get('x-auth-subject'))).toEqual([ADA, ADA, ADA])
  })

  it('is not read in Authorization, where others have theirs', async () => {
    const { send } = accessWorld()
    const authorization = `Bearer ${await mintAccess(PERSON)}`
    const response = await send('/a', { headers: { authorization } })
    expect(await refusal(response)).toEqual([401, 'credential_missing'])
    expect(response.headers.get('www-authenticate')).toBe('CloudflareAccess team="acme"')
  })

  it('stands in cf-access-token only where the owner says so, and was put there by somebody', async () => {
    const headers = { [CLOUDFLARED]: await mintAccess(PERSON), origin: 'https://evil.test' }
    const closed = accessWorld()
    expect(await refusal(await closed.send('/a', { headers }))).toEqual([401, 'credential_missing'])
    const open = accessWorld({ cloudflared: true })
    expect((await open.send('/a', { method: 'POST', headers })).status).toBe(200)
    const stale = { [ASSERTION]: await mintAccess({ ...PERSON, sub: 'old' }), ...headers }
    expect((await open.send('/a', { method: 'POST', headers: stale })).status).toBe(200)
    expect(
      open.received.map((request) => [
        request.headers.get('x-auth-subject'),
        request.headers.get(CLOUDFLARED),
      ]),
    ).toEqual([
      [ADA, null],
      [ADA, null],
    ])
  })

  const BAD: [what: string, claims: Record<string, unknown>, reason: string][] = [
    ['for another application', { ...PERSON, aud: [OTHER_AUD] }, 'aud does not name this API'],
    [
      'of another team',
      { ...PERSON, iss: 'https://evil.cloudflareaccess.com' },
      'the iss of the token is the issuer of no entry in schemes',
    ],
    ['of a team’s session', { ...PERSON, type: 'org' }, 'the type of the token is not app'],
    ['without a type', { ...PERSON, type: undefined }, 'the type of the token is not app'],
    ['of nobody', { ...PERSON, sub: '' }, 'the token names neither a person nor a service token'],
    [
      'without a sub',
      { ...SERVICE_TOKEN, sub: undefined },
      'the token names neither a person nor a service token',
    ],
    ['that has expired', { ...PERSON, exp: START - 31 }, 'the token has expired'],
    ['that is not good yet', { ...PERSON, nbf: START + 31 }, 'nbf is in the future'],
  ]
  it.each(BAD)('%s is 401', async (_, claims, reason) => {
    const { send, lastEvent, received } = accessWorld()
    const response = await send('/a', { headers: { [ASSERTION]: await mintAccess(claims) } })
    expect(await refusal(response)).toEqual([401, 'invalid_token'])
    expect(response.headers.get('www-authenticate')).toBe(
      'CloudflareAccess team="acme", error="invalid_token"',
    )
    expect([lastEvent().reason, received]).toEqual([reason, []])
  })

  it('that somebody else has signed is 401', async () => {
    const { send } = accessWorld()
    const token = await mintAccess(PERSON, { key: await createTestKey('RS256') })
    const response = await send('/a', { headers: { [ASSERTION]: token } })
    expect(await refusal(response)).toEqual([401, 'invalid_token'])
  })
})

describe('a service token of Access', () => {
  it('is a client of the name of its id, never a person', async () => {
    const { send, received } = accessWorld()
    const headers = { [ASSERTION]: await mintAccess(SERVICE_TOKEN), origin: 'https://evil.test' }
    expect((await send('/a', { method: 'POST', headers })).status).toBe(200)
    expect(received[0]?.headers.get('x-auth-subject')).toBe(SERVICE)
  })

  it('is not asked about: there is no identity', async () => {
    const { send, asked } = accessWorld({ identity: { groups: 'id' } })
    const headers = { [ASSERTION]: await mintAccess(SERVICE_TOKEN) }
    expect([(await send('/a', { headers })).status, asked.length]).toEqual([200, 0])
  })
})

describe('a page elsewhere', () => {
  // Design: every unsafe method and every upgrade needs Origin, or Sec-Fetch-Site: same-origin.
  const form = { method: 'POST', body: 'a=1', type: 'application/x-www-form-urlencoded' }
  const CASES: [what: string, method: string, headers: Record<string, string>][] = [
    [
      'a form of another site',
      form.method,
      { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' },
    ],
    [
      'a form of a neighbour',
      form.method,
      { origin: 'https://www.api.test', 'sec-fetch-site': 'same-site' },
    ],
    ['a WebSocket of another site', 'GET', { upgrade: 'websocket', origin: 'https://evil.test' }],
    ['a request that does not say where it is from', form.method, {}],
    ['a WebSocket that does not say where it is from', 'GET', { upgrade: 'websocket' }],
    ['a form of a sandboxed frame', form.method, { origin: 'null' }],
  ]
  it.each(CASES)('gets nothing by the cookie of Access: %s', async (_, method, more) => {
    const { send, received } = accessWorld()
    const token = await mintAccess(PERSON)
    // Access makes the header of the cookie, so that both arrive, or the cookie alone.
    for (const credential of [{}, { [ASSERTION]: token }]) {
      const headers = { 'content-type': form.type, cookie: cookieOf(token), ...credential, ...more }
      const init = method === 'GET' ? { headers } : { method, headers, body: form.body }
      expect(await refusal(await send('/a', init))).toEqual([403, 'csrf'])
    }
    expect(received).toEqual([])
  })

  it('may be of the gateway’s own origin, and may always read', async () => {
    const { send } = accessWorld()
    const cookie = cookieOf(await mintAccess(PERSON))
    for (const more of [{ origin: 'https://api.test' }, { 'sec-fetch-site': 'same-origin' }]) {
      const headers = new Headers({ cookie, ...more })
      expect((await send('/a', { method: 'POST', headers })).status).toBe(200)
      headers.set('upgrade', 'websocket')
      expect((await send('/a', { headers })).status).toBe(200)
    }
    const elsewhere = { cookie, origin: 'https://evil.test' }
    expect((await send('/a', { headers: elsewhere })).status).toBe(200)
  })
})

describe('what Access knows beside the token', () => {
  const KNOWN = {
    email: 'Ada@acme.example',
    user_uuid: ADA,
    groups: [{ id: 'g-1', name: 'Engineers' }, { id: 'g-2', name: 'Admins' }, 'plain', { id: 7 }],
    devicePosture: {
      'disk-check': { id: 'disk-check', type: 'disk_encryption', success: true },
      'os-check': { id: 'os-check', success: false },
    },
  }
  const routes = [
    { path: '/plain', auth: 'staff', to: ORIGIN },
    {
      path: '/admin',
      auth: 'staff',
      to: ORIGIN,
      roles: ['g-2'],
      claims: { devicePosture: 'disk-check' },
      forward: { 'x-groups': 'groups', 'x-posture': 'devicePosture' },
    },
    { path: '/os', auth: 'staff', to: ORIGIN, claims: { devicePosture: 'os-check' } },
  ]
  const identity = { groups: 'id', devicePosture: true } as const

  it('is asked for with the cookie, once in 60 s, and only by an entry that says so', async () => {
    const token = await mintAccess(PERSON, { now: START + 40 })
    const headers = { [ASSERTION]: token }
    const without = accessWorld({}, routes)
    await without.send('/plain', { headers })
    expect(without.asked).toEqual([])

    const world = accessWorld({ identity }, routes)
    world.identity = () => Response.json(KNOWN)
    for (const at of [40, 41, 99]) {
      world.clock.now = START + at
      expect((await world.send('/admin', { headers })).status).toBe(200)
    }
    expect(world.asked.map((request) => request.headers.get('cookie'))).toEqual([cookieOf(token)])
    world.clock.now = START + 100
    await world.send('/admin', { headers })
    expect(world.asked).toHaveLength(2)
    const { headers: got } = world.received[0] as Request
    expect([got.get('x-auth-roles'), got.get('x-groups'), got.get('x-posture')]).toEqual([
      'g-1,g-2,plain',
      'g-1,g-2,plain',
      'disk-check',
    ])
    expect(await refusal(await world.send('/os', { headers }))).toEqual([403, 'forbidden'])
  })

  it('has groups by name for whoever says so', async () => {
    const world = accessWorld({ identity: { groups: 'name' } })
    world.identity = () => Response.json(KNOWN)
    await world.send('/a', { headers: { [ASSERTION]: await mintAccess(PERSON) } })
    expect(world.received[0]?.headers.get('x-auth-roles')).toBe('Engineers,Admins,plain')
  })

  it('is 401 for a session that has ended, and that is asked again after 10 s', async () => {
    const world = accessWorld({ identity })
    world.identity = () => Response.json({ err: 'no session' }, { status: 401 })
    const headers = { [ASSERTION]: await mintAccess(PERSON) }
    for (const at of [0, 9, 10]) {
      world.clock.now = START + at
      expect(await refusal(await world.send('/a', { headers }))).toEqual([401, 'invalid_token'])
    }
    expect(world.asked).toHaveLength(2)
  })

  const OUTAGES: [what: string, answer: () => Response][] = [
    ['an error', () => new Response('', { status: 500 })],
    ['a page to sign in at', () => Response.redirect('https://acme.cloudflareaccess.com/login')],
    ['no object', () => Response.json(null)],
    ['somebody else', () => Response.json({ ...KNOWN, email: 'eve@acme.example' })],
    ['too much', () => Response.json({ ...KNOWN, filler: 'x'.repeat(262_144) })],
  ]
  it.each(OUTAGES)('is 503 where the answer is %s', async (_, answer) => {
    const world = accessWorld({ identity })
    world.identity = answer
    const response = await world.send('/a', { headers: { [ASSERTION]: await mintAccess(PERSON) } })
    expect(await refusal(response)).toEqual([503, 'issuer_unavailable'])
    expect(response.headers.get('retry-after')).toBe('10')
    expect(world.received).toEqual([])
  })

  it('is not asked for during 10 s after a failure, nor more than 50 times in a second', async () => {
    const world = accessWorld({ identity })
    const tokens = await Promise.all(
      Array.from({ length: 52 }, (_, n) => mintAccess({ ...PERSON, nonce: n })),
    )
    const show = async (token = '') =>
      (await world.send('/a', { headers: { [ASSERTION]: token } })).status
    expect([await show(tokens[0]), await show(tokens[1])]).toEqual([503, 503])
    expect(world.asked).toHaveLength(1)
    world.clock.now = START + 10
    world.identity = () => Response.json(KNOWN)
    const statuses = []
    for (const token of tokens) statuses.push(await show(token))
    expect(statuses.filter((status) => status === 200)).toHaveLength(50)
    expect(world.asked).toHaveLength(51)
  })
})

// The seam of the runtime's ctx.access. Not run on Cloudflare; test/e2e/cloudflare-access.test.ts runs it in the
// local simulation.
describe('ctx.access', () => {
  const IDENTITY = {
    email: 'ada@acme.example',
    name: 'Ada',
    user_uuid: ADA,
    groups: [{ id: 'g-1', name: 'Engineers' }],
    devicePosture: {},
  }
  const access = (identity: unknown, aud = AUD) => ({ aud, getIdentity: async () => identity })

  it('says who it is without a token, and nobody is asked for keys', async () => {
    const { send, received, asked } = accessWorld({ identity: { groups: 'id' } })
    expect((await send('/a', {}, access(IDENTITY))).status).toBe(200)
    const { headers } = received[0] as Request
    const claims = JSON.parse(atob(headers.get('x-auth-claims') ?? ''))
    expect([headers.get('x-auth-subject'), headers.get('x-auth-issuer'), claims, asked]).toEqual([
      ADA,
      TEAM,
      {
        iss: TEAM,
        aud: [AUD],
        sub: ADA,
        email: 'ada@acme.example',
        name: 'Ada',
        groups: ['g-1'],
      },
      [],
    ])
  })

  it('counts only for the application that the entry names', async () => {
    const { send } = accessWorld()
    const other = await send('/a', {}, access(IDENTITY, OTHER_AUD))
    expect(await refusal(other)).toEqual([401, 'credential_missing'])
    const headers = { [ASSERTION]: await mintAccess(PERSON) }
    expect((await send('/a', { headers }, access(IDENTITY, OTHER_AUD))).status).toBe(200)
  })

  it('is a credential that a browser brings unasked', async () => {
    const { send } = accessWorld()
    const headers = { origin: 'https://evil.test' }
    const response = await send('/a', { method: 'POST', headers }, access(IDENTITY))
    expect(await refusal(response)).toEqual([403, 'csrf'])
  })

  it('does not name a service token: the token itself does, and without it the client has no name', async () => {
    const { send, received } = accessWorld()
    const headers = { [ASSERTION]: await mintAccess(SERVICE_TOKEN) }
    expect((await send('/a', { headers }, access(undefined))).status).toBe(200)
    expect((await send('/a', { method: 'POST' }, access(undefined))).status).toBe(200)
    expect(received.map((request) => request.headers.get('x-auth-subject'))).toEqual([
      SERVICE,
      null,
    ])
    const bad = { [ASSERTION]: await mintAccess({ ...SERVICE_TOKEN, aud: [OTHER_AUD] }) }
    const refused = await send('/a', { headers: bad }, access(undefined))
    expect(await refusal(refused)).toEqual([401, 'invalid_token'])
  })

  it('that does not answer is 503', async () => {
    const { send } = accessWorld()
    const broken = { aud: AUD, getIdentity: () => Promise.reject(new Error('no')) }
    const response = await send('/a', {}, broken)
    expect(await refusal(response)).toEqual([503, 'issuer_unavailable'])
  })
})
