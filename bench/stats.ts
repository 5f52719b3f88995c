/**
 * Median and interval. The process is the unit: twins of one bundle differ by more than rounds of one
 * process do (layout of memory, what the compiler chose), so only fresh processes say how far to trust it.
 */

/** A median and the interval it lies in with 95 % confidence; a counted figure has no width. */
export interface Figure {
  median: number
  low: number
  high: number
}

const RESAMPLES = 4_000
const CONFIDENCE = 0.95

/** The middle value; throws when there is none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = at(sorted, middle)
  return sorted.length % 2 === 1 ? upper : (upper + at(sorted, middle - 1)) / 2
}

/** The median of one value for each process, with a bootstrapped interval (percentiles). */
export function estimate(processes: readonly number[]): Figure {
  const random = generator()
  const medians = Array.from({ length: RESAMPLES }, () =>
    median(processes.map(() => at(processes, Math.floor(random() * processes.length)))),
  ).sort((a, b) => a - b)
  const tail = Math.floor((RESAMPLES * (1 - CONFIDENCE)) / 2)
  return {
    median: median(processes),
    low: at(medians, tail),
    high: at(medians, RESAMPLES - 1 - tail),
  }
}

/** Divides round by round, so that a disturbance that both met cancels out. */
export function ratios(values: readonly number[], base: readonly number[]): number[] {
  return values.map((value, round) => value / at(base, round))
}

/** Subtracts round by round. */
export function differences(values: readonly number[], base: readonly number[]): number[] {
  return values.map((value, round) => value - at(base, round))
}

/** The same sequence each time (mulberry32), so that the same samples have the same interval. */
function generator(): () => number {
  let state = 1
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function at(values: readonly number[], index: number): number {
  const value = values[index]
  if (value === undefined) throw new Error(`there is no value ${index} among ${values.length}`)
  return value
}
