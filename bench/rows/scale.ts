/** Whether the number of routes, the size of a token or writing the log changes what a request costs. */

import { ratio } from '../contest.ts'
import { PATH, repeatedLines, requestContest } from '../requests.ts'
import { routePaths } from '../routes.ts'
import { claims, mint } from '../tokens.ts'
import { briefly, type World } from '../world.ts'
import { absolute, atMost, type Row } from './row.ts'
import { entering, PASS, toPassThrough } from './verify.ts'

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
  const counts = world.full ? ROUTES_FULL : ROUTES
  const callers = counts.map((count) => {
    const lines = spreadPaths(count).map((path) => ({ path, token: world.token }))
    const recipe = () => world.serve('gatehouse.ts', { vars: { ROUTES: String(count) } })
    return { name: String(count), recipe, lines: () => lines }
  })
  const results = await requestContest(briefly(world), callers)
  return counts.slice(1).map((count) => {
    const value = ratio(results, String(count), '10')
    const label = `${count.toLocaleString('en')} routes against 10`
    const figures = absolute(results, String(count))
    const row: Row = { group: 'routes', label, value, unit: '×', ...figures }
    if (count === 10_000) row.goal = atMost(value, 1.05, '≤ 1.05 × with 10 routes')
    return row
  })
}

/** Larger claims, up to the largest token that is accepted, beside pass-through with the same token. */
export async function claimRows(world: World): Promise<Row[]> {
  const largest = Math.floor(((MAX_TOKEN_BYTES - TOKEN_OVERHEAD_BYTES) * 3) / 4)
  const rows: Row[] = []
  for (const size of [...(world.full ? CLAIM_BYTES_FULL : CLAIM_BYTES), largest]) {
    const token = await mint(world.key, padded(claims(world.issuerUrl), size))
    const enter = entering(world, () => [{ path: PATH, token }])
    const label = `claims of ${size.toLocaleString('en')} bytes, token of ${token.length}`
    const results = await requestContest(
      { ...briefly(world), progress: (text) => world.progress(`${label}, ${text}`) },
      [enter(PASS, 'pass-through.ts'), enter(label, 'gatehouse.ts')],
    )
    rows.push(toPassThrough('claims', results)(label))
  }
  return rows
}

/** One JSON line per request on the console. */
export async function loggingRows(world: World): Promise<Row[]> {
  const enter = entering(world, repeatedLines(world))
  const results = await requestContest(world, [
    enter('off', 'gatehouse.ts'),
    enter('on', () => world.serve('gatehouse.ts', { vars: { LOG: 'on' } })),
  ])
  const value = ratio(results, 'on', 'off')
  const goal = atMost(value, 1.05, '≤ 1.05 × log off')
  const figures = absolute(results, 'on')
  return [{ group: 'logging', label: 'log on against log off', value, unit: '×', goal, ...figures }]
}

function spreadPaths(count: number): string[] {
  // Two of the routes are the contender's own: /orders/* and the public one.
  const paths = [PATH, ...routePaths(count - 2).map(({ path }) => path)]
  const step = Math.max(1, paths.length / PATHS)
  return Array.from(
    { length: Math.min(PATHS, paths.length) },
    (_, index) => paths[Math.floor(index * step)] ?? PATH,
  )
}

/** Fills one claim until all claims are `bytes` of JSON. */
function padded(payload: Record<string, unknown>, bytes: number): Record<string, unknown> {
  const missing = bytes - JSON.stringify({ ...payload, permissions: '' }).length
  return { ...payload, permissions: 'x'.repeat(Math.max(0, missing)) }
}
