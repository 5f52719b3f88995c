import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLinkGateway } from '../support/links.ts'
import { check } from './check.ts'

const FORMATS = ['gatehouse', 'cloudflare', 'cloudflare-s'] as const
/** Pieces that one parser or another reads as something else. */
const piece = fc.oneof(
  fc.constantFrom(
    ...'/?&=-._+%0123456789abAB ',
    '%2F',
    '%2f',
    '%2B',
    '%3D',
    '%3d',
    '%2e',
    'verify',
  ),
  fc.string({ unit: 'binary', maxLength: 2 }),
)
const PATHS = ['/a', '/a/b?x=1', '/caf%C3%A9?', '/a?verif=1&y=%2B'] as const

describe('a link with anything changed', () => {
  it.each(FORMATS)('is refused, or is the same request to the origin: %s', async (format) => {
    const gateway = await createLinkGateway({ format })
    const links = await Promise.all(PATHS.map((path) => gateway.sign(path)))
    const unchanged = PATHS.map((path) => `https://origin.test${path}`)
    const change = fc.record({
      index: fc.nat(PATHS.length - 1),
      at: fc.nat(200),
      removed: fc.nat(3),
      added: fc.array(piece, { maxLength: 3 }).map((pieces) => pieces.join('')),
    })
    await check(
      3_000,
      fc.asyncProperty(change, async ({ index, at, removed, added }) => {
        const link = links[index] ?? ''
        const start = 'https://api.test'.length + (at % (link.length - 'https://api.test'.length))
        const changed = link.slice(0, start) + added + link.slice(start + removed)
        if (!URL.canParse(changed) || new URL(changed).host !== 'api.test') return
        gateway.received.length = 0
        const { status } = await gateway.send(changed)
        expect([200, 400, 401]).toContain(status)
        if (status === 200) expect(gateway.received[0]?.url).toBe(unchanged[index])
      }),
    )
  })
})
