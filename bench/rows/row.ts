/** One line of the table. */

import { type Results, typical } from '../contest.ts'
import type { Figure } from '../stats.ts'

export interface Row {
  /** The part of the table it belongs to, and what `--only` names. */
  group: string
  label: string
  value: Figure
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

/** A goal that is reached when the whole interval is below the limit. */
export function atMost(value: Figure, limit: number, text: string): Goal {
  return { text, reached: value.high <= limit }
}

/** A goal for the median alone. */
export function medianAtMost(value: Figure, limit: number, text: string): Goal {
  return { text: `${text} (median)`, reached: value.median <= limit }
}

/** A goal for a figure that should be 1: the whole interval lies between the two. */
export function within(value: Figure, low: number, high: number, text: string): Goal {
  return { text, reached: value.low >= low && value.high <= high }
}

/** A figure that is counted, so that it has no width. */
export function exactly(value: number): Figure {
  return { median: value, low: value, high: value }
}

/** CPU of each unit of a contender, for a reader who wants absolute numbers. */
export function absolute(
  results: Results,
  name: string,
): Required<Pick<Row, 'context' | 'figures'>> {
  const cpuMicros = Math.round(typical(results, name))
  return { context: `${cpuMicros.toLocaleString('en')} µs`, figures: { cpuMicros } }
}
