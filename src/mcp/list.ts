/** Lists in the origin's answers, without what a caller may not use. */

import { GatewayError } from '../errors.ts'
import { parseExact } from '../lib/exact-json.ts'
import { readBody } from '../lib/read-body.ts'
import { isObject } from '../lib/strict-json.ts'
import { filterEvents } from './event-stream.ts'
import { type Kind, LISTS } from './targets.ts'

/** Whether the caller may use the thing of that name. */
export type Allows = (kind: Kind, name: string) => boolean

/** Of a list, and of one event. A longer one is refused, as one that cannot be read is. */
const MAX_LENGTH = 8_388_608

/** The answer to a request for a list. Throws `origin_unreachable` where it is one that cannot be read. */
export async function filterAnswer(response: Response, allows: Allows): Promise<Response> {
  const { body, headers } = response
  if (!body) return response
  if (isEventStream(headers)) return filterStream(response, allows)
  const whole = await readWhole(response)
  // A refusal of the origin may be of any kind, and is no list.
  if (!response.ok && !isJson(headers)) return again(response, whole)
  return filterWhole(response, whole, allows)
}

/**
 * The answer to something else, which a server may mix up with one for a list: those of older revisions send an answer
 * to whoever used its id last in the session, and which revision they speak is not the client's to say. Throws
 * `origin_unreachable` where it is JSON that may have a list in it and cannot be read.
 */
export async function filterOther(response: Response, allows: Allows): Promise<Response> {
  const { body, headers } = response
  if (!body || !isJson(headers)) return filterStream(response, allows)
  const whole = await readWhole(response)
  return MAY_LIST.test(whole.text) ? filterWhole(response, whole, allows) : again(response, whole)
}

/**
 * Whoever finds a list in a text finds the name of one, in letters that some reader folds into these, or what may spell
 * it: an escape, an encoding of two bytes, or bytes that are no UTF-8.
 */
const MAY_LIST = /tools|prompts|resource|[\\\0\uFFFD]/iu

function filterWhole(response: Response, whole: Whole, allows: Allows): Response {
  const filtered = filterText(whole.text, allows)
  if (filtered === undefined && response.ok) throw unreadable('JSON that cannot be read')
  const isSame = filtered === undefined || filtered === whole.text
  return isSame ? again(response, whole) : replaced(response, filtered)
}

/** Any answer that is an event stream, in which a list may come; others as they are. */
export function filterStream(response: Response, allows: Allows): Response {
  const { body, headers } = response
  if (!body || !isEventStream(headers)) return response
  const filter = (data: string) => filterText(data, allows) ?? noMessage(data)
  return replaced(response, filterEvents(body, filter, MAX_LENGTH))
}

/** Data that is no JSON, such as an address. What is meant as JSON may be a list for a reader that forgives more. */
function noMessage(data: string): string {
  if (/^\s*[[{]/.test(data)) throw new Error('an event cannot be read')
  return data
}

function isEventStream(headers: Headers): boolean {
  return /^text\/event-stream\b/i.test(headers.get('content-type') ?? '')
}

function isJson(headers: Headers): boolean {
  return /^application\/(?:[\w.+-]+\+)?json\b/i.test(headers.get('content-type') ?? '')
}

/** Length, coding and hash were those of another body. */
function replaced(response: Response, body: BodyInit): Response {
  const headers = new Headers(response.headers)
  for (const name of ['content-length', 'content-encoding', 'content-md5', 'digest', 'etag']) {
    headers.delete(name)
  }
  return new Response(body, { status: response.status, statusText: response.statusText, headers })
}

interface Whole {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** What is no UTF-8 is U+FFFD in it. */
  readonly text: string
}

const decoder = new TextDecoder()

async function readWhole(response: Response): Promise<Whole> {
  let bytes: Uint8Array<ArrayBuffer> | undefined
  try {
    bytes = await readBody(response, MAX_LENGTH)
  } catch (cause) {
    throw unreadable('JSON that breaks off', cause)
  }
  if (!bytes) throw unreadable('JSON that is too long')
  return { bytes, text: decoder.decode(bytes) }
}

/** What was read and has nothing to take out: byte for byte, but for bytes that a reader may leave out. */
function again(response: Response, { bytes, text }: Whole): Response {
  if (text.includes('\uFFFD')) return replaced(response, text)
  // What it is made of was unpacked to be read.
  if (response.headers.has('content-encoding')) return replaced(response, bytes)
  return new Response(bytes, response)
}

function unreadable(what: string, cause?: unknown): GatewayError {
  return new GatewayError('origin_unreachable', {
    reason: `the origin answered with ${what}`,
    cause,
  })
}

/** JSON with its lists filtered, the same text where there is nothing to change; undefined where it is no JSON. */
function filterText(text: string, allows: Allows): string | undefined {
  try {
    const message = parseExact(text)
    // Revisions up to 2025-03-26 may answer several requests at once.
    const messages: readonly unknown[] = Array.isArray(message) ? message : [message]
    const filtered = messages.map((item) => filterMessage(item, allows))
    if (filtered.every((item, index) => item === messages[index])) return text
    return JSON.stringify(Array.isArray(message) ? filtered : filtered[0])
  } catch {
    return undefined
  }
}

function filterMessage(message: unknown, allows: Allows): unknown {
  if (!isObject(message) || !isObject(message.result)) return message
  const { result } = message
  const filtered: Record<string, unknown> = {}
  for (const [kind, list, member] of LISTS.values()) {
    const items = result[list]
    if (!Array.isArray(items)) continue
    filtered[list] = items.filter((item: unknown) => {
      const name = isObject(item) ? item[member] : undefined
      return typeof name === 'string' && allows(kind, name)
    })
  }
  if (Object.keys(filtered).length === 0) return message
  // What one caller may see is not what another may.
  if (result.cacheScope === 'public') filtered.cacheScope = 'private'
  return { ...message, result: { ...result, ...filtered } }
}
