import { describe, expect, it } from 'vitest'
import {
  decodeBase64url,
  decodeUtf8,
  digest,
  encodeBase64url,
  encodeUtf8,
  isCanonicalBase64url,
} from '../../src/lib/bytes.ts'
import { isObject, parseObject } from '../../src/lib/strict-json.ts'

describe('strict JSON', () => {
  it('takes objects', () => {
    const text = '{"a":[{"b":1},{"b":2}],"c":{"a":"x"},"d":"","":null}'
    expect(parseObject(text)).toEqual(JSON.parse(text))
    expect(parseObject(' {} ')).toEqual({})
  })

  it('does not take the content of strings for structure', () => {
    for (const value of ['{"a":1,"a":2}', '","a":"', '\\', '\\"', '","x', '}{[]', 'a\\']) {
      const text = JSON.stringify({ a: value, b: [value, { a: value }] })
      expect(parseObject(text)).toEqual(JSON.parse(text))
    }
  })

  it('refuses a repeated name, on every level and in every spelling', () => {
    const texts = [
      '{"sub":"a","sub":"b"}',
      '{"sub":"a","x":1,"sub":"a"}',
      '{"sub":"a","s\\u0075b":"b"}',
      '{"\\u0073ub":"a","\\u0073\\u0075b":"b"}',
      '{"a":{"b":1,"b":2}}',
      '{"a":[{"b":1},{"b":1,"c":[],"b":2}]}',
      '{"":1,"":2}',
      '{"a":{"x":1},"b":[1,2],"a":3}',
      '{"a\\\\":1,"a\\\\":2}',
      '{"__proto__":1,"__proto__":2}',
    ]
    for (const text of texts) {
      expect(() => parseObject(text), text).toThrow('a member name is repeated')
    }
  })

  it('tells names apart that only look alike', () => {
    expect(parseObject('{"a":1,"A":2,"a ":3,"\\\\u0061":4}')).toHaveProperty('A', 2)
  })

  it('refuses what is not an object', () => {
    for (const text of ['[]', '"a"', '1', 'null', 'true']) {
      expect(() => parseObject(text), text).toThrow('the top level is not an object')
    }
    for (const text of ['', '{', '{"a":1,}', "{'a':1}", '{"a":1} x', '\ufeff{}', '{"a":NaN}']) {
      expect(() => parseObject(text), text).toThrow(SyntaxError)
    }
  })

  it('refuses more than 32 levels', () => {
    const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
    const lists = (levels: number) => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`
    expect(isObject(parseObject(nested(32)))).toBe(true)
    expect(() => parseObject(nested(33))).toThrow('nested too deep')
    expect(isObject(parseObject(lists(31)))).toBe(true)
    expect(() => parseObject(lists(32))).toThrow('nested too deep')
  })

  it('counts levels, not brackets', () => {
    expect(isObject(parseObject(`{"a":[${'[],'.repeat(100)}[]]}`))).toBe(true)
  })
})

describe('base64url', () => {
  it('accepts the one spelling of each byte string', () => {
    for (let length = 1; length <= 64; length++) {
      const bytes = crypto.getRandomValues(new Uint8Array(length))
      const text = encodeBase64url(bytes)
      expect(isCanonicalBase64url(text)).toBe(true)
      expect([...decodeBase64url(text)]).toEqual([...bytes])
    }
  })

  it('refuses every other spelling', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    for (const last of alphabet) {
      for (const text of [`A${last}`, `AA${last}`]) {
        const isCanonical = encodeBase64url(decodeBase64url(text)) === text
        expect(isCanonicalBase64url(text), text).toBe(isCanonical)
      }
    }
    for (const text of ['', 'A', 'AAAAA', 'AA==', 'AAA=', 'A+AA', 'A/AA', 'AA AA', 'AAAA\n']) {
      expect(isCanonicalBase64url(text), JSON.stringify(text)).toBe(false)
    }
  })

  it('encodes the bytes of a view, not those around it', () => {
    expect(encodeBase64url(new Uint8Array([9, 1, 2, 9]).subarray(1, 3))).toBe('AQI')
  })
})

describe('UTF-8', () => {
  it('is refused where it is not well-formed', () => {
    for (const bytes of [[0xff], [0xc0, 0xae], [0xed, 0xa0, 0x80], [0xe2, 0x82]]) {
      expect(() => decodeUtf8(Uint8Array.from(bytes))).toThrow(TypeError)
    }
  })

  it('keeps a byte order mark, so that no two byte strings are one text', () => {
    expect(decodeUtf8(encodeUtf8('\ufeff{}'))).toBe('\ufeff{}')
  })
})

describe('the name of a list', () => {
  it('differs for lists that would join to the same text', async () => {
    const lists = [['a', 'bc'], ['ab', 'c'], ['abc'], ['a:bc'], ['a', 'b', 'c'], ['1:a', 'bc'], []]
    const names = await Promise.all(lists.map(digest))
    expect(new Set(names).size).toBe(lists.length)
    for (const name of names) expect(name).toMatch(/^[\w-]{43}$/)
  })
})
