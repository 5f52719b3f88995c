import { describe, expect, it } from 'vitest'
import { describeEvent, readLogLine } from '../../src/cli/local/request-log.ts'

const REQUEST = { event: 'request', method: 'GET', path: '/x', status: 401, durationMs: 2, id: 'i' }

describe('the log in the terminal of npm start', () => {
  it('has the gateway’s events, and not those of another Worker', () => {
    const line = JSON.stringify(REQUEST)
    expect(readLogLine(`[acme] ${line}`, 'acme')).toEqual(REQUEST)
    expect(readLogLine(`[gatehouse-local] ${line}`, 'acme')).toBeUndefined()
    expect(readLogLine(line, 'acme')).toBeUndefined()
  })

  it.each([
    '{"event":"mine"}',
    '{"event":"request","what":"mine"}',
    '{"event":"config_invalid"}',
    '{"event":broken',
    'hello',
  ])('takes no line of an owner’s own for an event: %s', (line) => {
    expect(readLogLine(`[acme] ${line}`, 'acme')).toBeUndefined()
  })

  it('says a refusal in one line, with what finds it again', () => {
    const event = readLogLine(`[acme] ${JSON.stringify({ ...REQUEST, code: 'not_found' })}`, 'acme')
    expect(event && describeEvent(event)).toMatch(/^ {2}401 GET {4}\/x +not_found 2 ms, i$/)
  })

  it('says of a refusal that is only tried out what it would have been', () => {
    const simulated = { status: 200, simulated: 'forbidden', reason: 'no role' }
    const event = readLogLine(`[acme] ${JSON.stringify({ ...REQUEST, ...simulated })}`, 'acme')
    expect(event && describeEvent(event)).toContain('simulated: forbidden: no role')
  })
})
