/** The shape of one route in the owner's file. */

import * as v from 'valibot'
import { needEntries, needsOfAny } from '../auth/needs.ts'
import { options, record } from '../options/options.ts'
import {
  claimLocation,
  fetcher,
  flag,
  hasFetch,
  listOf,
  secondsBetween,
  textLike,
  told,
} from '../options/schemas.ts'
import { suggest } from '../options/suggest.ts'
import { DEFAULT_METHODS } from '../router.ts'
import { fold, isForwardable } from '../upstream/header-names.ts'
import { explainHostname, explainTarget } from './addresses.ts'
import type { RouteConfig } from './define.ts'
import { explainPattern } from './path-pattern.ts'
import { explainAuth } from './requirement.ts'
import { partsSchema } from './route-parts.ts'

/** RFC 9110 section 9.1: a token. CONNECT and TRACE are about the connection and never proxied. */
const METHOD = /^(?!CONNECT$|TRACE$)[A-Z]+(?:-[A-Z]+)*$/
const HEADER = /^[a-z0-9!#$%&'*+.^_`|~-]+$/

export const hostname = textLike("'api.acme.example'", explainHostname)

const method = textLike("'GET'", (name) => {
  if (METHOD.test(name)) return undefined
  const upper = name.toUpperCase()
  if (/^(?:CONNECT|TRACE)$/.test(upper))
    return `is ${upper}, which is never passed on. Take it away`
  if (/^(?:\*|ANY|ALL)$/.test(upper)) {
    return `is no method. Take the option methods out: a route then takes ${DEFAULT_METHODS.join(', ')}`
  }
  if (/[\s,|]/.test(name)) return "is several methods in one text. Write ['GET', 'POST']"
  return `must be in upper case and of letters, for example '${suggest(upper, DEFAULT_METHODS) ?? 'GET'}'`
})

const keptHeader = textLike("'authorization'", (name) => {
  if (HEADER.test(name)) return undefined
  if (HEADER.test(name.toLowerCase())) return `must be in lower case, for example 'x_legacy_id'`
  return "must be the name of one header in lower case, for example 'x_legacy_id'"
})

/** An option that is there and undefined is a variable that is not set, and never the default, which may be wider. */
export const routeSchema = options<RouteConfig>(
  {
    path: textLike("'/orders/*'", explainPattern),
    host: v.exactOptional(hostname),
    methods: v.exactOptional(listOf(method, { example: "['GET', 'POST']", isOptional: true })),
    to: v.lazy(targetSchema),
    via: v.exactOptional(fetcher),
    stripPrefix: v.exactOptional(
      told((value) => {
        if (typeof value === 'boolean') return undefined
        return "must be true or false, without quotes: true takes the literal beginning of path away, '/orders' of '/orders/*'"
      }),
    ),
    auth: v.exactOptional(told(explainAuth)),
    ...needEntries,
    require: v.exactOptional(v.lazy(needsOfAny)),
    forward: v.exactOptional(record("{ 'x-user-email': 'email' }", explainForward, claimLocation)),
    keep: v.exactOptional(listOf(keptHeader, { example: "['authorization']", isOptional: true })),
    ...partsSchema,
    timeoutSeconds: v.exactOptional(
      v.lazy(
        (value): v.GenericSchema<unknown> =>
          value === false
            ? v.literal(false)
            : secondsBetween(0, 600, {
                example: 30,
                isOpen: true,
                also: ', or false for no limit',
              }),
      ),
    ),
    dangerouslyAllowAmbiguousPaths: v.exactOptional(flag),
    dangerouslyOutliveToken: v.exactOptional(flag),
    dangerouslySimulate: v.exactOptional(flag),
  },
  {
    example: "{ path: '/orders/*', to: 'https://orders.acme.example' }",
    examples: { path: "'/orders/*'", to: "'https://orders.acme.example'" },
    otherNames: {
      url: 'to',
      target: 'to',
      origin: 'to',
      upstream: 'to',
      backend: 'to',
      proxy: 'to',
      handler: 'to',
      service: 'to',
      pattern: 'path',
      prefix: 'path',
      route: 'path',
      issuer: 'auth',
      issuers: 'auth',
      scheme: 'auth',
      schemes: 'auth',
      security: 'auth',
      public: "Write auth: 'public' for a route that is open to everybody",
      optional:
        "Write auth: optional('main') for a route that a caller without a token may use too",
      timeout: 'timeoutSeconds',
      timeoutMs: 'timeoutSeconds',
      verb: 'methods',
      permissions: 'scopes',
      headers: 'Did you mean forward (claims to headers) or keep (headers that pass)?',
      rewrite: 'Did you mean stripPrefix: true?',
      rateLimit: 'limit',
      limits: 'limit',
      timeouts: 'timeoutSeconds',
      idleTimeoutSeconds: 'idleTimeout',
      retries: 'retry',
      ip: 'addresses',
      ips: 'addresses',
      allowlist: 'addresses',
      denylist: 'addresses',
      maxBodyBytes: 'bodyLimit',
      maxBytes: 'bodyLimit',
      sunset: 'deprecated',
    },
  },
)

function targetSchema(value: unknown): v.GenericSchema<unknown> {
  const isText = typeof value === 'string'
  if (isText) return textLike(TO, (url) => explainTarget(url, { isBound: false }))
  if (isBinding(value) || typeof value === 'function') return v.unknown()
  if (typeof value === 'object' && value !== null && Object.hasOwn(value, 'url')) return boundTarget
  return told(() => explainNoTarget(value))
}

export const TO = "'https://orders.acme.example'"

/** With a binding in between, the URL's host is a name that the binding knows. */
const boundTarget = options(
  {
    url: textLike("'http://orders.internal'", (url) => explainTarget(url, { isBound: true })),
    via: fetcher,
  },
  {
    example: "{ url: 'http://orders.internal', via: env.ORDERS_VPC }",
    examples: { via: 'env.ORDERS_VPC' },
    otherNames: { binding: 'via' },
  },
)

function explainNoTarget(value: unknown): string {
  if (Array.isArray(value)) return `must be one target, for example ${TO}, not a list`
  if (value instanceof URL) return `must be text. Write the URL in quotes, for example ${TO}`
  if (value instanceof Response || value instanceof Promise) {
    return "is an answer, and must be a function that makes one: () => new Response('…')"
  }
  if (value === false || value === null) {
    return `must say where requests go, for example ${TO}. For a route that is there only sometimes, write ...(env.ORIGIN ? [{ path: '/*', to: env.ORIGIN }] : [])`
  }
  return `must be a URL in quotes, for example ${TO}, a service binding such as env.ORDERS, { url, via } with a binding, or a function (request, principal) => Response`
}

function explainForward(name: string, location: unknown): string | undefined {
  if (typeof location === 'string' && /^x-/i.test(location) && !/^x-/i.test(name)) {
    return `is the wrong way round: the header comes first. Write { '${location.toLowerCase()}': '${name}' }`
  }
  if (isForwardable(name)) return undefined
  if (isForwardable(name.toLowerCase())) return `must be in lower case: '${name.toLowerCase()}'`
  const folded = fold(name)
  if (/^[\w-]+$/.test(name) && isForwardable(folded)) {
    return `may have letters, digits and '-' alone: '${folded}'`
  }
  return "is not a header that a claim may be sent in. Choose a name of your own, for example 'x-user-email'"
}

/** A binding: not a function, not the plain `{ url, via }`, and with `fetch`. */
function isBinding(value: unknown): boolean {
  const isPlain = typeof value === 'object' && value !== null && Object.hasOwn(value, 'url')
  return typeof value === 'object' && !isPlain && hasFetch(value)
}
