/** Reads the owner's file and says everything that is wrong with it, at once and in the owner's words. */

import * as v from 'valibot'

/** What is wrong, with where: `routes[2].to: must be …`. Never a value, which might be a secret. */
export type Problem = string

/** Collects problems below one place in the owner's file. */
export interface Reporter {
  report(path: string, text: string): void
}

export const text = v.pipe(
  v.string('must be a string'),
  v.nonEmpty('is empty; an unset secret or variable arrives like this'),
)

/** A list of names without blanks. */
export const nameList = v.pipe(
  v.array(text, 'must be an array'),
  v.minLength(1, 'must not be empty; leave it out instead'),
)

/** A binding, or anything with `fetch`. Bindings answer every property, so nothing else is asked of them. */
export const fetcher = v.custom<{ fetch(request: Request): Promise<Response> }>(
  hasFetch,
  'must be a binding (something with a fetch function)',
)

export function hasFetch(value: unknown): boolean {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  return typeof (value as { fetch?: unknown }).fetch === 'function'
}

export const claimLocation = v.union([text, nameList], 'must be a claim name or a path of names')

/** One location, or a list of paths. */
export const claimLocations = v.lazy(
  (value): v.GenericSchema<string | readonly string[] | readonly (readonly string[])[]> =>
    Array.isArray(value) && value.some(Array.isArray) ? v.array(nameList) : claimLocation,
)

/** Flattens what valibot found. */
export function reportIssues(
  issues: readonly v.BaseIssue<unknown>[],
  path: string,
  to: Reporter,
): void {
  for (const issue of issues) {
    to.report(path + formatPath(issue.path), explain(issue))
  }
}

function explain(issue: v.BaseIssue<unknown>): string {
  if (issue.type === 'strict_object' && issue.expected === 'never') return 'is not an option'
  if (issue.kind === 'schema' && issue.received === 'undefined') {
    return 'is missing; an unset secret, variable or binding arrives as undefined'
  }
  if (issue.type === 'strict_object') return 'must be an object'
  return issue.message
}

function formatPath(path: readonly { key?: unknown }[] | undefined): string {
  return (path ?? [])
    .map(({ key }) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
}
