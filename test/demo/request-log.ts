// The gateway's log as the demo's terminal shows it: one short line per request, in place of JSON.

import { styleText } from 'node:util'
import type { LogEvent, RequestEvent } from '../../src/operate/log.ts'

/** Reads a line of a Worker's output; undefined where it is not one of the gateway's. */
export function readLogLine(line: string): LogEvent | undefined {
  if (!line.startsWith('{"event":')) return undefined
  try {
    return JSON.parse(line) as LogEvent
  } catch {
    return undefined
  }
}

/** The event in words. Coloured only where the terminal shows colours. */
export function describeEvent(event: LogEvent): string {
  if (event.event === 'request') return describeRequest(event)
  if (event.event === 'scheduled_failed') return `  Scheduled work of ${event.of}: ${event.reason}`
  return ['  The configuration has problems:', ...event.problems.map((text) => `  - ${text}`)].join(
    '\n',
  )
}

function describeRequest(event: RequestEvent): string {
  const { status, method, path, durationMs } = event
  const color = status < 400 ? 'green' : status < 500 ? 'yellow' : 'red'
  const what = `${method.padEnd(6)} ${path}`.padEnd(36)
  const time = styleText('dim', `${durationMs} ms`)
  return `  ${styleText(color, String(status))} ${what} ${outcomeOf(event)} ${time}`
}

function outcomeOf({ subject = '', code, reason }: RequestEvent): string {
  if (!code) return subject
  return reason && reason !== code ? `${code}: ${reason}` : code
}
