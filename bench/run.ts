/**
 * `npm run bench`: measures, prints the table, writes results.json, report.svg and the README's tables,
 * and exits with 1 when a goal is missed. `--compare REF`, `--only a,b`, `--full`, `--profile gatehouse`.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { COMPARED, compare } from './compare.ts'
import { keepOffTheMeasuredCore } from './cores.ts'
import { run } from './processes.ts'
import { profile } from './profile.ts'
import { chart } from './report/chart.ts'
import { costOfAMonth } from './report/month.ts'
import { markdownTable, shortTable, textTable } from './report/table.ts'
import { costRows } from './rows/cost.ts'
import { haproxyRows } from './rows/haproxy.ts'
import { issuerRows } from './rows/issuer.ts'
import { mcpRows } from './rows/mcp.ts'
import type { Row } from './rows/row.ts'
import { claimRows, loggingRows, routeRows } from './rows/scale.ts'
import { sessionRows } from './rows/sessions.ts'
import { sizeRows } from './rows/size.ts'
import { bodyRows, memoryRows, streamingRows } from './rows/streams.ts'
import { trafficRows } from './rows/traffic.ts'
import { bareRows, firstSeenRows, peerRows, publicRows, repeatedRows } from './rows/verify.ts'
import { websocketRows } from './rows/websocket.ts'
import { workerdVersion } from './workerd.ts'
import { createWorld, FEWEST_PROCESSES, type World } from './world.ts'

/** After its seconds a part stops at five processes: a busy machine makes the wait longer, not endless. */
const PARTS: Record<string, { rows: (world: World) => Promise<Row[]>; seconds: number }> = {
  repeated: { rows: repeatedRows, seconds: 120 },
  public: { rows: publicRows, seconds: 60 },
  'first-seen': { rows: firstSeenRows, seconds: 100 },
  bare: { rows: bareRows, seconds: 50 },
  peers: { rows: peerRows, seconds: 50 },
  haproxy: { rows: haproxyRows, seconds: 50 },
  routes: { rows: routeRows, seconds: 50 },
  claims: { rows: claimRows, seconds: 50 },
  logging: { rows: loggingRows, seconds: 60 },
  bodies: { rows: bodyRows, seconds: 50 },
  streaming: { rows: streamingRows, seconds: 50 },
  websocket: { rows: websocketRows, seconds: 50 },
  cost: { rows: costRows, seconds: 60 },
  issuer: { rows: issuerRows, seconds: 60 },
  mcp: { rows: mcpRows, seconds: 60 },
  sessions: { rows: sessionRows, seconds: 60 },
  traffic: { rows: trafficRows, seconds: 60 },
  size: { rows: sizeRows, seconds: 60 },
  memory: { rows: memoryRows, seconds: 600 },
}
/** Too long for every day. */
const FULL_ONLY = ['memory']
/** What the picture shows. */
const CHARTED = ['repeated', 'public', 'first-seen', 'peers', 'haproxy']

const HELP = `npm run bench -- [options]
  --only ${Object.keys(PARTS).join(',')}
                       only these parts; nothing is written
  --compare <commit>   the working tree against another commit; nothing is written
                       (--only ${COMPARED.join(',')})
  --full               twice the processes, larger grids and a million random tokens
  --profile <name>     gatehouse, or another file of contenders/: where its CPU goes
  --processes <n>      of each contender, default 9; at least 5 for a figure that holds
  --requests <n>       that each process answers while it is measured, default 4000
  --warm-up <n>        and before, default 2500`

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string' },
    compare: { type: 'string' },
    full: { type: 'boolean', default: false },
    profile: { type: 'string' },
    processes: { type: 'string' },
    requests: { type: 'string', default: '4000' },
    'warm-up': { type: 'string', default: '2500' },
    help: { type: 'boolean', default: false },
  },
})

if (flags.help) {
  console.log(HELP)
  process.exit()
}
if (!existsSync('/proc/self/schedstat')) {
  console.error('The benchmark reads CPU time from /proc/<pid>/schedstat and needs Linux.')
  process.exit(2)
}

