// Values that clients, issuers and owners might send, and ones that nobody would.

import fc from 'fast-check'

/** JSON values of all kinds, also empty, nested and with awkward names. */
export const json: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(
    null,
    true,
    false,
    0,
    -1,
    1e308,
    2 ** 53,
    0.5,
    '',
    ' ',
    [],
    {},
    [[]],
    '__proto__',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.jsonValue({ maxDepth: 2 }),
)

/** Names that mean something somewhere. */
export const memberName = fc.oneof(
  fc.constantFrom(
    'iss',
    'aud',
    'exp',
    'nbf',
    'iat',
    'sub',
    'scope',
    'scp',
    'roles',
    'cnf',
    'events',
    'azp',
    'alg',
    'kid',
    'typ',
    'crit',
    'b64',
    'jwk',
    'jku',
    'x5u',
    'x5c',
    'zip',
    'enc',
    'p2c',
    'kty',
    'n',
    'e',
    'crv',
    'x',
    'y',
    'use',
    'key_ops',
    'k',
    'd',
    'oth',
    'keys',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '',
  ),
  fc.string({ maxLength: 6 }),
)

/** A change to a text: characters replaced, removed, repeated, moved. */
export const edit: fc.Arbitrary<(text: string) => string> = fc.oneof(
  fc
    .tuple(fc.nat(), fc.constantFrom(...'AQgw-_=.+/ %,~'), fc.constantFrom(0, 1))
    .map(([at, char, removed]) => (text: string) => {
      const index = at % (text.length + 1)
      return text.slice(0, index) + char + text.slice(index + removed)
    }),
  fc.tuple(fc.nat(), fc.nat({ max: 20 })).map(
    ([at, length]) =>
      (text: string) =>
        text.slice(0, at % (text.length + 1)) + text.slice((at % (text.length + 1)) + length),
  ),
  fc.tuple(fc.nat(), fc.nat({ max: 2 })).map(([which, other]) => (text: string) => {
    const parts = text.split('.')
    const from = which % parts.length
    parts[other % parts.length] = parts[from] as string
    return parts.join('.')
  }),
  fc.nat().map((at) => (text: string) => {
    const index = at % text.length
    const char = text[index] as string
    const other = char === char.toUpperCase() ? char.toLowerCase() : char.toUpperCase()
    return text.slice(0, index) + other + text.slice(index + 1)
  }),
  fc.constantFrom(
    (text: string) => `${text}.`,
    (text: string) => `.${text}`,
    (text: string) => text.split('.').reverse().join('.'),
    (text: string) => text.slice(0, text.lastIndexOf('.') + 1),
    (text: string) => `${text}=`,
    (text: string) => text + text,
  ),
)

export const edits = fc.array(edit, { minLength: 1, maxLength: 4 })

/** A copy of a value with another one somewhere inside it. */
export function replaced(value: unknown, at: readonly number[], other: unknown): unknown {
  const [first, ...rest] = at
  if (first === undefined || typeof value !== 'object' || value === null) return other
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value) ? [...value] : { ...value }
  const names = Object.keys(copy)
  const name = names[first % (names.length + 1)] ?? 'another'
  const members = copy as Record<string, unknown>
  members[name] = rest.length === 0 ? other : replaced(members[name], rest, other)
  return copy
}
