/**
 * The request as the origin gets it: what a client may say, minus what only the gateway may say, plus
 * what the gateway knows. Stripping happens on every route, also where nobody is authenticated.
 */

import type { Principal } from '../auth/principal.ts'
import { GatewayError } from '../errors.ts'
import type { Location } from '../router.ts'
import { claimHeaders, type Forward } from './claims.ts'
import { fold, isFoldable, isReserved, namesInConnection } from './header-names.ts'

/** Names the gateways that a request has passed, so that a loop ends (508). */
const LOOP_HEADER = 'x-gatehouse-hosts'

export interface HeaderRules {
  /** Every name that any route of this gateway forwards a claim under: a client's copy never passes. */
  readonly forwardedNames: ReadonlySet<string>
  /** Names that pass on this route although they would be removed: credentials, or names with `_`. */
  readonly keep: ReadonlySet<string>
  readonly forward: Forward
}

/** What is known about a request when it leaves. */
export interface Departure {
  /** Where it goes. */
  readonly url: string
  readonly location: Location
  readonly rules: HeaderRules
  readonly principal: Principal | undefined
  /** Ends the exchange. */
  readonly signal: AbortSignal
}

/** Builds the origin's request. Throws `origin_loop` where the request has come through here before. */
export function outgoingRequest(incoming: Request, departure: Departure): Request {
  const { url, location, rules, principal, signal } = departure
  const { method } = incoming
  const request = new Request(url, {
    method,
    headers: incoming.headers,
    // RFC 9110 section 9.3.1: content in a GET means nothing, and is a way to smuggle.
    body: method === 'GET' || method === 'HEAD' ? null : incoming.body,
    redirect: 'manual',
    signal,
  })
  const { headers } = request
  clean(headers, incoming.headers, rules)
  headers.set('x-forwarded-proto', location.scheme)
  headers.set('x-forwarded-host', location.host)
  // Only the platform writes this header; a client's own copy never gets this far.
  const address = incoming.headers.get('cf-connecting-ip')
  if (address !== null) headers.set('x-forwarded-for', address)
  headers.set(LOOP_HEADER, passedHosts(incoming.headers, location))
  if (principal) {
    for (const [name, value] of describe(principal, rules.forward)) headers.set(name, value)
  }
  return request
}

/** Removes what is about the client's connection, or could be taken for the gateway's word. */
function clean(headers: Headers, incoming: Headers, rules: HeaderRules): void {
  for (const name of namesInConnection(incoming)) remove(headers, name)
  for (const name of incoming.keys()) {
    if (!mayPass(name, rules)) headers.delete(name)
  }
  // RFC 9110 section 7.8: the one switch of protocol that is passed on.
  if (incoming.get('upgrade')?.toLowerCase() === 'websocket') headers.set('upgrade', 'websocket')
}

function mayPass(name: string, { keep, forwardedNames }: HeaderRules): boolean {
  if (isReserved(name) || forwardedNames.has(name))
    return keep.has(name) && !isOurs(name, forwardedNames)
  if (name === 'authorization' || isFoldable(name)) return keep.has(name)
  return true
}

/** What speaks for the gateway is never taken from a client, also not when an owner asks for it. */
function isOurs(name: string, forwardedNames: ReadonlySet<string>): boolean {
  return forwardedNames.has(name) || /^x-(?:auth|gatehouse|forwarded)-/.test(name)
}

function remove(headers: Headers, name: string): void {
  // Whatever a client writes there, only a token can be a header name (RFC 9110 section 5.6.2).
  if (/^[\w!#$%&'*+.^`|~-]+$/.test(name)) headers.delete(name)
}

function passedHosts(incoming: Headers, { host }: Location): string {
  const passed = incoming.get(LOOP_HEADER)
  if (passed === null) return host
  if (passed.split(', ').includes(host)) {
    throw new GatewayError('origin_loop', { reason: `the request has passed ${host} before` })
  }
  return `${passed}, ${host}`
}

type Described = readonly (readonly [string, string])[]

/** Claims are encoded once per principal and forward table, not once per request. */
const descriptions = new WeakMap<Principal, Map<Forward, Described>>()

function describe(principal: Principal, forward: Forward): Described {
  const ofPrincipal = descriptions.get(principal) ?? new Map<Forward, Described>()
  const known = ofPrincipal.get(forward)
  if (known) return known
  const described = claimHeaders(principal, forward)
  descriptions.set(principal, ofPrincipal.set(forward, described))
  return described
}

/** For config checks: a kept name that a folding origin would take for one of ours. */
export function impersonates(name: string, forwardedNames: ReadonlySet<string>): boolean {
  const folded = fold(name)
  return (
    folded !== name &&
    (isReserved(folded) || forwardedNames.has(folded) || folded === 'authorization')
  )
}
