/**
 * The request as the origin gets it: what a client may say, minus what only the gateway may say, plus
 * what the gateway knows. Stripping happens on every route, also where nobody is authenticated.
 */

import type { Principal } from '../auth/principal.ts'
import { GatewayError } from '../errors.ts'
import { withoutCookies } from '../lib/cookies.ts'
import type { Location } from '../router.ts'
import { type ClaimHeaders, claimHeaders, type Forward } from './claims.ts'
import { fold, isReserved, isWithheld, namesInConnection, remembered } from './header-names.ts'
import { type Upload, watchUpload } from './upload.ts'
import { type Withheld, withoutSubprotocols } from './withheld.ts'

/** Names the gateways that a request has passed, so that a loop ends (508). */
const LOOP_HEADER = 'x-gatehouse-hosts'

export interface HeaderRules {
  /** Every name that any route of this gateway forwards a claim under: a client's copy never passes. */
  readonly forwardedNames: ReadonlySet<string>
  /** Names that pass on this route although they would be removed: credentials, or names with `_`. */
  readonly keep: ReadonlySet<string>
  readonly forward: Forward
  readonly withheld: Withheld
  /** Whether a client's header goes to the origin. */
  readonly mayPass: (name: string) => boolean
}

/** What is known about a request when it leaves. */
export interface Departure {
  /** Where it goes. */
  readonly url: string
  readonly location: Location
  readonly rules: HeaderRules
  readonly principal: Principal | undefined
  /** Whether a cache may answer: where anybody may come, one answer may serve all. */
  readonly mayBeCached: boolean
}

/** A request that is ready to leave. */
export interface Outgoing {
  readonly url: string
  readonly init: RequestInit<RequestInitCfProperties>
  readonly upload: Upload | undefined
  /** Names of the gateway's own headers that were left out because they are too long. */
  readonly omitted: readonly string[]
}

/**
 * Builds the origin's request: of the client's headers what may pass, then the gateway's own. Throws
 * `origin_loop` where the request has come through here before.
 */
export function outgoingRequest(incoming: Request, departure: Departure): Outgoing {
  const { url, rules, mayBeCached } = departure
  const { method, headers: sent } = incoming
  // Copied as they are, and then taken away from: bytes that are no UTF-8 would not survive being set.
  const headers = new Headers(sent)
  const named = sent.has('connection') ? namesInConnection(sent) : undefined
  for (const name of sent.keys()) {
    if (!rules.mayPass(name) || named?.includes(name)) headers.delete(name)
  }
  removeCredentials(headers, rules)
  const own = gatewayHeaders(departure)
  for (const [name, value] of own.headers) headers.set(name, value)
  setFromPlatform(headers, incoming, departure.location)
  // RFC 9110 section 9.3.1: content in a GET means nothing, and is a way to smuggle.
  const hasBody = method !== 'GET' && method !== 'HEAD'
  const upload = hasBody ? watchUpload(incoming) : undefined
  const body = hasBody ? (upload?.body ?? incoming.body) : null
  return {
    url,
    init: {
      method,
      headers,
      body,
      redirect: 'manual',
      // Elsewhere fetch must not read through a cache that is keyed by the URL alone. `cache: 'no-store'` would
      // send Cache-Control and Pragma to the origin, which then answers 200 where it would have answered 304.
      ...(!mayBeCached && NO_CACHE),
    },
    upload,
    omitted: own.omitted,
  }
}

/** https://developers.cloudflare.com/workers/runtime-apis/request/#the-cf-property-requestinitcfproperties */
const NO_CACHE = { cf: { cacheTtl: -1 } }

function setFromPlatform(headers: Headers, { method, headers: sent }: Request, location: Location) {
  // RFC 9110 section 7.8: the one switch of protocol that is passed on. With it the runtime sends GET,
  // whatever the method that the route was chosen by.
  const isUpgrade = method === 'GET' && sent.get('upgrade')?.toLowerCase() === 'websocket'
  if (isUpgrade) headers.set('upgrade', 'websocket')
  // Only the platform writes this header; a client's own copy never gets this far.
  const address = sent.get('cf-connecting-ip')
  if (address !== null) headers.set('x-forwarded-for', address)
  const passed = sent.get(LOOP_HEADER)
  if (passed !== null) headers.set(LOOP_HEADER, addHost(passed, location))
}

/** Credentials that are one entry of a header among others. */
function removeCredentials(headers: Headers, { withheld, keep }: HeaderRules): void {
  const { cookies, subprotocols } = withheld
  if (cookies.size > 0) {
    rewrite(headers, 'cookie', keep, (value) => withoutCookies(value, cookies))
  }
  if (subprotocols.length > 0) {
    const name = 'sec-websocket-protocol'
    rewrite(headers, name, keep, (value) => withoutSubprotocols(value, subprotocols))
  }
}

function rewrite(
  headers: Headers,
  name: string,
  keep: ReadonlySet<string>,
  change: (value: string) => string,
): void {
  const value = keep.has(name) ? null : headers.get(name)
  if (value === null) return
  const changed = change(value)
  if (changed === '') headers.delete(name)
  else headers.set(name, changed)
}

/** Completes the rules of a route. The same few names arrive with every request, so each is judged once. */
export function headerRules(rules: Omit<HeaderRules, 'mayPass'>): HeaderRules {
  const { keep, forwardedNames, withheld } = rules
  const mayPass = remembered((name) => {
    const isCredential = withheld.headers.has(name)
    if (!isWithheld(name) && !forwardedNames.has(name) && !isCredential) return true
    return keep.has(name) && !isOurs(name, forwardedNames)
  })
  return { ...rules, mayPass }
}

/** What speaks for the gateway is never taken from a client, also not when an owner asks for it. */
function isOurs(name: string, forwardedNames: ReadonlySet<string>): boolean {
  return forwardedNames.has(name) || /^x-(?:auth|gatehouse|forwarded)-/.test(name)
}

function addHost(passed: string, { host }: Location): string {
  if (passed.split(', ').includes(host)) {
    throw new GatewayError('origin_loop', { reason: `the request has passed ${host} before` })
  }
  return `${passed}, ${host}`
}

interface Prepared extends ClaimHeaders {
  readonly forward: Forward
  readonly scheme: string
  readonly host: string
}

/** The last headers that were prepared, by principal, or by route where there is nobody. */
const prepared = new WeakMap<object, Prepared>()

/** What the gateway says itself. Encoding claims costs more than copying them, so that is done once. */
function gatewayHeaders({ location, rules, principal }: Departure): Prepared {
  const { forward } = rules
  const { scheme, host } = location
  const owner = principal ?? rules
  const known = prepared.get(owner)
  if (known && known.forward === forward && known.scheme === scheme && known.host === host) {
    return known
  }
  const { headers, omitted } = principal ? claimHeaders(principal, forward) : NOBODY
  const own: [string, string][] = [
    ['x-forwarded-proto', scheme],
    ['x-forwarded-host', host],
    [LOOP_HEADER, host],
  ]
  const fresh = { forward, scheme, host, headers: [...own, ...headers], omitted }
  prepared.set(owner, fresh)
  return fresh
}

const NOBODY: ClaimHeaders = { headers: [], omitted: [] }

/** For config checks: a kept name that a folding origin would take for one of ours. */
export function impersonates(name: string, forwardedNames: ReadonlySet<string>): boolean {
  const folded = fold(name)
  return (
    folded !== name &&
    (isReserved(folded) || forwardedNames.has(folded) || folded === 'authorization')
  )
}
