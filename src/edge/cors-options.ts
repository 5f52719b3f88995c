/** What an owner says about the pages of other origins, and what can be wrong with it. */

import * as v from 'valibot'
import { options } from '../options/options.ts'
import { flag, listOf, secondsBetween, textLike, told } from '../options/schemas.ts'
import { explainOrigin, ORIGIN } from './cors-origin.ts'

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

export const corsSchema = v.pipe(
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
