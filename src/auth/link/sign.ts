/** Makes links: for the command line, and for a handler of yours. The Worker that only verifies has none of it. */

import { canonicalPath } from '../../lib/canonical-path.ts'
import { readLocation } from '../../router.ts'
import { createLinkKey } from './key.ts'
import { canonicalAddress, messageOf } from './message.ts'
import { DEFAULT_PLACE, type LinkOptions } from './options.ts'
import { formatToken, MAX_SEGMENTS, MAX_USER_LENGTH } from './token.ts'

export interface LinkRequest {
  /** How long the link is good, in seconds, and no longer than the options allow. Default: as long as they do. */
  ttlSeconds?: number | undefined
  /** Signs the path of the URL as a prefix: everything below it, whatever the query. Default false. */
  prefix?: boolean | undefined
  user?: string | undefined
  /** The client's address, where the options bind it. */
  address?: string | undefined
  /** The value of the cookie, where the options bind one. */
  cookie?: string | undefined
  /** Signs with this secret. Default: the first key for the host. */
  secret?: string | undefined
  /** Unix seconds. */
  now: number
}

export interface SignedLink {
  /** With the token in it, where the options have it in the query. */
  readonly url: string
  readonly token: string
  /** Unix seconds from which it is refused. */
  readonly expiresAt: number
}

/** A link that the options take. Throws a TypeError that says what to change. */
export async function signLink(
  url: string,
  options: LinkOptions,
  request: LinkRequest,
): Promise<SignedLink> {
  const { format = 'gatehouse', from = DEFAULT_PLACE, expires } = options
  const { hostname, rawPath, search } = readUrl(url)
  const path = canonicalPath(rawPath)
  if (path === undefined) throw new TypeError('The path can be read in two ways, and is refused')
  if ('query' in from && new URLSearchParams(search).has(from.query)) {
    throw new TypeError(`The URL already has the parameter ${from.query}. Take it out`)
  }
  const { now, prefix = false, user } = request
  checkRequest(request, options)
  const allowed = expires ? expires.maxSeconds : options.ttlSeconds
  const ttlSeconds = request.ttlSeconds ?? allowed
  if (!Number.isInteger(ttlSeconds) || ttlSeconds < 1 || ttlSeconds > allowed) {
    throw new TypeError(`A link is good for 1 to ${allowed} whole seconds here`)
  }
  const expiresAt = now + ttlSeconds
  // A link that has to end sooner than the others was made that much earlier.
  const timestamp = String(expires ? expiresAt : expiresAt - allowed)
  const segments = prefix ? path.split('/').length - 1 : undefined
  const unsigned = { timestamp, segments, user }
  const signed = {
    hostname,
    path,
    rawPath,
    search,
    address: request.address === undefined ? undefined : canonicalAddress(request.address),
    cookie: request.cookie,
  }
  const message = messageOf(unsigned, signed, expires ? 'expires' : 'ttl', format)
  if (message === undefined || (segments ?? 0) > MAX_SEGMENTS) {
    throw new TypeError('A prefix has 1 to 99 segments and no slash at its end, as /api/v1')
  }
  const mac = await createLinkKey(request.secret ?? firstKey(options, hostname)).sign(message)
  const token = formatToken({ ...unsigned, mac }, format)
  if ('header' in from) return { url, token, expiresAt }
  return { url: `${url}${search === '' ? '?' : '&'}${from.query}=${token}`, token, expiresAt }
}

function readUrl(url: string): ReturnType<typeof readLocation> {
  try {
    return readLocation(url)
  } catch {
    throw new TypeError('The URL must be whole, without "#", as https://files.acme.example/a.pdf')
  }
}

/** Throws where what is asked for is not what the options take. */
function checkRequest({ prefix, user, address, cookie }: LinkRequest, options: LinkOptions): void {
  const { format = 'gatehouse', bind = {} } = options
  if (prefix && !options.prefix) {
    throw new TypeError(
      'The entry takes no links to a prefix. Add prefix: { methods: [...] } to it',
    )
  }
  if (user !== undefined && format !== 'gatehouse') {
    throw new TypeError("Cloudflare's format has no user")
  }
  if (user === '' || (user?.length ?? 0) > MAX_USER_LENGTH || user?.isWellFormed() === false) {
    throw new TypeError(`A user has 1 to ${MAX_USER_LENGTH} characters`)
  }
  if (bind.user && user === undefined) throw new TypeError('The entry wants a user in every link')
  if (Boolean(bind.address) !== (address !== undefined)) {
    throw new TypeError(
      bind.address
        ? 'The entry binds links to an address. Give one'
        : 'The entry binds links to no address. Add bind: { address: true } to it',
    )
  }
  if (address !== undefined && canonicalAddress(address) === undefined) {
    throw new TypeError('The address must be one of IPv4 or IPv6, as 203.0.113.7')
  }
  if (Boolean(bind.cookie) !== Boolean(cookie)) {
    throw new TypeError(
      bind.cookie
        ? 'The entry binds links to the value of a cookie. Give it'
        : "The entry binds links to no cookie. Add bind: { cookie: 'device' } to it",
    )
  }
}

function firstKey({ keys }: LinkOptions, hostname: string): string {
  const list: readonly string[] = Array.isArray(keys)
    ? keys
    : (Object.entries(keys).find(([host]) => host === hostname)?.[1] ?? [])
  const [first] = list
  if (first === undefined) throw new TypeError(`The entry has no key for the host ${hostname}`)
  return first
}
