// A Worker may make 1,000 calls for one of its callers. What the runtime refuses beyond that, the objects here do.

import { describe, expect, it } from 'vitest'
import { ENDED_AT_ONCE, STATE_CONTRACT } from '../../src/options/state-contract.ts'
import { State } from '../../src/state/index.ts'

const MAX_CALLS = 1_000

/** A state Worker with so many sessions under one name. */
function stateWith(count: number) {
  const known = new Set(Array.from({ length: count }, (_, index) => `session-${index}`))
  const ended = new Set<string>()
  let calls = 0
  const counted = <Answer>(answer: () => Answer) => {
    calls += 1
    if (calls > MAX_CALLS) throw new Error('Too many subrequests.')
    return answer()
  }
  const index = {
    begunUntil: async () => counted(() => [...known]),
    find: async () => counted(() => [...known]),
    settle: async () => counted(() => {}),
    forget: async (names: readonly string[]) =>
      counted(() => {
        for (const name of names) known.delete(name)
      }),
  }
  const session = (name: string) => ({ end: async () => counted(() => ended.add(name)) })
  const exports = { SessionIndex: { getByName: () => index }, Session: { getByName: session } }
  /** Each call is one of another invocation. */
  const newCall = () => {
    calls = 0
    return new State({ exports } as unknown as ExecutionContext, {})
  }
  return { known, ended, newCall }
}

describe('more sessions than a Worker may make calls', () => {
  it('end with a cut that is repeated while there may be more', async () => {
    const { known, ended, newCall } = stateWith(2 * ENDED_AT_ONCE + 1)
    const cut = () => newCall().endSessionsBefore(STATE_CONTRACT, 'ada', 1_100, 1_000)
    expect([await cut(), await cut(), await cut()]).toEqual([ENDED_AT_ONCE, ENDED_AT_ONCE, 1])
    expect(known.size).toBe(0)
    expect(ended.size).toBe(2 * ENDED_AT_ONCE + 1)
  })

  it('end with a logout that is told again', async () => {
    const { ended, newCall } = stateWith(2 * ENDED_AT_ONCE + 1)
    const logOut = () => newCall().endSessionsOf(STATE_CONTRACT, 'ada', 1_100, 'jti-1', 9_000)
    await expect(logOut()).rejects.toThrow('Too many subrequests.')
    expect(await logOut()).toBeGreaterThan(0)
    expect(ended.size).toBe(2 * ENDED_AT_ONCE + 1)
  })
})
