/** An explanation for people: colours only where a terminal shows them. */

import { styleText } from 'node:util'
import { ERROR_CODES } from '../../errors.ts'
import type { Explanation } from './explain.ts'
import type { Shown } from './shown.ts'
import type { Check } from './token-checks.ts'

const MARKS = { ok: '✓', wrong: '✗', 'not looked at': '·', unknown: '?' } as const
const COLORS = { ok: 'green', wrong: 'red', 'not looked at': 'gray', unknown: 'yellow' } as const

/** Lines for stdout. */
export function toText(explanation: Explanation): string {
  const { method, url, route, nearMisses, shown, policy, parts, keysFrom } = explanation
  const host = route?.host === undefined ? '' : ` of the host ${route.host}`
  const lines = [
    bold(`${method} ${url}`),
    '',
    heading('Route'),
    route ? `  ${route.path}${host}   who may: ${route.auth}` : '  none',
    ...nearMisses.map((miss) => dim(`  not ${miss.path}: it ${miss.why}`)),
    ...section('Credential', shown.flatMap(ofScheme)),
    ...section(
      'Keys',
      keysFrom.map((source) => `  from ${source}`),
    ),
    ...section('Rights', policy.map(ofCheck)),
    ...section(
      'Parts of the route',
      parts.map(({ part, step, outcome }) => `  ${part}.${step}: ${outcome}`),
    ),
    ...ofOrigin(explanation),
    '',
    ...ofVerdict(explanation),
  ]
  return `${lines.join('\n')}\n`
}

function ofScheme({ scheme, place, ambient, verdict, reason, checks = [] }: Shown): string[] {
  const where = place === undefined ? '' : ` in the ${place}${ambient ? ', sent by a browser' : ''}`
  const why = reason === undefined ? '' : `: ${reason}`
  return [
    `  schemes.${scheme}: ${verdict}${where}${why}`,
    ...checks.map((check) => `  ${ofCheck(check)}`),
  ]
}

function ofCheck({ name, verdict, detail }: Check): string {
  const mark = styleText(COLORS[verdict], MARKS[verdict])
  const said = verdict === 'ok' ? '' : ` (${verdict === 'unknown' ? 'could not decide' : verdict})`
  return `  ${mark} ${name.padEnd(10)}${detail === undefined ? '' : ` ${detail}`}${said}`
}

function ofOrigin({ origin }: Explanation): string[] {
  if (!origin) return []
  const to = origin.url ?? 'a function of your file'
  const headers = Object.entries(origin.headers).map(([name, value]) => `    ${name}: ${value}`)
  return ['', heading('The origin would get'), `  ${origin.method} ${to}`, ...headers]
}

function ofVerdict({ verdict, status, code, reason, simulated, answer }: Explanation): string[] {
  const tried =
    simulated === undefined ? [] : [`Without dangerouslySimulate: refused, ${simulated}: ${reason}`]
  if (verdict === 'forwarded') return [styleText('green', 'Forwarded.'), ...tried]
  if (verdict === 'answered') {
    return [styleText('green', `Answered by the gateway itself, with ${status}.`)]
  }
  const [, title = '', advice = ''] = code === undefined ? [] : ERROR_CODES[code]
  const headers = ['www-authenticate', 'allow', 'retry-after'].flatMap((name) =>
    answer[name] === undefined ? [] : [dim(`  ${name}: ${answer[name]}`)],
  )
  const word = verdict === 'undecided' ? 'Could not decide' : 'Refused'
  const color = verdict === 'undecided' ? 'yellow' : 'red'
  return [
    `${styleText(color, `${word}: ${status} ${code}.`)} ${title}.`,
    `  ${reason}`,
    ...headers,
    dim(`  The client is told: ${advice}`),
  ]
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', heading(title), ...lines]
}

function heading(text: string): string {
  return bold(text)
}

function bold(text: string): string {
  return styleText('bold', text)
}

function dim(text: string): string {
  return styleText('dim', text)
}
