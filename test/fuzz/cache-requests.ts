// Requests of a case: as they are sent, and as the model takes them.

import type { Asked, Caller, Wish } from './cache-model.ts'
import { type Answer, EPOCH } from './cache-origin.ts'
import type { Caller as Credential, ShareName, Way, World } from './cache-world.ts'

export interface Ask {
  readonly share: ShareName
  readonly way: Way
  /** As it is sent, and the origin's address that it means. */
  readonly path: readonly [sent: string, target: string]
  readonly isShouted: boolean
  readonly host: string
  readonly method: string
  /** By number. */
  readonly main: number | undefined
  readonly second: number | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly wish: Wish
  readonly answer: Answer
}

/** Before a step the clock goes on. */
export interface Step {
  readonly wait: number
  readonly asks: readonly Ask[]
}

const FOR_ORIGIN = ['range', 'if-match', 'if-unmodified-since']
export function hasCopy(
  headers: Readonly<Record<string, string | undefined>>,
  id: number,
): boolean {
  const tags = headers['if-none-match']
  if (tags !== undefined) return tags === '*' || tags.includes(`"${id}"`)
  return Date.parse(headers['if-modified-since'] ?? '') >= EPOCH + id * 1_000
}

export function requestOf(ask: Ask, name: string, world: World): Request {
  const { share, way, path, isShouted, host, method, main, second, headers, wish } = ask
  const prefix = `/${share}/${way}`
  const stored = [...world.entries.keys()][0]
  const url = path[1] === 'stored' ? stored : undefined
  const target = url ?? `https://${host}${isShouted ? prefix.toUpperCase() : prefix}${path[0]}`
  const sent = new Headers({ ...headers, 'x-ask': name })
  if (main !== undefined) sent.set('authorization', `${main}`)
  if (second !== undefined) sent.set('x-second', `${second}`)
  const wishes: string[] = [...wish.flags]
  if (wish.maxAge !== undefined) wishes.push(`max-age=${wish.maxAge}`)
  if (wish.minFresh !== undefined) wishes.push(`min-fresh=${wish.minFresh}`)
  if (wishes.length > 0) sent.set('cache-control', wishes.join(', '))
  return new Request(target, { method, headers: sent, redirect: 'manual' })
}

export function askedOf(ask: Ask, credentials: readonly Credential[]): Asked {
  const { share, way, host, method, headers, wish } = ask
  const callers = callersOf(ask, credentials)
  const seen: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) seen[name] = value.trim()
  if (way === 'kept' && ask.main !== undefined) seen.authorization = `${ask.main}`
  const subject = callers?.[0]?.subject
  if (subject !== undefined) seen['x-auth-subject'] = subject
  const isForOrigin = FOR_ORIGIN.some((name) => name in headers)
  return { share, way, host, target: ask.path[1], method, callers, seen, wish, isForOrigin }
}

/** Undefined where the route would refuse them. */
function callersOf(
  { way, main, second }: Ask,
  credentials: readonly Credential[],
): readonly Caller[] | undefined {
  const of = (scheme: string, index: number | undefined): Caller[] =>
    index === undefined ? [] : [{ ...(credentials[index] as Credential), scheme }]
  const [first, other] = [of('main', main), of('second', second)]
  if (way === 'public' || way === 'kept') return []
  if (way === 'maybe') return first
  if (way === 'both') return first.length + other.length === 2 ? [...first, ...other] : undefined
  // The same one in two places is one.
  if (way === 'any' && main !== undefined && main === second) return first
  if (way === 'any') return first.length + other.length === 1 ? [...first, ...other] : undefined
  if (way === 'tried') return first[0]?.scopes.includes('read') ? first : undefined
  return first.length === 1 ? first : undefined
}
