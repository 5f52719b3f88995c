// Ways in of different kinds on one route: a token of an issuer, Cloudflare Access, an API key, a signed link.

import { describe, expect, it } from 'vitest'
import { apiKeys } from '../../src/auth/key/api-keys.ts'
import { issueKey } from '../../src/auth/key/issue.ts'
import { nameOfKey, writeStoredKey } from '../../src/auth/key/stored-key.ts'
import { signLink } from '../../src/auth/link/sign.ts'
import { signedLinks } from '../../src/auth/link/signed-links.ts'
import { cloudflareAccess } from '../../src/auth/presets/cloudflare-access.ts'
import { oidc } from '../../src/auth/presets/oidc.ts'
import { allOf, anyOf, optional } from '../../src/config/define.ts'
import { checkConfig } from '../../src/config/prepare.ts'
import { ADA, AUD, mintAccess, PERSON, teamCerts } from '../support/access.ts'
import { AUDIENCE, createMemoryStore, ORIGIN, refusal, START } from '../support/gateway.ts'
import { KEY } from '../support/links.ts'
import { createTestIssuer } from '../support/mint.ts'
import { createGateway } from '../support/watched-gateway.ts'

const LINKS = { keys: [KEY], ttlSeconds: 600 }
const ALL = ['main', 'staff', 'keys', 'links'] as const
type Kind = (typeof ALL)[number]

const ROUTES = [
  { path: '/any', auth: anyOf(...ALL), to: ORIGIN },
  { path: '/all', auth: allOf('main', 'keys'), to: ORIGIN, scopes: ['orders:read'] },
  { path: '/all/keys-first', auth: allOf('keys', 'main'), to: ORIGIN },
  { path: '/all/guarded', auth: allOf('main', 'staff'), to: ORIGIN },
  { path: '/optional', auth: optional(anyOf(...ALL)), to: ORIGIN },
  { path: '/optional-all', auth: optional(allOf('main', 'keys')), to: ORIGIN },
  { path: '/public', auth: 'public' as const, to: ORIGIN },
]

async function world() {
  const issuer = createTestIssuer({ audience: AUDIENCE, now: () => START })
  const store = createMemoryStore()
  const key = await issueKey(
    { owner: 'warehouse', scopes: ['stock:read'], roles: ['press'] },
    START,
  )
  store.entries.set(await nameOfKey(key.stored.id), writeStoredKey(key.stored))
  const received: Request[] = []
  const gateway = createGateway(
    {
      schemes: {
        main: oidc({ issuer: issuer.issuer, audience: AUDIENCE }),
        staff: cloudflareAccess({ team: 'acme', audience: AUD }),
        keys: apiKeys({ store }),
        links: signedLinks(LINKS),
      },
      routes: ROUTES,
    },
    {
      now: () => START,
      log: () => {},
      async fetch(request) {
        const { origin } = new URL(request.url)
        if (origin === issuer.issuer) return issuer.fetch(request)
        if (origin !== ORIGIN) return Response.json(await teamCerts())
        received.push(request)
        return Response.json({})
      },
    },
  )
  const good: Record<Exclude<Kind, 'links'>, Record<string, string>> = {
    main: { authorization: `Bearer ${await issuer.mint()}` },
    staff: { 'cf-access-jwt-assertion': await mintAccess(PERSON) },
    keys: { 'x-api-key': key.text },
  }
  return {
    good,
    received,
    subject: () => received.at(-1)?.headers.get('x-auth-subject'),
    link: async (path: string) =>
      (await signLink(`https://api.test${path}`, LINKS, { now: START })).url,
    send: (target: string, headers: Record<string, string> = {}) =>
      gateway.fetch(new Request(new URL(target, 'https://api.test'), { headers }), {
        waitUntil: () => {},
      }),
  }
}

const CHALLENGES = 'Bearer, CloudflareAccess team="acme", ApiKey header="x-api-key", SignedLink'

