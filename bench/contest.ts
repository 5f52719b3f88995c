/**
 * Lets contenders run side by side, in fresh processes again and again. A set is one process of each; what
 * is compared is always what happened in one set at one time, so that a busy moment of the machine falls
 * on all of them.
 */

import { cpuMicros, end } from './processes.ts'
import { estimate, type Figure, median } from './stats.ts'
import type { RunningWorker } from './workerd.ts'

/** Starts one process of a contender. */
export type Recipe = () => Promise<RunningWorker>

export interface Entrant {
  name: string
  recipe: Recipe
}

/** What a process used, and for how much. */
export interface Sample {
  cpuMicros: number
  /** Of the clock on the wall. */
  seconds: number
  /** Requests, messages or whatever the figure is for. */
  units: number
}

/** One turn of all processes of a set. Turn 0 is the warm-up, which is not counted. */
export type Turn = (servers: RunningWorker[], turn: number) => Promise<Sample[]>

export interface ContestOptions {
  /** Whether another set begins; the first is 1. */
  goesOn(set: number): boolean
  turns: number
  progress(text: string): void
}

/** For each contender what each of its processes used in all of its turns. */
export type Results = Map<string, Sample[]>

/** Runs the sets one after the other. */
export async function contest(
  entrants: Entrant[],
  takeTurn: Turn,
  options: ContestOptions,
): Promise<Results> {
  const results: Results = new Map(entrants.map(({ name }) => [name, []]))
  for (let set = 1; options.goesOn(set); set++) {
    const servers: RunningWorker[] = []
    for (const { recipe } of entrants) servers.push(await recipe())
    options.progress(`set ${set}: warm-up`)
    await takeTurn(servers, 0)
    const sums = entrants.map((): Sample => ({ cpuMicros: 0, seconds: 0, units: 0 }))
    for (let turn = 1; turn <= options.turns; turn++) {
      options.progress(`set ${set}: ${options.turns === 1 ? 'measuring' : `turn ${turn}`}`)
      const samples = await takeTurn(servers, turn)
      for (const [index, sample] of samples.entries()) add(sums[index], sample)
    }
    for (const [index, { name }] of entrants.entries()) {
      const sum = sums[index]
      if (sum !== undefined) results.get(name)?.push(sum)
    }
    await Promise.all(servers.map(({ child }) => end(child)))
  }
  return results
}

/** A turn in which one process works after the other; who is first changes from turn to turn. */
export function oneByOne(
  work: (server: RunningWorker, turn: number) => Promise<{ units: number; seconds: number }>,
): Turn {
  return async (servers, turn) => {
    const samples: Sample[] = []
    for (const offset of servers.keys()) {
      const index = (turn + offset) % servers.length
      const server = servers[index]
      if (server === undefined) continue
      const before = cpuMicros(server.pid)
      const done = await work(server, turn)
      samples[index] = { ...done, cpuMicros: cpuMicros(server.pid) - before }
    }
    return samples
  }
}

/** What of a sample is compared: CPU of each unit, unless told otherwise. */
export type Pick = (sample: Sample) => number

const cpuPerUnit: Pick = ({ cpuMicros: micros, units }) => micros / units

/** Time instead of CPU. */
export const secondsPerUnit: Pick = ({ seconds, units }) => seconds / units

/** One contender's figure divided by another's beside it, process by process. */
export function ratio(results: Results, name: string, to: string, pick = cpuPerUnit): Figure {
  return estimate(pairs(results, name, to).map(([own, other]) => pick(own) / pick(other)))
}

/** The same with a difference. */
export function difference(results: Results, name: string, to: string, pick = cpuPerUnit): Figure {
  return estimate(pairs(results, name, to).map(([own, other]) => pick(own) - pick(other)))
}

/** The median over processes, without comparison. */
export function typical(results: Results, name: string, pick = cpuPerUnit): number {
  return median(of(results, name).map(pick))
}

function pairs(results: Results, name: string, to: string): [Sample, Sample][] {
  const others = of(results, to)
  return of(results, name).flatMap((own, set) => {
    const other = others[set]
    return other === undefined ? [] : [[own, other]]
  })
}

function of(results: Results, name: string): Sample[] {
  const samples = results.get(name)
  if (samples === undefined) throw new Error(`${name} was not measured`)
  return samples
}

function add(sum: Sample | undefined, sample: Sample): void {
  if (sum === undefined) return
  sum.cpuMicros += sample.cpuMicros
  sum.seconds += sample.seconds
  sum.units += sample.units
}
