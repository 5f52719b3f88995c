/** Reads the owner's file and says everything that is wrong with it, at once and in the owner's words. */

import * as v from 'valibot'

/** What is wrong, with where: `routes[2] (/orders/*).to: must …`. Never a value, which might be a secret. */
export type Problem = string

/** Collects problems below one place in the owner's file. */
export interface Reporter {
  report(path: string, text: string): void
}

/** What a value can be wrong in: one sentence for each way, undefined where it is right. */
export type Explain = (value: unknown) => string | undefined

/** Of a value that is there and undefined: never the default, which may be the wider one. */
export const UNSET =
  'is undefined: what stands here is not set. Set the variable or secret (in .dev.vars, and with "npx wrangler secret put <NAME>"), declare the binding (in wrangler.toml), or write a value'

export const EMPTY =
  'is empty. A variable or secret that is not set arrives like this: set it (in .dev.vars, and with "npx wrangler secret put <NAME>"), or write a value'

/** A schema that finds its own words for each way to be wrong. */
export function told<Value>(explain: Explain): v.GenericSchema<Value> {
  return v.custom<Value>(
    (value) => explain(value) === undefined,
    ({ input }) => explain(input) ?? '',
  )
}

/** Text that is not empty, and that `explain` has nothing against. */
export function textLike(
  example: string,
  explain: (value: string) => string | undefined = () => undefined,
): v.GenericSchema<string> {
  return told((value) => {
    if (value === undefined) return `${UNSET}, for example ${example}`
    if (typeof value !== 'string') return `must be text in quotes, for example ${example}`
    if (value === '') return `${EMPTY}, for example ${example}`
    if (value.trim() !== value) {
      return `has a space or a line break at its start or end. Take it away, as in ${example}`
    }
    return explain(value)
  })
}

export const text = textLike("'orders'")

/** A path of the gateway's own, without a pattern in it. */
export const ownPath = (example: string) =>
  textLike(example, (path) =>
    /^(?:\/[\w.~-]+)+$/.test(path)
      ? undefined
      : `must be a path of letters, digits, '-', '.', '_' and '~', for example ${example}`,
  )

/** How a list may be wrong as a whole. */
export interface ListOptions {
  /** As an owner would write it: `['orders:read']`. */
  readonly example: string
  /** Whether the option that holds the list may be left out. */
  readonly isOptional: boolean
}

/** A list of at least one item. */
export function listOf<Item>(item: v.GenericSchema<Item>, { example, isOptional }: ListOptions) {
  const orNone = isOptional ? ', or take this option out' : ''
  return v.pipe(
    v.array(item, `must be a list in [ ], for example ${example}`),
    v.minLength(1, `is an empty list. Name at least one, for example ${example}${orNone}`),
  )
}

/** A list of names without blanks, of an option that may be left out. */
export const nameList = listOf(text, { example: "['a', 'b']", isOptional: true })

/** A binding, or anything with `fetch`. Bindings answer every property, so nothing else is asked of them. */
export const fetcher = told<{ fetch(request: Request): Promise<Response> }>((value) => {
  if (hasFetch(value)) return undefined
  return 'must be a binding (something with a fetch function), for example env.AUTH. Declare it in wrangler.toml under [[services]], [[mtls_certificates]] or [[vpc_services]]'
})

export function hasFetch(value: unknown): boolean {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  return typeof (value as { fetch?: unknown }).fetch === 'function'
}

export const flag = told<boolean>((value) =>
  typeof value === 'boolean' ? undefined : 'must be true or false, without quotes',
)

/** A part of a whole. */
export const ratio = told<number>((value) => {
  if (typeof value === 'number' && value >= 0 && value <= 1) return undefined
  return 'must be a number from 0 (none) to 1 (all), for example 0.1'
})

/** A number of seconds between two bounds; the lower one is left out where `isOpen`. */
export function secondsBetween(
  low: number,
  high: number,
  { example, isOpen = false, also = '' }: { example: number; isOpen?: boolean; also?: string },
): v.GenericSchema<number> {
  return told((value) => {
    if (typeof value !== 'number' || Number.isNaN(value)) {
      return `must be a number of seconds without quotes, for example ${example}${also}`
    }
    if (value > high) {
      return `must be at most ${high}, in seconds (not milliseconds), for example ${example}${also}`
    }
    if (isOpen ? value > low : value >= low) return undefined
    return `must be ${isOpen ? `more than ${low}` : `${low} or more`}, for example ${example}${also}`
  })
}

/** A claim name, or a path of names into nested claims. */
export const claimLocation = told<string | readonly string[]>((value) => {
  if (value === '') return EMPTY
  if (typeof value === 'string') return explainDots(value)
  const isPath = Array.isArray(value) && value.length > 0
  if (isPath && value.every((name) => typeof name === 'string' && name !== '')) return undefined
  return "must be the name of a claim, for example 'email', or the way to one inside others, for example ['realm_access', 'roles']"
})

/** Claims that providers nest others in. A name that starts with one of them and a dot is meant as a way. */
const NESTING =
  /^(?:\$|realm_access|resource_access|app_metadata|user_metadata|metadata|address|authorization|context|ext|act|cnf|user|profile|data)\.(?=[^.])/

/** What is wrong with a claim name that has dots in it; undefined where nothing is. */
export function explainDots(name: string): string | undefined {
  if (!NESTING.test(name)) return undefined
  const way = name.replace(/^\$\./, '').split('.')
  const path = `[${way.map((part) => `'${part}'`).join(', ')}]`
  return `is one name with a dot in it, not a way into other claims. Did you mean ${path}? If the name itself has the dot, write ['${name}']`
}

/** One location, or a list of paths. */
export const claimLocations = v.lazy(
  (value): v.GenericSchema<string | readonly string[] | readonly (readonly string[])[]> =>
    Array.isArray(value) && value.some(Array.isArray) ? v.array(claimPath) : claimLocation,
)

const claimPath = listOf(textLike("'groups'"), {
  example: "['realm_access', 'roles']",
  isOptional: false,
})

/** Reports what valibot found, each with where. */
export function reportIssues(
  issues: readonly v.BaseIssue<unknown>[],
  path: string,
  to: Reporter,
): void {
  for (const issue of issues) to.report(path + formatPath(issue.path), explainIssue(issue))
}

/** The library's own sentences quote the value, so none of them is ever passed on. */
export function explainIssue(issue: v.BaseIssue<unknown>): string {
  if (issue.type === 'strict_object' && issue.expected === 'never') return 'is not an option'
  if (issue.type === 'strict_object' && issue.path) return 'is missing'
  const isUnset = issue.kind === 'schema' && issue.type !== 'custom'
  if (isUnset && issue.received === 'undefined') return UNSET
  return issue.message.startsWith('Invalid ') ? 'is not what may stand here' : issue.message
}

function formatPath(path: readonly { key?: unknown }[] | undefined): string {
  return (path ?? [])
    .map(({ key }) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
}
