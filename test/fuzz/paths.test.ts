import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { RouteConfig } from '../../src/config/define.ts'
import { canonicalPath } from '../../src/lib/canonical-path.ts'
import { createKeys, createWorld, type Keys, ORIGIN } from '../attacks/world.ts'
import { check } from './check.ts'

/** Pieces of paths that some server reads as something else than another one does. */
const piece = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom('/', '/', '.', '..', 'public', 'admin', 'v1', 'users', 'a'),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '%2e',
      '%2E',
      '%2f',
      '%2F',
      '%5c',
      '%25',
      '%252f',
      '%00',
      '%0a',
      '%3b',
      '%3f',
      '%23',
      '%70',
      '%c3%a9',
      '%c0%af',
      '%',
      '%zz',
      '\\',
      ';',
      '//',
      '*',
      ':',
      '@',
      '~',
      '+',
      '!',
      '|',
      '^',
      '"',
      '<',
      ' ',
      '\t',
      'é',
      '🦊',
      '\ud800',
      '\u0000',
      'PUBLIC',
      'Admin',
      '..;',
      '...',
      '%2e%2e',
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 3 }) },
)
const rawPath = fc.array(piece, { maxLength: 10 }).map((pieces) => `/${pieces.join('')}`)
const search = fc.oneof(
  fc.constantFrom('', '?', '?a=b', '?/../admin', '?x=/public/'),
  fc.string({ unit: fc.constantFrom(...'ab/?=&.%'), maxLength: 8 }).map((text) => `?${text}`),
)

const ROUTES: RouteConfig[] = [
  { path: '/public/*', to: ORIGIN, auth: 'public' },
  { path: '/admin/*', to: ORIGIN },
  { path: '/users/:id/a', to: ORIGIN },
  { path: '/v1/*', to: `${ORIGIN}/tenant`, auth: 'public', stripPrefix: true },
]

/** A server that forgives everything: unescapes until nothing changes, merges slashes, resolves dots. */
function forgivingPath(path: string): string {
  let text = path
  for (;;) {
    const next = text.replace(/%([\da-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
    if (next === text) break
    text = next
  }
  const kept: string[] = []
  for (const segment of text.split(/[/\\]+/)) {
    const name = segment.replace(/;.*/, '')
    if (name === '..') kept.pop()
    else if (name !== '.' && name !== '') kept.push(name)
  }
  return `/${kept.join('/')}`
}

let keys: Keys
beforeAll(async () => {
  keys = await createKeys()
})

describe('a path', () => {
  it('is forwarded as it was matched, and below what was opened even to the most forgiving origin', async () => {
    const world = createWorld(keys, { routes: ROUTES })
    const refusals = [400, 401, 404]
    await check(
      8_000,
      fc.asyncProperty(rawPath, search, async (path, query) => {
        world.received.length = 0
        world.events.length = 0
        const response = await world.sendRaw(`https://api.test${path}${query}`)
        const arrived = world.received[0]
        const event = world.lastEvent()
        if (!arrived) {
          expect(refusals).toContain(response.status)
          return
        }
        const { origin, pathname, hash } = new URL(arrived.url)
        expect([response.status, origin, hash]).toEqual([200, ORIGIN, ''])
        expect(arrived.url).toBe(origin + pathname + query)
        const matched = event?.path ?? ''
        if (event?.route === '/v1/*') {
          expect(pathname).toBe(`/tenant${matched.slice('/v1'.length) || '/'}`)
          expect(`${forgivingPath(pathname)}/`).toMatch(/^\/tenant\//)
        } else {
          expect(pathname).toBe(matched)
          expect(`${forgivingPath(pathname)}/`).toMatch(/^\/public\//)
        }
      }),
    )
  })

  it('has one canonical form, which is its own', async () => {
    await check(
      6_000,
      fc.property(rawPath, fc.boolean(), (path, allowAmbiguous) => {
        const canonical = canonicalPath(path, { allowAmbiguous })
        if (canonical === undefined) return
        expect(canonicalPath(canonical, { allowAmbiguous })).toBe(canonical)
        expect(new URL(`https://a.test${canonical}`).pathname).toBe(canonical)
        expect(canonical).toMatch(/^\/[!-~]*$/)
      }),
    )
  })

  it('that is no path of a URL is refused', async () => {
    const world = createWorld(keys, { routes: [{ path: '/*', to: ORIGIN, auth: 'public' }] })
    const url = fc.oneof(
      fc.tuple(
        fc.constantFrom('https://api.test', 'http://', 'https:', ''),
        fc.string({ unit: 'binary' }),
      ),
      fc.tuple(fc.constantFrom('https://'), rawPath),
    )
    await check(
      2_000,
      fc.asyncProperty(url, async ([base, rest]) => {
        world.received.length = 0
        const response = await world.sendRaw(base + rest)
        const { status } = response
        expect([200, 400, 403]).toContain(status)
        for (const arrived of world.received) expect(new URL(arrived.url).origin).toBe(ORIGIN)
      }),
    )
  })
})
