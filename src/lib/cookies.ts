/**
 * The Cookie header (RFC 6265 section 4.2.1). Several lines of it are one list (RFC 9113 section 8.2.3), which
 * the runtime hands over joined with a comma and a space. Other commas are part of a value.
 */

/** A comma and a space are a line's end only where a new cookie begins: `{"a":1, "b":2}` is one value. */
const SEPARATOR = /;|, (?=[\w!#$%&'*+.^`|~-]+=)/
const JOINED_LINES = /, [\w!#$%&'*+.^`|~-]+=/
/** What such a cookie says is worth something because no other host can set it (RFC 6265bis section 4.1.3). */
const PREFIXED = /^__(?:host|secure)-/i

/**
 * The values that a header gives a cookie; several where somebody has set it twice. One with a prefix is not looked
 * for behind a comma: another host can set a cookie with a comma and that name in its value.
 */
export function readCookie(header: string, name: string): string[] {
  return header
    .split(PREFIXED.test(name) ? ';' : SEPARATOR)
    .filter((pair) => isNamed(pair, name))
    .map((pair) => pair.slice(pair.indexOf('=') + 1).trim())
}

/**
 * The header as one line, without the named cookies; empty where no other is left. Values keep their bytes, and
 * so does the whole where it is one line already and has none of them.
 */
export function withoutCookies(header: string, names: ReadonlySet<string>): string {
  if (names.size === 0 && !header.includes(', ')) return header
  const pairs = header.split(SEPARATOR)
  const kept = pairs.filter((pair) => !names.has(nameOf(pair)))
  if (kept.length === pairs.length && !JOINED_LINES.test(header)) return header
  return kept
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '')
    .join('; ')
}

/** For a browser only a space and a tab are none of the name (RFC 6265bis section 5.6). */
function isNamed(pair: string, name: string): boolean {
  return nameOf(pair) === name && !/[^\S\t ]/.test(pair.split('=', 1)[0] ?? '')
}

function nameOf(pair: string): string {
  return (pair.split('=', 1)[0] ?? '').trim()
}
