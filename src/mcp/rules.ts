/**
 * Which rule a name falls under. A name is what its characters are: another spelling of it is another name. Where
 * a rule with `*` takes a name that some server might read as one with a rule of its own, it is refused.
 */

import type { Policy } from '../auth/authorize.ts'
import { canonicalPath } from '../lib/canonical-path.ts'

export interface Rule {
  /** As the owner wrote it. */
  readonly pattern: string
  readonly policy: Policy
}

/** The rule of a name; undefined where it has none, and so is not there. */
export type RuleSet = (name: string) => Rule | undefined

/** `formsOf` gives a name as careless servers would compare it, the owner's names in its first form. */
export function createRuleSet(
  rules: readonly Rule[],
  otherwise: Rule | undefined,
  formsOf: (name: string, pattern: string) => readonly string[],
): RuleSet {
  const find = finder(rules.map((rule) => [rule.pattern, rule]))
  const findForm = finder(
    rules.flatMap((rule) => formsOf(rule.pattern, rule.pattern).map((form) => [form, rule])),
  )
  return (name) => {
    const rule = find(name) ?? otherwise
    // A name that the owner has written out is meant.
    if (!rule || rule.pattern === name) return rule
    const forms = formsOf(name, rule.pattern)
    const isPlain =
      forms.length > 0 && forms.every((form) => (findForm(form) ?? otherwise) === rule)
    return isPlain ? rule : undefined
  }
}

/** The whole name before all, and then the longest beginning. */
function finder(patterns: readonly (readonly [string, Rule])[]): RuleSet {
  const isPrefix = ([pattern]: readonly [string, Rule]) => pattern.endsWith('*')
  const whole = new Map(patterns.filter((pattern) => !isPrefix(pattern)))
  const prefixes = patterns
    .filter(isPrefix)
    .map(([pattern, rule]) => [pattern.slice(0, -1), rule] as const)
    .sort(([a], [b]) => b.length - a.length)
  return (name) => whole.get(name) ?? prefixes.find(([prefix]) => name.startsWith(prefix))?.[1]
}

/** Of tools and prompts: case, width and composition, and what nobody sees, are no difference. */
export function formsOfName(name: string): readonly [string] {
  // In upper case first: some servers compare in that, where a dotless i is an i, and ß is SS.
  return [name.normalize('NFKC').toUpperCase().toLowerCase().replace(INVISIBLE, '')]
}

/** Spaces, controls, and characters that only change how others look. */
const INVISIBLE = /[\s\p{Cc}\p{Cf}\p{Mn}]/gu
const URI = /^([a-z][a-z\d+.-]*):(?:\/\/([^/?#]*))?([^?#]*)(\??[^#]*)/is

/**
 * Of a URI, as a server might understand it that resolves dots, decodes escapes and knows a file by its path alone.
 * None where it may lead elsewhere than its text says.
 */
export function formsOfUri(uri: string, pattern: string): readonly string[] {
  const parts = URI.exec(uri)
  if (!parts) return formsOfName(uri)
  const [, scheme, authority = '', path = '', query = ''] = parts
  const canonical = path.startsWith('/') ? canonicalPath(path) : withoutDots(path)
  if (canonical === undefined) return []
  // To some servers the authority is the first part of the path, and dots above the path's root lead out of it.
  if (path.startsWith('/') && canonicalPath(`/-${path}`) !== `/-${canonical}`) return []
  try {
    const host = authority.toLowerCase() === 'localhost' ? '' : authority
    // Dots and slashes that are some only in another spelling.
    if (withoutDots(formsOfName(decodeURIComponent(canonical))[0]) === undefined) return []
    if (formsOfName(host)[0].includes('/')) return []
    const [whole] = formsOfName(`${scheme}://${host}${decodeURIComponent(canonical)}`)
    const forms = formsOfName(whole + query)
    return pattern === uri || pattern.includes('?') ? forms : [...forms, whole.replace(/\/$/, '')]
  } catch {
    return []
  }
}

/** Undefined for a path that does not start with a slash, and so could be resolved against anything, if it has dots. */
function withoutDots(path: string): string | undefined {
  return /(?:^|[/\\:])\.{1,2}(?:$|[/\\])|\\|%(?:2e|2f|5c|00|25)/i.test(path) ? undefined : path
}
