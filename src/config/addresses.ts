/** Host names and target URLs in the owner's file: what can be wrong with them, and what to write instead. */

import { isLocalhost } from '../lib/url.ts'

const HOSTNAME = /^(?!-)[a-z0-9-]+(?:\.[a-z0-9-]+)*$/
/** Where `wrangler dev` and `npm start` put a gateway. */
const LOCAL_PORT = '8787'

/** What is wrong with a host name; undefined where nothing is. */
export function explainHostname(name: string): string | undefined {
  if (HOSTNAME.test(name)) return undefined
  const example = "'api.acme.example'"
  if (/^[a-z]+:\/\//i.test(name)) {
    return `must be a host name alone, without https:// and path, for example ${example}`
  }
  if (name.includes('*')) return `must be one whole name, without '*'. List each name: ${example}`
  if (name.includes('/')) return `must be a host name alone, without a path, for example ${example}`
  if (/:\d*$/.test(name)) return `must have no port, for example ${example}`
  if (name.endsWith('.')) return `must not end with a dot, for example ${example}`
  if (HOSTNAME.test(name.toLowerCase())) return `must be in lower case, for example ${example}`
  return `must be a host name, of letters, digits, '-' and '.', for example ${example}`
}

const EXAMPLE = "'https://orders.acme.example'"

/** What is wrong with a URL that requests go to; undefined where nothing is. */
export function explainTarget(url: string, { isBound }: { isBound: boolean }): string | undefined {
  if (url.startsWith('/')) {
    return `is a path, and must be a whole URL, for example ${EXAMPLE}. An answer of the gateway itself is a function: () => new Response('…')`
  }
  if (/^localhost\b/.test(url))
    return "must start with http://, for example 'http://localhost:3000'"
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(url))
    return `must start with https://, for example ${EXAMPLE}`
  if (!URL.canParse(url)) return `cannot be read as a URL. Write it like ${EXAMPLE}`
  const { protocol, hostname, pathname, search, hash, username, password } = new URL(url)
  if (/^wss?:$/.test(protocol)) {
    return `must start with https://, for example ${EXAMPLE}: WebSockets go to the same URL`
  }
  if (protocol !== 'https:' && protocol !== 'http:')
    return `must start with https://, for example ${EXAMPLE}`
  if (protocol === 'http:' && !isBound && !isLocalhost(hostname)) {
    return `must start with https://, for example ${EXAMPLE}. Plain http is for localhost alone, or for a binding: { url: 'http://orders.internal', via: env.ORDERS_VPC }`
  }
  if (username !== '' || password !== '') {
    return `must not have a user name or password in it. Write the URL alone, for example ${EXAMPLE}`
  }
  if (search !== '' || url.endsWith('?')) {
    return "must not have a query. Take '?' and what follows it away: the query of each request is passed on by itself"
  }
  if (hash !== '' || url.endsWith('#'))
    return "must not have a fragment. Take '#' and what follows it away"
  if (/\*|\/:\w/.test(pathname)) {
    return `must not have '*' or ':name' in it. End it before them, for example ${EXAMPLE}: the path of each request is appended by itself`
  }
  return undefined
}

/** Whether a URL leads back to a gateway that serves these hosts. On this machine, that is a matter of the port. */
export function isOwnAddress(url: string, hosts: readonly string[]): boolean {
  const { hostname, port } = new URL(url)
  if (!hosts.includes(hostname)) return false
  return !isLocalhost(hostname) || port === LOCAL_PORT
}
