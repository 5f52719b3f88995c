/** Where a browser goes after login or logout: a path of this origin, and never anywhere else. */

import { GatewayError } from '../errors.ts'

const MAX_LENGTH = 2_000
/** Nothing that some browser might read as the beginning of a host, and no character that it would drop. */
const PATH = /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/
/** No page, and no host: it only gives a path something to be read against. */
const BASE = 'https://gateway.invalid'

/** Whether a browser stays on its origin when it is sent there. */
export function isOwnPath(path: string): boolean {
  if (path.length > MAX_LENGTH || !PATH.test(path) || !URL.canParse(path, BASE)) return false
  const { origin, pathname } = new URL(path, BASE)
  return origin === BASE && !pathname.startsWith('//')
}

/** The parameter of a query, or `/`. Throws `invalid_request` for what leads elsewhere, or is there twice. */
export function readReturnTo(search: string, name: string): string {
  const [path = '/', ...others] = new URLSearchParams(search).getAll(name)
  if (others.length === 0 && isOwnPath(path)) return path
  throw elsewhere(name, 'a path that begins with one slash, such as /account')
}

/** The same of a parameter that has a whole address, of this origin. */
export function readReturnAddress(search: string, name: string, origin: string): string {
  const [address = origin, ...others] = new URLSearchParams(search).getAll(name)
  const url = URL.parse(address)
  const path = url?.origin === origin ? url.pathname + url.search + url.hash : ''
  if (others.length === 0 && isOwnPath(path)) return path
  throw elsewhere(name, 'an address of this origin')
}

function elsewhere(name: string, wanted: string): GatewayError {
  return new GatewayError('invalid_request', {
    reason: `${name} leads to another origin, or is malformed`,
    detail: `The parameter ${name} must be ${wanted}.`,
  })
}
