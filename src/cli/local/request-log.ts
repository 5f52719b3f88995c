// The gateway's log as the terminal of `npm start` shows it: one short line per request, in place of JSON.

import { styleText } from 'node:util'
import type { LogEvent, RequestEvent } from '../../operate/log.ts'

/**
 * Reads a line of the gateway's Worker, whose name wrangler writes first; undefined where it is not one of its
 * events. The owner's code and other Workers log lines of their own.
 */
export function readLogLine(line: string, worker: string): LogEvent | undefined {
  const prefix = `[${worker}] `
  if (!line.startsWith(`${prefix}{"event":`)) return undefined
  try {
    const event: unknown = JSON.parse(line.slice(prefix.length))
    return isLogEvent(event) ? event : undefined
  } catch {
    return undefined
  }
}

function isLogEvent(value: unknown): value is LogEvent {
  const event = value as Record<string, unknown>
  if (event.event === 'config_invalid') return Array.isArray(event.problems)
  if (event.event === 'metrics_failed') return typeof event.reason === 'string'
  if (event.event === 'scheduled_failed') return typeof event.of === 'string'
  const { method, path, status } = event
  return (
    event.event === 'request' &&
    `${typeof method} ${typeof path} ${typeof status}` === 'string string number'
  )
}

/** The event in words. Coloured only where the terminal shows colours. */
export function describeEvent(event: LogEvent): string {
  if (event.event === 'request') return describeRequest(event)
  if (event.event === 'scheduled_failed') return `  Scheduled work of ${event.of}: ${event.reason}`
  if (event.event === 'metrics_failed') return `  The metrics of ${event.id}: ${event.reason}`
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

function outcomeOf({ subject = '', code, simulated, reason }: RequestEvent): string {
  if (simulated) return `simulated: ${simulated}: ${reason}`
  if (!code) return subject
  return reason && reason !== code ? `${code}: ${reason}` : code
}
