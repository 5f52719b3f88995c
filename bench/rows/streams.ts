/**
 * Bodies, a long download and a flood of bad tokens: bytes that pass through a gateway should cost what
 * they cost without one, and leave nothing behind.
 */

import { cpuMicros, end, rssBytes } from '../processes.ts'
import { ratios, spread } from '../stats.ts'
import type { RunningWorker } from '../workerd.ts'
import { client, type World } from '../world.ts'
import { alternate, pair } from './pair.ts'
import { atMost, exactly, type Row } from './row.ts'

const MIB = 1024 * 1024
const BODIES = [
  { label: 'no body', bytes: 0, count: 1_500 },
  { label: '1 KiB', bytes: 1024, count: 1_500 },
  { label: '100 KiB', bytes: 100 * 1024, count: 600 },
  { label: '1 MiB', bytes: MIB, count: 150 },
  { label: '10 MiB', bytes: 10 * MIB, count: 20 },
]
const BODY_CONCURRENCY = 8

const DOWNLOAD_BYTES = 200 * MIB
const SLOW_BYTES_PER_SECOND = 100 * MIB
const SLOW_ROUNDS = 5
const SAMPLE_MS = 10

const FLOOD_TOKENS = 1_000_000

/** Uploads of every size beside pass-through. */
export async function bodyRows(world: World): Promise<Row[]> {
  const [pass, gate] = await pair(world, 'bodies')
  const rows: Row[] = []
  for (const { label, bytes, count } of BODIES) {
    const upload = async (server: RunningWorker) => {
      const before = cpuMicros(server.pid)
      await transfer(world, server, { upload: bytes, count, concurrency: BODY_CONCURRENCY })
      return (cpuMicros(server.pid) - before) / count
    }
    const [gateCpu, passCpu] = await alternate(world, `upload ${label}`, gate, pass, upload)
    const value = spread(ratios(gateCpu, passCpu))
    const context = `${spread(gateCpu).median.toFixed(0)} µs, pass-through ${spread(passCpu).median.toFixed(0)} µs`
    rows.push({ group: 'bodies', label: `upload, ${label}`, value, unit: '×', context })
  }
  await Promise.all([end(pass.child), end(gate.child)])
  return rows
}

/** A download of 200 MiB: how long it takes and what stays in memory, with a fast and with a slow reader. */
export async function streamingRows(world: World): Promise<Row[]> {
  const [pass, gate] = await pair(world, 'streaming')
  for (const server of [pass, gate]) await download(world, server, DOWNLOAD_BYTES / 10)
  const baseline = new Map([pass, gate].map(({ pid }) => [pid, rssBytes(pid)]))
  const growth = new Map([pass, gate].map(({ pid }): [number, number[]] => [pid, []]))
  const watched = (bytesPerSecond?: number) => async (server: RunningWorker) => {
    let peak = 0
    const timer = setInterval(() => {
      peak = Math.max(peak, rssBytes(server.pid))
    }, SAMPLE_MS)
    const seconds = await download(world, server, DOWNLOAD_BYTES, bytesPerSecond)
    clearInterval(timer)
    growth.get(server.pid)?.push((peak - (baseline.get(server.pid) ?? 0)) / MIB)
    return seconds
  }
  const [gateTime, passTime] = await alternate(world, 'download', gate, pass, watched())
  const slow = { ...world, goesOn: (round: number) => round <= SLOW_ROUNDS && world.goesOn(round) }
  await alternate(slow, 'slow download', gate, pass, watched(SLOW_BYTES_PER_SECOND))
  await Promise.all([end(pass.child), end(gate.child)])

  const time = spread(ratios(gateTime, passTime))
  const gateGrowth = spread(growth.get(gate.pid) ?? [])
  const passGrowth = spread(growth.get(pass.pid) ?? [])
  return [
    {
      group: 'streaming',
      label: '200 MiB download, time',
      value: time,
      unit: '×',
      goal: atMost(time, 1.05, '≤ 1.05 × pass-through'),
      context: `${(spread(gateTime).median * 1000).toFixed(0)} ms`,
    },
    {
      group: 'streaming',
      label: '200 MiB download, memory growth',
      value: gateGrowth,
      unit: 'MiB',
      // The worst of the rounds, fast reader and slow.
      goal: { text: '≤ 16 MiB in every round', reached: gateGrowth.max <= 16 },
      context: `pass-through ${passGrowth.median.toFixed(1)} MiB, at most ${passGrowth.max.toFixed(1)}`,
    },
  ]
}

/** A million tokens that are all different and all bad (`--full`). */
export async function memoryRows(world: World): Promise<Row[]> {
  const gate = await world.serve('memory', 'gatehouse.ts')
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
