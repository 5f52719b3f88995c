/**
 * Lets contenders take turns: every round each one does the same number of requests, in an order that
 * shifts from round to round, so that a busy moment of the machine does not fall on one of them alone.
 */

import { type LoadResult, type LoadTool, send } from './load.ts'
import { cpuMicros } from './processes.ts'

export interface Line {
  path: string
  token: string
}

export interface Entrant {
  name: string
  url: string
  pid: number
  /** The requests of a round; 0 is the warm-up. */
  lines: (round: number) => Line[]
}

export interface Measured {
  /** CPU per request of each round, in microseconds. */
  cpu: number[]
  perSecond: number[]
  p50Ms: number[]
  p99Ms: number[]
}

export interface ContestOptions {
  tool: LoadTool
  goesOn: (round: number) => boolean
  requests: number
  warmUp: number
  progress: (text: string) => void
}

/** Runs the rounds. */
export async function contest(
  entrants: Entrant[],
  options: ContestOptions,
): Promise<Map<string, Measured>> {
  const results = new Map<string, Measured>()
  for (const entrant of entrants) {
    results.set(entrant.name, { cpu: [], perSecond: [], p50Ms: [], p99Ms: [] })
    if (options.warmUp === 0) continue
    options.progress(`warm-up: ${entrant.name}`)
    await once(entrant, 0, options.warmUp, options.tool)
  }
  for (let round = 1; options.goesOn(round); round++) {
    const first = round % entrants.length
    for (const entrant of [...entrants.slice(first), ...entrants.slice(0, first)]) {
      const measured = results.get(entrant.name)
      if (measured === undefined) continue
      const { cpu, load } = await once(entrant, round, options.requests, options.tool)
      measured.cpu.push(cpu)
      measured.perSecond.push(load.requests / load.seconds)
      measured.p50Ms.push(load.p50Ms)
      measured.p99Ms.push(load.p99Ms)
      options.progress(`round ${round}: ${entrant.name} ${cpu.toFixed(0)} µs`)
    }
  }
  return results
}

async function once(
  entrant: Entrant,
  round: number,
  requests: number,
  tool: LoadTool,
): Promise<{ cpu: number; load: LoadResult }> {
  const before = cpuMicros(entrant.pid)
  const load = await send(tool, { url: entrant.url, requests, lines: entrant.lines(round) })
  return { cpu: (cpuMicros(entrant.pid) - before) / load.requests, load }
}
