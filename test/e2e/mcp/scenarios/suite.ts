// The MCP project's own conformance suite, command `server`, as npx brings it.

import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const SUITE = '@modelcontextprotocol/conformance@0.2.0-alpha.12'
/** Of one run. It takes 15 seconds where nothing else runs. */
const TIMEOUT_MS = 240_000

/** A check of a scenario, and what came of it. */
export interface Check {
  readonly scenario: string
  readonly id: string
  readonly status: string
  readonly errorMessage?: string
}

/** Why the suite cannot run; undefined where it can. */
export function whyNoSuite(): string | undefined {
  const { status, stderr } = spawnSync('npx', ['--yes', '--package', SUITE, 'true'], {
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
  })
  return status === 0 ? undefined : `npm does not give ${SUITE}\n${stderr}`
}

/** Every check of a run, in the order of their names; throws where there is none. */
export async function runSuite(url: string, args: readonly string[]): Promise<readonly Check[]> {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-conformance-'))
  try {
    const output = await run(['server', '--url', url, '--output-dir', folder, ...args])
    const checks = await readChecks(folder)
    if (checks.length === 0) throw new Error(`the suite made no check\n${output}`)
    return checks
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** How it ends is no matter: it fails where any check does, and what counts is which. */
function run(args: readonly string[]): Promise<string> {
  const child = spawn('npx', ['--yes', '--package', SUITE, 'conformance', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
    // The certificate of these runs is of nobody's making.
    env: { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: '0' },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => resolve(output))
  })
}

/** Each scenario has a folder, with its name and the time. */
async function readChecks(folder: string): Promise<readonly Check[]> {
  const checks: Check[] = []
  for (const name of (await readdir(folder)).sort()) {
    const scenario = name.replace(/^server-/, '').replace(/-\d{4}-\d\d-\d\dT.*$/, '')
    const text = await readFile(join(folder, name, 'checks.json'), 'utf8')
    for (const { id, status, errorMessage } of JSON.parse(text) as Omit<Check, 'scenario'>[]) {
      checks.push({ scenario, id, status, ...(errorMessage !== undefined && { errorMessage }) })
    }
  }
  return checks
}
