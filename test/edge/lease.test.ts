// Leases of a limit under a clock: what isolates let through that each have one, counted by the state Worker's algorithm.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stateEngine } from '../../src/edge/limit/engine.ts'
import type { StateBinding } from '../../src/options/state.ts'
import type { TakeRequests } from '../../src/options/state-contract.ts'
import { take, type Used } from '../../src/state/gcra.ts'

const KEY = 'AAAAAAAA'

/** Isolates in front of one state Worker, with one clock in milliseconds. */
function isolates(count: number, lease: number, periodMs: number) {
  const clock = { ms: 1_767_225_600_000 }
  const asked: number[] = []
  let used: Used | undefined
  const binding = {
    fetch: async () => new Response(),
    async takeRequests(_: number, __: string, { requests, enough, want }: TakeRequests) {
      const { used: after, ...outcome } = take(used, clock.ms, { requests, periodMs }, enough, want)
      used = after
      asked.push(outcome.granted)
      return outcome
    },
  } as unknown as StateBinding
  const rules = { perSeconds: periodMs / 1_000, lease, shards: 1, now: () => clock.ms / 1_000 }
  return {
    clock,
    asked,
    engines: Array.from({ length: count }, () => stateEngine(binding, rules)),
  }
}

describe('a lease', () => {
  it('is shared by the requests that come while it is on its way: none of it is lost', async () => {
    const { engines, asked } = isolates(1, 10, 60_000)
    const [engine] = engines
    const verdicts = await Promise.all(Array.from({ length: 5 }, () => engine?.take(KEY, 100, 1)))
    expect(verdicts.every((verdict) => verdict?.passes)).toBe(true)
    expect(asked).toEqual([10, 1, 1, 1, 1])
    for (let index = 0; index < 9; index++) await engine?.take(KEY, 100, 1)
    expect(asked).toHaveLength(5)
    await engine?.take(KEY, 100, 1)
    expect(asked.slice(5)).toEqual([10])
  })

  it('is asked for again when the answer to the last question does not come', async () => {
    const asked: number[] = []
    const clock = { now: 0 }
    const binding = {
      fetch: async () => new Response(),
      takeRequests(_: number, __: string, { want }: TakeRequests) {
        asked.push(want)
        const granted = { granted: want, remaining: 1, resetMs: 1, retryMs: 0 }
        return asked.length === 1 ? new Promise(() => {}) : Promise.resolve(granted)
      },
    } as unknown as StateBinding
    const engine = stateEngine(binding, {
      perSeconds: 60,
      lease: 4,
      shards: 1,
      now: () => clock.now,
    })
    void engine.take(KEY, 100, 1)
    await engine.take(KEY, 100, 1)
    clock.now += 5
    await engine.take(KEY, 100, 1)
    expect(asked).toEqual([4, 1, 4])
  })

  it('lets each isolate pass lease − 1 more, at one moment and in any stretch below the period, and no more', async () => {
    const cases = fc.record({
      count: fc.integer({ min: 1, max: 4 }),
      lease: fc.integer({ min: 2, max: 8 }),
      requests: fc.integer({ min: 1, max: 40 }),
      periodMs: fc.constantFrom(1_000, 20_000, 90_000),
      // Of each the isolate, how many come at once, and the part of a period until the next.
      steps: fc.array(
        fc.tuple(
          fc.nat(3),
          fc.integer({ min: 1, max: 8 }),
          fc.constantFrom(0, 0, 0, 0.01, 0.1, 0.6),
        ),
        { minLength: 20, maxLength: 60 },
      ),
    })
    await fc.assert(
      fc.asyncProperty(cases, async ({ count, lease, requests, periodMs, steps }) => {
        const { clock, engines } = isolates(count, lease, periodMs)
        const passed: number[] = []
        for (const [which, together, wait] of steps) {
          const engine = engines[which % count]
          const verdicts = await Promise.all(
            Array.from({ length: together }, () => engine?.take(KEY, requests, 1)),
          )
          passed.push(...verdicts.filter((verdict) => verdict?.passes).map(() => clock.ms))
          clock.ms += Math.round(wait * periodMs)
        }
        const more = count * (lease - 1)
        expect(mostWithin(passed, 1)).toBeLessThanOrEqual(requests + more)
        expect(mostWithin(passed, periodMs)).toBeLessThanOrEqual(2 * requests - 1 + more)
      }),
      { numRuns: 150, seed: 20_260_101 },
    )
  }, 60_000)
})

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
