/**
 * JSON objects as a security decision wants them: one meaning for every reader. JSON.parse takes the
 * last of two members with one name, other parsers the first, so a repeated name is refused.
 */

import { ExactNumber, parseExact } from './exact-json.ts'

const MAX_DEPTH = 32
const COLON = 0x3a
const BACKSLASH = 0x5c

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
  if (countNames(text) !== countMembers(value, 1))
    throw new SyntaxError('a member name is repeated')
  return value
}

export function isObject(value: unknown): value is JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return !(value instanceof ExactNumber)
}

/** Names of members in a JSON text: strings that a colon follows. */
function countNames(text: string): number {
  let count = 0
  let start = text.indexOf('"')
  while (start >= 0) {
    let next = endOfString(text, start)
    while (isSpace(text.charCodeAt(next))) next++
    if (text.charCodeAt(next) === COLON) count++
    start = text.indexOf('"', next)
  }
  return count
}

/** Where what follows a string begins. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let escapes = end
    while (text.charCodeAt(escapes - 1) === BACKSLASH) escapes--
    if ((end - escapes) % 2 === 0) return end + 1
  }
}

/** Of what JSON has between its parts (RFC 8259 section 2), nothing else is so low. */
function isSpace(code: number): boolean {
  return code <= 0x20
}

/** Members of a value and of all that is in it. */
function countMembers(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null) return 0
  if (depth > MAX_DEPTH) throw new SyntaxError('nested too deep')
  let count = Array.isArray(value) ? 0 : Object.keys(value).length
  for (const item of Object.values(value)) count += countMembers(item, depth + 1)
  return count
}
