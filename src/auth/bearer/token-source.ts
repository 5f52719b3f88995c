/** The owner's option that says where else than in `Authorization` tokens stand. */

import * as v from 'valibot'
import { isObject } from '../../lib/strict-json.ts'
import { type Reporter, told } from '../../options/schemas.ts'
import type { Place } from '../scheme.ts'

/**
 * A place for a token beside `Authorization`. Header names are in lower case, the others as they are. A header
 * has the token with or without `Bearer` before it.
 */
export type TokenSource =
  | {
      readonly header: string
      /**
       * Whether a proxy in front of the gateway sets the header from a cookie, so that a page elsewhere may be
       * behind it. Default false, and true for the headers of proxies that are known to do that.
       */
      readonly ambient?: boolean | undefined
    }
  | { readonly cookie: string }
  | {
      /**
       * For WebSockets of browsers, which cannot set headers. With `access-token` a client offers the two
       * subprotocols `access-token` and `access-token.<token>`; where the origin selects none, the first is.
       */
      readonly subprotocol: string
    }
  | {
      /** WARNING: a parameter of the query. Addresses are logged, shared and kept in histories. */
      readonly dangerouslyQuery: string
    }

const SOURCES = "[{ header: 'cf-access-jwt-assertion' }, { cookie: 'CF_Authorization' }]"
/** RFC 9110 section 5.6.2. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/

type Explain = (name: string) => string | undefined

const explainName: Record<string, Explain> = {
  header(name) {
    if (/^authorization$/i.test(name))
      return 'must not name authorization, which is always read. Take it out'
    if (/^cookie$/i.test(name))
      return "must not name the header cookie. Name the cookie: { cookie: 'CF_Authorization' }"
    if (/^sec-websocket-protocol$/i.test(name))
      return "must not name the header of subprotocols. Name the subprotocol: { subprotocol: 'access-token' }"
    if (/^[a-z0-9-]+$/.test(name)) return undefined
    return "must have the name of one header in lower case, of letters, digits and '-', as in { header: 'cf-access-jwt-assertion' }"
  },

  cookie: (name) =>
    TOKEN.test(name)
      ? undefined
      : "must have the name of one cookie, without spaces and '=', as in { cookie: 'CF_Authorization' }",

  // Without a dot, so that it is plain where the name ends and the token begins.
  subprotocol: (name) =>
    /^[\w-]+$/.test(name)
      ? undefined
      : "must have a name of letters, digits, '_' and '-', as in { subprotocol: 'access-token' }",

  dangerouslyQuery: (name) =>
    /^[\w.~-]+$/.test(name)
      ? undefined
      : "must have the name of one parameter, of letters, digits, '_', '.', '~' and '-', as in { dangerouslyQuery: 'access_token' }",
}

const tokenSource = told<TokenSource>((source) => {
  const { ambient, ...place } = isObject(source) ? source : {}
  const places = Object.entries(place)
  const [[kind = '', name] = []] = places
  if (places.length === 1 && kind === 'query') {
    return "must not be in the query, which is logged and shared. Use a header, or { subprotocol: 'access-token' } for a WebSocket. Where nothing else works, write { dangerouslyQuery: 'access_token' }"
  }
  if (places.length !== 1 || !Object.hasOwn(explainName, kind)) {
    return `must be { header: '…' }, { cookie: '…' } or { subprotocol: '…' }, as in ${SOURCES}`
  }
  if (typeof name !== 'string' || name === '') {
    return `must have the name of a ${kind === 'dangerouslyQuery' ? 'parameter' : kind} in quotes, as in ${SOURCES}`
  }
  return explainAmbient(kind, source) ?? explainName[kind]?.(name)
})

function explainAmbient(kind: string, source: unknown): string | undefined {
  if (!isObject(source) || !Object.hasOwn(source, 'ambient')) return undefined
  if (kind === 'cookie') {
    return "must not have ambient beside a cookie, which is always sent by the browser itself. Take ambient out, as in { cookie: 'CF_Authorization' }"
  }
  if (kind !== 'header') return `must not have ambient beside ${kind}. Take ambient out`
  if (typeof source.ambient === 'boolean') return undefined
  return "must have ambient: true or ambient: false, without quotes, as in { header: 'x-session-token', ambient: true }"
}

/** The owner's option. */
export const tokenSources = v.array(tokenSource, `must be a list in [ ], for example ${SOURCES}`)

/** Reports what is legal and weakens something, below the path of the scheme. */
export function warnOfSources(
  sources: readonly TokenSource[] = [],
  path: string,
  to: Reporter,
): void {
  for (const [index, source] of sources.entries()) {
    if (!('dangerouslyQuery' in source)) continue
    to.report(
      `${path}.tokenFrom[${index}].dangerouslyQuery`,
      'lets tokens stand in addresses, which are logged, shared and kept in histories. Take it out unless callers can send a token nowhere else',
    )
  }
}

/** Cloudflare Access, Google's Identity-Aware Proxy, load balancers of Amazon, App Service of Azure and oauth2-proxy. */
const SET_BY_PROXIES = /^(?:cf-|x-goog-|x-amzn-|x-ms-|x-forwarded-|x-auth-request-)/

/** Whether a browser may send it unasked: cookies, and headers that proxies make of them. */
export function isAmbient(source: TokenSource): boolean {
  if ('header' in source) return source.ambient ?? SET_BY_PROXIES.test(source.header)
  return 'cookie' in source
}

/** Of a token source, which may say more. */
export function placeOf(source: TokenSource): Place {
  if ('header' in source) return { header: source.header }
  return 'dangerouslyQuery' in source ? { query: source.dangerouslyQuery } : source
}
