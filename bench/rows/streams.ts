/**
 * Bodies, a long download and a flood of bad tokens: bytes that pass through a gateway should cost what
 * they cost without one, and leave nothing behind.
 */

import {
  contest,
  type Entrant,
  oneByOne,
  ratio,
  secondsPerUnit,
  type Turn,
  typical,
} from '../contest.ts'
import { end, rssBytes } from '../processes.ts'
import { estimate } from '../stats.ts'
import type { RunningWorker } from '../workerd.ts'
import { client, type World } from '../world.ts'
import { GATEWAY, pair } from './pair.ts'
import { absolute, atMost, exactly, type Row } from './row.ts'
import { PASS } from './verify.ts'

const MIB = 1024 * 1024
const BODIES = [
  { label: 'no body', bytes: 0, count: 1_000 },
  { label: '1 KiB', bytes: 1024, count: 1_000 },
  { label: '100 KiB', bytes: 100 * 1024, count: 400 },
  { label: '1 MiB', bytes: MIB, count: 100 },
  { label: '10 MiB', bytes: 10 * MIB, count: 20 },
]
const BODY_CONCURRENCY = 8
const BODY_TURNS = 1

const DOWNLOAD_BYTES = 200 * MIB
const DOWNLOAD_TURNS = 3
const SLOW_BYTES_PER_SECOND = 100 * MIB
const SAMPLE_MS = 10

const FLOOD_TOKENS = 1_000_000

/** Uploads of every size beside pass-through. */
export async function bodyRows(world: World): Promise<Row[]> {
  const rows: Row[] = []
  for (const { label, bytes, count } of BODIES) {
    const upload = oneByOne(async (server) => {
      const spec = { upload: bytes, count, concurrency: BODY_CONCURRENCY }
      return { units: count, seconds: await transfer(world, server, spec) }
    })
    const progress = (text: string) => world.progress(`upload ${label}, ${text}`)
    const results = await contest(pair(world), upload, { ...world, turns: BODY_TURNS, progress })
    const { context, figures } = absolute(results, GATEWAY)
    rows.push({
      group: 'bodies',
      label: `upload, ${label}`,
      value: ratio(results, GATEWAY, PASS),
      unit: '×',
      context: `${context}, pass-through ${absolute(results, PASS).context}`,
      figures,
    })
  }
  return rows
}

/** A download of 200 MiB: how long it takes and what stays in memory, with a fast and with a slow reader. */
export async function streamingRows(world: World): Promise<Row[]> {
  const memory: Memory[] = []
  const entrants = pair(world).map((entrant) => remembered(entrant, memory))
  const fast = downloads(world, memory)
  const results = await contest(entrants, fast, { ...world, turns: DOWNLOAD_TURNS })
  const slow = downloads(world, memory, SLOW_BYTES_PER_SECOND)
  await contest(entrants, slow, { ...world, turns: 1 })

  const time = ratio(results, GATEWAY, PASS, secondsPerUnit)
  const seconds = typical(results, GATEWAY, secondsPerUnit)
  const [passGrowth = [], gateGrowth = []] = entrants.map(({ name }) =>
    memory.filter((one) => one.name === name).map(({ peak, before }) => (peak - before) / MIB),
  )
  const value = estimate(gateGrowth)
  const worst = Math.max(...gateGrowth)
  const pass = `pass-through ${estimate(passGrowth).median.toFixed(1)} MiB, at most ${Math.max(...passGrowth).toFixed(1)}`
  return [
    {
      group: 'streaming',
      label: '200 MiB download, time',
      value: time,
      unit: '×',
      goal: atMost(time, 1.05, '≤ 1.05 × pass-through'),
      context: `${(seconds * 1000).toFixed(0)} ms`,
    },
    {
      group: 'streaming',
      label: '200 MiB download, memory growth',
      value,
      unit: 'MiB',
      goal: { text: '≤ 16 MiB in every process', reached: worst <= 16 },
      context: `at most ${worst.toFixed(1)}; ${pass}`,
    },
  ]
}

/** A million tokens that are all different and all bad (`--full`). */
export async function memoryRows(world: World): Promise<Row[]> {
  const gate = await world.serve('gatehouse.ts')
  const flood = (count: number) =>
    client<{ others: number }>('flood.ts', {
      url: `${gate.url}/orders/1`,
      token: world.token,
      count,
      concurrency: 16,
    })
  world.progress('a million bad tokens: warm-up')
  await flood(FLOOD_TOKENS / 50)
  const before = rssBytes(gate.pid)
  world.progress('a million bad tokens')
  const { others } = await flood(FLOOD_TOKENS)
  const value = exactly((rssBytes(gate.pid) - before) / MIB)
  await end(gate.child)
  const context = others === 0 ? 'every one was 401' : `${others} were not 401`
  const label = 'memory growth over a million bad tokens'
  return [{ group: 'memory', label, value, unit: 'MiB', context }]
}

/** What a process held before its downloads, and at most during them. */
interface Memory {
  name: string
  pid: number
  before: number
  peak: number
}

function remembered(entrant: Entrant, memory: Memory[]): Entrant {
  const recipe = async () => {
    const server = await entrant.recipe()
    memory.push({ name: entrant.name, pid: server.pid, before: 0, peak: 0 })
    return server
  }
  return { ...entrant, recipe }
}

/** One download a turn; the warm-up is a tenth of it. */
function downloads(world: World, memory: Memory[], bytesPerSecond?: number): Turn {
  return oneByOne(async (server, turn) => {
    const one = memory.findLast(({ pid }) => pid === server.pid)
    if (one === undefined) throw new Error(`process ${server.pid} is not watched`)
    const look = () => {
      one.peak = Math.max(one.peak, rssBytes(server.pid))
    }
    if (turn === 0) {
      const seconds = await download(world, server, DOWNLOAD_BYTES / 10)
      one.before = rssBytes(server.pid)
      return { units: 1, seconds }
    }
    const timer = setInterval(look, SAMPLE_MS)
    const seconds = await download(world, server, DOWNLOAD_BYTES, bytesPerSecond)
    clearInterval(timer)
    look()
    return { units: 1, seconds }
  })
}

async function download(
  world: World,
  server: RunningWorker,
  bytes: number,
  bytesPerSecond?: number,
): Promise<number> {
  const spec = { upload: 0, count: 1, concurrency: 1, bytesPerSecond }
  return transfer(world, server, spec, `?bytes=${bytes}`)
}

async function transfer(
  world: World,
  server: RunningWorker,
  spec: { upload: number; count: number; concurrency: number },
  search = '',
): Promise<number> {
  const url = `${server.url}/orders/file${search}`
  const { seconds } = await client<{ seconds: number }>('transfer.ts', {
    ...spec,
    url,
    token: world.token,
  })
  return seconds
}
