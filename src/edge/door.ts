/** The first question to a request: is this its host, and did it come safely? */

import { GatewayError } from '../errors.ts'
import { isLocalhost } from '../lib/url.ts'
import type { Location } from '../router.ts'

/**
 * Throws `host_unknown` for a host that is not among `hosts`, where there are any, and `https_required` for
 * plain http from elsewhere than this machine. In local development this machine's own names are served too.
 */
export function checkDoor(
  { hostname, scheme }: Location,
  hosts: ReadonlySet<string> | undefined,
  isLocal: boolean,
): void {
  const isOwnMachine = isLocalhost(hostname)
  const isServed = !hosts || hosts.has(hostname) || (isLocal && isOwnMachine)
  if (!isServed) throw new GatewayError('host_unknown', { reason: 'the host is not among hosts' })
  if (scheme !== 'https' && !isOwnMachine) {
    throw new GatewayError('https_required', { reason: 'the request came over plain http' })
  }
}
