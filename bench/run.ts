/**
 * `npm run bench`: measures, prints the table, writes results.json, report.svg and the README's tables,
 * and exits with 1 when a goal is missed. `--only a,b`, `--full`, `--profile gatehouse`, `--help`.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { loadTool } from './load.ts'
import { run } from './processes.ts'
import { profile } from './profile.ts'
import { chart } from './report/chart.ts'
import { costOfAMonth } from './report/month.ts'
import { markdownTable, textTable } from './report/table.ts'
import { costRows } from './rows/cost.ts'
import { issuerRows } from './rows/issuer.ts'
import type { Row } from './rows/row.ts'
import { claimRows, loggingRows, routeRows } from './rows/scale.ts'
import { sizeRows } from './rows/size.ts'
import { bodyRows, memoryRows, streamingRows } from './rows/streams.ts'
import { verifyRows } from './rows/verify.ts'
import { websocketRows } from './rows/websocket.ts'
import { workerdVersion } from './workerd.ts'
import { createWorld, FEWEST_ROUNDS, type World } from './world.ts'

const PARTS: Record<string, (world: World) => Promise<Row[]>> = {
  verify: verifyRows,
  routes: routeRows,
  claims: claimRows,
  logging: loggingRows,
  bodies: bodyRows,
  streaming: streamingRows,
  websocket: websocketRows,
  cost: costRows,
  issuer: issuerRows,
  size: sizeRows,
  memory: memoryRows,
}
/** Too long for every day. */
const FULL_ONLY = ['memory']
/** After this a part stops at five rounds: a busy machine makes figures worse, not the wait endless. */
const PART_SECONDS = 45
const VERIFY_SECONDS = 200

const HELP = `npm run bench -- [options]
  --only ${Object.keys(PARTS).join(',')}
                       only these parts; nothing is written
  --full               larger grids and a million random tokens
  --profile <name>     gatehouse, or another file of contenders/: where its CPU goes
  --rounds <n>         default 9, at least 5 for a figure that holds
  --requests <n>       per round and contender, default 3000`

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string' },
    full: { type: 'boolean', default: false },
    profile: { type: 'string' },
    rounds: { type: 'string', default: '9' },
    requests: { type: 'string', default: '3000' },
    help: { type: 'boolean', default: false },
  },
})

if (flags.help) {
  console.log(HELP)
  process.exit()
}
if (!existsSync('/proc/self/stat')) {
  console.error('The benchmark reads CPU time from /proc and needs Linux.')
  process.exit(2)
}

const bench = fileURLToPath(new URL('.', import.meta.url).href)
const began = Date.now()
let partEnds = Number.POSITIVE_INFINITY
const world = await prepare()
if (flags.profile !== undefined) {
  console.log(await profile(world, flags.profile))
  process.exit()
}

const only = flags.only?.split(',') ?? Object.keys(PARTS).filter(isDue)
const rows: Row[] = []
for (const [index, name] of only.entries()) {
  const part = PARTS[name]
  if (part === undefined) throw new Error(`there is no part ${name}\n${HELP}`)
  const seconds = name === 'verify' ? VERIFY_SECONDS : PART_SECONDS
  partEnds = Date.now() + seconds * 1000
  progress(`part ${index + 1} of ${only.length}: ${name}`)
  rows.push(...(await part(world)))
}
const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, workerd ${workerdVersion}, load from ${world.tool}`
const note = `${Math.min(FEWEST_ROUNDS, world.rounds)} to ${world.rounds} rounds of ${world.requests} requests. ${machine}`
progress('done')
console.log(`\n${textTable(rows)}\n\n${note}`)
if (flags.only === undefined) writeReport()
process.exit(rows.some(({ goal }) => goal && !goal.reached) ? 1 : 0)

async function prepare(): Promise<World> {
  if (!existsSync(`${bench}node_modules`)) {
    progress('installing the peers (npm ci --prefix bench)')
    await run('npm', ['ci', '--prefix', bench, '--no-audit', '--no-fund'])
  }
  progress(`load from ${loadTool()}`)
  const requests = Number(flags.requests)
  const rounds = Number(flags.rounds)
  const options = { rounds, requests, warmUp: requests, full: flags.full }
  return createWorld(options, () => flags.full || Date.now() < partEnds, progress)
}

function isDue(name: string): boolean {
  return flags.full || !FULL_ONLY.includes(name)
}

function writeReport(): void {
  const { rounds, requests, tool } = world
  const results = { machine, rounds, requests, tool, full: flags.full, rows: rows.map(rounded) }
  writeFileSync(`${bench}results.json`, `${JSON.stringify(results, null, 2)}\n`)
  const verify = rows.filter(({ group, label }) => group === 'verify' && !label.includes(': '))
  writeFileSync(`${bench}report.svg`, chart(verify, machine))
  fill('results', `${markdownTable(rows)}\n\n${note}.`)
  fill('month', costOfAMonth(rows))
}

/** Puts generated text between its two marks in the README. */
function fill(name: string, text: string): void {
  const file = `${bench}README.md`
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const readme = readFileSync(file, 'utf8')
  const from = readme.indexOf(start)
  const to = readme.indexOf(end)
  if (from < 0 || to < from) throw new Error(`README.md has no ${start} … ${end}`)
  writeFileSync(file, `${readme.slice(0, from + start.length)}\n${text}\n${readme.slice(to)}`)
}

function rounded(row: Row): Row {
  const round = (value: number) => Number(value.toPrecision(4))
  const { median, min, max } = row.value
  return { ...row, value: { median: round(median), min: round(min), max: round(max) } }
}

function progress(text: string): void {
  const seconds = Math.round((Date.now() - began) / 1000)
  const line = `[${String(seconds).padStart(4)} s] ${text}`
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line.slice(0, process.stderr.columns)}`)
  else process.stderr.write(`${line}\n`)
}
