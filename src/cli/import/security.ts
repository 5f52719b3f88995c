/**
 * What OpenAPI's `security` asks for, in the words of a route. Alternatives (the list) stay alternatives, and what is
 * asked for together (the members of one) stays together; what cannot be said is reported, and never said wider.
 */

import { isRecord, type Path, type Problems } from './document.ts'
import { type Entry, quote } from './schemes.ts'

/** One alternative: names of schemes, with the scopes or roles that each has to have. */
export type Requirement = ReadonlyMap<string, readonly string[]>

export interface Security {
  /** None: nobody is asked. */
  readonly alternatives: readonly Requirement[]
  /** Whether nothing at all is one of the alternatives. */
  readonly isOptional: boolean
  readonly path: Path
}

/** Reads a list of requirements. Undefined where it is none, which is reported. */
export function readSecurity(value: unknown, path: Path, problems: Problems): Security | undefined {
  if (!Array.isArray(value) || !value.every(isRequirement)) {
    problems.report(path, 'must be a list of security requirements, for example - bearerAuth: []')
    return undefined
  }
  const read = value.map((requirement) => new Map(Object.entries(requirement)))
  return {
    alternatives: read.filter(({ size }) => size > 0),
    isOptional: read.some(({ size }) => size === 0),
    path,
  }
}

function isRequirement(value: unknown): value is Record<string, string[]> {
  const isNames = (names: unknown) =>
    Array.isArray(names) && names.every((name) => typeof name === 'string')
  return isRecord(value) && Object.values(value).every(isNames)
}

/**
 * The options of a route, as code. Undefined where they cannot say it, which is reported. An entry that is not there
 * was reported before.
 */
export function toOptions(
  { alternatives, isOptional, path }: Security,
  entries: ReadonlyMap<string, Entry>,
  problems: Problems,
): readonly string[] | undefined {
  if (alternatives.length === 0) return [`auth: 'public'`]
  const names = [...new Set(alternatives.flatMap((requirement) => [...requirement.keys()]))]
  const used = names.flatMap((name) => entries.get(name) ?? [])
  if (used.length < names.length) return undefined
  const wrong = explainRequirements(alternatives, entries) ?? explainKeys(alternatives, entries)
  if (wrong !== undefined) {
    problems.report(path, wrong)
    return undefined
  }
  const [only] = alternatives
  if (alternatives.length === 1 && only) {
    const ordered = [...only].toSorted(([, a], [, b]) => b.length - a.length)
    const auth = call(
      'allOf',
      ordered.map(([name]) => name),
    )
    return [
      `auth: ${isOptional ? `optional(${auth})` : auth}`,
      ...ordered.flatMap(([name, needed]) => needs(entries.get(name), needed)),
    ]
  }
  const auth = call('anyOf', names)
  const rules = requireOf(alternatives, entries, names.length > 1)
  return [`auth: ${isOptional ? `optional(${auth})` : auth}`, ...rules]
}

/** The first thing that the options of a route cannot say. */
function explainRequirements(
  alternatives: readonly Requirement[],
  entries: ReadonlyMap<string, Entry>,
): string | undefined {
  for (const requirement of alternatives) {
    const together = [...requirement.keys()].flatMap((name) => entries.get(name) ?? [])
    if (together.length > 1 && alternatives.length > 1) {
      return `has ${[...requirement.keys()].join(' and ')} together as one of several alternatives. A route takes either any one of several, or all of them. Make two paths, or change the document`
    }
    if (together.filter(({ kind }) => kind === 'tokens').length > 1) {
      return `asks for two tokens together (${[...requirement.keys()].join(', ')}), and both would stand in Authorization. Name one of them`
    }
    if (together.filter(({ kind }) => kind === 'keys').length > 1) {
      return `asks for two keys together (${[...requirement.keys()].join(', ')}). Keys of the gateway are one list, so that one key would do for both. Name one of them`
    }
    const needing = [...requirement].filter(([, needed]) => needed.length > 0)
    if (needing.length > 1) {
      return 'asks several schemes together for scopes or roles, and only those of the first scheme count. Ask one of them'
    }
    for (const [name, needed] of needing) {
      if (!entries.get(name)?.hasScopes && needed.length > 1) {
        return `asks for all of the roles ${needed.join(', ')}, and a route asks for any one of several. Ask for one`
      }
    }
  }
  return undefined
}

/** Keys of the gateway are one list: what is asked of one has to be asked of each, or one would open more. */
function explainKeys(
  alternatives: readonly Requirement[],
  entries: ReadonlyMap<string, Entry>,
): string | undefined {
  const keys = [...entries.values()].filter(({ kind }) => kind === 'keys').map(({ name }) => name)
  const asked = (name: string) =>
    JSON.stringify(alternatives.filter((one) => one.has(name)).map((one) => one.get(name)))
  const [first = '', ...others] = keys
  const other = others.find((name) => asked(name) !== asked(first))
  if (other === undefined) return undefined
  return `asks for the keys ${first} and ${other} in different ways. Keys of the gateway are one list, so that one key would do for both. Leave one out with --without, and tell keys apart by roles`
}

/** What a caller needs beside the credential. */
function needs(entry: Entry | undefined, needed: readonly string[]): string[] {
  if (needed.length === 0) return []
  return [`${entry?.hasScopes ? 'scopes' : 'roles'}: [${needed.map(quote).join(', ')}]`]
}

/** Each alternative may ask for something else, and only of its own scheme. */
function requireOf(
  alternatives: readonly Requirement[],
  entries: ReadonlyMap<string, Entry>,
  hasSeveralSchemes: boolean,
): string[] {
  const each = alternatives.flatMap((requirement) =>
    [...requirement].map(([name, needed]) => ({ name, needed, entry: entries.get(name) })),
  )
  // Whoever comes in by a scheme that asks for nothing more needs nothing more.
  const isFree = (name: string) => each.some((one) => one.name === name && one.needed.length === 0)
  if (each.every(({ name }) => isFree(name))) return []
  const stated = each.filter(({ name, needed }) => needed.length === 0 || !isFree(name))
  const written = stated.map(({ needed, entry }) => {
    const who = hasSeveralSchemes ? [`claims: { iss: ${entry?.issuer} }`] : []
    return `{ ${[...needs(entry, needed), ...who].join(', ')} }`
  })
  const unique = [...new Set(written)]
  const [only = ''] = unique
  return unique.length === 1 && !hasSeveralSchemes
    ? [only.slice(2, -2)]
    : [`require: anyOf(${unique.join(', ')})`]
}

function call(name: 'allOf' | 'anyOf', schemes: readonly string[]): string {
  const quoted = schemes.map(quote).join(', ')
  return schemes.length === 1 ? quoted : `${name}(${quoted})`
}
