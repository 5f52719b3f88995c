/** `Cache-Control` as its directives (RFC 9111 section 5.2). No I/O. */

/** A directive without a value is `''`. */
export type Directives = ReadonlyMap<string, string>

const DIRECTIVE = /([^\s=,;"]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?[^,]*(?:,|$)/g
/** RFC 9111 section 1.2.2: what is larger is as good as this. */
const MAX_SECONDS = 2 ** 31 - 1

/**
 * Names in lower case. Of a number that is given twice the smaller one holds, and one that is no number is 0: what
 * cannot be read never makes an answer last longer.
 */
export function readDirectives(field: string | null): Directives {
  const directives = new Map<string, string>()
  for (const [, name = '', quoted, plain] of (field ?? '').matchAll(DIRECTIVE)) {
    const key = name.toLowerCase()
    const value = quoted ?? plain ?? ''
    const earlier = directives.get(key)
    const isLonger = earlier !== undefined && (seconds(earlier) ?? 0) < (seconds(value) ?? 0)
    directives.set(key, isLonger ? earlier : value)
  }
  return directives
}

/** Undefined where the directive is not there, 0 where it is no number. */
export function secondsOf(directives: Directives, name: string): number | undefined {
  const value = directives.get(name)
  return value === undefined ? undefined : (seconds(value) ?? 0)
}

/**
 * The field as a library that reads it more simply takes it for the same: lower case, one blank after each comma, no
 * number twice. Undefined where there are no directives.
 */
export function normalized(directives: Directives): string | undefined {
  const parts = [...directives].map(([name, value]) => {
    if (/^(?:max-age|s-maxage|stale-.*)$/.test(name)) return `${name}=${seconds(value) ?? 0}`
    // For a cache that is shared the two mean the same, and the library would never reuse the first.
    return name === 'proxy-revalidate' ? 'must-revalidate' : name
  })
  return parts.length === 0 ? undefined : parts.join(', ')
}

function seconds(text: string): number | undefined {
  return /^\d+$/.test(text) ? Math.min(Number(text), MAX_SECONDS) : undefined
}
