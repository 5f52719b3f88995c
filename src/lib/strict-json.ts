/**
 * JSON objects as a security decision wants them: one meaning for every reader. JSON.parse takes the
 * last of two members with one name, other parsers the first, so a repeated name is refused.
 */

import { ExactNumber, parseExact } from './exact-json.ts'

const MAX_DEPTH = 32
const STRINGS = /"[^"\\]*(?:\\.[^"\\]*)*"/g

export type JsonObject = { readonly [name: string]: unknown }

/**
 * Parses a JSON text whose top level is an object, in which no object repeats a member name (also not
 * spelled with escapes) and nothing is nested deeper than 32 levels. Numbers keep their digits. Throws a
 * SyntaxError otherwise.
 */
export function parseObject(text: string): JsonObject {
  const value = parseExact(text)
  if (!isObject(value)) throw new SyntaxError('the top level is not an object')
  // Of members with one name a single one is left, so that the text then has more names than the value.
  const names = text.replace(STRINGS, '').split(':').length - 1
  if (names !== countMembers(value, 1)) throw new SyntaxError('a member name is repeated')
  return value
}

export function isObject(value: unknown): value is JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return !(value instanceof ExactNumber)
}

/** Members of a value and of all that is in it. */
function countMembers(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null) return 0
  if (depth > MAX_DEPTH) throw new SyntaxError('nested too deep')
  let count = Array.isArray(value) ? 0 : Object.keys(value).length
  for (const item of Object.values(value)) count += countMembers(item, depth + 1)
  return count
}
