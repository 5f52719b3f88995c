/**
 * `--compare REF`: the working tree against another commit of Gatehouse, in one run. Each side is bundled
 * from its own bench/contenders/gatehouse.ts with its own wrangler.toml; load, origin and issuer are the
 * working tree's. A change to the request path is judged with it.
 */

import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { type Recipe, ratio, typical } from './contest.ts'
import type { Line } from './load.ts'
import { end, run } from './processes.ts'
import { freshLines, PUBLIC_PATH, publicLines, repeatedLines, requestContest } from './requests.ts'
import type { Row } from './rows/row.ts'
import { assertSameWork } from './same-work.ts'
import { type Checkout, checkout, HERE, scratch } from './workerd.ts'
import type { ServeOptions, World } from './world.ts'

const ENTRY = 'gatehouse.ts'
const OURS = 'working tree'

interface Question {
  label: string
  lines(world: World): Promise<(turn: number) => Line[]>
  vars?: Record<string, string>
}

/** What is compared, by the name that `--only` takes. */
const QUESTIONS: Record<string, Question> = {
  repeated: { label: 'repeated token', lines: async (world) => repeatedLines(world) },
  'first-seen': { label: 'first-seen token', lines: freshLines },
  public: { label: 'public route', lines: async () => publicLines },
  log: {
    label: 'repeated token, log on',
    lines: async (world) => repeatedLines(world),
    vars: { LOG: 'on' },
  },
}

export const COMPARED = Object.keys(QUESTIONS)

/**
 * One row for each name in `only`: CPU of the working tree divided by that of `ref`.
 * Throws when git does not know `ref`, and when either side does not do the work.
 */
export async function compare(world: World, ref: string, only: string[]): Promise<Row[]> {
  const theirs = await checkOut(ref)
  const sides: [string, Checkout][] = [
    [OURS, HERE],
    [ref, theirs],
  ]
  for (const [name, side] of sides) await assertSameWork(name, () => serve(world, side), world)

  const rows: Row[] = []
  for (const [index, name] of only.entries()) {
    const question = QUESTIONS[name]
    if (question === undefined)
      throw new Error(`--compare knows ${COMPARED.join(', ')}; not ${name}`)
    if (name === 'public' && !(await isServed(world, theirs))) {
      world.progress(`${ref} has no ${PUBLIC_PATH} in its contender: the public route is left out`)
      continue
    }
    const { label, vars = {} } = question
    const lines = await question.lines(world)
    const callers = sides.map(([side, from]) => ({
      name: side,
      recipe: () => serve(world, from, { vars }),
      lines,
      once: name === 'first-seen',
    }))
    const progress = (text: string) =>
      world.progress(`${index + 1} of ${only.length}: ${label}, ${text}`)
    const results = await requestContest({ ...world, progress }, callers)
    const [ours, other] = [typical(results, OURS), typical(results, ref)]
    rows.push({
      group: 'compare',
      label: `${label}: ${OURS} to ${ref}`,
      value: ratio(results, OURS, ref),
      unit: '×',
      context: `${ours.toFixed(0)} µs, ${ref} ${other.toFixed(0)} µs`,
    })
  }
  return rows
}

/** Puts the files of a commit into a folder that is gone afterwards, with the working tree's node_modules. */
async function checkOut(ref: string): Promise<Checkout> {
  const folder = scratch('compared')
  const root = join(folder, 'checkout')
  mkdirSync(root)
  const archive = join(folder, 'files.tar')
  await run('git', ['-C', HERE.root, 'archive', '--format=tar', `--output=${archive}`, ref])
  await run('tar', ['-xf', archive, '-C', root])
  symlinkSync(join(HERE.root, 'node_modules'), join(root, 'node_modules'))
  return checkout(root)
}

function serve(world: World, from: Checkout, more: ServeOptions = {}): ReturnType<Recipe> {
  return world.serve(ENTRY, { ...more, checkout: from })
}

async function isServed(world: World, from: Checkout): Promise<boolean> {
  const server = await serve(world, from)
  const { status } = await fetch(`${server.url}${PUBLIC_PATH}`)
  await end(server.child)
  return status === 200
}
