/** An object of the owner's with options in it: each that is unknown, missing or not set is named. */

import * as v from 'valibot'
import { explainIssue, UNSET } from './schemas.ts'
import { suggest } from './suggest.ts'

type Schema = v.GenericSchema<unknown>
/** `v.exactOptional(…)` around those that may be left out. */
export type Entries = Readonly<Record<string, Schema>>

export interface OptionsText {
  /** How the whole is written, for whoever wrote something else. */
  readonly example: string
  /** What may be written for an option that is missing: `{ issuer: "'https://auth.acme.example'" }`. */
  readonly examples?: Readonly<Record<string, string>>
  /** What others call it: `{ target: 'to' }`, or a whole sentence that starts with a capital letter. */
  readonly otherNames?: Readonly<Record<string, string>>
}

/** A schema of options. What it accepts is what came in. */
export function options<Value extends object>(
  entries: Entries,
  { example, examples = {}, otherNames = {} }: OptionsText,
) {
  const names = Object.keys(entries)
  return v.pipe(
    v.custom<Value>(isPlain, `must be an object of options, for example ${example}`),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return
      const input = dataset.value as Record<string, unknown>
      if (isOther(Object.keys(input), entries)) {
        return addIssue({ message: `is something else. Write options, for example ${example}` })
      }
      const add = (key: string, message: string, rest: readonly v.IssuePathItem[] = []) =>
        addIssue({ message, path: [item(input, key), ...rest] })
      for (const key of Object.keys(input)) {
        if (!Object.hasOwn(entries, key)) add(key, explainUnknown(key, names, otherNames))
      }
      for (const [key, schema] of Object.entries(entries)) {
        const absence = explainAbsence(key, input, schema, examples[key])
        if (absence !== undefined) add(key, absence)
        if (absence !== undefined || isLeftOut(key, input, schema)) continue
        const { issues = [] } = v.safeParse(schema, input[key])
        for (const issue of issues) add(key, explainIssue(issue), issue.path)
      }
    }),
  )
}

/** What is wrong with an option that is not there, or there and undefined; undefined where nothing is. */
function explainAbsence(
  key: string,
  input: object,
  { type }: Schema,
  shown: string | undefined,
): string | undefined {
  // Such a schema says itself what undefined means.
  if (type === 'optional') return undefined
  const isOptional = type === 'exact_optional'
  const asIn = shown === undefined ? '' : `, for example ${key}: ${shown}`
  if (!(key in input)) return isOptional ? undefined : `is missing. Add it${asIn}`
  if ((input as Record<string, unknown>)[key] !== undefined) return undefined
  return UNSET + asIn + (isOptional ? ', or take this option out' : '')
}

function isLeftOut(key: string, input: object, { type }: Schema): boolean {
  return type === 'exact_optional' && !(key in input)
}

/** An object of the owner's by names of the owner's: `explainName` says what is wrong with one of them. */
export function record(
  example: string,
  explainName: (name: string, value: unknown) => string | undefined,
  schema: Schema,
) {
  return v.pipe(
    v.custom<object>(isPlain, `must be an object in { }, for example ${example}`),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return
      for (const [key, value] of Object.entries(dataset.value)) {
        const path: [v.IssuePathItem] = [item(dataset.value, key)]
        const wrong = explainName(key, value)
        if (wrong !== undefined) addIssue({ message: wrong, path })
        if (value === undefined) {
          addIssue({ message: UNSET, path })
          continue
        }
        const { issues = [] } = v.safeParse(schema, value)
        for (const issue of issues) {
          addIssue({ message: explainIssue(issue), path: [...path, ...(issue.path ?? [])] })
        }
      }
    }),
  )
}

/** The whole environment, or what a preset has made: to name each of its members would not help. */
function isOther(keys: readonly string[], entries: Entries): boolean {
  const isStrange = (key: string) =>
    !Object.hasOwn(entries, key) && suggest(key, Object.keys(entries)) === undefined
  return keys.length > 1 && !keys.some((key) => Object.hasOwn(entries, key)) && keys.some(isStrange)
}

function isPlain(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function item(input: object, key: string): v.IssuePathItem {
  return { type: 'unknown', origin: 'value', input, key, value: undefined }
}

function explainUnknown(
  key: string,
  names: readonly string[],
  otherNames: Readonly<Record<string, string>>,
): string {
  const other = Object.hasOwn(otherNames, key) ? otherNames[key] : undefined
  if (other !== undefined && /^[A-Z]/.test(other)) return `is not an option. ${other}`
  const meant = other ?? suggest(key, names)
  if (meant !== undefined) return `is not an option. Did you mean ${meant}?`
  return `is not an option. The options here are ${names.join(', ')}`
}
