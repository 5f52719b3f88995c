/**
 * Headers that repeat what the body says. A server may go by either, so they have to agree, in every revision: where a
 * newer one demands them, and where somebody sends them although an older one does not.
 */

import { decodeUtf8 } from '../lib/bytes.ts'
import type { Message } from './message.ts'
import { RPC, refused } from './refusal.ts'
import { mirroredName } from './targets.ts'

/** Revisions without the headers; any other one is taken for newer. */
const OLDER: ReadonlySet<string> = new Set(['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'])

/** Whether a request is of a revision that demands the headers; one that names none is not. */
export function isModern(version: string | null | undefined): boolean {
  return version !== null && version !== undefined && !OLDER.has(version)
}

/** Throws `invalid_request` (HeaderMismatch, -32020) where a header says something else than the body, or is missing. */
export function checkMirrored(headers: Headers, message: Message): void {
  const { method, id, params, version } = message
  const fail = (reason: string) =>
    refused('invalid_request', RPC.headerMismatch, id, {
      reason,
      detail:
        'Mcp-Method, Mcp-Name and MCP-Protocol-Version must be there, and say what the body says.',
    })
  const sentVersion = headers.get('mcp-protocol-version')
  const demanded = isModern(sentVersion) || isModern(version)
  // What a first message offers is not yet what is spoken.
  if (demanded && sentVersion === null) throw fail('MCP-Protocol-Version is missing')
  if (sentVersion !== null && version !== undefined && sentVersion !== version) {
    throw fail('MCP-Protocol-Version and the body differ')
  }
  const sentMethod = headers.get('mcp-method')
  const isNotification = id === undefined
  if (sentMethod === null) {
    if (demanded && !isNotification) throw fail('Mcp-Method is missing')
  } else if (sentMethod !== method) {
    throw fail('Mcp-Method and the body differ')
  }
  const name = mirroredName(message)
  const sentName = headers.get('mcp-name')
  if (sentName === null) {
    if (demanded && name !== undefined) throw fail('Mcp-Name is missing')
    return
  }
  const said = decodeValue(sentName)
  // Other methods may have a name of their own: tasks have their id there.
  const known = name === undefined ? [params.taskId, params.uri, params.name] : [name]
  if (said === undefined || !known.includes(said)) throw fail('Mcp-Name and the body differ')
}

const SENTINEL = /^=\?base64\?(.*)\?=$/s
const BASE64 = /^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/
const PLAIN = /^[\t -~]*$/

/** The value that a header stands for; undefined where it has none in one way alone. */
export function decodeValue(header: string): string | undefined {
  const [, encoded] = SENTINEL.exec(header) ?? []
  if (encoded === undefined) return PLAIN.test(header) ? header : undefined
  if (!BASE64.test(encoded)) return undefined
  const bytes = Buffer.from(encoded, 'base64')
  // Bits that a decoder drops would be a second spelling.
  if (bytes.toString('base64') !== encoded) return undefined
  try {
    return decodeUtf8(bytes)
  } catch {
    return undefined
  }
}
