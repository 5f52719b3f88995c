// The algorithm alone, under a clock that the test moves.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Rule, take, type Used } from '../../src/state/gcra.ts'

const START_MS = 1_767_225_600_000

/** Asks again and again at these times; answers the times at which requests passed, one entry for each. */
function passed(rule: Rule, timesMs: readonly number[], cost = 1): number[] {
  let used: Used | undefined
  return timesMs.flatMap((nowMs) => {
    const outcome = take(used, nowMs, rule, cost)
    used = outcome.used
    return Array<number>(outcome.granted).fill(nowMs)
  })
}

/** The most that passed in any stretch of time that is shorter than this. */
function mostWithin(times: readonly number[], lengthMs: number): number {
  let most = 0
  let first = 0
  for (const [last, time] of times.entries()) {
    while (time - (times[first] ?? time) >= lengthMs) first++
    most = Math.max(most, last - first + 1)
  }
  return most
}

const rules = fc.record({
  requests: fc.integer({ min: 1, max: 50 }),
  periodMs: fc.oneof(fc.integer({ min: 1_000, max: 90_000 }), fc.constant(86_400_000)),
})

describe('a limit', () => {
  it('has nothing left, and not less, for a smaller plan than the one that has used it', () => {
    const { used } = take(undefined, START_MS, { requests: 100, periodMs: 60_000 }, 100)
    const small = take(used, START_MS, { requests: 10, periodMs: 60_000 }, 1)
    expect(small).toMatchObject({ granted: 0, remaining: 0 })
  })

  it('lets pass as many as it says at one moment, whatever the numbers are', () => {
    const wide = fc.record({
      requests: fc.integer({ min: 1, max: 1_000_000 }),
      periodMs: fc.integer({ min: 1_000, max: 86_400_000 }),
    })
    fc.assert(
      fc.property(wide, (rule) => {
        const all = take(undefined, START_MS, rule, rule.requests)
        expect(all.granted).toBe(rule.requests)
        const more = take(all.used, START_MS, rule, 1)
        expect({ granted: more.granted, remaining: more.remaining }).toEqual({
          granted: 0,
          remaining: 0,
        })
      }),
    )
  })

  it('lets at most N pass at one moment, and at most 2N − 1 in any stretch below its period', () => {
    const steps = fc.array(
      fc.oneof(
        { weight: 6, arbitrary: fc.constant(0) },
        { weight: 3, arbitrary: fc.double({ min: 0, max: 0.2, noNaN: true }) },
        { weight: 1, arbitrary: fc.double({ min: 0, max: 2, noNaN: true }) },
      ),
      { minLength: 100, maxLength: 400 },
    )
    fc.assert(
      fc.property(rules, steps, fc.integer({ min: 1, max: 5 }), (rule, deltas, cost) => {
        fc.pre(cost <= rule.requests)
        let now = START_MS
        const times = passed(
          rule,
          deltas.map((delta) => (now += Math.round(delta * rule.periodMs))),
          cost,
        )
        expect(mostWithin(times, 1)).toBeLessThanOrEqual(rule.requests)
        expect(mostWithin(times, rule.periodMs)).toBeLessThanOrEqual(2 * rule.requests - 1)
      }),
      { numRuns: 500 },
    )
  })

  it('reaches both bounds, so that neither is luck', () => {
    const rule = { requests: 10, periodMs: 1_000 }
    const rush = Array.from({ length: 100 }, () => START_MS)
    const then = Array.from({ length: 999 }, (_, index) => START_MS + 1 + index)
    const times = passed(rule, [...rush, ...then])
    expect([mostWithin(times, 1), mostWithin(times, 1_000)]).toEqual([10, 19])
  })

  it('says when the next request passes and when it is whole again, to the millisecond', () => {
    fc.assert(
      fc.property(rules, fc.integer({ min: 0, max: 49 }), (rule, count) => {
        const before = passed(rule, Array(count).fill(START_MS)).length
        let used: Used | undefined
        for (let index = 0; index < before; index++) used = take(used, START_MS, rule, 1).used
        const full = take(used, START_MS, rule, rule.requests)
        if (full.granted > 0) return
        expect(take(used, START_MS + full.retryMs - 1, rule, rule.requests).granted).toBe(0)
        const later = take(used, START_MS + full.retryMs, rule, rule.requests)
        expect(later.granted).toBe(rule.requests)
        expect(full.resetMs).toBe(full.retryMs)
      }),
    )
  })

  it('counts on where a clock goes back', () => {
    const rule = { requests: 2, periodMs: 1_000 }
    const back = [START_MS, START_MS, START_MS - 60_000, START_MS - 60_000, START_MS]
    expect(passed(rule, back)).toHaveLength(2)
  })

  it('gives more at once only while half of it is left', () => {
    const rule = { requests: 10, periodMs: 1_000 }
    const first = take(undefined, START_MS, rule, 1, 5)
    const second = take(first.used, START_MS, rule, 1, 5)
    expect([first.granted, first.remaining]).toEqual([5, 5])
    expect([second.granted, second.remaining]).toEqual([1, 4])
  })
})
