/**
 * The main figures: CPU per request beside what a user would pick instead. Every contest has a
 * pass-through of its own, so that a ratio is always one of two processes side by side.
 */

import { type Recipe, type Results, ratio } from '../contest.ts'
import { BARE, BROWSER, type Headers } from '../headers.ts'
import { type Caller, freshLines, publicLines, repeatedLines, requestContest } from '../requests.ts'
import { assertSameWork } from '../same-work.ts'
import { briefly, type World } from '../world.ts'
import { absolute, atMost, exactly, medianAtMost, type Row, within } from './row.ts'

export const PASS = 'pass-through'
export const GATE = 'Gatehouse, repeated token'
const AGAIN = 'Gatehouse, measured again'
const CACHED = 'jose by hand, token cache'
const GATE_FRESH = 'Gatehouse, first-seen token'
const JOSE_FRESH = 'jose by hand, first-seen token'
const GATE_PUBLIC = 'Gatehouse, public route'

const PEERS: [name: string, entry: string][] = [
  ['jose by hand', 'jose.ts'],
  ['Hono, cached keys', 'hono-cached.js'],
  ['Hono, as documented', 'hono.js'],
  ['verify-rsa-jwt, keys in KV', 'verify-rsa-jwt.js'],
]

/** A token that the isolate has verified before. */
export async function repeatedRows(world: World): Promise<Row[]> {
  const group = 'repeated'
  const results = await sameToken(world, BROWSER)
  const row = toPassThrough(group, results)
  const toCached = ratio(results, GATE, CACHED)
  const again = ratio(results, AGAIN, GATE)
  const main = row(GATE)
  return [
    row(PASS),
    { ...main, goal: atMost(main.value, 1.3, '≤ 1.30 × pass-through') },
    row(CACHED),
    {
      group,
      label: 'repeated token: Gatehouse to jose by hand with a token cache',
      value: toCached,
      unit: '×',
      goal: medianAtMost(toCached, 1.05, '≤ 1.05 × jose by hand, token cache'),
    },
    {
      group,
      label: 'measured again: Gatehouse to other processes of the same bundle',
      value: again,
      unit: '×',
      goal: within(again, 0.97, 1.03, 'equal within 3 %'),
    },
  ]
}

/** The same, as a test tool sends it. */
export async function bareRows(world: World): Promise<Row[]> {
  const results = await sameToken(world, BARE)
  const row = toPassThrough('bare', results)
  return [row(PASS), row(GATE), row(CACHED)]
}

/** Every request has a token that the process has not seen. */
export async function firstSeenRows(world: World): Promise<Row[]> {
  const group = 'first-seen'
  const enter = entering(world, await freshLines(world))
  const results = await requestContest(world, [
    enter(PASS, 'pass-through.ts'),
    { ...(await checked(world, enter(GATE_FRESH, 'gatehouse.ts'))), once: true },
    { ...(await checked(world, enter(JOSE_FRESH, 'jose.ts'))), once: true },
  ])
  const row = toPassThrough(group, results)
  const toJose = ratio(results, GATE_FRESH, JOSE_FRESH)
  return [
    row(GATE_FRESH),
    row(JOSE_FRESH),
    {
      group,
      label: 'first-seen token: Gatehouse to jose by hand',
      value: toJose,
      unit: '×',
      goal: atMost(toJose, 1.1, '≤ 1.10 × jose by hand'),
    },
  ]
}

/** A route that needs no token, asked without one. */
export async function publicRows(world: World): Promise<Row[]> {
  const enter = entering(world, publicLines)
  const results = await requestContest(world, [
    enter(PASS, 'pass-through.ts'),
    enter(GATE_PUBLIC, 'gatehouse.ts'),
  ])
  const row = toPassThrough('public', results)(GATE_PUBLIC)
  return [{ ...row, goal: atMost(row.value, 1.15, '≤ 1.15 × pass-through') }]
}

/** What else a user could pick. */
export async function peerRows(world: World): Promise<Row[]> {
  const enter = entering(world, repeatedLines(world))
  const callers = [enter(PASS, 'pass-through.ts')]
  for (const [name, entry] of PEERS) callers.push(await checked(world, enter(name, entry)))
  const results = await requestContest(briefly(world), callers)
  return PEERS.map(([name]) => toPassThrough('peers', results)(name))
}

/** Gives a way to name a contender that is sent these lines: by its file, or by what starts it. */
export function entering(
  world: World,
  lines: Caller['lines'],
): (name: string, contender: string | Recipe) => Caller {
  return (name, contender) => {
    const recipe = typeof contender === 'string' ? () => world.serve(contender) : contender
    return { name, recipe, lines }
  }
}

/** The caller, once it has shown that it checks what the others check. */
export async function checked(world: World, caller: Caller): Promise<Caller> {
  await assertSameWork(caller.name, caller.recipe, world)
  return caller
}

/** Rows of the contest's ratios to pass-through. */
export function toPassThrough(group: string, results: Results): (label: string) => Row {
  return (label) => {
    const value = label === PASS ? exactly(1) : ratio(results, label, PASS)
    return { group, label, value, unit: '×', ...absolute(results, label) }
  }
}

async function sameToken(world: World, headers: Headers): Promise<Results> {
  const enter = entering(world, repeatedLines(world))
  const callers = [
    enter(PASS, 'pass-through.ts'),
    await checked(world, enter(GATE, 'gatehouse.ts')),
    await checked(world, enter(CACHED, 'jose-cached.ts')),
  ]
  // More processes of the same bundle: what the method takes for a difference.
  if (headers === BROWSER) callers.push(enter(AGAIN, 'gatehouse.ts'))
  return requestContest(world, callers, headers)
}
