/** The shape of one route in the owner's file, and what cannot be said by shape alone. */

import * as v from 'valibot'
import { canonicalPath, matchForm } from '../lib/canonical-path.ts'
import { isSecureUrl } from '../lib/url.ts'
import {
  claimLocation,
  fetcher,
  hasFetch,
  nameList,
  type Reporter,
  text,
} from '../options/schemas.ts'
import { isForwardable } from '../upstream/header-names.ts'
import type { RouteConfig } from './define.ts'
import { partsSchema } from './route-parts.ts'

/** Literal segments, `:name` segments, and `*` as the last one. itty-router would read more as syntax. */
const PATTERN = /^(?:\/(?:[\w.~!@&',=%-]+|:[A-Za-z]\w*))*(?:\/\*?)?$/
const HOSTNAME = /^(?!-)[a-z0-9-]+(?:\.[a-z0-9-]+)*$/
/** RFC 9110 section 9.1: a token. CONNECT and TRACE are about the connection and never proxied. */
const METHOD = /^(?!CONNECT$|TRACE$)[A-Z]+(?:-[A-Z]+)*$/
/** RFC 6749 section 3.3: what may stand in a challenge, and in a token that is not an array. */
const SCOPE = /^[!#-[\]-~]+$/
const HEADER = /^[a-z0-9!#$%&'*+.^_`|~-]+$/

const secureTarget = v.pipe(
  text,
  v.check((url) => isSecureUrl(url), 'must be an https URL; plain http is for localhost alone'),
  v.check((url) => isBareUrl(url), 'must have no query, no fragment and no user in it'),
)

/** With a binding in between, the URL's host is a name that the binding knows. */
const boundTarget = v.pipe(
  text,
  v.check((url) => URL.canParse(url) && /^https?:/.test(url), 'must be an http or https URL'),
  v.check((url) => isBareUrl(url), 'must have no query, no fragment and no user in it'),
)

const target = v.union(
  [
    secureTarget,
    v.custom<RouteConfig['to']>((value) => typeof value === 'function'),
    v.strictObject({ url: boundTarget, via: fetcher }),
  ],
  'must be a URL (https, or http on localhost), a binding, { url, via }, or a handler function',
)

export const hostname = v.pipe(
  text,
  v.regex(HOSTNAME, 'must be a host name in lower case, without scheme and port'),
)

const scopeList = v.pipe(
  nameList,
  v.everyItem((name) => SCOPE.test(name), 'must be scopes: visible ASCII without " and \\'),
)

const required = v.union([
  text,
  v.strictObject({ anyOf: nameList }),
  v.strictObject({ allOf: nameList }),
])

const claimValue = v.union([v.string(), v.number(), v.boolean(), v.bigint()])

/** JavaScript has already rounded it when it gets here. */
const isExact = (value: unknown) => !Number.isInteger(value) || Number.isSafeInteger(value)

const needEntries = {
  scopes: v.exactOptional(
    v.union(
      [scopeList, v.strictObject({ anyOf: scopeList })],
      'must be an array of scopes, or anyOf(…)',
    ),
  ),
  roles: v.exactOptional(nameList),
  claims: v.exactOptional(
    v.pipe(
      v.record(
        v.string(),
        v.pipe(
          v.union(
            [claimValue, v.pipe(v.array(claimValue), v.minLength(1, 'must not be empty'))],
            'must be a string, a number, a boolean, or an array of them',
          ),
          v.check(
            (value) => (Array.isArray(value) ? value.every(isExact) : isExact(value)),
            'is a whole number beyond 2^53, which is another one by now: write it with n at its end',
          ),
        ),
      ),
      v.minEntries(1, 'must not be empty; leave it out instead'),
    ),
  ),
}

/** An option that is there and undefined is a variable that is not set, and never the default, which may be wider. */
export const routeSchema = v.strictObject({
  path: v.pipe(
    text,
    v.regex(PATTERN, 'must be a path of literal segments, :parameters, and * at its end'),
  ),
  host: v.exactOptional(hostname),
  methods: v.exactOptional(
    v.pipe(
      nameList,
      v.everyItem(
        (name) => METHOD.test(name),
        'must be methods in upper case, without CONNECT and TRACE',
      ),
    ),
  ),
  to: v.lazy((value) => (isBinding(value) ? v.custom<RouteConfig['to']>(isBinding) : target)),
  via: v.exactOptional(fetcher),
  stripPrefix: v.exactOptional(v.boolean('must be true or false')),
  auth: v.exactOptional(
    v.union(
      [required, v.strictObject({ optional: required })],
      "must be the name of a scheme, anyOf(…), allOf(…), optional(…) of these, or 'public'",
    ),
  ),
  ...needEntries,
  require: v.exactOptional(
    v.strictObject(
      {
        anyOf: v.pipe(
          v.array(
            v.pipe(
              v.strictObject(needEntries),
              v.minEntries(1, 'must ask for something: whoever has a token would meet it'),
            ),
            'must be an array',
          ),
          v.minLength(1, 'must not be empty; leave it out instead'),
        ),
      },
      'must be anyOf({ scopes: […] }, { roles: […] }, …)',
    ),
  ),
  forward: v.exactOptional(
    v.record(
      v.pipe(
        v.string(),
        v.check(isForwardable, 'is not a header that a claim may be sent under (lower case)'),
      ),
      claimLocation,
    ),
  ),
  keep: v.exactOptional(
    v.pipe(
      nameList,
      v.everyItem((name) => HEADER.test(name), 'must be header names in lower case'),
    ),
  ),
  ...partsSchema,
  timeoutSeconds: v.exactOptional(
    v.union(
      [
        v.literal(false),
        v.pipe(
          v.number(),
          v.gtValue(0, 'must be more than 0'),
          v.maxValue(600, 'must be 600 or less'),
        ),
      ],
      'must be a number of seconds, or false',
    ),
  ),
  dangerouslyAllowAmbiguousPaths: v.exactOptional(v.boolean('must be true or false')),
  dangerouslyOutliveToken: v.exactOptional(v.boolean('must be true or false')),
})

/** Contradictions within one route. */
export function checkRoute(
  route: RouteConfig,
  path: string,
  hosts: readonly string[] | undefined,
  to: Reporter,
): void {
  const sample = route.path.replace(/:\w+|\*/g, 'x')
  if (matchForm(canonicalPath(sample) ?? '') !== sample)
    to.report(`${path}.path`, 'is not in canonical form, so no request would match it')
  if (route.host !== undefined && hosts && !hosts.includes(route.host)) {
    to.report(`${path}.host`, 'is not among hosts, so the route can never match')
  }
  const url = typeof route.to === 'string' ? route.to : undefined
  if (route.via && url === undefined) to.report(`${path}.via`, 'goes with a URL in to')
  if (url !== undefined && !route.via && hosts?.includes(new URL(url).hostname)) {
    to.report(`${path}.to`, 'is on a host of the gateway itself')
  }
  if (route.auth !== 'public') return
  for (const name of ['scopes', 'roles', 'claims', 'require', 'forward', 'resource'] as const) {
    if (route[name] !== undefined) to.report(`${path}.${name}`, 'has no meaning on a public route')
  }
}

/** A binding: not a function, not the plain `{ url, via }`, and with `fetch`. */
export function isBinding(value: unknown): boolean {
  const isPlain = typeof value === 'object' && value !== null && Object.hasOwn(value, 'url')
  return typeof value === 'object' && !isPlain && hasFetch(value)
}

function isBareUrl(url: string): boolean {
  if (!URL.canParse(url)) return true
  const { search, hash, username, password } = new URL(url)
  return search === '' && hash === '' && username === '' && password === ''
}
