// MCP servers that read a message in every way that somebody has read one: what each of them would execute.

export interface Seen {
  readonly headers: Headers
  readonly text: string
}

export interface Executed {
  readonly method: string
  readonly name: string
}

/** All that a server would execute of a request. */
export type Origin = (seen: Seen) => readonly Executed[]

type Members = readonly (readonly [name: string, value: unknown])[]
type Pick = (members: Members, name: string) => unknown

/** An object whose members are all kept, repeated ones too. */
class Entries {
  readonly members: Members
  constructor(members: Members) {
    this.members = members
  }
}

/** JSON as lenient readers take it: comments, commas at the end, quotes of either kind, anything after the end. */
function parseLenient(text: string): unknown {
  const tokens =
    text.match(
      /\/\*.*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[[\]{}:,]|[^\s[\]{}:,"']+/gs,
    ) ?? []
  const kept = tokens.filter((token) => !/^\/[/*]/.test(token))
  let at = 0
  const scalar = (token: string): unknown => {
    const isQuoted = /^["']/.test(token)
    if (isQuoted) return plainText(token.slice(1, -1))
    return { true: true, false: false, null: null }[token] ?? Number(token)
  }
  function value(): unknown {
    const token = kept[at++]
    if (token === undefined) throw new SyntaxError('it ends')
    if (token === '[') {
      const items: unknown[] = []
      while (at < kept.length && kept[at] !== ']') {
        if (kept[at] === ',') at++
        else items.push(value())
      }
      at++
      return items
    }
    if (token !== '{') return scalar(token)
    const members: [string, unknown][] = []
    while (at < kept.length && kept[at] !== '}') {
      if (kept[at] === ',') {
        at++
        continue
      }
      const name = String(scalar(kept[at++] ?? ''))
      if (kept[at] === ':') at++
      members.push([name, value()])
    }
    at++
    return new Entries(members)
  }
  return value()
}

function plainText(text: string): string {
  return text.replace(/\\(?:u([\da-fA-F]{4})|(.))/gs, (_, hex: string | undefined, char: string) =>
    hex === undefined
      ? ({ n: '\n', t: '\t' }[char] ?? char)
      : String.fromCharCode(Number.parseInt(hex, 16)),
  )
}

const folded = (name: string) =>
  name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}/]/gu, '')

const PICKS: Record<string, Pick> = {
  last: (members, name) => members.findLast(([other]) => other === name)?.[1],
  first: (members, name) => members.find(([other]) => other === name)?.[1],
  'last in any case': (members, name) =>
    members.findLast(([other]) => folded(other) === folded(name))?.[1],
  'first in any case': (members, name) =>
    members.find(([other]) => folded(other) === folded(name))?.[1],
}

/** Which of a message's texts is its name. */
const NAMES: Record<string, (pick: Pick, params: Members) => unknown> = {
  'name or uri': (pick, params) => pick(params, 'name') ?? pick(params, 'uri'),
  'uri or name': (pick, params) => pick(params, 'uri') ?? pick(params, 'name'),
  'through the prototype': (pick, params) => {
    const proto = pick(params, '__proto__')
    return (proto instanceof Entries && pick(proto.members, 'name')) || pick(params, 'name')
  },
}

function decoded(header: string | null): string | undefined {
  if (header === null) return undefined
  const [, encoded] = /^=\?base64\?(.*)\?=$/is.exec(header) ?? []
  if (encoded === undefined) return header
  // As Buffer does it, which takes anything for base64.
  return new TextDecoder().decode(Uint8Array.from(Buffer.from(encoded, 'base64')))
}

const isText = (value: unknown): value is string => typeof value === 'string'

/** Of each header and body: which wins. */
const SOURCES: Record<string, (body: unknown, header: string | undefined) => unknown> = {
  body: (body) => body,
  'header first': (body, header) => header ?? body,
  'body first': (body, header) => body ?? header,
  'last header': (body, header) => header?.split(',').at(-1)?.trim() ?? body,
}

export const ORIGINS: ReadonlyMap<string, Origin> = new Map(
  Object.entries(PICKS).flatMap(([picks, pick]) =>
    Object.entries(NAMES).flatMap(([names, nameOf]) =>
      Object.entries(SOURCES).map(([source, choose]): [string, Origin] => [
        `${picks}, ${names}, ${source}`,
        ({ headers, text }) => {
          const messages = attempt(() => parseLenient(text))
          return [messages].flat(2).flatMap((message) => {
            const members = message instanceof Entries ? message.members : []
            const params = pick(members, 'params')
            const given = params instanceof Entries ? nameOf(pick, params.members) : undefined
            const method = choose(pick(members, 'method'), decoded(headers.get('mcp-method')))
            const name = choose(given, decoded(headers.get('mcp-name')))
            return isText(method) && isText(name) ? [{ method, name }] : []
          })
        },
      ]),
    ),
  ),
)

function attempt(read: () => unknown): unknown {
  try {
    return read()
  } catch {
    return undefined
  }
}
