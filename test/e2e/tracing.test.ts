// W3C Trace Context level 1 on real sockets: header lines as a client sends them, and as the origin gets them.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Origin, startOrigin } from '../support/origin.ts'
import { rawRequest } from '../support/raw-http.ts'
import { values } from '../support/raw-response.ts'
import { startWorkerd, type Workerd } from '../support/workerd.ts'

type Lines = [name: string, value: string][]

const SCRIPT = `
import { tracing } from './src/operate/tracing.ts'
import { worker } from './src/worker.ts'

export default worker((env) => ({
  schemes: {},
  every: { trace: tracing() },
  routes: [{ path: '/*', to: env.ORIGIN, auth: 'public' }],
}))`

const TRACE = '12345678901234567890123456789012'
const SPAN = '1234567890123456'
const PARENT = `00-${TRACE}-${SPAN}-01`
const SENT_PARENT = /^00-([\da-f]{32})-([\da-f]{16})-(0[01])$/

/** Each part of a parent with a wrong character at either end, too long, too short, and where it must not be, zero. */
const BROKEN: [string, string][] = [
  ['a dot after it', `${PARENT}.`],
  ['a later version and a dot after it', `cc${PARENT.slice(2)}.more`],
  ...parts('version', '00', (version) => `${version}${PARENT.slice(2)}`),
  ['two more digits of version', `00${PARENT}`],
  ...parts('trace id', TRACE, (id) => `00-${id}-${SPAN}-01`),
  ['a trace id of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
  ...parts('parent id', SPAN, (id) => `00-${TRACE}-${id}-01`),
  ['a parent id of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
  ...parts('flags', '01', (flags) => `00-${TRACE}-${SPAN}-${flags}`),
]

function parts(
  name: string,
  good: string,
  write: (part: string) => string,
): [what: string, value: string][] {
  return [
    [`a wrong character first in its ${name}`, write(`.${good.slice(1)}`)],
    [`a wrong character last in its ${name}`, write(`${good.slice(0, -1)}.`)],
    [`a longer ${name}`, write(`${good}0`)],
    [`a shorter ${name}`, write(good.slice(1))],
  ]
}

const NAME = 'abcdefghijklmnopqrstuvwxyz0123456789_-*/'
const LONGEST = `${'t'.repeat(241)}@${'v'.repeat(14)}`
/** All but the comma and the equals sign. */
const VALUE = Array.from({ length: 0x5f }, (_, index) => String.fromCharCode(0x20 + index))
  .filter((char) => char !== ',' && char !== '=')
  .join('')

let origin: Origin
let gateway: Workerd
beforeAll(async () => {
  origin = await startOrigin()
  gateway = await startWorkerd({ script: SCRIPT, vars: { ORIGIN: origin.url } })
})
afterAll(() => Promise.all([gateway.stop(), origin.stop()]))
beforeEach(() => {
  origin.requests.length = 0
})

/** What reached the origin: exactly one well-formed parent, and at most one state. */
async function arrived(lines: Lines) {
  const headers: Lines = [['Host', 'localhost'], ...lines]
  const response = await rawRequest(gateway.port, { target: '/', headers })
  expect(response.status).toBe(200)
  const received = origin.requests.at(-1)?.headers ?? []
  const all = (wanted: string) =>
    received.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value)
  expect(all('traceparent')).toEqual([expect.stringMatching(SENT_PARENT)])
  const [, traceId, parentId, flags] = SENT_PARENT.exec(all('traceparent')[0] ?? '') ?? []
  expect(traceId).not.toBe('0'.repeat(32))
  expect([SPAN, '0'.repeat(16)]).not.toContain(parentId)
  expect(all('x-request-id')).toEqual(values(response.headers, 'x-request-id'))
  return { isContinued: traceId === TRACE, flags, state: all('tracestate') }
}

describe('a trace on the wire', () => {
  it('starts where none was sent', async () => {
    expect(await arrived([])).toEqual({ isContinued: false, flags: '01', state: [] })
  })

  it.each<[string, Lines]>([
    ['in lower case', [['traceparent', PARENT]]],
    ['in other cases', [['TrAcEpArEnT', PARENT]]],
    ['in upper case', [['TRACEPARENT', PARENT]]],
    ['with capitals', [['TraceParent', PARENT]]],
    ['with a blank before it', [['traceparent', ` ${PARENT}`]]],
    ['with a tab after it', [['traceparent', `${PARENT}\t`]]],
    ['with blanks around it', [['traceparent', `\t ${PARENT} \t`]]],
    ['of a later version', [['traceparent', `cc${PARENT.slice(2)}`]]],
    ['of a later version that says more', [['traceparent', `cc${PARENT.slice(2)}-more-to-come`]]],
  ])('goes on for a parent %s', async (_, lines) => {
    expect(await arrived(lines)).toEqual({ isContinued: true, flags: '01', state: [] })
  })

  it.each<[string, Lines]>([
    ['two parents', [PARENT, PARENT].map((value) => ['traceparent', value])],
    [
      'two parents and a state',
      [
        ['traceparent', PARENT],
        ['tracestate', 'foo=1'],
        ['traceparent', PARENT],
      ],
    ],
    ['another name', [['trace-parent', PARENT]]],
    ['a name with a dot', [['trace.parent', PARENT]]],
    ['a parent with more after it', [['traceparent', `${PARENT}-more`]]],
    ['a parent of version ff', [['traceparent', `ff${PARENT.slice(2)}`]]],
    ['a state alone', [['tracestate', 'foo=1,bar=2']]],
    ...BROKEN.map(([what, value]): [string, Lines] => [what, [['traceparent', value]]]),
  ])('starts anew for %s, without a state', async (_, lines) => {
    expect(await arrived(lines)).toEqual({ isContinued: false, flags: '01', state: [] })
  })

  it.each<[string, string[], string[]]>([
    ['one', ['foo=1,bar=2'], ['foo=1,bar=2']],
    ['several, in their order', ['foo=1,bar=2', 'rojo=1', 'baz=3'], ['foo=1,bar=2,rojo=1,baz=3']],
    ['one that is empty', [''], []],
    ['an empty one and another', ['', 'foo=1', ''], ['foo=1']],
    ['blanks around members', ['\t foo=1 \t , \tbar=2 \t'], ['foo=1,bar=2']],
    ['one name twice', ['foo=1,foo=1'], []],
    ['one name in two headers', ['foo=1', 'foo=2'], []],
    ['a name that is none', ['foo=1,Bar=2'], []],
    ['32 members in two headers', [members(0, 20), members(20, 32)], [members(0, 32)]],
    ['33 members in two headers', [members(0, 20), members(20, 33)], []],
    ['every character of a name and a value', [`${NAME}=${VALUE}`], [`${NAME}=${VALUE}`]],
    ['the same at a vendor', [`${NAME}@a-z0_*/=1`], [`${NAME}@a-z0_*/=1`]],
    ['a blank after a name', ['foo =1'], []],
    ['a name in upper case', ['FOO=1'], []],
    ['a name with a dot', ['foo.bar=1'], []],
    ['no vendor after @', ['foo@=1,bar=2'], []],
    ['no tenant before @', ['@foo=1,bar=2'], []],
    ['@ twice together', ['foo@@bar=1,bar=2'], []],
    ['two @', ['foo@bar@baz=1,bar=2'], []],
    ['the longest name', ['foo=1', `${'z'.repeat(256)}=1`], [`foo=1,${'z'.repeat(256)}=1`]],
    ['a longer name', ['foo=1', `${'z'.repeat(257)}=1`], []],
    ['the longest tenant and vendor', [`${LONGEST}=1`], [`${LONGEST}=1`]],
    ['a longer tenant', ['foo=1', `${'t'.repeat(242)}@v=1`], []],
    ['a longer vendor', ['foo=1', `t@${'v'.repeat(15)}=1`], []],
    ['two =', ['foo=bar=baz'], []],
    ['no value', ['foo=,bar=3'], []],
  ])('goes on with what is good of its state: %s', async (_, states, sent) => {
    const lines: Lines = [['traceparent', PARENT.replace(/1$/, '0')]]
    for (const state of states) lines.push(['TraceState', state])
    expect(await arrived(lines)).toEqual({ isContinued: true, flags: '00', state: sent })
  })

  it.each(['tracestate', 'TrAcEsTaTe', 'TRACESTATE'])(
    'goes on with a state whose name is spelled %s',
    async (name) => {
      const lines: Lines = [
        ['traceparent', PARENT],
        [name, 'foo=1'],
      ]
      expect((await arrived(lines)).state).toEqual(['foo=1'])
    },
  )

  it.each(['trace-state', 'trace.state'])('takes no %s for its state', async (name) => {
    const lines: Lines = [
      ['traceparent', PARENT],
      [name, 'foo=1'],
    ]
    expect(await arrived(lines)).toEqual({ isContinued: true, flags: '01', state: [] })
  })

  it.each<[string, Lines]>([
    ['a parent', [['traceparent', PARENT]]],
    ['none', []],
    ['a broken one', [['traceparent', `00-${'0'.repeat(32)}-${SPAN}-01`]]],
  ])('has a span of its own for each request with %s', async (_, lines) => {
    const parents = new Set<string>()
    for (let index = 0; index < 5; index++) {
      await arrived(lines)
      const [, parent = ''] =
        origin.requests.at(-1)?.headers.find(([n]) => n === 'traceparent') ?? []
      parents.add(parent)
    }
    expect(parents.size).toBe(5)
  })

  it('takes one request id, and none of two', async () => {
    const ask = async (lines: Lines) => {
      const headers: Lines = [['Host', 'localhost'], ...lines]
      const response = await rawRequest(gateway.port, { target: '/', headers })
      return values(response.headers, 'x-request-id')
    }
    expect(await ask([['X-Request-Id', 'mine']])).toEqual(['mine'])
    const [made = ''] = await ask([
      ['X-Request-Id', 'a'],
      ['X-Request-Id', 'b'],
    ])
    expect(made).toMatch(/^[\da-f-]{36}$/)
  })
})

function members(from: number, to: number): string {
  return Array.from({ length: to - from }, (_, index) => `k${from + index}=v`).join()
}
