// A flood of tokens must not make the gateway grow: what it keeps has limits, all of them together.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const REQUESTS = 100_000
const MEBIBYTE = 1_048_576
/** The caches are full by half of them; kept for good, the other half would be more than twice this. */
const MAX_GROWTH_BYTES = 6 * MEBIBYTE

it('keeps its heap bounded through 100,000 requests with random tokens', async () => {
  const script = fileURLToPath(new URL('flood.ts', import.meta.url).href)
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    '--no-warnings',
    script,
    `--requests=${REQUESTS}`,
  ])
  const { statuses, before, after, grown } = JSON.parse(stdout) as {
    statuses: Record<string, number>
    before: number
    after: number
    grown: number
  }
  const inMebibytes = (bytes: number) => (bytes / MEBIBYTE).toFixed(2)
  console.log(
    `flood: ${REQUESTS} requests ${JSON.stringify(statuses)}; heap ${inMebibytes(before)} MiB after half of them, ${inMebibytes(after)} MiB at the end`,
  )
  expect(grown).toBeLessThan(MAX_GROWTH_BYTES)
  expect(statuses).toEqual({ 200: REQUESTS / 40, 401: (REQUESTS / 40) * 39 })
}, 180_000)
