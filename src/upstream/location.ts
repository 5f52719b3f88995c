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
 * The public form of a `Location` that names the origin, absolute or by path (RFC 9110 section 10.2.2), in
 * either scheme: behind TLS that ends elsewhere, servers say http of themselves. Where a prefix was stripped, a
 * URL that the origin has built from the public host (X-Forwarded-Host) gets it back, unless it is there
 * (X-Forwarded-Prefix). A `Location` that names anything else stays as it is.
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
  const url = new URL(location, originBase)
  const lacksPrefix = stripped !== '' && url.origin === publicOrigin
  const ownPath = pathBelow(url, originBase) ?? (lacksPrefix ? url.pathname : undefined)
  if (ownPath === undefined) return location
  const hasPrefix = `${ownPath}/`.toLowerCase().startsWith(`${stripped}/`.toLowerCase())
  const path = ((hasPrefix ? '' : stripped) + ownPath || '/') + url.search + url.hash
  // What is a path to the origin must not become another host to the client.
  return isAbsolute || path.startsWith('//') ? publicOrigin + path : path
}

/** The path that is left below the base; undefined where the URL is of another host or not below it. */
function pathBelow({ host, pathname }: URL, base: URL): string | undefined {
  const basePath = base.pathname.replace(/\/$/, '')
  const isBelow = pathname === basePath || pathname.startsWith(`${basePath}/`)
  return host === base.host && isBelow ? pathname.slice(basePath.length) : undefined
}
