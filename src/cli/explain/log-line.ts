/** A refused request by its line of the log: what was said then, and what the file says now. */

import type { GatewayConfig } from '../../config/define.ts'
import { ERROR_CODES, type ErrorCode } from '../../errors.ts'
import { isObject } from '../../lib/strict-json.ts'
import { requestTo } from './arguments.ts'
import { type Circumstances, type Explanation, explain } from './explain.ts'
import { checkOf } from './token-checks.ts'

export interface LogExplanation {
  readonly id: string
  readonly method: string
  readonly url: string
  readonly status: number
  readonly code: ErrorCode | undefined
  readonly title: string | undefined
  readonly reason: string | undefined
  /** The entries of `schemes` that judged, or were to. */
  readonly schemes: readonly string[]
  /** The check of a token that failed, where one did. */
  readonly check: string | undefined
  readonly routeThen: string | undefined
  /** The same request without a credential, by the file as it is now. */
  readonly now: Pick<Explanation, 'route' | 'nearMisses'>
}

/** Throws a TypeError where the line is none of a request. */
export async function explainLine(
  line: string,
  config: GatewayConfig,
  circumstances: Circumstances,
): Promise<LogExplanation> {
  const event = readLine(line)
  const text = (name: string) => (typeof event[name] === 'string' ? event[name] : undefined)
  const method = text('method') ?? 'GET'
  const url = `https://${text('host') || 'localhost'}${text('path') ?? '/'}`
  const code = codeOf(text('code') ?? text('simulated'))
  const reason = text('reason')
  const request = requestTo(url, method, new Headers())
  const { route, nearMisses } = await explain(config, request, circumstances)
  return {
    id: text('id') ?? '',
    method,
    url,
    status: Number(event.status),
    code,
    title: code && ERROR_CODES[code][1],
    reason,
    schemes: text('scheme')?.split(' ') ?? [],
    check: code === 'invalid_token' && reason !== undefined ? checkOf(reason) : undefined,
    routeThen: text('route'),
    now: { route, nearMisses },
  }
}

/** `wrangler tail` and other tools write something before it. */
function readLine(line: string): Record<string, unknown> {
  const json = line.slice(Math.max(0, line.indexOf('{')))
  let event: unknown
  try {
    event = JSON.parse(json)
  } catch {
    throw new TypeError('--log must be one line of the log, in quotes: {"event":"request", …}')
  }
  if (isObject(event) && event.event === 'request') return event
  throw new TypeError('--log must be the line of a request: {"event":"request", …}')
}

function codeOf(text: string | undefined): ErrorCode | undefined {
  return text !== undefined && Object.hasOwn(ERROR_CODES, text) ? (text as ErrorCode) : undefined
}

/** Lines for stdout. */
export function lineToText(explained: LogExplanation): string {
  const { id, method, url, status, code, title, reason, schemes, check, routeThen, now } = explained
  const isMoved = now.route?.path !== routeThen
  const lines = [
    `${method} ${url}`,
    `  id: ${id}`,
    `  answer: ${status}${code === undefined ? '' : ` ${code}: ${title}`}`,
    ...(reason === undefined ? [] : [`  why: ${reason}`]),
    ...(check === undefined ? [] : [`  the check of the token that failed: ${check}`]),
    ...(schemes.length > 0
      ? [`  judged by: ${schemes.map((name) => `schemes.${name}`).join(', ')}`]
      : []),
    `  route: ${routeThen ?? 'none'}${isMoved ? `; by the file as it is now: ${now.route?.path ?? 'none'}` : ''}`,
    ...now.nearMisses.map((miss) => `  not ${miss.path}: it ${miss.why}`),
  ]
  return `${lines.join('\n')}\n`
}
