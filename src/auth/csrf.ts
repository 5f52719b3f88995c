/** Requests that a page elsewhere made a browser send, with a credential that the browser adds by itself. */

import { GatewayError } from '../errors.ts'
import { originOf } from '../router.ts'
import type { Inbound, Verified } from './scheme.ts'

/** RFC 9110 section 9.2.1. */
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Throws `csrf` where a request that changes something, or switches protocols, carries ambient evidence of a
 * person, and nothing says that a page of the gateway's own origin, or of one that `trustsPagesOf`
 * is true for, has made it, or that no browser has.
 */
export function refuseForgery(
  inbound: Inbound,
  callers: readonly Verified[],
  trustsPagesOf: (origin: string) => boolean = () => false,
): void {
  const { method, headers } = inbound.request
  if (SAFE_METHODS.has(method) && !headers.has('upgrade')) return
  const isPerson = callers.some(({ principal }) => principal.kind === 'person')
  if (!isPerson || isFromTrustedPage(inbound, trustsPagesOf) || isByNoBrowser(headers)) return
  throw new GatewayError('csrf', { reason: 'the request comes from another origin' })
}

/** Whether a browser says that a page of the gateway's own origin has made the request. */
export function isFromOwnPage(inbound: Inbound): boolean {
  return isFromTrustedPage(inbound, () => false)
}

/** Whether it says so of a page of the gateway's own origin, or of one that is trusted. */
function isFromTrustedPage(
  { request: { headers }, location }: Inbound,
  trustsPagesOf: (origin: string) => boolean,
): boolean {
  const origin = headers.get('origin')
  if (origin !== null) return origin === originOf(location) || trustsPagesOf(origin)
  return headers.get('sec-fetch-site') === 'same-origin'
}

/**
 * Every browser says where a request comes from that changes something or opens a WebSocket (Fetch standard,
 * section 3.2), and only a browser keeps cookies without being told to: `cloudflared access curl` sends neither.
 */
function isByNoBrowser(headers: Headers): boolean {
  const names = [...headers.keys()]
  return !names.some((name) => /^(?:origin|cookie|sec-fetch-.*)$/.test(name))
}
