/**
 * One path for matching, checking and forwarding. Two servers that read a path differently are a way
 * around every rule, so what can be read in two ways is refused (CVE-2026-33494, CVE-2021-29492).
 */

/** Already canonical: non-empty segments of unreserved and sub-delimiter characters, none of them dots. */
const CANONICAL = /^(?:\/(?!\.{1,2}(?:\/|$))[\w.~!$&'()*+,=:@-]+)*\/?$/
/** What some server reads as a separator, as an end, or as an escape of its own. */
const AMBIGUOUS = /\/\/|[\\;]|%(?:2f|5c|00|3b|25[\da-f]{2})/i
const BROKEN_ESCAPE = /%(?![\da-f]{2})/i
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f]|%(?:[01][\da-f]|7f)/i
const ESCAPES = /(?:%[\da-f]{2})+/gi
const UNRESERVED = /[\w.~-]/
/** RFC 3986 section 3.3: what may stand in a path segment as it is, and escapes. */
const NOT_PATH = /[^\w.~!$&'()*+,;=:@%/-]+/g

export interface PathOptions {
  /** Lets separators in disguise, empty segments and the like through as they are. */
  allowAmbiguous?: boolean
}

/**
 * The canonical form of a raw path: unreserved characters unescaped, other escapes in upper case, what
 * has to be escaped escaped, dot segments resolved (RFC 3986 section 6.2.2). Undefined where the path
 * is ambiguous or broken. Idempotent.
 */
export function canonicalPath(raw: string, options: PathOptions = {}): string | undefined {
  if (raw !== '' && CANONICAL.test(raw)) return raw
  if (!raw.startsWith('/') || BROKEN_ESCAPE.test(raw) || CONTROL.test(raw)) return undefined
  if (!options.allowAmbiguous && AMBIGUOUS.test(raw)) return undefined
  try {
    const path = raw.replace(NOT_PATH, encodeURIComponent).replace(ESCAPES, normalizeEscapes)
    // Also what is ambiguous only now: an escape of an escape may spell one more.
    if (!options.allowAmbiguous && AMBIGUOUS.test(path)) return undefined
    return resolveDots(path)
  } catch {
    // Escapes that are no UTF-8, or half a surrogate pair.
    return undefined
  }
}

/**
 * The form of a canonical path that patterns are compared with: characters that may stand in a path are
 * unescaped, so that `/users/%40me` cannot slip past a rule for `/users/@me`.
 */
export function matchForm(path: string): string {
  if (!path.includes('%')) return path
  return path.replace(/%(?:2[1467-9A-C]|3[AD]|40)/g, decodeURIComponent)
}

const RULES: readonly (readonly [RegExp, string])[] = [
  [/^[^/]|^$/, 'the path does not start with a slash'],
  [BROKEN_ESCAPE, "the path has '%' without two hexadecimal digits after it"],
  [/%00/, 'the path has an escaped null character (%00)'],
  [CONTROL, 'the path has a control character'],
  [/\/\//, 'the path has an empty segment (//)'],
  [/\\/, 'the path has a backslash'],
  [/;/, 'the path has a semicolon'],
  [/%2f/i, 'the path has an escaped slash (%2F)'],
  [/%5c/i, 'the path has an escaped backslash (%5C)'],
  [/%3b/i, 'the path has an escaped semicolon (%3B)'],
  [/%25[\da-f]{2}/i, 'the path has an escape of an escape (%25 and two hexadecimal digits)'],
]

/** Which rule a raw path breaks that {@link canonicalPath} refuses, for the operator. */
export function explainAmbiguity(raw: string): string {
  const broken = RULES.find(([sign]) => sign.test(raw))
  return broken?.[1] ?? 'the path has escapes that are no UTF-8'
}

function normalizeEscapes(escapes: string): string {
  decodeURIComponent(escapes)
  return escapes.replace(/%../g, (encoded) => {
    const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16))
    return UNRESERVED.test(character) ? character : encoded.toUpperCase()
  })
}

/** RFC 3986 section 5.2.4. */
function resolveDots(path: string): string {
  const kept: string[] = []
  const segments = path.split('/').slice(1)
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1
    if (segment === '..') kept.pop()
    if (segment !== '.' && segment !== '..') kept.push(segment)
    else if (isLast) kept.push('')
  }
  return `/${kept.join('/')}`
}
