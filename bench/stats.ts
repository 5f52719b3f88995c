/** Median and spread. The median of rounds is the figure, the smallest and largest show how far to trust it. */

export interface Spread {
  median: number
  min: number
  max: number
}

/** Median, smallest and largest of the rounds. */
export function spread(values: number[]): Spread {
  if (values.length === 0) throw new Error('no rounds')
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = at(sorted, middle)
  return {
    median: sorted.length % 2 === 1 ? upper : (upper + at(sorted, middle - 1)) / 2,
    min: at(sorted, 0),
    max: at(sorted, sorted.length - 1),
  }
}

/** Divides round by round, so that a disturbance that both met cancels out. */
export function ratios(values: number[], base: number[]): number[] {
  return values.map((value, round) => value / at(base, round))
}

/** Subtracts round by round. */
export function differences(values: number[], base: number[]): number[] {
  return values.map((value, round) => value - at(base, round))
}

function at(values: number[], index: number): number {
  const value = values[index]
  if (value === undefined) throw new Error(`no round ${index}`)
  return value
}
