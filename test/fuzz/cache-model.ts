// Who may be given a stored answer, written apart from the gateway: RFC 9111, what docs/caching.md says of `share`, and
// nothing of keys. It knows what the origin said and why, and decides whether that may answer another request.

import {
  type Caller as Credential,
  MAX_BYTES,
  MAX_STALE_SECONDS,
  type ShareName,
  type Way,
} from './cache-world.ts'

/** Of `Cache-Control`, by what they mean. */
export interface Control {
  readonly maxAge?: number | undefined
  readonly sMaxage?: number | undefined
  readonly whileRevalidate?: number | undefined
  readonly ifError?: number | undefined
  readonly flags: readonly Flag[]
}
export type Flag =
  | 'no-store'
  | 'no-cache'
  | 'private'
  | 'public'
  | 'must-revalidate'
  | 'proxy-revalidate'

/** What a client wishes. */
export interface Wish {
  readonly maxAge?: number | undefined
  readonly minFresh?: number | undefined
  readonly flags: readonly ('no-store' | 'no-cache' | 'only-if-cached')[]
}

/** A credential, and the entry of `schemes` that took it. */
export interface Caller extends Credential {
  readonly scheme: string
}

/** A request as the gateway got it. */
export interface Asked {
  readonly share: ShareName
  readonly way: Way
  readonly host: string
  /** Of the origin: path and query, in one spelling. */
  readonly target: string
  readonly method: string
  /** Those that the route takes notice of. Undefined where it would be refused. */
  readonly callers: readonly Caller[] | undefined
  /** What the origin gets to see of what the client wrote. */
  readonly seen: Readonly<Record<string, string>>
  readonly wish: Wish
  /** `Range`, or a condition that a cache leaves to the origin. */
  readonly isForOrigin: boolean
}

/** An answer of the origin. */
export interface Said {
  /** Of the body. */
  readonly id: number
  readonly asked: Asked
  /** By the clock, in seconds. */
  readonly at: number
  /** Among all that has happened. */
  readonly order: number
  readonly status: number
  readonly control: Control
  /** Seconds from its date; undefined without the field. */
  readonly expires?: number | undefined
  readonly age: number
  /** In lower case. */
  readonly vary: readonly string[]
  readonly hasCookie: boolean
  readonly isStream: boolean
  readonly bytes: number
  readonly isWhole: boolean
}

/** A request that has changed something. */
export interface Change {
  readonly asked: Asked
  /** When the origin had done it, and when the client knew. */
  readonly doneAt: number
  readonly knownAt: number
}

export interface Moment {
  readonly at: number
  /** When the request came in, among all that has happened. */
  readonly order: number
  /** Whether the origin was asked, and said that what is stored is still good; or that it fails. */
  readonly isValidated: boolean
  readonly hasFailed: boolean
}

/** Why what the origin said to one request must not be given to another; undefined where it may be. */
export function whyNot(
  said: Said,
  asked: Asked,
  moment: Moment,
  changes: readonly Change[],
): string | undefined {
  return (
    whyNotStored(said) ??
    whyNotShared(said.asked, asked) ??
    whyNotSelected(said, asked, moment, changes) ??
    (moment.isValidated ? undefined : whyTooOld(said, asked, moment))
  )
}

/** RFC 9111 section 3, and what this cache never stores. */
function whyNotStored(said: Said): string | undefined {
  const { asked, status, control } = said
  const has = (flag: Flag) => control.flags.includes(flag)
  if (asked.method !== 'GET') return 'it answered another method than GET'
  if (asked.isForOrigin) return 'it answered a request for a part or on a condition'
  if (asked.callers === undefined) return 'its caller would have been refused'
  if (has('no-store') || asked.wish.flags.includes('no-store')) return 'no-store'
  if (said.hasCookie) return 'it has a cookie'
  if (said.isStream) return 'it is a stream'
  if (status === 206 || status === 304 || status >= 500) return `its status is ${status}`
  if (said.vary.includes('*')) return 'it depends on everything'
  if (said.bytes > MAX_BYTES || !said.isWhole) return 'it is too long or not whole'
  const says = control.maxAge ?? control.sMaxage ?? said.expires
  if (says === undefined && !has('no-cache')) return 'it does not say how long'
  if (isAlone(asked)) return undefined
  if (has('private')) return 'it is private'
  const isOfSomebody =
    asked.callers.length > 0 || 'authorization' in asked.seen || 'cookie' in asked.seen
  const isForAll = has('public') || has('must-revalidate') || control.sMaxage !== undefined
  // The library takes proxy-revalidate of a shared cache for must-revalidate, which says the same there.
  if (isOfSomebody && !isForAll && !has('proxy-revalidate')) {
    return 'it answered a credential and does not say that it is for all'
  }
  return undefined
}