describe('any of four kinds', () => {
  it('is each of them alone', async () => {
    const { send, link, good, subject } = await world()
    const expected = { main: 'user-1', staff: ADA, keys: 'warehouse' }
    for (const [kind, headers] of Object.entries(good)) {
      const { status } = await send('/any', headers)
      expect([kind, status, subject()]).toEqual([
        kind,
        200,
        expected[kind as keyof typeof expected],
      ])
    }
    expect((await send(await link('/any'))).status).toBe(200)
  })

  it('is none of them without one, and the 401 names each that would do', async () => {
    const { send } = await world()
    const response = await send('/any')
    expect(response.headers.get('www-authenticate')).toBe(CHALLENGES)
    expect(await refusal(response)).toEqual([401, 'credential_missing'])
  })

  it('is 401 with what is wrong about the one that was sent, and the others beside it', async () => {
    const { send } = await world()
    const response = await send('/any', { 'x-api-key': 'gk_wrong' })
    expect(await refusal(response)).toEqual([401, 'api_key_invalid'])
    expect(response.headers.get('www-authenticate')).toBe(
      CHALLENGES.replace('"x-api-key"', '"x-api-key", error="api_key_invalid"'),
    )
  })

  it('is 400 where two were chosen, of whatever kinds', async () => {
    const { send, link, good } = await world()
    const url = await link('/any')
    for (const [target, headers] of [
      ['/any', { ...good.main, ...good.keys }],
      [url, good.main],
      [url, good.keys],
    ] as const) {
      expect(await refusal(await send(target, headers))).toEqual([400, 'multiple_credentials'])
    }
  })

  it('takes what was chosen where Access has added its own, and withholds both', async () => {
    const { send, link, good, received } = await world()
    const sent = await Promise.all([
      send('/any', { ...good.main, ...good.staff }),
      send('/any', { ...good.keys, ...good.staff }),
      send(await link('/any'), good.staff),
    ])
    expect(sent.map(({ status }) => status)).toEqual([200, 200, 200])
    const names = ['authorization', 'cf-access-jwt-assertion', 'x-api-key']
    for (const { headers, url } of received) {
      expect([...names.map((name) => headers.get(name)), url]).toEqual([
        null,
        null,
        null,
        `${ORIGIN}/any`,
      ])
    }
    const bad = { authorization: 'Bearer x.y', ...good.staff }
    expect(await refusal(await send('/any', bad))).toEqual([401, 'invalid_token'])
  })
})

describe('cookies that cannot be read', () => {
  /** Any host of the domain can set such a one beside the person's own. */
  const TOSSED: [tossed: { cookie: string }, status: number, code: string][] = [
    [{ cookie: 'CF_Authorization=a; CF_Authorization=b' }, 400, 'multiple_credentials'],
    [{ cookie: 'CF_Authorization=a,b' }, 400, 'multiple_credentials'],
    [{ cookie: 'CF_Authorization={' }, 401, 'invalid_token'],
  ]

  it('keep nobody out who has chosen to send something else', async () => {
    const { send, good, link, subject } = await world()
    for (const [tossed] of TOSSED) {
      expect((await send('/any', { ...tossed, ...good.keys })).status).toBe(200)
      expect(subject()).toBe('warehouse')
      expect((await send('/optional', { ...tossed, ...good.main })).status).toBe(200)
      expect((await send(await link('/any'), tossed)).status).toBe(200)
    }
  })

  it('are refused where nothing else was sent, and where they are one of all', async () => {
    const { send, good } = await world()
    for (const [tossed, ...expected] of TOSSED) {
      for (const path of ['/any', '/optional']) {
        expect(await refusal(await send(path, tossed))).toEqual(expected)
      }
      const both = { ...tossed, ...good.main }
      expect(await refusal(await send('/all/guarded', both))).toEqual(expected)
    }
  })

  it('save nobody whose chosen credential is bad', async () => {
    const { send } = await world()
    const headers = { ...TOSSED[0]?.[0], 'x-api-key': 'gk_wrong' }
    expect(await refusal(await send('/any', headers))).toEqual([401, 'api_key_invalid'])
  })
})

