/** What each method of the protocol asks for by name, and which rules decide on that. */

import type { GatewayError } from '../errors.ts'
import { isObject, type JsonObject } from '../lib/strict-json.ts'
import { type Message, readAlike, refuseLookAlikes } from './message.ts'
import { formsOfName } from './rules.ts'

export type Kind = 'call' | 'read' | 'prompts'

export interface Target {
  readonly kind: Kind
  readonly name: string
}

/** Methods with one name, and where it stands. */
const NAMED: ReadonlyMap<string, readonly [kind: Kind, member: 'name' | 'uri']> = new Map([
  ['tools/call', ['call', 'name']],
  ['prompts/get', ['prompts', 'name']],
  ['resources/read', ['read', 'uri']],
  ['resources/subscribe', ['read', 'uri']],
  ['resources/unsubscribe', ['read', 'uri']],
])

/** Methods with a name that revision 2026-07-28 no longer has. */
export const REMOVED: ReadonlySet<string> = new Set([
  'resources/subscribe',
  'resources/unsubscribe',
])

/**
 * Methods that a caller of the route may use: they do nothing to anybody else, list what is filtered, or are decided by
 * the names in them.
 */
const FREE: readonly string[] = [
  'initialize',
  'ping',
  'server/discover',
  'logging/setLevel',
  'tools/list',
  'prompts/list',
  'resources/list',
  'resources/templates/list',
  'notifications/initialized',
  'notifications/cancelled',
  'notifications/progress',
  'notifications/roots/list_changed',
]

/** Whether and under which name the log knows a method. */
export type Methods = (method: string) => string | undefined

/** Undefined for a method that is not served. `further` are the owner's, with `*` at the end for any rest. */
export function createMethods(further: readonly string[]): Methods {
  const decided = ['completion/complete', 'subscriptions/listen', ...NAMED.keys()]
  const own = new Set([...FREE, ...decided])
  const folded = new Set([...own].map((method) => formsOfName(method)[0]))
  const whole = new Set(further)
  const prefixes = further.filter((method) => method.endsWith('*'))
  return (method) => {
    if (own.has(method) || whole.has(method)) return method
    // A method in another spelling would go around the rules of a server that does not mind.
    if (folded.has(formsOfName(method)[0])) return undefined
    return prefixes.find((prefix) => method.startsWith(prefix.slice(0, -1)))
  }
}

type Fail = (reason: string) => GatewayError

const OF_REF = readAlike('type', 'name', 'uri')
const OF_NOTIFICATIONS = readAlike('resourceSubscriptions')

/** All that a message asks for by name. Throws what `fail` makes where a name is missing, or there is one too many. */
export function targetsOf({ method = '', params }: Message, fail: Fail): readonly Target[] {
  const named = NAMED.get(method)
  if (named) {
    const [kind, member] = named
    // A server that looks for either would find the other one.
    if (Object.hasOwn(params, member === 'name' ? 'uri' : 'name')) {
      throw fail('params has both a name and a uri')
    }
    return [{ kind, name: nameIn(params, member, fail) }]
  }
  if (method === 'completion/complete') return [completed(params.ref, fail)]
  if (method === 'subscriptions/listen') return listenedTo(params.notifications, fail)
  return []
}

function completed(ref: unknown, fail: Fail): Target {
  if (!isObject(ref)) throw fail('params.ref is no object')
  refuseLookAlikes(ref, OF_REF, fail)
  const isPrompt = ref.type === 'ref/prompt'
  if (!isPrompt && ref.type !== 'ref/resource') throw fail('params.ref has another type')
  if (Object.hasOwn(ref, isPrompt ? 'uri' : 'name')) throw fail('params.ref has a name too many')
  return isPrompt
    ? { kind: 'prompts', name: nameIn(ref, 'name', fail) }
    : { kind: 'read', name: nameIn(ref, 'uri', fail) }
}

function listenedTo(notifications: unknown, fail: Fail): readonly Target[] {
  if (notifications === undefined) return []
  if (!isObject(notifications)) throw fail('params.notifications is no object')
  refuseLookAlikes(notifications, OF_NOTIFICATIONS, fail)
  const { resourceSubscriptions: uris = [] } = notifications
  if (!Array.isArray(uris)) throw fail('resourceSubscriptions is no list')
  return uris.map((uri: unknown) => {
    if (typeof uri !== 'string') throw fail('resourceSubscriptions has something else than text')
    return { kind: 'read', name: uri }
  })
}

function nameIn(object: JsonObject, member: 'name' | 'uri', fail: Fail): string {
  const name = object[member]
  if (typeof name !== 'string' || name === '') throw fail(`there is no ${member}`)
  return name
}

/** The name that a client has to repeat in `Mcp-Name`; undefined where it has not. */
export function mirroredName({ method = '', params }: Message): string | undefined {
  const [, member] = MIRRORED.has(method) ? (NAMED.get(method) ?? []) : []
  const name = member && params[member]
  return typeof name === 'string' ? name : undefined
}

const MIRRORED: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read'])

/** The kind of things that a method lists, and how an answer names them. */
export const LISTS: ReadonlyMap<string, readonly [kind: Kind, list: string, member: string]> =
  new Map([
    ['tools/list', ['call', 'tools', 'name']],
    ['prompts/list', ['prompts', 'prompts', 'name']],
    ['resources/list', ['read', 'resources', 'uri']],
    ['resources/templates/list', ['read', 'resourceTemplates', 'uriTemplate']],
  ])
