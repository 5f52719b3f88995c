/**
 * The request as the origin gets it: what a client may say, minus what only the gateway may say, plus
 * what the gateway knows. Stripping happens on every route, also where nobody is authenticated.
 */

import type { Principal } from '../auth/principal.ts'
import { GatewayError } from '../errors.ts'
import { withoutCookies } from '../lib/cookies.ts'
import type { Location } from '../router.ts'
import { claimHeaders, type Forward } from './claims.ts'
import { fold, isReserved, isWithheld, namesInConnection } from './header-names.ts'
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
}

/** What is known about a request when it leaves. */
export interface Departure {
  /** Where it goes. */
  readonly url: string
  readonly location: Location
  readonly rules: HeaderRules
  readonly principal: Principal | undefined
  /** Where anybody may come, one answer may serve all. */
  readonly isPublic: boolean
}

/**
 * Builds the origin's request: the gateway's own headers, then of the client's what may pass. Throws
 * `origin_loop` where the request has come through here before.
 */
export function outgoingRequest(incoming: Request, departure: Departure): Request {
  const { url, location, rules, isPublic } = departure
  const { method, headers: sent } = incoming
  const request = new Request(url, {
    method,
    headers: gatewayHeaders(departure),
    // RFC 9110 section 9.3.1: content in a GET means nothing, and is a way to smuggle.
    body: method === 'GET' || method === 'HEAD' ? null : incoming.body,
    redirect: 'manual',
    // Elsewhere fetch must not read through a cache that is keyed by the URL alone.
    ...(!isPublic && { cache: 'no-store' }),
  })
  const { headers } = request
  const names = new Set(sent.keys())
  if (names.has('connection')) for (const name of namesInConnection(sent)) names.delete(name)
  for (const name of names) {
    if (mayPass(name, rules)) headers.set(name, sent.get(name) ?? '')
  }
  removeCredentials(headers, rules)
  // RFC 9110 section 7.8: the one switch of protocol that is passed on. With it the runtime sends GET,
  // whatever the method that the route was chosen by.
  const isUpgrade = method === 'GET' && sent.get('upgrade')?.toLowerCase() === 'websocket'
  if (isUpgrade) headers.set('upgrade', 'websocket')
  // Only the platform writes this header; a client's own copy never gets this far.
  const address = sent.get('cf-connecting-ip')
  if (address !== null) headers.set('x-forwarded-for', address)
  const passed = sent.get(LOOP_HEADER)
  if (passed !== null) headers.set(LOOP_HEADER, addHost(passed, location))
  return request
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

function mayPass(name: string, { keep, forwardedNames, withheld }: HeaderRules): boolean {
  const isCredential = withheld.headers.has(name)
  if (!isWithheld(name) && !forwardedNames.has(name) && !isCredential) return true
  return keep.has(name) && !isOurs(name, forwardedNames)
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

interface Prepared {
  readonly forward: Forward
  readonly scheme: string
  readonly host: string
  readonly headers: Headers
}

/** The last headers that were prepared, by principal, or by route where there is nobody. */
const prepared = new WeakMap<object, Prepared>()

/** What the gateway says itself. Encoding claims costs more than copying them, so that is done once. */
function gatewayHeaders({ location, rules, principal }: Departure): Headers {
  const { forward } = rules
  const { scheme, host } = location
  const owner = principal ?? rules
  const known = prepared.get(owner)
  if (known && known.forward === forward && known.scheme === scheme && known.host === host) {
    return known.headers
  }
  const headers = new Headers()
  headers.set('x-forwarded-proto', scheme)
  headers.set('x-forwarded-host', host)
  headers.set(LOOP_HEADER, host)
  if (principal) {
    for (const [name, value] of claimHeaders(principal, forward)) headers.set(name, value)
  }
  prepared.set(owner, { forward, scheme, host, headers })
  return headers
}

/** For config checks: a kept name that a folding origin would take for one of ours. */
export function impersonates(name: string, forwardedNames: ReadonlySet<string>): boolean {
  const folded = fold(name)
  return (
    folded !== name &&
    (isReserved(folded) || forwardedNames.has(folded) || folded === 'authorization')
  )
}
