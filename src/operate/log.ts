/** What the operator sees: one line per request. Built from names that are safe, never from a request's headers. */

import type { ErrorCode } from '../errors.ts'

export interface RequestEvent {
  event: 'request'
  /** The `instance` of the problem document that the client got. */
  id: string
  method: string
  host: string
  /** As it was matched, without query; as it was sent where nothing matched. */
  path: string
  /** The pattern of the route. */
  route: string | undefined
  status: number
  durationMs: number
  /** Who asked, if that is known. */
  subject: string | undefined
  /** The name of the issuer entry. */
  issuer: string | undefined
  code: ErrorCode | undefined
  /** Why it was refused, in words that are for the operator alone. */
  reason: string | undefined
}

export interface ConfigEvent {
  event: 'config_invalid'
  problems: readonly string[]
}

/** A refresh of a key set that nobody waited for has failed. */
export interface RefreshEvent {
  event: 'refresh_failed'
  issuer: string
  reason: string
}

export type LogEvent = RequestEvent | ConfigEvent | RefreshEvent

export type Log = (event: LogEvent) => void

/** One JSON object per line; Workers Logs indexes its fields. */
export const consoleLog: Log = (event) => {
  console.log(JSON.stringify(event))
}
