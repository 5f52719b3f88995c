import { describe, expect, it } from 'vitest'
import { withheldAt, withoutParameters, withoutSubprotocols } from '../../src/upstream/withheld.ts'

describe('what is kept from origins', () => {
  it('is sorted by kind of place', () => {
    const places = [
      { header: 'x-key' },
      { cookie: 'session' },
      { query: 'key' },
      { subprotocol: 'bearer' },
      { header: 'x-other' },
    ]
    expect(withheldAt(places)).toEqual({
      headers: new Set(['x-key', 'x-other']),
      cookies: new Set(['session']),
      parameters: new Set(['key']),
      subprotocols: ['bearer'],
    })
  })
})

describe('a query', () => {
  const names = new Set(['key', 'a b'])
  const table: [search: string, kept: string][] = [
    ['', ''],
    ['?', '?'],
    ['?key=1', ''],
    ['?key', ''],
    ['?a=1&key=s3cr3t&b=%20+%zz', '?a=1&b=%20+%zz'],
    ['?key=1&key=2&x', '?x'],
    ['?%6bey=1&x', '?x'],
    ['?k%65y=1&x', '?x'],
    ['?a+b=1&a%20b=2&x', '?x'],
    ['?monkey=1&keys=2&Key=3', '?monkey=1&keys=2&Key=3'],
    ['?x=key&&y', '?x=key&&y'],
    ['??key=1&a=2', '??key=1&a=2'],
  ]
  for (const [search, kept] of table) {
    it(`${JSON.stringify(search)} becomes ${JSON.stringify(kept)}`, () => {
      expect(withoutParameters(search, names)).toBe(kept)
    })
  }
})

describe('an offer of subprotocols', () => {
  it('loses the entries that are credentials, and nothing else', () => {
    expect(withoutSubprotocols('chat, bearer.abc,v2', ['bearer'])).toBe('chat, v2')
    expect(withoutSubprotocols('bearer.abc', ['bearer'])).toBe('')
    expect(withoutSubprotocols('mybearer.abc', ['bearer'])).toBe('mybearer.abc')
  })
})
