/** One line of the table. */

import type { Measured } from '../contest.ts'
import { type Spread, spread } from '../stats.ts'

export interface Row {
  /** The part of the table it belongs to, and what `--only` names. */
  group: string
  label: string
  value: Spread
  unit: Unit
  /** What the figure is for; rows without one are context. */
  goal?: Goal | undefined
  /** Absolute figures of this machine, or why a row says what it says. */
  context?: string
  /** The same in numbers, for results.json and the cost of a month. */
  figures?: Record<string, number>
}

export interface Goal {
  text: string
  reached: boolean
}

export type Unit = '×' | 'µs' | 'MiB' | 'KiB' | 'ms' | ''

/** A goal for the median. */
export function atMost(value: Spread, limit: number, text: string): Goal {
  return { text, reached: value.median <= limit }
}

/** A goal for the median. */
export function atLeast(value: Spread, limit: number, text: string): Goal {
  return { text, reached: value.median >= limit }
}

/** A figure that is counted, so that it has no spread. */
export function exactly(value: number): Spread {
  return { median: value, min: value, max: value }
}

/** CPU, throughput and latency of a contender, for a reader who wants absolute numbers. */
export function absolute(measured: Measured): Required<Pick<Row, 'context' | 'figures'>> {
  const figures = {
    cpuMicros: Math.round(spread(measured.cpu).median),
    perSecond: Math.round(spread(measured.perSecond).median),
    p50Ms: Number(spread(measured.p50Ms).median.toFixed(1)),
    p99Ms: Number(spread(measured.p99Ms).median.toFixed(1)),
  }
  const { cpuMicros, perSecond, p50Ms, p99Ms } = figures
  const rate = perSecond.toLocaleString('en')
  return { context: `${cpuMicros} µs, ${rate}/s, p50 ${p50Ms} ms, p99 ${p99Ms} ms`, figures }
}

/** What a contest measured for one contender. */
export function of(results: Map<string, Measured>, name: string): Measured {
  const measured = results.get(name)
  if (measured === undefined) throw new Error(`${name} was not measured`)
  return measured
}
