/** Pages of other origins (Fetch standard, section 3.3): which of them may read answers, and with what they may ask. */

import * as v from 'valibot'
import type { RoutePart } from '../auth/feature.ts'
import type { Finish } from '../auth/scheme.ts'
import { reportIssues } from '../options/schemas.ts'
import { type CorsOptions, corsSchema } from './cors-options.ts'
import { methodAsked } from './preflight.ts'

/** A route's `cors`, made by {@link cors}. */
export interface Cors {
  /** What the answer to a request gets, of whatever kind it is. */
  finish(request: Request): Finish
  /** Whether pages of an origin may read answers. */
  allows(origin: string): boolean
  /** Whether pages of an origin may send what the browser adds by itself. */
  allowsCredentials(origin: string): boolean
}

/** What pages of an API send, and browsers ask about. */
const HEADERS = [
  'authorization',
  'content-type',
  'idempotency-key',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-unmodified-since',
  'x-requested-with',
]

/** Without them a page sees that it is refused, and neither how to get in nor when to come again. */
const EXPOSED = ['WWW-Authenticate', 'Retry-After', 'RateLimit', 'RateLimit-Policy']

/** Answers to these questions are the gateway's alone; two of one name would let nobody in. */
const OWN = [
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'access-control-allow-methods',
  'access-control-allow-headers',
  'access-control-allow-private-network',
  'access-control-expose-headers',
  'access-control-max-age',
]

/**
 * Lets pages of other origins use a route: answers their browsers' preflights, and lets them read answers and
 * refusals. It keeps nobody out who is no browser: who may come is what the route's schemes and rules say.
 */
export function cors(given: CorsOptions): RoutePart<Cors> {
  return {
    check(path, to) {
      const { success, issues } = v.safeParse(corsSchema, given)
      if (!success) reportIssues(issues, path, to)
    },

    compile(site, house) {
      const { origins, credentials = false, maxAgeSeconds = 7_200 } = given
      const isAllowed = origins === '*' ? () => true : originMatcher(origins)
      const read = site.schemes.flatMap((name) => house.scheme(name).withholds)
      const readHeaders = read.flatMap((place) => ('header' in place ? [place.header] : []))
      const more = given.headers ?? []
      // "*" alone leaves Authorization out (Fetch standard, section 3.3.4).
      const headers = more === '*' ? ['*', 'authorization'] : [...HEADERS, ...readHeaders, ...more]
      const allowed: [string, string][] = [
        ['access-control-allow-methods', (given.methods ?? site.methods).join(', ')],
        ['access-control-allow-headers', unique(headers).join(', ')],
        ['access-control-max-age', `${maxAgeSeconds}`],
      ]
      const exposed = unique([...EXPOSED, ...(given.exposed ?? [])]).join(', ')

      return {
        allows: isAllowed,
        allowsCredentials: (origin) => credentials && isAllowed(origin),

        finish: (request) => (answer, status) => {
          // No browser asks CORS about a WebSocket.
          if (status === 101) return
          for (const name of OWN) answer.delete(name)
          varyByOrigin(answer)
          const origin = request.headers.get('origin')
          if (origins !== '*' && (origin === null || !isAllowed(origin))) return
          answer.set('access-control-allow-origin', origins === '*' ? '*' : (origin ?? ''))
          if (credentials) answer.set('access-control-allow-credentials', 'true')
          if (methodAsked(request) === undefined) {
            answer.set('access-control-expose-headers', exposed)
          } else {
            for (const [name, value] of allowed) answer.set(name, value)
          }
        },
      }
    },
  }
}

/** Names that are the same but for case are one. */
function unique(names: readonly string[]): string[] {
  return [...new Map(names.map((name) => [name.toLowerCase(), name])).values()]
}

/** Of the host name, the first label: what a `*` stands for. */
const FIRST_LABEL = /^([a-z][a-z0-9+.-]*:\/\/)[a-z0-9_-]+(?=\.)/

function originMatcher(origins: readonly string[]): (origin: string) => boolean {
  const exact = new Set(origins.filter((origin) => !origin.includes('*')))
  const wild = new Set(origins.filter((origin) => origin.includes('*')))
  return (origin) =>
    exact.has(origin) ||
    (wild.size > 0 && FIRST_LABEL.test(origin) && wild.has(origin.replace(FIRST_LABEL, '$1*')))
}

/** Also where nothing is allowed: what is kept for one origin must not be given to another. */
function varyByOrigin(answer: Headers): void {
  const vary = answer.get('vary')
  const names = vary?.split(',').map((name) => name.trim().toLowerCase()) ?? []
  if (!names.includes('*') && !names.includes('origin')) answer.append('vary', 'Origin')
}
