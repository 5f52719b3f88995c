/** Whether the number of routes, the size of a token or writing the log changes what a request costs. */

import { contest, type Entrant, type Line } from '../contest.ts'
import { end } from '../processes.ts'
import { routePaths } from '../routes.ts'
import { ratios, spread } from '../stats.ts'
import { claims, mint } from '../tokens.ts'
import type { RunningWorker } from '../workerd.ts'
import type { World } from '../world.ts'
import { absolute, atMost, of, type Row } from './row.ts'

const ROUTES = [10, 100, 1_000, 10_000]
const ROUTES_FULL = [...ROUTES, 30_000]
/** As many paths as are asked for in turn, spread evenly over the routes. */
const PATHS = 100

const CLAIM_BYTES = [1_024, 2_048, 4_096]
const CLAIM_BYTES_FULL = [512, ...CLAIM_BYTES, 3_072, 5_120]
/** Header and signature of a token, and base64url's four characters for three bytes. */
const MAX_TOKEN_BYTES = 8_192
const TOKEN_OVERHEAD_BYTES = 420

/** 10,000 routes cost what 10 cost. */
export async function routeRows(world: World): Promise<Row[]> {
  const servers: RunningWorker[] = []
  const entrants: Entrant[] = []
  const counts = world.full ? ROUTES_FULL : ROUTES
  for (const count of counts) {
    const vars = { ROUTES: String(count) }
    const server = await world.serve(`routes-${count}`, 'gatehouse.ts', { vars })
    servers.push(server)
    const lines = spreadPaths(count).map((path) => ({ path, token: world.token }))
    entrants.push({ name: String(count), url: server.url, pid: server.pid, lines: () => lines })
  }
  const results = await contest(entrants, world)
  await Promise.all(servers.map(({ child }) => end(child)))
  const ten = of(results, '10').cpu
  return counts.slice(1).map((count) => {
    const measured = of(results, String(count))
    const value = spread(ratios(measured.cpu, ten))
    const label = `${count.toLocaleString('en')} routes against 10`
    const row: Row = { group: 'routes', label, value, unit: '×', ...absolute(measured) }
    if (count === 10_000) row.goal = atMost(value, 1.05, '≤ 1.05 × with 10 routes')
    return row
  })
}

/** Larger claims, up to the largest token that is accepted, beside pass-through with the same token. */
export async function claimRows(world: World): Promise<Row[]> {
  const largest = Math.floor(((MAX_TOKEN_BYTES - TOKEN_OVERHEAD_BYTES) * 3) / 4)
  const sizes = [...(world.full ? CLAIM_BYTES_FULL : CLAIM_BYTES), largest]
  const pass = await world.serve('claims-pass', 'pass-through.ts')
  const gate = await world.serve('claims-gate', 'gatehouse.ts')
  const entrants: Entrant[] = []
  const tokenBytes = new Map<number, number>()
  for (const size of sizes) {
    const token = await mint(world.key, padded(claims(world.issuerUrl), size))
    tokenBytes.set(size, token.length)
    const lines: Line[] = [{ path: '/orders/1', token }]
    entrants.push({ name: `pass ${size}`, url: pass.url, pid: pass.pid, lines: () => lines })
    entrants.push({ name: `gate ${size}`, url: gate.url, pid: gate.pid, lines: () => lines })
  }
  const results = await contest(entrants, { ...world, requests: Math.ceil(world.requests / 2) })
  await Promise.all([end(pass.child), end(gate.child)])
  return sizes.map((size) => {
    const measured = of(results, `gate ${size}`)
    return {
      group: 'claims',
      label: `claims of ${size.toLocaleString('en')} bytes, token of ${tokenBytes.get(size)}`,
      value: spread(ratios(measured.cpu, of(results, `pass ${size}`).cpu)),
      unit: '×',
      ...absolute(measured),
    }
  })
}

/** One JSON line per request on the console. */
export async function loggingRows(world: World): Promise<Row[]> {
  const servers = [
    { name: 'off', server: await world.serve('log-off', 'gatehouse.ts') },
    { name: 'on', server: await world.serve('log-on', 'gatehouse.ts', { vars: { LOG: 'on' } }) },
  ]
  const lines: Line[] = [{ path: '/orders/1', token: world.token }]
  const entrants = servers.map(({ name, server: { url, pid } }) => ({
    name,
    url,
    pid,
    lines: () => lines,
  }))
  const results = await contest(entrants, world)
  await Promise.all(servers.map(({ server }) => end(server.child)))
  const on = of(results, 'on')
  const value = spread(ratios(on.cpu, of(results, 'off').cpu))
  return [{ group: 'logging', label: 'log on against log off', value, unit: '×', ...absolute(on) }]
}

function spreadPaths(count: number): string[] {
  // The first of the routes is the benchmark's own /orders/*.
  const paths = ['/orders/1', ...routePaths(count - 1).map(({ path }) => path)]
  const step = Math.max(1, paths.length / PATHS)
  return Array.from(
    { length: Math.min(PATHS, paths.length) },
    (_, index) => paths[Math.floor(index * step)] ?? '/orders/1',
  )
}

/** Fills one claim until all claims are `bytes` of JSON. */
function padded(payload: Record<string, unknown>, bytes: number): Record<string, unknown> {
  const missing = bytes - JSON.stringify({ ...payload, permissions: '' }).length
  return { ...payload, permissions: 'x'.repeat(Math.max(0, missing)) }
}
