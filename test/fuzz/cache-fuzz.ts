// The property that both lengths of the cache's fuzz run.

import fc from 'fast-check'
import { CALLERS, steps } from './cache-cases.ts'
import { runCase } from './cache-run.ts'
import { createWorld } from './cache-world.ts'
import { check } from './check.ts'

/** How many answers came from the cache, of each route, and how many of them another caller had brought. */
export interface Fuzzed {
  readonly byRoute: ReadonlyMap<string, number>
  readonly given: number
  readonly ofOthers: number
}

export async function fuzzCache(runs: number): Promise<Fuzzed> {
  const world = createWorld(CALLERS)
  if (world.gateway.problems.length > 0) throw new Error(world.gateway.problems.join('\n'))
  const tally = { given: new Map<string, number>(), ofOthers: 0 }
  await check(
    runs,
    fc.asyncProperty(steps, (all) => runCase(world, CALLERS, all, tally)),
  )
  const given = [...tally.given.values()].reduce((sum, count) => sum + count, 0)
  return { byRoute: tally.given, given, ofOthers: tally.ofOthers }
}
