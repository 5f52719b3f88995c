import { describe, expect, it } from 'vitest'
import { readTraceParent, readTraceState } from '../../src/operate/trace-context.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'
const KNOWN = { traceId: TRACE, parentId: SPAN, isSampled: true }

describe('a traceparent', () => {
  it.each([
    ['of version 00', `00-${TRACE}-${SPAN}-01`, KNOWN],
    ['that is not sampled', `00-${TRACE}-${SPAN}-00`, { ...KNOWN, isSampled: false }],
    [
      'with flags that level 1 does not know',
      `00-${TRACE}-${SPAN}-fe`,
      { ...KNOWN, isSampled: false },
    ],
    ['of a later version', `cc-${TRACE}-${SPAN}-01`, KNOWN],
    ['of a later version that says more', `01-${TRACE}-${SPAN}-01-what-comes-then`, KNOWN],
    ['of a later version with an empty rest', `01-${TRACE}-${SPAN}-01-`, KNOWN],
  ])('%s is continued', (_, value, parent) => {
    expect(readTraceParent(value)).toEqual(parent)
  })

  it.each([
    ['is missing', null],
    ['is empty', ''],
    ['has the version ff', `ff-${TRACE}-${SPAN}-01`],
    ['has a version of letters that are no digits', `0g-${TRACE}-${SPAN}-01`],
    ['has a version with a dot', `.0-${TRACE}-${SPAN}-01`],
    ['has a longer version', `000-${TRACE}-${SPAN}-01`],
    ['has a shorter version', `0-${TRACE}-${SPAN}-01`],
    ['has version 00 and a rest', `00-${TRACE}-${SPAN}-01-more`],
    ['has version 00 and a dot after it', `00-${TRACE}-${SPAN}-01.`],
    ['has a later version and a rest without a hyphen', `cc-${TRACE}-${SPAN}-01.more`],
    ['is in upper case', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['has a trace id of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['has a longer trace id', `00-${TRACE}0-${SPAN}-01`],
    ['has a shorter trace id', `00-${TRACE.slice(1)}-${SPAN}-01`],
    ['has a trace id with a dot', `00-.${TRACE.slice(1)}-${SPAN}-01`],
    ['has a parent id of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['has a longer parent id', `00-${TRACE}-${SPAN}0-01`],
    ['has a shorter parent id', `00-${TRACE}-${SPAN.slice(1)}-01`],
    ['has a parent id with a dot', `00-${TRACE}-${SPAN.slice(1)}.-01`],
    ['has longer flags', `00-${TRACE}-${SPAN}-001`],
    ['has shorter flags', `00-${TRACE}-${SPAN}-1`],
    ['has flags with a dot', `00-${TRACE}-${SPAN}-.0`],
    ['is there twice', `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`],
    ['is there twice, in a later version', `cc-${TRACE}-${SPAN}-01-a, cc-${TRACE}-${SPAN}-01`],
    ['is too long', `cc-${TRACE}-${SPAN}-01-${'a'.repeat(512)}`],
  ])('that %s is not continued', (_, value) => {
    expect(readTraceParent(value)).toBeUndefined()
  })
})

const members = (count: number) => Array.from({ length: count }, (_, index) => `k${index}=v`)

describe('a tracestate', () => {
  it.each([
    ['with one member', 'foo=1', 'foo=1'],
    ['with several, in their order', 'foo=1,bar=2', 'foo=1,bar=2'],
    [
      'of several headers',
      'foo=1,bar=2, rojo=1,congo=2, baz=3',
      'foo=1,bar=2,rojo=1,congo=2,baz=3',
    ],
    ['with blanks around members', ' foo=1 \t , \t bar=2,\t baz=3\t', 'foo=1,bar=2,baz=3'],
    ['with members that are empty', ',foo=1,, ,bar=2,', 'foo=1,bar=2'],
    ['with blanks inside a value', 'foo=a b', 'foo=a b'],
    ['with a tenant at a vendor', '0tenant@vendor=1', '0tenant@vendor=1'],
    ['with every character of a name', 'az09_-*/@az09_-*/=1', 'az09_-*/@az09_-*/=1'],
    ['with the longest name', `${'z'.repeat(256)}=1`, `${'z'.repeat(256)}=1`],
    [
      'with the longest tenant and vendor',
      `${'t'.repeat(241)}@${'v'.repeat(14)}=1`,
      `${'t'.repeat(241)}@${'v'.repeat(14)}=1`,
    ],
    ['with the longest value', `a=${'z'.repeat(256)}`, `a=${'z'.repeat(256)}`],
    ['with 32 members', members(32).join(), members(32).join()],
  ])('%s goes on', (_, value, sent) => {
    expect(readTraceState(value)).toBe(sent)
  })

  it('with every character of a value goes on', () => {
    const codes = Array.from({ length: 0x7f - 0x20 }, (_, index) => 0x20 + index)
    const all = String.fromCharCode(...codes.filter((code) => code !== 0x2c && code !== 0x3d))
    expect(readTraceState(`foo=${all}`)).toBe(`foo=${all}`)
  })

  it.each([
    ['is missing', null],
    ['is empty', ''],
    ['has no member', ' ,, '],
    ['has a name twice', 'foo=1,foo=1'],
    ['has a name twice with another value', 'foo=1,bar=3,foo=2'],
    ['has a blank after a name', 'foo =1'],
    ['has a name in upper case', 'FOO=1'],
    ['has a name with a dot', 'foo.bar=1'],
    ['has a name that begins with a digit', '0foo=1'],
    ['has no vendor after @', 'foo@=1,bar=2'],
    ['has no tenant before @', '@foo=1,bar=2'],
    ['has @ twice together', 'foo@@bar=1,bar=2'],
    ['has two @', 'foo@bar@baz=1,bar=2'],
    ['has a longer name', `${'z'.repeat(257)}=1`],
    ['has a longer tenant', `${'t'.repeat(242)}@v=1`],
    ['has a longer vendor', `t@${'v'.repeat(15)}=1`],
    ['has a longer value', `a=${'z'.repeat(257)}`],
    ['has no value', 'foo=,bar=3'],
    ['has no =', 'foo,bar=3'],
    ['has two =', 'foo=bar=baz,bar=3'],
    ['has a control character', 'foo=a\u0001b'],
    ['has a letter outside ASCII', 'foo=ä'],
    ['has 33 members', members(33).join()],
    ['is too long', Array.from({ length: 17 }, (_, i) => `k${i}=${'z'.repeat(250)}`).join()],
  ])('that %s is dropped as a whole', (_, value) => {
    expect(readTraceState(value)).toBeUndefined()
  })
})
