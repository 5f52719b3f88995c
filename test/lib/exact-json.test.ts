import { describe, expect, it } from 'vitest'
import { ExactNumber, parseExact, toDouble } from '../../src/lib/exact-json.ts'
import { isObject, parseObject } from '../../src/lib/strict-json.ts'

/** The value of a number as it is read in a list in an object. */
function read(source: string): unknown {
  return (parseExact(`{"a":[ ${source} ]}`) as { a: unknown[] }).a[0]
}

describe('a number in JSON', () => {
  it.each([
    '9007199254740992',
    '9007199254740993',
    '-9007199254740993',
    '281674916028284929',
    '123456789012345678901234567890',
    '1e21',
    '1E400',
    '1e-400',
    '0.12345678901234567890',
    '1767225600.123456789',
    '90071992547409930e-1',
  ])('that a double would change keeps its digits: %s', (source) => {
    const value = read(source)
    expect(value).toBeInstanceOf(ExactNumber)
    expect(`${value}`).toBe(source)
    expect(JSON.stringify({ value, list: [value] })).toBe(`{"value":${source},"list":[${source}]}`)
    expect(toDouble(value)).toBe(Number(source))
  })

  it.each([
    '0',
    '-0',
    '0e400',
    '9007199254740991',
    '-9007199254740991',
    '1767225600',
    '1767225600.1234567',
    '0.1',
    '1.50',
    '1e3',
    '1e15',
    '0.30000000000000004',
    '1000000000000000000000e-18',
    '5e-324',
    '1.7976931348623157e300',
  ])('that a double holds is one: %s', (source) => {
    expect(read(source)).toBe(Number(source))
  })

  it('is no object to whoever looks for one', () => {
    expect(isObject(read('9007199254740993'))).toBe(false)
    expect(toDouble('1')).toBeUndefined()
  })

  it('does not hide a repeated name beside it', () => {
    expect(() => parseObject('{"a":9007199254740993,"a":1}')).toThrow('a member name is repeated')
    expect(JSON.stringify(parseObject('{"a":9007199254740993,"b":{"c":[1e400]}}'))).toBe(
      '{"a":9007199254740993,"b":{"c":[1e400]}}',
    )
  })

  it('is none in a string', () => {
    const text = '{"a":"x:9007199254740993","b":",1e400","c":[": 12345678901234567890"]}'
    expect(parseExact(text)).toEqual(JSON.parse(text))
  })
})
