// The gateway's log as the terminal of `npm start` shows it: one short line per request, in place of JSON.

import { styleText } from 'node:util'
import type { LogEvent, RequestEvent } from '../../src/operate/log.ts'

/** Reads a line of a Worker's output; undefined where it is not one of the gateway's. Wrangler writes the Worker's name first. */
export function readLogLine(line: string): LogEvent | undefined {
  const [, json] = /^(?:\[[^\]]+\] )?(\{"event":.*)$/.exec(line) ?? []
  if (json === undefined) return undefined
  try {
    return JSON.parse(json) as LogEvent
  } catch {
    return undefined
  }
}

/** The event in words. Coloured only where the terminal shows colours. */
export function describeEvent(event: LogEvent): string {
  if (event.event === 'request') return describeRequest(event)
  if (event.event === 'scheduled_failed') return `  Scheduled work of ${event.of}: ${event.reason}`
  const problems = event.problems.map((text) => `  - ${text}`)
  return ['', '  src/gateway.config.ts has problems:', ...problems].join('\n')
}

function describeRequest(event: RequestEvent): string {
  const { status, method, path, durationMs, code, id } = event
  const color = status < 400 ? 'green' : status < 500 ? 'yellow' : 'red'
  const what = `${method.padEnd(6)} ${path}`.padEnd(36)
  // The `instance` of a refusal finds its line.
  const rest = styleText('dim', code ? `${durationMs} ms, ${id}` : `${durationMs} ms`)
  return `  ${styleText(color, String(status))} ${what} ${outcomeOf(event)} ${rest}`
}

function outcomeOf({ subject = '', code, reason }: RequestEvent): string {
  if (!code) return subject
  return reason && reason !== code ? `${code}: ${reason}` : code
}
