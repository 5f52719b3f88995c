/** Contests whose work is requests, with the headers of a browser. */

import { contest, type Entrant, type Results, type Sample, type Turn } from './contest.ts'
import { BROWSER, type Headers } from './headers.ts'
import type { Line } from './load.ts'
import { cpuMicros } from './processes.ts'
import type { World } from './world.ts'

export const PATH = '/orders/1'
/** A path that needs no token. */
export const PUBLIC_PATH = '/catalogue/1'

export interface Caller extends Entrant {
  /** What it is sent in a turn, one after the other and again from the start; turn 0 is the warm-up. */
  lines(turn: number): Line[]
  /** The lines are meant for once: that a process has begun with them again ends the contest. */
  once?: boolean
}

/**
 * Sends every contender its requests at the same time. They share one core, and the scheduler changes
 * between them every few milliseconds: no turns that one takes after the other could be as short.
 */
export function requestContest(
  world: World,
  callers: Caller[],
  headers: Headers = BROWSER,
): Promise<Results> {
  const takeTurn: Turn = async (servers, turn) => {
    const targets = servers.map(({ url }, index) => ({
      port: Number(new URL(url).port),
      lines: callers[index]?.lines(turn) ?? [],
    }))
    const before = servers.map(({ pid }) => cpuMicros(pid))
    const began = performance.now()
    const count = turn === 0 ? world.warmUp : world.requests
    const answered = await world.send({ targets, requests: count, headers })
    const seconds = (performance.now() - began) / 1000
    return servers.map(({ pid }, index): Sample => {
      const used = cpuMicros(pid) - (before[index] ?? 0)
      const units = answered[index] ?? 0
      const caller = callers[index]
      if (caller?.once && units > (targets[index]?.lines.length ?? 0)) {
        throw new Error(`${caller.name} was so far ahead that its ${units} tokens were not all new`)
      }
      return { cpuMicros: used, seconds, units }
    })
  }
  return contest(callers, takeTurn, { ...world, turns: 1 })
}

/** The same token in every request. */
export function repeatedLines(world: World): () => Line[] {
  const lines = [{ path: PATH, token: world.token }]
  return () => lines
}

/** No token, on the public route. */
export function publicLines(): Line[] {
  return [{ path: PUBLIC_PATH, token: '' }]
}

/** Who is faster than its neighbours is sent more than its share: so many times as much at most. */
const AHEAD = 2

/**
 * Tokens that the process has not seen: some for the warm-up, others afterwards. Processes are fresh, so
 * that all of them are sent the very same tokens.
 */
export async function freshLines(world: World): Promise<(turn: number) => Line[]> {
  const warmUp = world.warmUp * AHEAD
  const tokens = await world.tokens(warmUp + world.requests * AHEAD)
  const lines = tokens.map((token) => ({ path: PATH, token }))
  return (turn) => (turn === 0 ? lines.slice(0, warmUp) : lines.slice(warmUp))
}
