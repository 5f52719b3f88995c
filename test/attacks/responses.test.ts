import { beforeAll, describe, expect, it } from 'vitest'
import type { RouteConfig } from '../../src/config/define.ts'
import { createKeys, createWorld, type Keys, ORIGIN, refusal } from './world.ts'

let keys: Keys
beforeAll(async () => {
  keys = await createKeys()
})

const answering = (headers: HeadersInit, routes: RouteConfig[] = [{ path: '/*', to: ORIGIN }]) =>
  createWorld(keys, { routes, origin: () => new Response('{}', { headers }) })

describe("an origin's answer to somebody", () => {
  it('CVE-2026-24472, CVE-2026-44457: is kept by no cache unless the origin says so', async () => {
    const world = answering({})
    const response = await world.sendToken(await world.mint())
    expect(response.headers.get('cache-control')).toBe('private, no-store')
  })

  it('CVE-2026-24472: says of its caching what the origin said', async () => {
    const world = answering({ 'cache-control': 'private, max-age=60', vary: 'authorization' })
    const response = await world.sendToken(await world.mint())
    expect(response.headers.get('cache-control')).toBe('private, max-age=60')
    expect(response.headers.get('vary')).toBe('authorization')
  })

  it('CVE-2026-2836: tells nothing to a shared cache in between', async () => {
    const world = answering({
      'cdn-cache-control': 'max-age=9',
      'cloudflare-cdn-cache-control': 'x',
    })
    const response = await world.sendToken(await world.mint())
    expect(response.headers.get('cdn-cache-control')).toBeNull()
    expect(response.headers.get('cloudflare-cdn-cache-control')).toBeNull()
  })

  it('CVE-2022-31813: has no header about the connection, or from the gateway to the origin', async () => {
    const names = ['x-auth-subject', 'x-auth-claims', 'proxy-authenticate', 'alt-svc', 'x-hop']
    const entries = names.map((name) => [name, 'x'] as [string, string])
    const world = answering([...entries, ['connection', 'x-hop'], ['keep-alive', 'x']])
    const response = await world.sendToken(await world.mint())
    for (const name of [...names, 'connection', 'keep-alive']) {
      expect([name, response.headers.get(name)]).toEqual([name, null])
    }
  })
})

describe('a redirect', () => {
  it.each([
    [`${ORIGIN}/base/next?x=1`, 'https://api.test/v1/next?x=1'],
    ['/base/next', '/v1/next'],
    ['/elsewhere', '/elsewhere'],
    ['https://evil.test/base/next', 'https://evil.test/base/next'],
    ['//evil.test/base', '//evil.test/base'],
    [`${ORIGIN}.evil.test/base/next`, `${ORIGIN}.evil.test/base/next`],
    [`${ORIGIN}@evil.test/base/next`, `${ORIGIN}@evil.test/base/next`],
    [`${ORIGIN}/base/../next`, `${ORIGIN}/base/../next`],
    ['next', 'next'],
  ])(
    'CVE-2021-29651, CVE-2024-52003: to %s is made from configuration alone: %s',
    async (to, seen) => {
      const headers = { location: to }
      const world = createWorld(keys, {
        routes: [{ path: '/v1/*', to: `${ORIGIN}/base`, auth: 'public', stripPrefix: true }],
        origin: () => new Response(null, { status: 302, headers }),
      })
      const response = await world.send('/v1/x', {
        headers: {
          'x-forwarded-host': 'evil.test',
          'x-forwarded-prefix': '/evil',
          host: 'evil.test',
        },
      })
      expect([response.status, response.headers.get('location')]).toEqual([302, seen])
      expect(world.strayCalls).toEqual([])
    },
  )
})

