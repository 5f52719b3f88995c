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
  ])('goes on with what is good of its state: %s', async (_, states, sent) => {
    const lines: Lines = [['traceparent', PARENT.replace(/1$/, '0')]]
    for (const state of states) lines.push(['TraceState', state])
    expect(await arrived(lines)).toEqual({ isContinued: true, flags: '00', state: sent })
  })

  it('has a span of its own for each request', async () => {
    const parents = new Set<string>()
    for (let index = 0; index < 5; index++) {
      await arrived([['traceparent', PARENT]])
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
