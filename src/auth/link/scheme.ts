/** Signed links as a scheme: whoever has one may do what it was signed for, until it ends. */

import { type ErrorCode, GatewayError } from '../../errors.ts'
import { canonicalPath } from '../../lib/canonical-path.ts'
import { readCookie } from '../../lib/cookies.ts'
import type { Principal } from '../principal.ts'
import type { Inbound, Scheme, Verified } from '../scheme.ts'
import { createLinkKey, type LinkKey } from './key.ts'
import { canonicalAddress, messageOf, type Signed } from './message.ts'
import { DEFAULT_PLACE, type LinkOptions, type LinkPlace } from './options.ts'
import { type LinkToken, parseToken } from './token.ts'

const DEFAULT_CLOCK_SKEW_SECONDS = 30
const READ = ['GET', 'HEAD']

export function linkScheme(name: string, options: LinkOptions, now: () => number): Scheme {
  const { format = 'gatehouse', from = DEFAULT_PLACE, expires } = options
  const mode = expires ? 'expires' : 'ttl'
  const keysFor = compileKeys(options.keys)

  return {
    name,
    withholds: [from],

    find(inbound) {
      const value = readToken(inbound, from)
      return value === undefined ? undefined : { value, place: from, ambient: false }
    },

    async verify({ value }, inbound) {
      const token = parseToken(value, format)
      if (!token) throw invalid(`the token is not in the format ${format}`)
      checkReach(token, inbound, options)
      const message = messageOf(token, signedParts(inbound, options), mode, format)
      if (message === undefined) throw invalid('the path is shorter than what was signed')
      if (!(await isSigned(message, token, keysFor(inbound.location.hostname)))) {
        throw invalid(`no key of schemes.${name} verifies the signature`)
      }
      const expiresAt = checkTime(token, options, now())
      return toVerified(name, token, options, expiresAt)
    },

    challenge: (error) => challenge(error),
  }
}

function compileKeys(keys: LinkOptions['keys']): (hostname: string) => readonly LinkKey[] {
  if (isList(keys)) {
    const all = keys.map(createLinkKey)
    return () => all
  }
  const byHost = new Map(
    Object.entries(keys).map(([host, secrets]) => [host, secrets.map(createLinkKey)]),
  )
  return (hostname) => byHost.get(hostname) ?? []
}

function isList(keys: LinkOptions['keys']): keys is readonly string[] {
  return Array.isArray(keys)
}

/**
 * The token as the client wrote it: percent-encoding is a part of it. A parameter is read from the end of the
 * query, because everything before it is signed. One that stands elsewhere, twice or in disguise is no link.
 */
function readToken({ request, location }: Inbound, from: LinkPlace): string | undefined {
  if ('header' in from) return request.headers.get(from.header) ?? undefined
  const count = new URLSearchParams(location.search).getAll(from.query).length
  if (count === 0) return undefined
  const last = location.search.slice(startOfLast(location.search) + 1)
  if (count > 1 || !last.startsWith(`${from.query}=`)) {
    throw invalid(`${from.query} must be in the query once, as its last parameter`)
  }
  return last.slice(from.query.length + 1)
}

/** Where the separator before the last parameter stands. */
function startOfLast(search: string): number {
  return Math.max(search.lastIndexOf('&'), 0)
}

/** Throws where the token is for another kind of request, or lacks what the entry asks for. */
function checkReach(token: LinkToken, { request, path }: Inbound, options: LinkOptions): void {
  const { prefix, bind } = options
  if (request.headers.has('upgrade')) throw invalid('a link opens no other protocol')
  if (token.segments !== undefined && !prefix) throw invalid('a link to a prefix is not taken here')
  const methods = token.segments === undefined ? READ : (prefix?.methods ?? [])
  const isHead = request.method === 'HEAD' && methods.includes('GET')
  if (!isHead && !methods.includes(request.method)) {
    throw invalid(`the link is for ${methods.join(', ')}`)
  }
  // Where a route lets ambiguous paths through, an origin might read one as the way out of the prefix.
  if (token.segments !== undefined && canonicalPath(path) === undefined) {
    throw invalid('a link to a prefix covers no ambiguous path')
  }
  if (bind?.user && token.user === undefined) throw invalid('the link names no user')
}

/** Throws where something that has to be signed is not there. */
function signedParts({ request, location, path }: Inbound, options: LinkOptions): Signed {
  const { from = DEFAULT_PLACE, bind = {} } = options
  const { hostname, rawPath, search } = location
  const { headers } = request
  const [cookie, ...others] = bind.cookie
    ? readCookie(headers.get('cookie') ?? '', bind.cookie)
    : []
  if (bind.cookie && (!cookie || others.length > 0)) {
    throw invalid(`the cookie ${bind.cookie} is not there, or there twice`)
  }
  const address = bind.address ? canonicalAddress(headers.get('cf-connecting-ip') ?? '') : undefined
  if (bind.address && address === undefined) throw invalid('the address of the client is not known')
  const before = 'query' in from ? search.slice(0, startOfLast(search)) : search
  return { hostname, path, rawPath, search: before, address, cookie }
}

async function isSigned(
  message: string,
  { mac }: LinkToken,
  keys: readonly LinkKey[],
): Promise<boolean> {
  for (const key of keys) if (await key.verify(message, mac)) return true
  return false
}

/** The moment from which the link is refused. Only asked of a link that was signed. */
function checkTime({ timestamp }: LinkToken, options: LinkOptions, now: number): number {
  const { ttlSeconds = 0, expires, clockSkewSeconds = DEFAULT_CLOCK_SKEW_SECONDS } = options
  const time = Number(timestamp)
  if (time > now + (expires?.maxSeconds ?? 0) + clockSkewSeconds) {
    throw invalid(expires ? 'the link ends later than is allowed' : 'the link is from the future')
  }
  const expiresAt = time + ttlSeconds
  if (now >= expiresAt) {
    throw new GatewayError('signature_expired', {
      reason: `the link ended ${now - expiresAt} s ago`,
    })
  }
  return expiresAt
}

function toVerified(
  name: string,
  { user }: LinkToken,
  { scopes = [], roles = [] }: LinkOptions,
  expiresAt: number,
): Verified {
  const issuer = `urn:gatehouse:${name}`
  const principal: Principal = {
    kind: 'link',
    subject: user,
    issuer,
    scheme: name,
    scopes: new Set(scopes),
    roles,
    claims: { iss: issuer, ...(user !== undefined && { sub: user }), exp: expiresAt },
    expiresAt,
  }
  return { principal }
}

function invalid(reason: string): GatewayError {
  return new GatewayError('signature_invalid', { reason })
}

const OWN_CODES: readonly ErrorCode[] = ['signature_invalid', 'signature_expired']

/** No registered scheme fits a link. Clients pass over one that they do not know (RFC 9110 section 11.6.1). */
function challenge(error: GatewayError | undefined): string | undefined {
  if (!error) return 'SignedLink'
  return OWN_CODES.includes(error.code) ? `SignedLink error="${error.code}"` : undefined
}
