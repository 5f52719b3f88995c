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
  /** The name of the entry in `schemes` that said so; of a refusal, those that judged or would have, with spaces between them. */
  scheme: string | undefined
  code: ErrorCode | undefined
  /**
   * Why it was refused, in words that are for the operator alone: in names of the owner's file, never in values of
   * a token. While the config has problems, the first of them.
   */
  reason: string | undefined
  /** The code that the request would have been refused with, where the route has `dangerouslySimulate`; `reason` says why. */
  simulated?: ErrorCode
  /** Why the `refusal` of the owner's file was not used: it threw, or returned something else than a Response. */
  refusalFault?: string
  /** The limits that nothing could count, and why, where the request could go on. */
  limitFailure?: string
  /** The W3C trace that the origin was told, where the route has `trace`. */
  traceId?: string
  /** The trace that the platform shows for the request, where that is another one. */
  platformTraceId?: string
  /** Headers that the origin did not get because they would have been too long, with spaces between them. */
  omitted?: string
  /** Fields of the features that the route uses. */
  [field: string]: unknown
}

export interface ConfigEvent {
  event: 'config_invalid'
  problems: readonly string[]
}

/** Work of the cron trigger, such as the refresh of a key set, has failed. */
export interface ScheduledEvent {
  event: 'scheduled_failed'
  /** The entry of `schemes`, or the route and its part. */
  of: string
  reason: string
}

export type LogEvent = RequestEvent | ConfigEvent | ScheduledEvent

export type Log = (event: LogEvent) => void

/** One JSON object per line; Workers Logs indexes its fields. */
export const consoleLog: Log = (event) => {
  console.log(JSON.stringify(event))
}
