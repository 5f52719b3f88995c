/** The steps of a request that take time: noted for its log event, and shown in the platform's own trace. */

/** Milliseconds since 1970. */
export interface Moments {
  readonly startedMs: number
  /** Undefined while it lasts. */
  endedMs?: number
}

/** Where steps are noted. */
export interface Steps {
  /** Until the caller was known and allowed, or refused. */
  authenticate?: Moments
  /** Until the origin's headers came, or it was given up; the last time that it was asked. */
  origin?: Moments
  /** Runs a step in a span of the platform's own, where the route has `trace` and the platform records one. */
  span?: <Result>(name: string, step: () => Result) => Result
}

/** Does the work of a step, and notes when it began and ended. */
export async function timed<Result>(
  name: 'authenticate' | 'origin',
  steps: Steps,
  work: () => Promise<Result>,
): Promise<Result> {
  const moments: Moments = { startedMs: Date.now() }
  steps[name] = moments
  try {
    return await (steps.span ? steps.span(name, work) : work())
  } finally {
    moments.endedMs = Date.now()
  }
}

/** How long a step took, or has taken so far; undefined where it was not taken. */
export function durationMs(moments: Moments | undefined): number | undefined {
  return moments && (moments.endedMs ?? Date.now()) - moments.startedMs
}
