/** Requests that a page elsewhere made a browser send, with a credential that the browser adds by itself. */

import { GatewayError } from '../errors.ts'
import { originOf } from '../router.ts'
import type { Inbound } from './scheme.ts'

/** RFC 9110 section 9.2.1. */
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Throws `csrf` where a request that changes something, or switches protocols, carries ambient evidence, and
 * nothing says that a page of the gateway's own origin has made it.
 */
export function refuseForgery({ request, location }: Inbound): void {
  const isUpgrade = request.headers.has('upgrade')
  if (SAFE_METHODS.has(request.method) && !isUpgrade) return
  const origin = request.headers.get('origin')
  const isOwn =
    origin === null
      ? request.headers.get('sec-fetch-site') === 'same-origin'
      : origin === originOf(location)
  if (!isOwn) throw new GatewayError('csrf', { reason: 'the request comes from another origin' })
}
