/** What the operator sees: one line per request. Built from names that are safe, never from a request's headers. */

import type { ErrorCode } from '../errors.ts'
import type { VerdictSource } from '../lib/scope.ts'

/** docs/logs.md lists every field, and a test compares the two. */
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
  /** Until the headers of the answer were there. */
  durationMs: number
  /** Of that, until the caller was known and allowed, limits by caller included; undefined where nobody was asked. */
  authMs: number | undefined
  /** Of that, until the origin's headers were there, or it was given up; undefined where it was not asked. */
  originMs: number | undefined
  /** The host of the origin's URL, or `binding` or `handler`; undefined where it was not asked. */
  origin: string | undefined
  /** Who asked, in the way that the owner chose: plain, as an HMAC, or (the default) not at all. */
  subject: string | undefined
  /** Who said so. */
  issuer: string | undefined
  /** The public name of the application that the credential was given to. */
  client: string | undefined
  /** The name of the entry in `schemes` that said so; of a refusal, those that judged or would have, with spaces between them. */
  scheme: string | undefined
  /** What the verdict on a token had to wait for; `memory` for nothing. Undefined where no issuer's token was judged. */
  keys: 'memory' | VerdictSource | undefined
  /** `over`: refused. `unknown`: nobody could count. Undefined where the route has no limit, or was not counted. */
  limit: 'within' | 'over' | 'unknown' | undefined
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
  /** One line stands for `1 / sampleRatio` requests, where the owner has not all of them written. */
  sampleRatio?: number
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

/** A point of metrics, or a usage event, was not taken. The request was answered all the same. */
export interface MetricsEvent {
  event: 'metrics_failed'
  /** The id of the request. */
  id: string
  reason: string
}

export type LogEvent = RequestEvent | ConfigEvent | ScheduledEvent | MetricsEvent

export type Log = (event: LogEvent) => void

/** One JSON object per line; Workers Logs indexes its fields. */
export const consoleLog: Log = (event) => {
  console.log(JSON.stringify(event))
}
