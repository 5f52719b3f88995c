/**
 * The request as the origin gets it: what a client may say, minus what only the gateway may say, plus
 * what the gateway knows. Stripping happens on every route, also where nobody is authenticated.
 */

import type { Principal } from '../auth/principal.ts'
import { GatewayError } from '../errors.ts'
import { withoutCookies } from '../lib/cookies.ts'
import type { Location } from '../router.ts'
import { type ClaimHeaders, claimHeaders, type Forward, MAX_HEADER_LENGTH } from './claims.ts'
import { namesIn, namesInConnection } from './header-names.ts'
import type { HeaderRules } from './header-rules.ts'
import { type ByteCount, type Upload, watchUpload } from './upload.ts'
import { withoutSubprotocols } from './withheld.ts'

/**
 * Counts the gateways that a request has passed, so that a loop ends (508). A client that writes it can end its
 * own request and nothing else: whatever is no number counts as none.
 */
const HOPS_HEADER = 'x-gatehouse-hops'
const MAX_HOPS = 5

const PROOF_HEADER = 'x-auth-assertion'

/** Headers to set, or to take away where they are undefined. Names are in lower case. */
export type HeaderChanges = readonly (readonly [name: string, value: string | undefined])[]

/** What is known about a request when it leaves. */
export interface Departure {
  /** Where it goes. */
  readonly url: string
  readonly location: Location
  readonly rules: HeaderRules
  readonly principal: Principal | undefined
  /** `X-Auth-Assertion`, where the route has one. */
  readonly proof: string | undefined
  /** Headers that the route's other parts give to the origin. */
  readonly onward: HeaderChanges | undefined
  /** Begins to count the bytes of its body, where there is a limit. */
  readonly countBody: (() => ByteCount) | undefined
  /** What the platform is to know of it. */
  readonly cf: RequestInit<RequestInitCfProperties>['cf'] | undefined
}

/** A request that is ready to leave. */
export interface Outgoing {
  /** The request that it was made of. */
  readonly incoming: Request
  readonly url: string
  readonly init: RequestInit<RequestInitCfProperties>
  readonly upload: Upload | undefined
  /** Names of the gateway's own headers that were left out because they are too long. */
  readonly omitted: readonly string[]
}

/**
 * Builds the origin's request: of the client's headers what may pass, then the gateway's own. `read` is the body, where
 * it was read before. Throws `origin_loop` where the request has come through here before, and `body_too_large`
 * where what was read is.
 */
export function outgoingRequest(
  incoming: Request,
  departure: Departure,
  read?: Uint8Array<ArrayBuffer>,
): Outgoing {
  const { url, rules, proof, onward, countBody, cf } = departure
  const { method, headers: sent } = incoming
  refuseBodyOfGet(incoming)
  // Copied as it is, and then taken away from: that is what the runtime does for the least CPU (bench/README.md),
  // and bytes that are no UTF-8 would not survive being set.
  const headers = new Headers(sent)
  const removed = rules.removedAmong(namesIn(sent))
  for (const name of removed) headers.delete(name)
  if (removed.includes('connection')) {
    for (const name of namesInConnection(sent)) headers.delete(name)
  }
  removeCredentials(headers, rules)
  const own = gatewayHeaders(departure)
  for (const [name, value] of own.headers) headers.set(name, value)
  for (const [name, value] of onward ?? []) {
    if (value === undefined) headers.delete(name)
    else headers.set(name, value)
  }
  const hasLongProof = proof !== undefined && proof.length > MAX_HEADER_LENGTH
  if (proof !== undefined && !hasLongProof) headers.set(PROOF_HEADER, proof)
  setFromPlatform(headers, incoming, removed)
  const count = countBody?.()
  if (read) count?.(read.byteLength)
  const upload = read ? undefined : watchUpload(incoming, count)
  return {
    incoming,
    url,
    // Not a Request: the runtime's fetch makes one of what it is given, so that one made here would be one more.
    init: {
      method,
      headers,
      redirect: 'manual',
      ...(hasContent(method) && { body: read ?? upload?.body ?? incoming.body }),
      ...(upload && { signal: upload.signal }),
      ...(cf && { cf }),
    },
    upload,
    omitted: hasLongProof ? [...own.omitted, PROOF_HEADER] : own.omitted,
  }
}

