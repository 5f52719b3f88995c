/** Header names by what they are to a gateway. Names are in lower case throughout. */

import { remembered } from '../lib/remembered.ts'

/** RFC 9110 section 7.6.1 and what is treated like it: about one connection, never about the next. */
const HOP_BY_HOP = new Set([
  'connection',
  'expect',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Names that some origin takes for the address, path, method or scheme that the gateway has checked. */
const OVERRIDES = new Set([
  'client-ip',
  'fastly-client-ip',
  'forwarded',
  'forwarded-for',
  'proxy',
  'true-client-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-envoy-original-path',
  'x-forwarded',
  'x-host',
  'x-http-host-override',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-original-forwarded-for',
  'x-original-host',
  'x-original-method',
  'x-original-uri',
  'x-original-url',
  'x-real-ip',
  'x-rewrite-url',
])

/** `x-auth-*` is ours; the rest the platform sets, or a proxy in front of it. */
const PREFIXES = /^(?:x-auth-|x-forwarded-|cf-|mf-|proxy-|x-gatehouse-)/

/** What must not be set from a claim: it would change where the request goes or what it is. */
const NEVER_FORWARDED =
  /^(?:host|cookie|authorization|set-cookie|content-.*|connection|expect|keep-alive|te|trailer|transfer-encoding|upgrade|http2-settings|proxy-.*|x-forwarded-.*|forwarded|x-auth-.*|cf-.*|mf-.*|x-gatehouse-.*)$/

/** Whether the header ends with the connection it came on. */
export function isHopByHop(name: string): boolean {
  return HOP_BY_HOP.has(name)
}

/** Whether a client's copy of the header may never reach an origin. */
export function isReserved(name: string): boolean {
  return isHopByHop(name) || OVERRIDES.has(name) || PREFIXES.test(name)
}

/** Whether a client's header stays here unless a route keeps it. */
export function isWithheld(name: string): boolean {
  return name === 'authorization' || isFoldable(name) || isReserved(name)
}

/** Whether an origin's header may never reach a client. */
export const isPrivateToOrigin = remembered(
  (name) => isHopByHop(name) || PRIVATE_ANSWERS.test(name),
)

const PRIVATE_ANSWERS =
  /^(?:proxy-.*|alt-svc|x-auth-.*|cdn-cache-control|cloudflare-cdn-cache-control)$/

/** Whether an owner may have a claim sent under this name. */
export function isForwardable(name: string): boolean {
  return /^[a-z][a-z0-9-]*$/.test(name) && !NEVER_FORWARDED.test(name) && !OVERRIDES.has(name)
}

/**
 * Whether a name could stand for another one at the origin: servers that hand headers on as environment
 * variables fold `_` and other marks into `-` (CVE-2025-64484, CVE-2026-39858).
 */
export function isFoldable(name: string): boolean {
  return /[^a-z0-9-]/.test(name)
}

/** The spelling that such a server folds a name into. */
export function fold(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9-]/g, '-')
}

/** RFC 9110 section 5.6.2. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/

/**
 * The names that a `Connection` header lists (RFC 9110 section 7.6.1). Whatever else is written there
 * names no header, and would be an error to ask for.
 */
export function namesInConnection(headers: Headers): string[] {
  const names = headers.get('connection')?.split(',') ?? []
  return names.map((name) => name.trim().toLowerCase()).filter((name) => TOKEN.test(name))
}

/** All names, in lower case. In a loop, because to spread an iterator of the runtime takes more. */
export function namesIn(headers: Headers): string[] {
  const names: string[] = []
  for (const name of headers.keys()) names.push(name)
  return names
}
