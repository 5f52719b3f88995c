/** Between the public path of a request and the path at its origin, in both directions. */

export interface PathMapping {
  /** The literal prefix that the origin does not know; empty where it gets the full path. */
  readonly stripped: string
  /** The target's URL without trailing slash, as configured. Undefined for bindings and handlers. */
  readonly base: string | undefined
}

/**
 * The path at the origin. The prefix is cut by segments, not by characters: it was matched whatever its
 * case and its escapes.
 */
export function originPath(path: string, { stripped }: PathMapping): string {
  let end = 0
  for (let left = stripped.split('/').length - 1; left > 0 && end >= 0; left--) {
    end = path.indexOf('/', end + 1)
  }
  return end < 0 ? '/' : path.slice(end)
}

/**
 * The public form of a `Location` that names the origin, absolute or by path (RFC 9110 section 10.2.2).
 * One that names anything else stays as it is.
 */
export function publicLocation(
  location: string,
  { stripped, base }: PathMapping,
  publicOrigin: string,
): string {
  const originBase = new URL(base ?? publicOrigin)
  const isAbsolute = /^(?:https?:)?\/\//i.test(location)
  if (!isAbsolute && !location.startsWith('/')) return location
  if (!URL.canParse(location, originBase)) return location
  const { origin, pathname, search, hash } = new URL(location, originBase)
  if (origin !== originBase.origin) return location
  const basePath = originBase.pathname.replace(/\/$/, '')
  const isBelow = pathname === basePath || pathname.startsWith(`${basePath}/`)
  if (!isBelow) return location
  const path = (stripped + pathname.slice(basePath.length) || '/') + search + hash
  // What is a path to the origin must not become another host to the client.
  return isAbsolute || path.startsWith('//') ? publicOrigin + path : path
}
