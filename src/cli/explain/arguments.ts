/** What is asked: a request, or a line of the log, and under which circumstances. */

import { parseArgs } from 'node:util'
import type { GatewayConfig } from '../../config/define.ts'

export const USAGE = `Usage: npm run explain -- [method] <path or URL> [options]

  --token <token>          sends "Authorization: Bearer <token>"; "-" reads it from stdin, which keeps it out of the
                           history of your shell
  --header 'name: value'   sends a header; may be there several times
  --cookie 'name=value'    sends a cookie; may be there several times
  --address <IP address>   comes from there: CF-Connecting-IP
  --at <time>              judges at that time: 2026-12-01T00:00Z, or Unix seconds
  --keys <file>            a key set (JWKS) for every issuer. Default: what "npm start" on this machine has
  --network                asks the issuers themselves
  --log <line>             explains a refused request by its line of the log; "-" reads it from stdin
  --json                   prints JSON
  --env <name>             for an environment of wrangler.toml

Exit code 0: explained, also where the answer is a refusal. 2: could not decide, for want of keys. 1: wrong options,
or a file with problems.
`

const OPTIONS = {
  token: { type: 'string' },
  header: { type: 'string', multiple: true },
  cookie: { type: 'string', multiple: true },
  address: { type: 'string' },
  at: { type: 'string' },
  keys: { type: 'string' },
  network: { type: 'boolean' },
  log: { type: 'string' },
  json: { type: 'boolean' },
  env: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

export type ExplainArguments = ReturnType<typeof readArguments>

/** Throws a TypeError that says what is wrong. */
export function readArguments(args: string[]) {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true })
  const words = positionals.flatMap((word) => word.split(' ').filter(Boolean))
  const [target, method = 'GET', ...others] = words.toReversed()
  if (values.help) return { values, method, target: '', now: undefined }
  if (values.log !== undefined) {
    if (words.length > 0) throw new TypeError('--log goes without a request: the line names it')
    return { values, method, target: '', now: undefined }
  }
  if (target === undefined || others.length > 0) {
    throw new TypeError('Give one request, for example: npm run explain -- GET /orders/1')
  }
  if (!/^[!#$%&'*+.^`|~\w-]+$/.test(method))
    throw new TypeError('The method is no method: write GET /orders/1')
  if (!/^(?:\/|https?:\/\/)/.test(target)) {
    throw new TypeError('The request needs a path that begins with "/", or a whole URL')
  }
  return { values, method: method.toUpperCase(), target, now: readTime(values.at) }
}

function readTime(at: string | undefined): number | undefined {
  if (at === undefined) return undefined
  const time = /^\d+$/.test(at) ? Number(at) : Math.floor(Date.parse(at) / 1_000)
  if (Number.isSafeInteger(time)) return time
  throw new TypeError('--at must be a time, for example --at 2026-12-01T00:00Z, or Unix seconds')
}

/** The request as the platform would hand it over: its URL is not made tidy. Throws a TypeError. */
export function requestOf(
  { method, target, values }: ExplainArguments,
  { hosts }: Pick<GatewayConfig, 'hosts'>,
  token: string | undefined,
): Request {
  const headers = new Headers()
  for (const line of values.header ?? []) {
    const [, name, value] = /^([!#$%&'*+.^`|~\w-]+):\s*(.*)$/.exec(line) ?? []
    if (name === undefined || value === undefined) {
      throw new TypeError("--header must be 'name: value', for example --header 'x-api-key: …'")
    }
    headers.append(name, value)
  }
  if (values.address !== undefined) headers.set('cf-connecting-ip', values.address)
  if (values.cookie) headers.append('cookie', values.cookie.join('; '))
  if (token !== undefined) {
    if (headers.has('authorization')) {
      throw new TypeError('--token is sent in Authorization, which --header has already')
    }
    headers.set('authorization', `Bearer ${token}`)
  }
  const url = target.startsWith('/') ? `https://${hosts?.[0] ?? 'localhost'}${target}` : target
  return requestTo(url, method, headers)
}

/** `Request` of Node resolves dots in a path, and refuses methods that a Worker gets to see. */
export function requestTo(url: string, method: string, headers: Headers): Request {
  const request = new Request('https://localhost/', { headers, redirect: 'manual' })
  const whole = /^https?:\/\/[^/?#]*$/i.test(url) ? `${url}/` : url
  Object.defineProperties(request, { url: { value: whole }, method: { value: method } })
  return request
}
