/** The Cookie header (RFC 6265 section 4.2.1). Several lines of it arrive joined with commas. */

const SEPARATOR = /[;,]/

/** The values that a header gives a cookie; several where somebody has set it twice. */
export function readCookie(header: string, name: string): string[] {
  return header
    .split(SEPARATOR)
    .filter((pair) => nameOf(pair) === name)
    .map((pair) => pair.slice(pair.indexOf('=') + 1).trim())
}

/** The header without the named cookies; empty where no other is left. */
export function withoutCookies(header: string, names: ReadonlySet<string>): string {
  const kept = header.split(SEPARATOR).filter((pair) => !names.has(nameOf(pair)))
  return kept
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '')
    .join('; ')
}

function nameOf(pair: string): string {
  return (pair.split('=', 1)[0] ?? '').trim()
}
