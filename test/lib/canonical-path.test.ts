import { describe, expect, it } from 'vitest'
import { canonicalPath, matchForm } from '../../src/lib/canonical-path.ts'

// Raw path, and its canonical form; undefined where it can be read in more than one way.
const TABLE: [raw: string, canonical: string | undefined][] = [
  ['/', '/'],
  ['/orders/1', '/orders/1'],
  ['/orders/', '/orders/'],
  ["/a-._~!$&'()*+,=:@b", "/a-._~!$&'()*+,=:@b"],
  ['/...', '/...'],
  ['/.well-known/x', '/.well-known/x'],
  // Unreserved characters are unescaped, other escapes are in upper case, the rest is escaped.
  ['/%61dmin', '/admin'],
  ['/%41%2d%2E%5f%7e', '/A-._~'],
  ['/caf%c3%a9', '/caf%C3%A9'],
  ['/café', '/caf%C3%A9'],
  ['/%40me', '/%40me'],
  ['/a b', '/a%20b'],
  ['/a"<>^`{|}', '/a%22%3C%3E%5E%60%7B%7C%7D'],
  ['/[x]', '/%5Bx%5D'],
  ['/a%23b%3fc', '/a%23b%3Fc'],
  ['/100%25', '/100%25'],
  ['/%25zz', '/%25zz'],
  // Dot segments are resolved, however they are spelled.
  ['/a/./b', '/a/b'],
  ['/a/../b', '/b'],
  ['/a/%2e%2e/b', '/b'],
  ['/a/.%2E/b', '/b'],
  ['/a/%2e/b', '/a/b'],
  ['/a/..', '/'],
  ['/a/b/..', '/a/'],
  ['/a/.', '/a/'],
  ['/..', '/'],
  ['/../../a', '/a'],
  ['/%2e%2e', '/'],
  ['/a/b/../../../c', '/c'],
  // Separators in disguise.
  ['//', undefined],
  ['//a', undefined],
  ['/a//b', undefined],
  ['/a//', undefined],
  ['/a%2fb', undefined],
  ['/a%2Fb', undefined],
  ['/a%5cb', undefined],
  ['/a%5Cb', undefined],
  ['/a\\b', undefined],
  ['/a/..%2fb', undefined],
  ['/a%2f..%2fb', undefined],
  ['/a/%2e%2e%2fb', undefined],
  // What some servers cut a segment at.
  ['/a;x=1/b', undefined],
  ['/a/..;/b', undefined],
  ['/a%3bb', undefined],
  ['/a%3Bb', undefined],
  ['/a%00b', undefined],
  // Escapes of escapes.
  ['/%252f', undefined],
  ['/%252e%252e/b', undefined],
  ['/%2525', undefined],
  ['/a%25zz%2541', undefined],
  // Control characters, as they are and escaped.
  ['/a\u0000b', undefined],
  ['/a\nb', undefined],
  ['/a\tb', undefined],
  ['/a\u007fb', undefined],
  ['/a%0d%0ab', undefined],
  ['/a%1fb', undefined],
  ['/a%7fb', undefined],
  // Broken escapes, and escapes that are no UTF-8.
  ['/%', undefined],
  ['/%2', undefined],
  ['/%zz', undefined],
  ['/%c0%ae', undefined],
  ['/%ff', undefined],
  ['/%c3', undefined],
  ['/%c3x%a9', undefined],
  ['/%ed%a0%80', undefined],
  ['/\ud800', undefined],
  ['', undefined],
  ['a/b', undefined],
  ['*', undefined],
]

describe('the canonical path', () => {
  for (const [raw, canonical] of TABLE) {
    const title = canonical === undefined ? 'is refused' : `is ${canonical}`
    it(`of ${JSON.stringify(raw)} ${title}`, () => {
      expect(canonicalPath(raw)).toBe(canonical)
    })
  }

  it('is its own canonical form', () => {
    for (const [, canonical] of TABLE) {
      if (canonical !== undefined) expect(canonicalPath(canonical)).toBe(canonical)
    }
  })

  it('is its own canonical form, also where escapes spell more escapes', () => {
    const alphabet = ['%25', '%32', '%35', '%65', '%2', '%', '2', 'e', '/', '.', '%2e', '%66', 'f']
    let texts = ['/']
    let refused = 0
    for (let length = 1; length <= 4; length++) {
      texts = texts.flatMap((text) => alphabet.map((piece) => text + piece))
      for (const raw of texts) {
        for (const allowAmbiguous of [false, true]) {
          const canonical = canonicalPath(raw, { allowAmbiguous })
          if (canonical === undefined) refused++
          else if (canonicalPath(canonical, { allowAmbiguous }) !== canonical) {
            expect.fail(`${raw} becomes ${canonical}, which becomes something else`)
          }
        }
      }
    }
    expect(refused).toBeLessThan(2 * 13 ** 4)
  })

  it('is what a URL made of it has as its path', () => {
    for (const [, canonical = '/'] of TABLE) {
      expect(new URL(`https://origin.test${canonical}`).pathname).toBe(canonical)
    }
  })

  it('lets separators in disguise through as they are where that is asked for', () => {
    const lenient = (raw: string) => canonicalPath(raw, { allowAmbiguous: true })
    expect(lenient('/a%2fb')).toBe('/a%2Fb')
    expect(lenient('/a//b;c')).toBe('/a//b;c')
    expect(lenient('/%252f')).toBe('/%252f')
    expect(lenient('/a\\b')).toBe('/a%5Cb')
    expect(lenient('/a/../b')).toBe('/b')
  })

  it('never lets controls and broken escapes through', () => {
    for (const raw of ['/%zz', '/%', '/a%00b', '/a\u0000b', '/%0a', '/%c0%ae', '']) {
      expect(canonicalPath(raw, { allowAmbiguous: true })).toBeUndefined()
    }
  })
})

describe('the form that patterns are compared with', () => {
  it('unescapes exactly what may stand in a path as it is', () => {
    const allowed = "!$&'()*+,=:@"
    for (let code = 0; code < 0x80; code++) {
      const character = String.fromCharCode(code)
      const escaped = `%${code.toString(16).toUpperCase().padStart(2, '0')}`
      expect(matchForm(`/x${escaped}`)).toBe(
        `/x${allowed.includes(character) ? character : escaped}`,
      )
    }
  })

  it('leaves other characters escaped', () => {
    expect(matchForm('/caf%C3%A9/%40me')).toBe('/caf%C3%A9/@me')
  })
})
