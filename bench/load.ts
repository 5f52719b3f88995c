/** Sends a fixed number of requests with wrk when it is installed, else with autocannon from npm. */

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runNode, start } from './processes.ts'
import { scratch } from './workerd.ts'

export interface Load {
  url: string
  requests: number
  /** One entry per request, used in turn. */
  lines: { path: string; token: string }[]
}

export interface LoadResult {
  requests: number
  seconds: number
  p50Ms: number
  p99Ms: number
  failures: number
}

export type LoadTool = 'wrk' | 'autocannon'

const CONNECTIONS = 16
const LONGEST_SECONDS = 120

/** The load generator of this machine. */
export function loadTool(): LoadTool {
  try {
    execFileSync('wrk', ['-v'], { stdio: 'ignore' })
    return 'wrk'
  } catch (error) {
    // wrk -v prints its version and exits with 1; only a missing program has no status.
    return (error as { status?: number | null }).status === 1 ? 'wrk' : 'autocannon'
  }
}

/** Sends the load; throws when a single answer is not a success, for its cost would mean nothing. */
export async function send(tool: LoadTool, load: Load): Promise<LoadResult> {
  const file = join(scratch('load'), 'requests.tsv')
  writeFileSync(file, load.lines.map(({ path, token }) => `${path}\t${token}\n`).join(''))
  const result =
    tool === 'wrk'
      ? await wrk(load, file)
      : await runNode<LoadResult>('clients/autocannon.js', {
          ...load,
          lines: undefined,
          file,
          connections: CONNECTIONS,
        })
  if (result.failures > 0 || result.requests === 0) {
    throw new Error(`${load.url}: ${result.failures} of ${result.requests} requests failed`)
  }
  return result
}

/** Runs wrk until its script says that the last request is out, and takes the time itself. */
async function wrk(load: Load, file: string): Promise<LoadResult> {
  const script = fileURLToPath(new URL('wrk.lua', import.meta.url).href)
  const args = ['-t1', `-c${CONNECTIONS}`, `-d${LONGEST_SECONDS}s`, '--timeout=10s']
  const child = start(
    'wrk',
    [...args, `--script=${script}`, load.url, '--', file, String(load.requests)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let out = ''
  let first = 0
  let last = 0
  child.stdout?.on('data', (chunk) => {
    out += chunk
    if (first === 0 && out.includes('FIRST\n')) first = performance.now()
    if (last === 0 && out.includes('LAST\n')) {
      last = performance.now()
      child.kill('SIGINT')
    }
  })
  await new Promise((resolve) => child.once('close', resolve))
  const line = out.split('\n').find((text) => text.startsWith('RESULT '))
  if (line === undefined) throw new Error(`wrk printed no result:\n${out}`)
  const result = JSON.parse(line.slice('RESULT '.length)) as Omit<LoadResult, 'seconds'>
  return { ...result, seconds: (last - first) / 1000 }
}
