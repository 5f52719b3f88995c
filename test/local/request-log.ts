// The gateway's log as the terminal of `npm start` shows it: one short line per request, in place of JSON.

import { styleText } from 'node:util'
import type { LogEvent, RequestEvent } from '../../src/operate/log.ts'

/**
 * Reads a line of the gateway's Worker, whose name wrangler writes first; undefined where it is not one of its
 * events. Other Workers log events of their own.
 */
export function readLogLine(line: string, worker: string): LogEvent | undefined {
  const start = `[${worker}] {"event":`
  if (!line.startsWith(start)) return undefined
  try {
    return JSON.parse(line.slice(worker.length + 3)) as LogEvent
  } catch {
    return undefined
  }
}

/** The event in words. Coloured only where the terminal shows colours. */
export function describeEvent(event: LogEvent): string {
  if (event.event === 'request') return describeRequest(event)
  if (event.event === 'scheduled_failed') return `  Scheduled work of ${event.of}: ${event.reason}`
  if (event.event !== 'config_invalid') return `  ${JSON.stringify(event)}`
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
