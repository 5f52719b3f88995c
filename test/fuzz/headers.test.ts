import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { RouteConfig } from '../../src/config/define.ts'
import { optional } from '../../src/config/define.ts'
import { createKeys, createWorld, type Keys, ORIGIN, type World } from '../attacks/world.ts'
import { check } from './check.ts'

const ROUTES: RouteConfig[] = [
  { path: '/token', to: ORIGIN, forward: { 'x-user-email': 'email', tenant: 'tenant' } },
  { path: '/optional', to: ORIGIN, auth: optional('main') },
  { path: '/public', to: ORIGIN, auth: 'public' },
]

/** What only the gateway may say, in the spelling of a server that folds every mark into a hyphen. */
const MANAGED =
  /^(?:x-auth-.*|x-forwarded-.*|x-gatehouse-.*|authorization|x-user-email|tenant|forwarded|x-real-ip|cf-.*|x-http-method-override|x-original-url)$/

const managedName = fc.constantFrom(
  'x-auth-subject',
  'x-auth-scope',
  'x-auth-anything',
  'x-user-email',
  'tenant',
  'authorization',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-user',
  'forwarded',
  'x-real-ip',
  'cf-access-jwt-assertion',
  'x-http-method-override',
  'x-original-url',
  'x-gatehouse-hops',
)
const TOKEN_CHARS = [..."abxz019-_.!#$%&'*+^`|~"]
/** A managed name with its hyphens and case changed, or any name. */
const name = fc.oneof(
  fc
    .tuple(managedName, fc.constantFrom('-', '_', '.', '~', '!'), fc.boolean())
    .map(([text, mark, isUpper]) => {
      const marked = text.replaceAll('-', mark)
      return isUpper ? marked.toUpperCase() : marked
    }),
  fc.string({ unit: fc.constantFrom(...TOKEN_CHARS), minLength: 1, maxLength: 12 }),
  fc.constantFrom(
    'te',
    'trailer',
    'keep-alive',
    'expect',
    'proxy-authorization',
    'cookie',
    'host',
    'range',
  ),
)
const value = fc.oneof(
  fc.constantFrom('evil', 'Bearer evil', ''),
  fc.string({ maxLength: 10 }).map((t) => `evil${t}`),
)
const connection = fc.oneof(
  fc.constant(undefined),
  fc.array(fc.oneof(name, managedName, fc.constantFrom('', ' ', 'close', '"', '\t', 'a b')), {
    maxLength: 4,
  }),
)

const fold = (text: string) => text.toLowerCase().replace(/[^a-z0-9-]/g, '-')

let keys: Keys
let world: World
let token: string
beforeAll(async () => {
  keys = await createKeys()
  world = createWorld(keys, { routes: ROUTES })
  token = await world.mint({ email: 'user@good.test' })
})

describe('headers of a client', () => {
  it('never reach the origin as something that only the gateway may say', async () => {
    await check(
      3_000,
      fc.asyncProperty(
        fc.constantFrom('/token', '/optional', '/public'),
        fc.array(fc.tuple(name, value), { maxLength: 6 }),
        connection,
        async (path, list, names) => {
          world.received.length = 0
          world.events.length = 0
          const headers = new Headers()
          for (const [key, text] of list) {
            const isCredential = key.toLowerCase() === 'authorization' && path !== '/public'
            if (!isCredential) headers.append(key, text.trim())
          }
          // What is no host is refused, and what is one passes nowhere.
          if (headers.has('host')) headers.set('host', 'evil.test')
          if (names) headers.append('connection', names.join(','))
          if (path === '/token') headers.set('authorization', `Bearer ${token}`)
          const response = await world.send(path, { headers })
          if (response.status === 508) {
            expect(headers.get('x-gatehouse-hops')).toMatch(/^\d{1,2}$/)
            return
          }
          expect([response.status, world.lastEvent()?.reason]).toEqual([200, undefined])
          const arrived = (world.received[0] as Request).headers
          const ours: Record<string, string> = {
            'x-forwarded-proto': 'https',
            'x-forwarded-host': 'api.test',
            ...(path === '/token' && {
              'x-auth-subject': 'user-1',
              'x-auth-issuer': 'https://idp.test',
              'x-auth-scope': 'orders:read',
              'x-user-email': 'user@good.test',
            }),
          }
          for (const [key, text] of Object.entries(ours))
            expect([key, arrived.get(key)]).toEqual([key, text])
          for (const [key, text] of arrived) {
            if (!MANAGED.test(fold(key)) || key === 'x-gatehouse-hops') continue
            expect([key, text]).toEqual([
              key,
              ours[key] ?? (key === 'x-auth-claims' ? text : 'absent'),
            ])
            expect(text).not.toContain('evil')
          }
        },
      ),
    )
  })

  it('that an origin answers with never break the answer', async () => {
    let answered = new Headers()
    const other = createWorld(keys, {
      routes: ROUTES,
      origin: () => new Response('{}', { status: 201, headers: answered }),
    })
    const location = fc.oneof(
      fc.webUrl(),
      fc.constantFrom('//', 'http://[', '/%', '\\', 'x:', `${ORIGIN}:99999`),
    )
    await check(
      1_600,
      fc.asyncProperty(
        fc.array(fc.tuple(name, value)),
        connection,
        location,
        async (list, names, to) => {
          answered = new Headers(list.map(([key, text]) => [key, text.trim()] as [string, string]))
          if (names) answered.append('connection', names.join(','))
          answered.set('location', to)
          const response = await other.send('/public')
          expect([response.status, other.lastEvent()?.reason]).toEqual([201, undefined])
          for (const [key] of response.headers)
            expect(key).not.toMatch(/^(x-auth-.*|connection|proxy-.*)$/)
        },
      ),
    )
  })
})

describe('an Authorization header', () => {
  it('is a good token or a refusal, whatever is in it', async () => {
    const text = fc.oneof(
      fc.constantFrom('Bearer', 'bearer', 'Basic', 'DPoP', ' ', '  ', ',', '\t', '=', '"', 'x'),
      fc.constant('TOKEN'),
    )
    const pieces = fc.array(text, { maxLength: 6 })
    await check(
      3_000,
      fc.asyncProperty(pieces, pieces, async (first, second) => {
        const lines = [first, second]
          .filter((line) => line.length > 0)
          .map((line) => line.join('').replaceAll('TOKEN', token))
        const headers = new Headers()
        for (const line of lines) headers.append('authorization', line)
        const sent = headers.get('authorization') ?? ''
        world.events.length = 0
        const response = await world.send('/token', { headers })
        const isGood = (line: string) => /^bearer +TOKEN$/i.test(line.replaceAll(token, 'TOKEN'))
        const expected = isGood(sent) ? [200] : [400, 401]
        expect([sent, expected]).toEqual([sent, expect.arrayContaining([response.status])])
      }),
    )
  })
})
