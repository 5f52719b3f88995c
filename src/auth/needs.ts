/** What an owner asks of a caller: how it is written, what can be wrong with it, and what it comes to. */

import * as v from 'valibot'
import { options, record } from '../options/options.ts'
import { listOf, textLike, told, UNSET } from '../options/schemas.ts'
import type { AnyOf, ClaimValue, Need, Policy } from './authorize.ts'

/** What a caller needs beyond a valid credential: all of it. */
export interface Needs {
  /** All of these, or any of `anyOf(…)`; else 403. Default: none. */
  scopes?: readonly string[] | AnyOf<string>
  /** Any of these; else 403. Default: none. */
  roles?: readonly string[]
  /**
   * Each claim must have, or contain, one of its values; else 403. Names are literal. A whole number beyond
   * 2^53 is written as a bigint, `281674916028284929n`. Default: none.
   */
  claims?: Readonly<Record<string, ClaimValue | readonly ClaimValue[]>>
}

/** RFC 6749 section 3.3: what may stand in a challenge, and in a token that is not an array. */
const SCOPE = /^[!#-[\]-~]+$/

const scopes = "['orders:read', 'orders:write']"
const scope = textLike("'orders:read'", (name) => {
  if (/[\s,]/.test(name)) return `is several scopes in one text. Write ${scopes}`
  if (SCOPE.test(name)) return undefined
  return `has a character that no scope has: a quote, a backslash, or a letter outside ASCII. Write it like 'orders:read'`
})
const scopeList = listOf(scope, { example: scopes, isOptional: true })

const role = textLike("'admin'", (name) =>
  name.includes(',') ? "is several roles in one text. Write ['admin', 'editor']" : undefined,
)

const claimValue = told<ClaimValue>((value) => {
  if (value === undefined) return UNSET
  // JavaScript has already rounded it when it gets here.
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return 'is a whole number beyond 2^53, which is another one by now. Write it with n at its end, for example 281674916028284929n'
  }
  if (['string', 'number', 'boolean', 'bigint'].includes(typeof value)) return undefined
  return "must be text, a number, true or false, or a list of these, for example ['acme', 'beta']"
})

const claimValues = v.lazy(
  (value): v.GenericSchema<unknown> =>
    Array.isArray(value)
      ? listOf(claimValue, { example: "['acme', 'beta']", isOptional: false })
      : claimValue,
)

/** The options that say it. */
export const needEntries = {
  scopes: v.exactOptional(v.lazy(scopesSchema)),
  roles: v.exactOptional(v.lazy(rolesSchema)),
  claims: v.exactOptional(
    v.pipe(
      record("{ org: 'acme' }", () => undefined, claimValues),
      v.check(
        (claims) => Object.keys(claims).length > 0,
        "names no claim. Name one, for example { org: 'acme' }, or take this option out",
      ),
    ),
  ),
}

const NEEDS = "anyOf({ scopes: ['orders:read'] }, { roles: ['auditor'] })"

const need = v.pipe(
  options<Needs>(needEntries, {
    example: "{ roles: ['auditor'] }",
    otherNames: { permissions: 'scopes' },
  }),
  v.check(
    (needs) => Object.keys(needs).length > 0,
    "asks for nothing, so that every token would do. Write what to ask for, for example { roles: ['auditor'] }, or take it out",
  ),
)

function scopesSchema(value: unknown): v.GenericSchema<unknown> {
  if (isNamed(value, 'anyOf')) {
    return v.object({
      anyOf: listOf(scope, { example: "anyOf('orders:read', 'orders:write')", isOptional: true }),
    })
  }
  if (isNamed(value, 'allOf'))
    return told(() => `must be a list, which means all of them: ${scopes}`)
  return scopeList
}

function rolesSchema(value: unknown): v.GenericSchema<unknown> {
  if (isNamed(value, 'anyOf'))
    return told(() => "must be a list, which means any of them: ['admin', 'editor']")
  return listOf(role, { example: "['admin', 'editor']", isOptional: true })
}

/** `anyOf(…)` of several. */
export function needsOfAny(value: unknown): v.GenericSchema<unknown> {
  if (!isNamed(value, 'anyOf')) {
    return told(
      () =>
        `must be ${NEEDS}. What every caller needs stands in scopes, roles and claims themselves`,
    )
  }
  const anyOf = listOf(need, { example: NEEDS, isOptional: true })
  return options({ anyOf }, { example: NEEDS })
}

/** Needs where none may be asked for too: `[]`, a list of scopes, needs, or `anyOf(…)` of several. */
export function needsSchema(value: unknown): v.GenericSchema<unknown> {
  if (Array.isArray(value)) return v.array(scope)
  if (isNamed(value, 'anyOf')) return needsOfAny(value)
  if (typeof value === 'object' && value !== null) return need
  return told(
    () =>
      `must say what a caller needs: [] for nothing more than the route asks, scopes such as ${scopes}, { roles: ['admin'] }, or ${NEEDS}`,
  )
}

function isNamed(value: unknown, name: string): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
}

/** Of checked ones. `published`: see {@link Policy}. */
export function compilePolicy(
  { require: alternatives, ...needs }: Needs & { require?: AnyOf<Needs> },
  published?: readonly string[],
): Policy {
  return {
    ...compileNeed(needs),
    alternatives: alternatives?.anyOf.map(compileNeed) ?? [],
    published,
  }
}

function compileNeed({ scopes = [], roles = [], claims = {} }: Needs): Need {
  return {
    scopes: 'anyOf' in scopes ? { names: scopes.anyOf, any: true } : { names: scopes, any: false },
    roles,
    claims: Object.entries(claims).map(([claim, value]) => ({
      claim,
      values: (Array.isArray(value) ? value : [value]).map(asRead),
    })),
  }
}

/** As a claim of that value is read: a bigint that a number can hold is one there. */
function asRead(value: ClaimValue): ClaimValue {
  const number = typeof value === 'bigint' ? Number(value) : undefined
  return number !== undefined && Number.isSafeInteger(number) ? number : value
}
