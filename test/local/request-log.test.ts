import { describe, expect, it } from 'vitest'
import { describeEvent, readLogLine } from './request-log.ts'

const REQUEST = { event: 'request', method: 'GET', path: '/x', status: 401, durationMs: 2, id: 'i' }

describe('the log in the terminal of npm start', () => {
  it('has the gateway’s events, and not those of another Worker', () => {
    const line = JSON.stringify(REQUEST)
    expect(readLogLine(`[acme] ${line}`, 'acme')).toEqual(REQUEST)
    expect(readLogLine(`[gatehouse-local] ${line}`, 'acme')).toBeUndefined()
    expect(readLogLine(line, 'acme')).toBeUndefined()
  })

  it('takes no line of an owner’s own for an event', () => {
    expect(readLogLine('[acme] {"event": "mine"}', 'acme')).toBeUndefined()
    expect(readLogLine('[acme] {"event":broken', 'acme')).toBeUndefined()
  })

  it('shows an event that it has no words for as it is', () => {
    const event = readLogLine('[acme] {"event":"new","of":"x"}', 'acme')
    expect(event && describeEvent(event)).toBe('  {"event":"new","of":"x"}')
  })
})
