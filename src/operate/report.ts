/** After a request: its line in the log, and its point in the metrics. */

import type { Finish } from '../auth/scheme.ts'
import type { GatewayError } from '../errors.ts'
import type { Scope } from '../lib/scope.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics/metrics.ts'
import type { RequestLog } from './request-log.ts'
import { durationMs } from './step.ts'
import { type Trace, type Traceable, toEvent } from './trace.ts'

/** What the owner's file says; undefined where it says nothing. */
export interface Reporting {
  readonly log: RequestLog | undefined
  readonly metrics: Metrics | undefined
}

/** One event is made of a request, and both are made of it: so they agree. */
export function report(
  trace: Trace<Traceable>,
  response: Response,
  refusal: GatewayError | undefined,
  scope: Scope,
  rules: Reporting | undefined,
  log: Log,
): void {
  const isWritten = !rules?.log || isDrawn(rules.log, trace, response, refusal)
  if (!isWritten && !rules?.metrics) return
  const event = toEvent(trace, response, refusal, scope, rules?.log)
  if (isWritten) log(event)
  rules?.metrics?.write(event, response, scope, log)
}

/** What an operator looks for is never left out. */
function isDrawn(
  { sampleRatio }: RequestLog,
  { simulated, refusalFault, omitted = [] }: Trace<Traceable>,
  { status }: Response,
  refusal: GatewayError | undefined,
): boolean {
  const isNotable =
    refusal !== undefined ||
    status >= 400 ||
    simulated !== undefined ||
    refusalFault !== undefined ||
    omitted.length > 0
  return isNotable || sampleRatio === 1 || Math.random() < sampleRatio
}

/** `Server-Timing` (https://www.w3.org/TR/server-timing/), in milliseconds, after what the origin says. */
export function serverTiming(trace: Trace<Traceable>): Finish {
  return (headers) => {
    const durations = {
      auth: trace.match?.route.requirement && durationMs(trace.authenticate),
      origin: durationMs(trace.origin),
      total: Date.now() - trace.startedMs,
    }
    for (const [name, duration] of Object.entries(durations)) {
      if (duration !== undefined) headers.append('server-timing', `${name};dur=${duration}`)
    }
  }
}
