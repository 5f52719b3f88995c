/** What somebody wants of `npm run revoke`, and the asking of the gateway. */

import { parseArgs } from 'node:util'
import { isSecureUrl } from '../../lib/url.ts'
import { REVOKE_PATH, type RevokeAnswer } from '../../operate/revocation/operator-endpoint.ts'

export const USAGE = `Usage: npm run revoke -- <whose tokens> [options]

  --subject <sub>       all tokens of a person or a client
  --client <id>         all tokens that an application got; beside --subject, those of that subject alone
  --session <sid>       the tokens of one sign-in
  --token <jti>         one token

  --before <time>       those issued until then: 2026-12-01T00:00Z, or Unix seconds. Default: until now
  --entry <name>        whose tokens, by the entry of "schemes". Default: the only one
  --url <url>           the gateway. Default: the one that "npm start" runs; PORT says which of several

The key is read from OPERATOR_KEY in the environment, or else in .dev.vars.
`

const OPTIONS = {
  subject: { type: 'string' },
  client: { type: 'string' },
  session: { type: 'string' },
  token: { type: 'string' },
  before: { type: 'string' },
  entry: { type: 'string' },
  url: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

export interface RevokeCommand {
  readonly help: boolean
  readonly url: string | undefined
  /** What the gateway is asked. */
  readonly question: Readonly<Record<string, string | number>>
}

/** Throws a TypeError that says what to change. */
export function readRevoke(args: readonly string[]): RevokeCommand {
  const { values } = parseArgs({ args: [...args], options: OPTIONS })
  const { help = false, url, before, ...named } = values
  const whose = Object.entries(named).filter(([name]) => name !== 'entry')
  if (!help && whose.length === 0) {
    throw new TypeError('Say whose tokens: --subject, --client, --session or --token')
  }
  const empty = Object.entries(named).find(([, value]) => value === '')
  if (empty) throw new TypeError(`--${empty[0]} is empty`)
  const moment = before === undefined ? {} : { before: readTime(before) }
  return { help, url, question: { ...named, ...moment } }
}

const TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?Z)?$/

function readTime(text: string): number {
  if (/^\d{9,10}$/.test(text)) return Number(text)
  const time = TIME.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(time)) return Math.floor(time / 1_000)
  throw new TypeError('--before must be a time as 2026-12-01 or 2026-12-01T00:00Z, or Unix seconds')
}

/** Where the key is sent: never in clear over a network. */
function addressOf(base: string): URL {
  const url = URL.parse(REVOKE_PATH, base)
  if (!url || !isSecureUrl(url.href)) {
    throw new TypeError('--url must be whole and https, as https://api.acme.example')
  }
  return url
}

/** Asks the gateway, and says what it has done. Throws an Error in words. */
export async function revoke(
  base: string,
  question: RevokeCommand['question'],
  key: string,
  fetch: (url: URL, init: RequestInit) => Promise<Response>,
): Promise<string> {
  const url = addressOf(base)
  const response = await fetch(url, {
    method: 'POST',
    redirect: 'error',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(question),
  }).catch((error: Error) => {
    // What fetch itself says is "fetch failed".
    const { message } = error.cause instanceof Error ? error.cause : error
    throw new Error(`${url.origin} does not answer: ${message}`)
  })
  const body = (await response.json().catch(() => ({}))) as Partial<RevokeAnswer> & {
    detail?: string
  }
  // Without the endpoint, the address is a path like any other: a route may refuse it, or a service may answer.
  const isElsewhere = response.ok ? body.entry === undefined : isOfRoute(response.status, body)
  if (isElsewhere) {
    throw new Error(
      'The gateway has no such endpoint. Add revocation({ state: env.STATE, operatorKey: env.OPERATOR_KEY }) to it: docs/revocation.md',
    )
  }
  if (!response.ok) throw new Error(`The gateway answered ${response.status}. ${body.detail ?? ''}`)
  const { entry, selection = {}, before = 0 } = body
  const whose = Object.entries(selection).map(([name, value]) => `${name} ${value}`)
  const until = new Date(before * 1_000).toISOString().replace('.000', '')
  return `Tokens of schemes.${entry} with the ${whose.join(' and the ')}, issued until ${until}, are refused within 60 seconds.`
}

function isOfRoute(status: number, { detail = '' }: { detail?: string }): boolean {
  return status === 404 || ([401, 403, 405].includes(status) && !detail.includes('operator key'))
}
