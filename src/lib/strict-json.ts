/**
 * JSON objects as a security decision wants them: one meaning for every reader. JSON.parse takes the
 * last of two members with one name, other parsers the first, so a repeated name is refused.
 */

const MAX_DEPTH = 32
const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_ARRAY = 0x5b
const BACKSLASH = 0x5c
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

export type JsonObject = { readonly [name: string]: unknown }

/**
 * Parses a JSON text whose top level is an object, in which no object repeats a member name (also not
 * spelled with escapes) and nothing is nested deeper than 32 levels. Throws a SyntaxError otherwise.
 */
export function parseObject(text: string): JsonObject {
  const value: unknown = JSON.parse(text)
  if (!isObject(value)) throw new SyntaxError('the top level is not an object')
  refuseRepeatedNames(text)
  return value
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Walks a text that is known to be JSON; only strings and structure matter. */
function refuseRepeatedNames(text: string): void {
  const open: (Set<string> | undefined)[] = []
  let names: Set<string> | undefined
  let nameComes = false
  for (let index = 0; index < text.length; index++) {
    switch (text.charCodeAt(index)) {
      case QUOTE: {
        const end = endOfString(text, index)
        if (nameComes && names) {
          const name = decodeName(text.slice(index + 1, end))
          if (names.has(name)) throw new SyntaxError('a member name is repeated')
          names.add(name)
        }
        index = end
        break
      }
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        if (open.length >= MAX_DEPTH) throw new SyntaxError('nested too deep')
        open.push(names)
        names = text.charCodeAt(index) === OPEN_OBJECT ? new Set() : undefined
        nameComes = names !== undefined
        break
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        names = open.pop()
        break
      case COMMA:
        nameComes = names !== undefined
        break
      case COLON:
        nameComes = false
        break
    }
  }
}

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end
}

function isEscaped(text: string, index: number): boolean {
  let backslashes = 0
  while (text.charCodeAt(index - 1 - backslashes) === BACKSLASH) backslashes++
  return backslashes % 2 === 1
}

function decodeName(name: string): string {
  return name.includes('\\') ? (JSON.parse(`"${name}"`) as string) : name
}
