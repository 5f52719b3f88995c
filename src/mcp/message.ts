/**
 * One message of the protocol, read so that every server reads the same: strict JSON, one object, no name twice, and no
 * name beside another that a careless server would take for it.
 */

import type { GatewayError } from '../errors.ts'
import { decodeUtf8 } from '../lib/bytes.ts'
import { remembered } from '../lib/remembered.ts'
import { isObject, type JsonObject, parseObject } from '../lib/strict-json.ts'
import { RPC, type RpcId, refused } from './refusal.ts'

export interface Message {
  /** Undefined for an answer to a server's own request. */
  readonly method: string | undefined
  /** Undefined for a notification. */
  readonly id: RpcId
  readonly params: JsonObject
  /** As the body has it. */
  readonly version: string | undefined
}

/** Letters and digits alone, in one case and width. */
const skeleton = remembered((name) =>
  name
    .normalize('NFKC')
    .toUpperCase()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, ''),
)

const VERSION = 'io.modelcontextprotocol/protocolVersion'
const REQUEST = ['jsonrpc', 'id', 'method', 'params']
const ANSWER = ['jsonrpc', 'id', 'result', 'error']
/** Members of `params` that a decision hangs on. */
const DECISIVE = readAlike('_meta', 'name', 'uri', 'ref', 'notifications')
const OF_META = readAlike(VERSION)

/** Throws `invalid_request` where the bytes are not one message that can be read in one way alone. */
export function readMessage(bytes: Uint8Array): Message {
  const message = parse(bytes)
  const { method, id, params = {} } = message
  const isId = typeof id === 'string' || typeof id === 'number'
  const told = isId ? id : undefined
  const fail = (reason: string) => invalid(reason, told)
  const members = method === undefined ? ANSWER : REQUEST
  if (!Object.keys(message).every((name) => members.includes(name))) {
    throw fail('the message has a member that no message has')
  }
  if (message.jsonrpc !== '2.0') throw fail('jsonrpc is not "2.0"')
  if (method === undefined) {
    const isAnswer = isId && Object.hasOwn(message, 'result') !== Object.hasOwn(message, 'error')
    if (!isAnswer) throw fail('the message has no method, and is no answer')
    return { method, id, params: {}, version: undefined }
  }
  if (typeof method !== 'string') throw fail('method is no text')
  if (!isObject(params)) throw fail('params is no object')
  const isNotification = method.startsWith('notifications/')
  if (isNotification ? Object.hasOwn(message, 'id') : !isId) {
    throw fail(isNotification ? 'a notification has an id' : 'a request has no id')
  }
  refuseLookAlikes(params, DECISIVE, fail)
  const { _meta: meta } = params
  if (meta === undefined) return { method, id, params, version: undefined }
  if (!isObject(meta)) throw fail('params._meta is no object')
  refuseLookAlikes(meta, OF_META, fail)
  const version = meta[VERSION]
  if (version !== undefined && typeof version !== 'string') throw fail('the version is no text')
  return { method, id, params, version }
}

function parse(bytes: Uint8Array): JsonObject {
  try {
    const text = decodeUtf8(bytes)
    const message = parseObject(text)
    if (SURROGATE.test(text) && !isWellFormed(message)) throw new SyntaxError('half a character')
    return message
  } catch (cause) {
    throw refused('invalid_request', RPC.parse, undefined, {
      reason: 'the body is not one JSON object in strict form',
      detail: 'Send one JSON-RPC message: one object, in UTF-8, with no name twice in it.',
      cause,
    })
  }
}

/** Half a character can only stand in UTF-8 as an escape. */
const SURROGATE = /\\u[dD][89a-fA-F]/

function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([name, item]) => name.isWellFormed() && isWellFormed(item))
}

/** Names of members, by what a careless server makes of them. */
export type Alike = ReadonlyMap<string, string>

export function readAlike(...names: readonly string[]): Alike {
  return new Map(names.map((name) => [skeleton(name), name]))
}

/**
 * Servers in some languages know members in any case (Go's encoding/json does), and the last one wins: a second name
 * that only looks like the first is a second meaning.
 */
export function refuseLookAlikes(
  object: JsonObject,
  names: Alike,
  fail: (reason: string) => GatewayError,
): void {
  for (const name of Object.keys(object)) {
    const meant = names.get(skeleton(name)) ?? name
    if (meant !== name || name === '__proto__') {
      throw fail('a member has a name that some servers take for another')
    }
  }
}

/** A message that is not read any further. */
export function invalid(reason: string, id: RpcId): GatewayError {
  return refused('invalid_request', RPC.invalid, id, {
    reason,
    detail: 'Send one JSON-RPC message as the Model Context Protocol has it.',
  })
}