describe('all of several kinds', () => {
  it('is every one of them, and the first named speaks, with its rights alone', async () => {
    const { send, good, received } = await world()
    const both = { ...good.main, ...good.keys }
    expect((await send('/all', both)).status).toBe(200)
    expect((await send('/all/keys-first', both)).status).toBe(200)
    const seen = received.map(({ headers }) =>
      ['subject', 'scope', 'roles'].map((name) => headers.get(`x-auth-${name}`)),
    )
    expect(seen).toEqual([
      ['user-1', 'orders:read', null],
      ['warehouse', 'stock:read', 'press'],
    ])
  })

  it('is a token of an issuer behind Access, each in its own place', async () => {
    const { send, good, subject } = await world()
    expect((await send('/all/guarded', { ...good.main, ...good.staff })).status).toBe(200)
    expect(subject()).toBe('user-1')
    for (const one of [good.main, good.staff]) {
      const response = await send('/all/guarded', one)
      expect(await refusal(response)).toEqual([401, 'credential_missing'])
    }
  })

  it('is 401 where one is missing or bad, and it names each', async () => {
    const { send, good, received } = await world()
    const missing = await send('/all', good.main)
    expect(missing.headers.get('www-authenticate')).toBe(
      'Bearer scope="orders:read", ApiKey header="x-api-key"',
    )
    expect(await refusal(missing)).toEqual([401, 'credential_missing'])
    const bad = await send('/all', { ...good.main, 'x-api-key': 'gk_wrong' })
    expect(await refusal(bad)).toEqual([401, 'api_key_invalid'])
    const token = await send('/all', { ...good.keys, authorization: 'Bearer x.y' })
    expect(await refusal(token)).toEqual([401, 'invalid_token'])
    expect(received).toEqual([])
  })
})

describe('optional kinds', () => {
  it('let in whoever shows nothing, as nobody, and whoever shows something good', async () => {
    const { send, good, subject } = await world()
    expect([(await send('/optional')).status, subject()]).toEqual([200, null])
    expect([(await send('/optional', good.keys)).status, subject()]).toEqual([200, 'warehouse'])
    expect([(await send('/optional', good.staff)).status, subject()]).toEqual([200, ADA])
    expect([(await send('/optional-all')).status, subject()]).toEqual([200, null])
  })

  it('let nobody in who shows something bad, or one of two', async () => {
    const { send, link, good } = await world()
    const url = (await link('/optional')).replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))
    for (const [target, headers, code] of [
      ['/optional', { 'x-api-key': 'gk_wrong' }, 'api_key_invalid'],
      ['/optional', { authorization: 'Bearer x.y' }, 'invalid_token'],
      ['/optional', { 'cf-access-jwt-assertion': 'x.y' }, 'invalid_token'],
      [url, {}, 'signature_invalid'],
      ['/optional-all', good.main, 'credential_missing'],
    ] as const) {
      expect([target, ...(await refusal(await send(target, headers)))]).toEqual([target, 401, code])
    }
  })
})

it('no kind of credential reaches the origin of a public route', async () => {
  const { send, link, good, received } = await world()
  const cookie = `CF_Authorization=${good.staff['cf-access-jwt-assertion']}; theme=dark`
  await send(await link('/public'), { ...good.main, ...good.staff, ...good.keys, cookie })
  const [request] = received
  const names = [...(request?.headers.keys() ?? [])].filter(
    (name) => !name.startsWith('x-forwarded'),
  )
  expect([request?.url, request?.headers.get('cookie'), names]).toEqual([
    `${ORIGIN}/public`,
    'theme=dark',
    ['cookie', 'x-gatehouse-hops'],
  ])
})

it('two entries of one team on one route are a problem, since a token would have two meanings', () => {
  const entry = cloudflareAccess({ team: 'acme', audience: AUD })
  const problems = checkConfig({
    schemes: { staff: entry, admins: entry },
    routes: [{ path: '/*', auth: anyOf('staff', 'admins'), to: ORIGIN }],
  })
  expect(problems).toEqual([
    "routes[0] (/*).auth: names staff and admins, which have the same issuer, so that a token would have two meanings. Name one of them, or make one entry of both: audience: ['a', 'b']",
  ])
})
