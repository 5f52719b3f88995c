/** Contradictions within one route, and with the hosts of the gateway. */

import type { Reporter } from '../options/schemas.ts'
import { literalPrefix } from '../router.ts'
import { isOwnAddress } from './addresses.ts'
import type { RouteConfig } from './define.ts'
import { TO } from './route-schema.ts'

export function checkRoute(
  route: RouteConfig,
  path: string,
  hosts: readonly string[] | undefined,
  to: Reporter,
): void {
  if (route.host !== undefined && hosts && !hosts.includes(route.host)) {
    to.report(
      `${path}.host`,
      'is not among hosts, so the route can never match. Add it to hosts, or take it out here',
    )
  }
  const url = typeof route.to === 'string' ? route.to : undefined
  if (route.via && url === undefined) {
    to.report(
      `${path}.via`,
      "goes with a URL in to: { to: 'https://orders.acme.example', via: env.ORDERS_CERT }. Take it out, or write a URL in to",
    )
  }
  if (url !== undefined && !route.via && hosts && isOwnAddress(url, hosts)) {
    to.report(
      `${path}.to`,
      `is the address of the gateway itself (hosts), so that requests would go in a circle. Write that of the service behind it, for example ${TO}, or a service binding`,
    )
  }
  if (route.stripPrefix && literalPrefix(route.path) === '') {
    to.report(
      `${path}.stripPrefix`,
      "has nothing to take away: path has no literal segment at its beginning. Take stripPrefix out, or write a path like '/orders/*'",
    )
  }
  if (route.dangerouslySimulate && typeof route.to === 'function') {
    to.report(
      `${path}.dangerouslySimulate`,
      'lets nobody through to a function in to: behind it, nothing else checks the credential. Take it out',
    )
  }
  for (const name of ['retry', 'idleTimeout'] as const) {
    if (route[name] === undefined || typeof route.to !== 'function') continue
    to.report(
      `${path}.${name}`,
      'is about a service behind the gateway, and to is a function. Take it out',
    )
  }
  if (route.auth !== 'public') return
  if (route.dangerouslySimulate) {
    to.report(
      `${path}.dangerouslySimulate`,
      'has no meaning on a public route, where nobody is refused for who they are. Take it out',
    )
  }
  for (const name of ['scopes', 'roles', 'claims', 'require', 'forward', 'resource'] as const) {
    if (route[name] === undefined) continue
    to.report(
      `${path}.${name}`,
      `has no meaning on a public route, where nobody is asked for a token. Take it out, or name a scheme in auth`,
    )
  }
}