/** Whether nobody else may ever be given an answer to it. */
function isAlone({ share, callers }: Asked): boolean {
  return share === 'subject' && callers !== undefined && callers.length > 0
}

function whyNotShared(from: Asked, to: Asked): string | undefined {
  if (from.share !== to.share || from.way !== to.way) return 'it is of another route'
  if (from.host !== to.host) return 'it is of another host'
  if (from.target !== to.target) return 'it is of another address'
  return isSameParty(from, to) ? undefined : 'it is for others'
}

function isSameParty({ share, callers: from }: Asked, { callers: to }: Asked): boolean {
  if (!from || !to || from.length !== to.length) return false
  if (share === 'everyone') return true
  return from.every((one, index) => {
    const other = to[index] as Caller
    if (one.issuer !== other.issuer) return false
    if (share === 'subject') return one.subject !== undefined && sameRights(one, other)
    const claims: ((caller: Caller) => unknown)[] = [({ claims: { tenant } }) => tenant]
    if (share === 'place') claims.push(({ claims: { org } }) => Object(org).id)
    return claims.every((read) => {
      const value = read(one) ?? undefined
      return value !== undefined && isEqual(value, read(other))
    })
  })
}

const setOf = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, true]))

const OF_ONE_TOKEN = ['exp', 'iat', 'nbf', 'jti']

function sameRights(one: Caller, other: Caller): boolean {
  const facts = ({ scopes, roles, claims, kind, subject, scheme }: Caller) => {
    const lasting = Object.entries(claims).filter(([name]) => !OF_ONE_TOKEN.includes(name))
    return [kind, scheme, subject, setOf(scopes), setOf(roles), Object.fromEntries(lasting)]
  }
  return isEqual(facts(one), facts(other))
}

function isEqual(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    return one === other
  }
  if (Array.isArray(one) !== Array.isArray(other)) return false
  const names = new Set([...Object.keys(one), ...Object.keys(other)])
  const at = (value: object, name: string) => (value as Record<string, unknown>)[name]
  return [...names].every((name) => isEqual(at(one, name), at(other, name)))
}

function whyNotSelected(
  said: Said,
  asked: Asked,
  { order }: Moment,
  changes: readonly Change[],
): string | undefined {
  if (asked.method !== 'GET' && asked.method !== 'HEAD') return `${asked.method} is for the origin`
  if (asked.isForOrigin) return 'a part or a condition is for the origin'
  const differs = said.vary.find((name) => said.asked.seen[name] !== asked.seen[name])
  if (differs !== undefined) return `it depends on ${differs}`
  const isChanged = changes.some(
    (change) =>
      whyNotShared(change.asked, asked) === undefined &&
      said.order < change.doneAt &&
      change.knownAt < order,
  )
  return isChanged ? 'what it is about was changed' : undefined
}

/** RFC 9111 section 4.2. */
function lifetimeOf({ control, expires, asked }: Said): number {
  if (control.sMaxage !== undefined && !isAlone(asked)) return control.sMaxage
  return Math.max(0, control.maxAge ?? expires ?? 0)
}

/** RFC 9111 sections 4.2.4 and 5.2.1, RFC 5861. */
function whyTooOld(said: Said, { wish }: Asked, { at, hasFailed }: Moment): string | undefined {
  const { control } = said
  const has = (flag: Flag) => control.flags.includes(flag)
  const age = at - said.at + said.age
  const late = age - lifetimeOf(said)
  const mustAsk = has('no-cache')
  const isRefused = wish.flags.includes('no-cache') || wish.flags.includes('no-store')
  const isYoung = age <= (wish.maxAge ?? age) && -late >= (wish.minFresh ?? 0)
  if (late < 0 && !mustAsk && !isRefused && isYoung) return undefined
  const mayBeLate =
    !mustAsk && !has('must-revalidate') && !has('proxy-revalidate') && control.sMaxage === undefined
  const within = (seconds = 0) =>
    mayBeLate && seconds > 0 && late <= Math.min(seconds, MAX_STALE_SECONDS)
  if (hasFailed && within(control.ifError)) return undefined
  const isExact = isRefused || wish.maxAge !== undefined
  if (!isExact && within(control.whileRevalidate)) return undefined
  return `it is ${age} seconds old, ${late} too many`
}
