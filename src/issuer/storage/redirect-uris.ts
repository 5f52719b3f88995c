/** Where applications may be called back: rules for redirect URIs, and what one says to a person. */

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])
/** Schemes that a browser would run or show itself. */
const BROWSER_SCHEMES = new Set([
  'about:',
  'blob:',
  'data:',
  'file:',
  'filesystem:',
  'ftp:',
  'javascript:',
  'vbscript:',
  'view-source:',
  'ws:',
  'wss:',
])

export function isLoopback(url: URL): boolean {
  return url.protocol === 'http:' && LOOPBACK.has(url.hostname)
}

/** True for a scheme that belongs to an application (RFC 8252 section 7.1). */
export function isPrivateScheme(url: URL): boolean {
  return url.protocol !== 'https:' && url.protocol !== 'http:' && !BROWSER_SCHEMES.has(url.protocol)
}

/** What is wrong with a redirect URI, or undefined. */
export function redirectUriProblem(uri: string): string | undefined {
  const url = URL.parse(uri)
  if (!url || uri.includes('#')) return `"${uri}" must be an absolute URI without a fragment`
  if (url.protocol === 'https:' || isLoopback(url) || isPrivateScheme(url)) return undefined
  return `"${uri}" must be https, http to this machine, or a scheme of the application`
}

/** True where all of them lead to an application on the person's own device. */
export function areNative(uris: readonly string[]): boolean {
  const urls = uris.map((uri) => URL.parse(uri)).filter((url) => url !== null)
  return urls.some((url) => isLoopback(url) || isPrivateScheme(url))
}

/** Where a person is sent, in words that nobody can dress up: a host of https alone is a host. */
export function describeDestination(uri: string): string {
  const url = new URL(uri)
  if (url.protocol === 'https:') return url.host
  if (isLoopback(url)) return `an application on this device (${url.host})`
  return `the application that opens ${url.protocol}${url.host ? `//${url.host}` : ''}`
}
