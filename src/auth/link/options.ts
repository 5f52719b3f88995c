/** The options of signed links, and what is wrong with them. */

import * as v from 'valibot'
import { options as optionsSchema, record } from '../../options/options.ts'
import {
  flag,
  listOf,
  nameList,
  type Reporter,
  reportIssues,
  secondsBetween,
  textLike,
  told,
} from '../../options/schemas.ts'
import { explainSecret } from '../../options/secret.ts'
import { MAX_KEYS } from './key.ts'
import { FORMATS, type LinkFormat } from './token.ts'

/** Where a link's token stands. Names of headers are in lower case. */
export type LinkPlace = { readonly query: string } | { readonly header: string }

interface CommonLinkOptions {
  /**
   * One to three secrets of 32 bytes or more; each is tried, so that they can be changed one by one, and the first
   * one signs. As an object: the keys of each host name, and no other host takes links.
   */
  keys: readonly string[] | Readonly<Record<string, readonly string[]>>
  /**
   * `gatehouse` signs the host, the kind of request, the path, the query, the time and what is bound. `cloudflare`
   * is Token Authentication's `is_timed_hmac_valid_v0`, and `cloudflare-s` the same with its flag `s`: neither signs
   * the host. Default `gatehouse`.
   */
  format?: LinkFormat
  /** The last parameter of the query, or a header. No origin gets to see it. Default `{ query: 'verify' }`. */
  from?: LinkPlace
  /** Takes links to everything below a path, with these methods. Default: none, and a link is for GET and HEAD. */
  prefix?: { methods: readonly string[] }
  /**
   * What else has to be as it was signed: the client's address, the value of the named cookie; and whether every
   * link has to name a user, who is the subject. Default: nothing.
   */
  bind?: { address?: boolean; cookie?: string; user?: boolean }
  /** How far ahead the clock of who signs may be, in seconds. Default 30, at most 300. */
  clockSkewSeconds?: number
  /** Scopes of whoever has a link. Default: none. */
  scopes?: readonly string[]
  /** Roles of whoever has a link. Default: none. */
  roles?: readonly string[]
}

export type LinkOptions = CommonLinkOptions &
  (
    | {
        /** A link has the time at which it was made, and is good for so long, in seconds. */
        ttlSeconds: number
        expires?: never
      }
    | {
        /** A link has the time at which it ends, at most so far ahead, in seconds. */
        expires: { maxSeconds: number }
        ttlSeconds?: never
      }
  )

export const DEFAULT_PLACE: LinkPlace = { query: 'verify' }

/** What becomes of a key that is too short. */
export const LINK_RISK = 'links can be forged'

const EXAMPLE = 'signedLinks({ keys: [env.LINK_KEY], ttlSeconds: 600 })'
const MAX_LIFE_SECONDS = 366 * 86_400

const key = textLike('env.LINK_KEY', (secret) => explainSecret(secret, LINK_RISK))
const keyList = v.pipe(
  listOf(key, { example: '[env.LINK_KEY]', isOptional: false }),
  v.maxLength(
    MAX_KEYS,
    `has more than ${MAX_KEYS} keys. Take out those that no link is signed with`,
  ),
)
const HOST_KEYS = "{ 'files.acme.example': [env.LINK_KEY] }"
const explainHost = (name: string) =>
  /^[a-z0-9.-]+$/.test(name)
    ? undefined
    : `must be a host name in lower case, without port, as in ${HOST_KEYS}`
const keysByHost = v.pipe(
  record(HOST_KEYS, explainHost, keyList),
  v.check(
    (hosts) => Object.keys(hosts).length > 0,
    `is empty. Name at least one host, for example ${HOST_KEYS}`,
  ),
)
const keys = v.lazy(
  (value): v.GenericSchema<unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? keysByHost : keyList,
)

