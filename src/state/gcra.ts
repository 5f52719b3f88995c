/**
 * How much of a limit is used: the generic cell rate algorithm, in whole numbers, so that nothing is lost to rounding. What
 * is used drains all the time, at the rate of the limit. At one moment at most N requests pass, and in any stretch of
 * time that is shorter than the period at most 2N − 1.
 */

/** N requests in a period. At most 1,000,000, and at most a day, so that every product is exact. */
export interface Rule {
  readonly requests: number
  readonly periodMs: number
}

/** What is known of a key. Undefined for one that has nothing used. */
export interface Used {
  /** Unix milliseconds. */
  readonly atMs: number
  /** At that time; one request is worth `periodMs` of these. */
  readonly level: number
}

export interface Outcome {
  /** How many requests may pass: what was wanted, what was enough, or none. */
  readonly granted: number
  /** How many more would pass at once. */
  readonly remaining: number
  /** Until nothing is used, in milliseconds. */
  readonly resetMs: number
  /** Until what was enough would pass, in milliseconds; 0 where it has passed. */
  readonly retryMs: number
  readonly used: Used
}

/**
 * Takes `want` where that leaves half of the limit, else `enough`, else nothing. A clock that goes back stands still.
 * `enough` must not be more than the limit.
 */
export function take(
  used: Used | undefined,
  nowMs: number,
  { requests, periodMs }: Rule,
  enough: number,
  want = enough,
): Outcome {
  const atMs = Math.max(nowMs, used?.atMs ?? nowMs)
  const drained = (atMs - (used?.atMs ?? atMs)) * requests
  const before = Math.max(0, (used?.level ?? 0) - drained)
  const full = requests * periodMs
  const after = (count: number) => before + count * periodMs
  const granted = after(want) * 2 <= full ? want : after(enough) <= full ? enough : 0
  const level = after(granted)
  return {
    granted,
    // Of a smaller limit than the one before, more can be used than it has.
    remaining: Math.max(0, Math.floor((full - level) / periodMs)),
    resetMs: Math.ceil(level / requests),
    retryMs: granted > 0 ? 0 : Math.ceil((after(enough) - full) / requests),
    used: { atMs, level },
  }
}
