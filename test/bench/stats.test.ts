/** The figures of the benchmark: a median over processes and how far to trust it. */

import { describe, expect, it } from 'vitest'
import { estimate, median } from '../../bench/stats.ts'

describe('median', () => {
  it('is the middle value, or the mean of the two in the middle', () => {
    expect(median([3, 1, 2])).toBe(2)
    expect(median([4, 1, 3, 2])).toBe(2.5)
  })

  it('refuses to speak of nothing', () => {
    expect(() => median([])).toThrow('there is no value')
  })
})

describe('estimate', () => {
  it('has no width where all processes agree', () => {
    expect(estimate([1.3, 1.3, 1.3, 1.3, 1.3])).toEqual({ median: 1.3, low: 1.3, high: 1.3 })
  })

  it('spans all five of five processes: fewer can not say more', () => {
    expect(estimate([1.05, 1.02, 1.01, 1.03, 1.04])).toEqual({
      median: 1.03,
      low: 1.01,
      high: 1.05,
    })
  })

  it('leaves a single outlier of eleven out of its interval', () => {
    const processes = [1.0, 1.01, 1.02, 1.03, 1.04, 1.05, 1.06, 1.07, 1.08, 1.09, 9]
    const { low, median: middle, high } = estimate(processes)
    expect(middle).toBe(1.05)
    expect(low).toBeGreaterThan(1)
    expect(high).toBeLessThan(9)
  })

  it('gives the same interval for the same processes', () => {
    const processes = [1.31, 1.28, 1.35, 1.3, 1.29, 1.33, 1.27]
    expect(estimate(processes)).toEqual(estimate([...processes]))
  })

  it('is narrower with more processes of the same spread', () => {
    const few = [1.1, 1.2, 1.3, 1.4, 1.5]
    const many = [...few, ...few, ...few, ...few]
    const width = ({ low, high }: { low: number; high: number }) => high - low
    expect(width(estimate(many))).toBeLessThan(width(estimate(few)))
  })
})