/** RFC 9110 section 9.3.1: content in a GET means nothing, and is a way to smuggle. It is never dropped in silence. */
function refuseBodyOfGet({ method, body, headers }: Request): void {
  if (hasContent(method) || body === null || headers.get('content-length') === '0') return
  throw new GatewayError('invalid_request', {
    reason: `a ${method} request with a body`,
    detail: `A ${method} request must not have a body. Send it with POST, where the API takes that.`,
  })
}

function hasContent(method: string): boolean {
  return method !== 'GET' && method !== 'HEAD'
}

/** `removed` are names that no client's header passes under: to ask the runtime for one that is not there costs more. */
function setFromPlatform(
  headers: Headers,
  { method, headers: sent }: Request,
  removed: readonly string[],
): void {
  // RFC 9110 section 7.8: the one switch of protocol that is passed on. With it the runtime sends GET,
  // whatever the method that the route was chosen by.
  const isUpgrade = method === 'GET' && removed.includes('upgrade')
  if (isUpgrade && sent.get('upgrade')?.toLowerCase() === 'websocket') {
    headers.set('upgrade', 'websocket')
  }
  // Only the platform writes this header; a client's own copy never gets this far.
  const address = sent.get('cf-connecting-ip')
  if (address !== null) headers.set('x-forwarded-for', address)
  if (removed.includes(HOPS_HEADER)) headers.set(HOPS_HEADER, countHop(sent.get(HOPS_HEADER) ?? ''))
}

/** Credentials that are one entry of a header among others. */
function removeCredentials(headers: Headers, { withheld, keep }: HeaderRules): void {
  const { cookies, subprotocols } = withheld
  // Several lines become one also where no cookie is withheld.
  const hidden = keep.has('cookie') ? NO_NAMES : cookies
  rewrite(headers, 'cookie', (value) => withoutCookies(value, hidden))
  if (subprotocols.length === 0 || keep.has('sec-websocket-protocol')) return
  rewrite(headers, 'sec-websocket-protocol', (value) => withoutSubprotocols(value, subprotocols))
}

const NO_NAMES: ReadonlySet<string> = new Set()

function rewrite(headers: Headers, name: string, change: (value: string) => string): void {
  const value = headers.get(name)
  if (value === null) return
  const changed = change(value)
  if (changed === '') headers.delete(name)
  else if (changed !== value) headers.set(name, changed)
}

function countHop(passed: string): string {
  const hops = /^\d{1,2}$/.test(passed) ? Number(passed) : 0
  if (hops >= MAX_HOPS) {
    throw new GatewayError('origin_loop', { reason: `the request has passed ${hops} gateways` })
  }
  return `${hops + 1}`
}

interface Prepared extends ClaimHeaders {
  readonly forward: Forward
  readonly prefix: string
  readonly scheme: string
  readonly host: string
}

/** The last headers that were prepared, by principal, or by route where there is nobody. */
const prepared = new WeakMap<object, Prepared>()

/** What the gateway says itself. Encoding claims costs more than copying them, so that is done once. */
function gatewayHeaders({ location, rules, principal }: Departure): Prepared {
  const { forward, prefix } = rules
  const { scheme, host } = location
  const owner = principal ?? rules
  const known = prepared.get(owner)
  const isForRoute = known?.forward === forward && known.prefix === prefix
  if (isForRoute && known.scheme === scheme && known.host === host) return known
  const { headers, omitted } = principal ? claimHeaders(principal, forward) : NOBODY
  const own: [string, string][] = [
    ['x-forwarded-proto', scheme],
    ['x-forwarded-host', host],
    [HOPS_HEADER, '1'],
  ]
  if (prefix !== '') own.push(['x-forwarded-prefix', prefix])
  const fresh = { forward, prefix, scheme, host, headers: [...own, ...headers], omitted }
  prepared.set(owner, fresh)
  return fresh
}

const NOBODY: ClaimHeaders = { headers: [], omitted: [] }
