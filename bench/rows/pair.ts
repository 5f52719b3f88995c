/** The gateway and pass-through side by side, in front of the origin that takes and gives bytes. */

import type { RunningWorker } from '../workerd.ts'
import type { World } from '../world.ts'

/** Starts both: pass-through first. */
export async function pair(world: World, name: string): Promise<[RunningWorker, RunningWorker]> {
  return [
    await world.serve(`${name}-pass`, 'pass-through.ts', { origin: 'large' }),
    await world.serve(`${name}-gate`, 'gatehouse.ts', { origin: 'large' }),
  ]
}

/** One uncounted turn each, then the rounds; who goes first changes from round to round. */
export async function alternate(
  world: World,
  what: string,
  gate: RunningWorker,
  pass: RunningWorker,
  measure: (server: RunningWorker) => Promise<number>,
): Promise<[number[], number[]]> {
  const figures = new Map<RunningWorker, number[]>([
    [gate, []],
    [pass, []],
  ])
  for (let round = 0; world.goesOn(round); round++) {
    for (const server of round % 2 === 0 ? [gate, pass] : [pass, gate]) {
      const figure = await measure(server)
      if (round > 0) figures.get(server)?.push(figure)
    }
    world.progress(`${what}: ${round === 0 ? 'warm-up' : `round ${round}`}`)
  }
  return [figures.get(gate) ?? [], figures.get(pass) ?? []]
}