const bench = fileURLToPath(new URL('.', import.meta.url).href)
const began = Date.now()
let partEnds = Number.POSITIVE_INFINITY
const cores = keepOffTheMeasuredCore()
const world = await prepare()
if (flags.profile !== undefined) {
  console.log(await profile(world, flags.profile))
  process.exit()
}

const rows: Row[] = []
if (flags.compare === undefined) await measureParts()
else rows.push(...(await compare(world, flags.compare, flags.only?.split(',') ?? COMPARED)))

const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, workerd ${workerdVersion}`
const fewest = Math.min(FEWEST_PROCESSES, world.processes)
const doubt = world.processes < FEWEST_PROCESSES ? ' Too few for a verdict.' : ''
const many = fewest === world.processes ? `${fewest}` : `${fewest} to ${world.processes}`
const note = `${many} processes of each contender, ${world.requests} requests each, after ${world.warmUp}. ${machine}; ${cores}.${doubt}`
progress('done')
console.log(`\n${textTable(rows)}\n\n${note}`)
if (flags.only === undefined && flags.compare === undefined) writeReport()
process.exit(rows.some(({ goal }) => goal && !goal.reached) ? 1 : 0)

async function measureParts(): Promise<void> {
  const names = flags.only?.split(',') ?? Object.keys(PARTS).filter(isDue)
  for (const [index, name] of names.entries()) {
    const part = PARTS[name]
    if (part === undefined) throw new Error(`there is no part ${name}\n${HELP}`)
    partEnds = Date.now() + part.seconds * 1000
    const at = `part ${index + 1} of ${names.length}: ${name}`
    progress(at)
    rows.push(...(await part.rows({ ...world, progress: (text) => progress(`${at}, ${text}`) })))
  }
}

async function prepare(): Promise<World> {
  if (!existsSync(`${bench}node_modules`)) {
    progress('installing the peers (npm ci --prefix bench)')
    await run('npm', ['ci', '--prefix', bench, '--no-audit', '--no-fund'])
  }
  const options = {
    processes: Number(flags.processes ?? (flags.full ? 18 : 9)),
    requests: Number(flags.requests),
    warmUp: Number(flags['warm-up']),
    full: flags.full,
  }
  return createWorld(options, () => flags.full || Date.now() < partEnds, progress)
}

function isDue(name: string): boolean {
  return flags.full || !FULL_ONLY.includes(name)
}

function writeReport(): void {
  const { processes, requests, warmUp, full } = world
  const results = { machine, cores, processes, requests, warmUp, full, rows: rows.map(rounded) }
  writeFileSync(`${bench}results.json`, `${JSON.stringify(results, null, 2)}\n`)
  const charted = rows.filter(
    ({ group, label }) => CHARTED.includes(group) && !label.includes(': '),
  )
  writeFileSync(`${bench}report.svg`, chart(charted, machine))
  fill(`${bench}README.md`, 'results', `${markdownTable(rows)}\n\n${note}`)
  fill(`${bench}README.md`, 'month', costOfAMonth(rows))
  fill(`${bench}../README.md`, 'speed', shortTable(charted))
}

/** Puts generated text between its two marks in a page. */
function fill(file: string, name: string, text: string): void {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const page = readFileSync(file, 'utf8')
  const from = page.indexOf(start)
  const to = page.indexOf(end)
  if (from < 0 || to < from) throw new Error(`${file} has no ${start} … ${end}`)
  writeFileSync(file, `${page.slice(0, from + start.length)}\n${text}\n${page.slice(to)}`)
}

function rounded(row: Row): Row {
  const round = (value: number) => Number(value.toPrecision(4))
  const { median, low, high } = row.value
  return { ...row, value: { median: round(median), low: round(low), high: round(high) } }
}

function progress(text: string): void {
  const seconds = Math.round((Date.now() - began) / 1000)
  const line = `[${String(seconds).padStart(4)} s] ${text}`
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line.slice(0, process.stderr.columns)}`)
  else process.stderr.write(`${line}\n`)
}
