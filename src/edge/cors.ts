/** Pages of other origins (Fetch standard, section 3.3): which of them may read answers, and with what they may ask. */

import * as v from 'valibot'
import type { RoutePart } from '../auth/feature.ts'
import type { Finish } from '../auth/scheme.ts'
import { options } from '../options/options.ts'
import { flag, listOf, reportIssues, secondsBetween, textLike, told } from '../options/schemas.ts'
import { explainOrigin, ORIGIN } from './cors-origin.ts'
import { methodAsked } from './preflight.ts'

export interface CorsOptions {
  /**
   * The origins whose pages may read answers, as a browser spells them: `https://app.example.com`, with the port where
   * it is no default one. `https://*.example.com` is every name with one label more. `'*'`: every page there is.
   */
  origins: readonly string[] | '*'
  /** Whether pages may send what the browser adds by itself: cookies, client certificates. Default false. */
  credentials?: boolean
  /** Methods that pages may use. Default: those of the route. */
  methods?: readonly string[]
  /**
   * Headers that pages may send, beside those that every route takes (see docs/cors.md) and those that its schemes
   * read. `'*'`: every header. Default: no more.
   */
  headers?: readonly string[] | '*'
  /**
   * Headers of answers that pages may read, beside those that a browser always shows and `WWW-Authenticate`,
   * `Retry-After`, `RateLimit` and `RateLimit-Policy`. Default: no more.
   */
  exposed?: readonly string[]
  /** How long a browser need not ask again, in seconds; Chromium cuts it to 7,200. Default 7200, at most 86400. */
  maxAgeSeconds?: number
}

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

const ORIGINS = `[${ORIGIN}]`

const header = textLike("'x-trace-id'", (name) => {
  if (name === '*') return "is all headers. Write headers: '*', without [ ]"
  if (/[\s,]/.test(name)) return "is several headers in one text. Write ['x-trace-id', …]"
  if (/^[\w!#$%&'*+.^`|~-]+$/.test(name)) return undefined
  return "must be the name of one header, for example 'x-trace-id'"
})

const exposedHeader = textLike("'x-total-count'", (name) => {
  if (name === '*') return "must name each header, for example 'x-total-count'"
  return v.is(header, name)
    ? undefined
    : "must be the name of one header, for example 'x-total-count'"
})

const method = textLike("'GET'", (name) => {
  if (name === '*')
    return "must name each method, for example ['GET', 'POST'], or take this option out: the route's"
  return /^[A-Z]+(?:-[A-Z]+)*$/.test(name)
    ? undefined
    : "must be one method in upper case, for example 'GET'"
})

const schema = v.pipe(
  options<CorsOptions>(
    {
      origins: v.lazy(
        (value): v.GenericSchema<unknown> =>
          value === '*'
            ? v.literal('*')
            : typeof value === 'string'
              ? told(() => `must be a list in [ ], for example ${ORIGINS}, or '*' for every page`)
              : listOf(textLike(ORIGIN, explainOrigin), { example: ORIGINS, isOptional: false }),
      ),
      credentials: v.exactOptional(flag),
      methods: v.exactOptional(listOf(method, { example: "['GET', 'POST']", isOptional: true })),
      headers: v.exactOptional(
        v.lazy(
          (value): v.GenericSchema<unknown> =>
            value === '*'
              ? v.literal('*')
              : listOf(header, { example: "['x-trace-id']", isOptional: true }),
        ),
      ),
      exposed: v.exactOptional(
        listOf(exposedHeader, { example: "['x-total-count']", isOptional: true }),
      ),
      maxAgeSeconds: v.exactOptional(secondsBetween(0, 86_400, { example: 600 })),
    },
    {
      example: `cors({ origins: ${ORIGINS} })`,
      examples: { origins: ORIGINS },
      otherNames: {
        origin: 'origins',
        allowedOrigins: 'origins',
        allowOrigins: 'origins',
        allowCredentials: 'credentials',
        allowMethods: 'methods',
        allowedMethods: 'methods',
        allowHeaders: 'headers',
        allowedHeaders: 'headers',
        exposeHeaders: 'exposed',
        exposedHeaders: 'exposed',
        maxAge: 'maxAgeSeconds',
      },
    },
  ),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed || dataset.value.credentials !== true) return
    const add = (message: string) => addIssue({ message })
    if (dataset.value.origins === '*') {
      add(
        `has '*' in origins and credentials, so that every page there is could act as the people who visit it. List the origins of your own pages, for example origins: ${ORIGINS}, or take credentials out`,
      )
    }
    if (dataset.value.headers === '*') {
      add(
        "has '*' in headers and credentials, and browsers read it as a header called * then. List the headers, for example headers: ['x-trace-id']",
      )
    }
  }),
)

/**
 * Lets pages of other origins use a route: answers their browsers' preflights, and lets them read answers and
 * refusals. It keeps nobody out who is no browser: who may come is what the route's schemes and rules say.
 */
export function cors(given: CorsOptions): RoutePart<Cors> {
  return {
    check(path, to) {
      const { success, issues } = v.safeParse(schema, given)
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