const PLACES = "{ query: 'verify' } or { header: 'x-link-token' }"
const place = told<LinkPlace>((value) => {
  const [[kind, name] = [], ...others] = Object.entries(Object(value))
  const isKnown = kind === 'query' || kind === 'header'
  if (!isKnown || others.length > 0 || typeof name !== 'string') return `must be ${PLACES}`
  if (kind === 'query') {
    return /^[\w.~-]+$/.test(name)
      ? undefined
      : "must have the name of one parameter, of letters, digits, '_', '.', '~' and '-', as in { query: 'verify' }"
  }
  if (name === 'authorization' || name === 'cookie') {
    return `must not be ${name}, which others read too. Use a header of its own: { header: 'x-link-token' }`
  }
  return /^[a-z0-9-]+$/.test(name)
    ? undefined
    : "must have the name of one header in lower case, of letters, digits and '-', as in { header: 'x-link-token' }"
})

const life = secondsBetween(1, MAX_LIFE_SECONDS, { example: 600 })
const wholeLife = v.pipe(
  life,
  v.check((value) => Number.isInteger(value), 'must be a whole number of seconds, for example 600'),
)
const method = textLike("'GET'", (name) =>
  /^[A-Z][A-Z-]*$/.test(name) ? undefined : "must be a method in upper case, for example 'POST'",
)
const cookieName = textLike("'device'", (name) =>
  /^[\w!#$%&'*+.^`|~-]+$/.test(name)
    ? undefined
    : "must be the name of one cookie, without spaces and '=', for example 'device'",
)

const schema = optionsSchema<LinkOptions>(
  {
    keys,
    ttlSeconds: v.exactOptional(wholeLife),
    expires: v.exactOptional(
      optionsSchema<object>({ maxSeconds: wholeLife }, { example: '{ maxSeconds: 86_400 }' }),
    ),
    format: v.exactOptional(
      told((value) =>
        FORMATS.some((name) => name === value)
          ? undefined
          : `must be ${FORMATS.map((name) => `'${name}'`).join(', ')}`,
      ),
    ),
    from: v.exactOptional(place),
    prefix: v.exactOptional(
      optionsSchema<object>(
        { methods: listOf(method, { example: "['GET', 'POST']", isOptional: false }) },
        { example: "{ methods: ['GET', 'POST'] }", examples: { methods: "['GET', 'POST']" } },
      ),
    ),
    bind: v.exactOptional(
      optionsSchema<object>(
        {
          address: v.exactOptional(flag),
          cookie: v.exactOptional(cookieName),
          user: v.exactOptional(flag),
        },
        {
          example: "{ address: true, cookie: 'device', user: true }",
          otherNames: { ip: 'address', username: 'user' },
        },
      ),
    ),
    clockSkewSeconds: v.exactOptional(secondsBetween(0, 300, { example: 30 })),
    scopes: v.exactOptional(nameList),
    roles: v.exactOptional(nameList),
  },
  {
    example: EXAMPLE,
    examples: { keys: '[env.LINK_KEY]' },
    otherNames: {
      key: 'keys',
      secret: 'keys',
      ttl: 'ttlSeconds',
      parameter: 'from',
      header: 'from',
    },
  },
)

/** Reports every problem with the options, below `path`. */
export function checkLinkOptions(options: LinkOptions, path: string, to: Reporter): void {
  const { success, issues } = v.safeParse(schema, options)
  if (!success) {
    reportIssues(issues, path, to)
    return
  }
  const { format = 'gatehouse', ttlSeconds, expires, prefix, bind } = options
  if (Boolean(ttlSeconds) === Boolean(expires)) {
    to.report(
      path,
      'must have one of ttlSeconds (a link has the time at which it was made) and expires (the time at which it ends), for example ttlSeconds: 600',
    )
  }
  const own = Object.entries({ prefix, bind }).filter(([, value]) => value !== undefined)
  for (const [name] of format === 'gatehouse' ? [] : own) {
    to.report(
      `${path}.${name}`,
      `is not signed in Cloudflare's format. Take it out, or take format out, for links in the gateway's own`,
    )
  }
}