describe('a refusal', () => {
  it('CVE-2022-29266, CVE-2022-23469: tells neither client nor log what was sent', async () => {
    const world = createWorld(keys)
    const tokens = [
      await world.mint({ secret: 'hush' }, {}, keys.attacker),
      await world.mint({ iss: 'https://hush.test' }),
      await world.mint({ exp: 1, sub: 'hush' }),
      `hush.${await world.mint()}`,
      'hush',
      'hush hush',
    ]
    for (const token of tokens) {
      const response = await world.sendToken(token, '/x?secret=hush', {
        headers: { cookie: 'hush' },
      })
      const wire = JSON.stringify([...response.headers]) + (await response.text())
      expect(response.status).toBe(401)
      for (const text of [wire, JSON.stringify(world.lastEvent())]) {
        expect(text).not.toContain('hush')
        for (const part of token.split('.')) expect(text).not.toContain(part)
      }
    }
  })

  it('oathkeeper 743: says the same of every bad token', async () => {
    const world = createWorld(keys)
    const tokens = [
      await world.mint({}, {}, keys.attacker),
      await world.mint({ exp: 1 }),
      await world.mint({ aud: 'other' }),
      await world.mint({}, { kid: 'unknown' }),
    ]
    const answers = new Set<string>()
    for (const token of tokens) {
      const response = await world.sendToken(token)
      const { instance: _, ...body } = (await response.json()) as Record<string, unknown>
      answers.add(JSON.stringify([response.status, [...response.headers], body]))
    }
    expect(answers.size).toBe(1)
  })

  it.each([
    ['credential_missing', {}, 'Bearer'],
    ['invalid_token', { authorization: 'Bearer x' }, 'Bearer error="invalid_token"'],
    [
      'multiple_credentials',
      { authorization: 'Bearer x, Bearer y' },
      'Bearer error="invalid_request"',
    ],
  ])('RFC 6750 section 3.1: %s has its challenge', async (code, headers, challenge) => {
    const world = createWorld(keys)
    const response = await world.send('/x', { headers: headers as HeadersInit })
    expect(response.headers.get('www-authenticate')).toBe(challenge)
    expect((await refusal(response))[1]).toBe(code)
  })

  it('RFC 6750 section 3.1: names every scope that the request needs', async () => {
    const world = createWorld(keys, { routes: [{ path: '/*', to: ORIGIN, scopes: ['a', 'b'] }] })
    const response = await world.sendToken(await world.mint({ scope: 'a' }))
    expect(response.headers.get('www-authenticate')).toBe(
      'Bearer error="insufficient_scope", scope="a b"',
    )
    expect(response.status).toBe(403)
  })

  it('CVE-2025-66565: has a number of its own', async () => {
    const world = createWorld(keys)
    const ids = new Set<unknown>()
    for (let index = 0; index < 20; index++) {
      const { instance } = (await (await world.send('/x')).json()) as Record<string, unknown>
      expect(instance).toMatch(
        /^urn:uuid:[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/,
      )
      ids.add(instance)
    }
    expect(ids.size).toBe(20)
  })

  it('CVE-2025-25294: is one line of JSON in the log, whatever a client wrote', async () => {
    const lines: string[] = []
    const original = console.log
    console.log = (line: string) => void lines.push(line)
    try {
      const { consoleLog } = await import('../../src/operate/log.ts')
      const world = createWorld(keys)
      await world.sendRaw('https://api.test/"},{"event":"forged"}', {
        headers: { 'user-agent': '"}{"event":"forged"' },
      })
      for (const event of world.events) consoleLog(event)
    } finally {
      console.log = original
    }
    expect(lines.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual(['request'])
    expect(lines.join()).not.toContain('\n')
  })
})

describe('a fault', () => {
  it('CVE-2023-27488, CVE-2024-23324: of a handler closes the door, and says nothing', async () => {
    const world = createWorld(keys, {
      routes: [
        {
          path: '/*',
          to: () => {
            throw new Error('hush')
          },
        },
      ],
    })
    const response = await world.sendToken(await world.mint())
    expect(await response.clone().text()).not.toContain('hush')
    expect(await refusal(response)).toEqual([502, 'origin_unreachable'])
  })
})
