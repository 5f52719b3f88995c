/**
 * Runs `http-cache-tests`, the suite behind cache-tests.fyi, against its own origin: directly, through a Worker that
 * does nothing but pass on, through a gateway, and through one that caches: `node test/conformance/cache-suite.ts`.
 * npm packs it, so that none of its dependencies is installed; where npm does not give it, this says so and is skipped.
 * Prints what is not passed and why, and exits with 1 where something is that cache-suite-reasons.ts does not tell.
 */

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as later } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startCache } from '../support/cache.ts'
import { listenOnLoopback } from '../support/listen.ts'
import { startWorkerd } from '../support/workerd.ts'
import { OFF_REASONS, reasonFor } from './cache-suite-reasons.ts'

const SUITE = 'http-cache-tests@0.4.5'
const CLIENT = fileURLToPath(new URL('cache-suite-client.ts', import.meta.url).href)
/** Of caches that a CDN's own header controls, which is another profile. */
const SURROGATES = 'surrogate-control'
const LIMIT_MS = 300_000
const run = promisify(execFile)

export interface Outcome {
  readonly id: string
  readonly suite: string
  readonly name: string
  /** What HTTP asks of a cache, what a good one does, and what is only asked. */
  readonly kind: 'required' | 'optimal' | 'check'
  /** Tests that have to be passed for this one to mean anything. */
  readonly dependsOn: readonly string[]
  readonly result: true | readonly [kind: string, message: string]
}

const BARE = `export default {
  fetch(request, env) {
    const { pathname, search } = new URL(request.url)
    return fetch(env.ORIGIN + pathname + search, request)
  }
}`

const GATEWAY = `
  import { cached } from './src/edge/cache/cached.ts'
  import { worker } from './src/worker.ts'
  export default worker((env) => ({
    schemes: {},
    routes: [{ path: '/*', auth: 'public', keep: ['authorization'], to: env.ORIGIN, MORE }],
  }))`

const folder = await mkdtemp(join(tmpdir(), 'http-cache-tests-'))
const ends: (() => unknown)[] = []
try {
  const packed = await run('npm', ['pack', SUITE, '--pack-destination', folder]).then(
    () => true,
    ({ message }: Error) => console.log(`skipped: npm does not give ${SUITE}\n${message}`),
  )
  if (packed) process.exitCode = (await compare(folder)) ? 0 : 1
} finally {
  for (const end of ends) await end()
  await rm(folder, { recursive: true })
}

async function compare(packed: string): Promise<boolean> {
  await run('tar', ['xf', join(packed, `${SUITE.replace('@', '-')}.tgz`), '-C', packed])
  const suite = join(packed, 'package')
  const ORIGIN = await startOrigin(suite)
  const cache = await startCache()
  const workers = await Promise.all(
    [
      BARE,
      GATEWAY.replace('MORE', ''),
      GATEWAY.replace('MORE', "cache: cached({ share: 'everyone' })"),
    ].map((script) => startWorkerd({ script, vars: { ORIGIN }, cache })),
  )
  ends.push(cache.stop, ...workers.map(({ stop }) => stop))
  const [bare, off, on] = workers.map(({ url }) => url) as [string, string, string]
  const withoutCache = await Promise.all([ORIGIN, bare, off].map((url) => outcomesOf(suite, url)))
  const outcomes = await outcomesOf(suite, on)
  const isUnchanged = reportOff(...(withoutCache as [Outcome[], Outcome[], Outcome[]]))
  return reportOn(outcomes) && isUnchanged
}

/** Whether a gateway that does not cache changes nothing. */
function reportOff(direct: Outcome[], bare: Outcome[], off: Outcome[]): boolean {
  const passes = (outcomes: Outcome[], wanted: string) =>
    outcomes.find(({ id }) => id === wanted)?.result === true
  const differing = off.filter(({ id }) => passes(off, id) !== passes(direct, id))
  console.log(`off: ${differing.length} of ${off.length} differ from the direct way`)
  const untold = differing.filter(({ id }) => {
    const isRuntime = passes(bare, id) === passes(off, id)
    const reason = isRuntime ? 'so does a Worker that only passes on' : OFF_REASONS[id]
    console.log(`  ${id}: ${reason ?? 'NO REASON'}`)
    return reason === undefined
  })
  return untold.length === 0
}

function reportOn(on: Outcome[]): boolean {
  const verdicts = verdictsOf(on)
  let isTold = true
  for (const kind of ['required', 'optimal', 'check'] as const) {
    const all = on.filter((outcome) => outcome.kind === kind && outcome.suite !== SURROGATES)
    const missed = all.filter(({ id }) => verdicts.get(id) !== 'passed')
    const passed = all.length - missed.length
    console.log(`on, ${kind}: ${passed} of ${all.length} passed`)
    for (const { id, result } of missed) {
      const moot = verdicts.get(id) === 'moot' && 'depends on one of the others here'
      const reason = reasonFor(id, kind === 'required') ?? moot
      if (!reason) isTold = false
      console.log(`  ${id}: ${reason || `NO REASON: ${result}`}`)
    }
  }
  return isTold
}

/** As the suite counts: a test means nothing where one that it depends on is not passed. */
function verdictsOf(outcomes: Outcome[]): Map<string, 'passed' | 'failed' | 'moot'> {
  const verdicts = new Map<string, 'passed' | 'failed' | 'moot'>()
  const judge = (wanted: string): string => {
    const outcome = outcomes.find(({ id }) => id === wanted)
    if (!outcome) return 'passed'
    const isMoot = outcome.dependsOn.some((id) => (verdicts.get(id) ?? judge(id)) !== 'passed')
    const verdict = outcome.result === true ? 'passed' : isMoot ? 'moot' : 'failed'
    verdicts.set(wanted, verdict)
    return verdict
  }
  for (const { id } of outcomes) judge(id)
  return verdicts
}

async function outcomesOf(suite: string, url: string): Promise<Outcome[]> {
  const options = { maxBuffer: 10_000_000, timeout: LIMIT_MS }
  const { stdout } = await run(process.execPath, [CLIENT, suite, url], options)
  return JSON.parse(stdout.slice(stdout.indexOf('[{')))
}

async function startOrigin(suite: string): Promise<string> {
  const free = await listenOnLoopback(createServer())
  await free.stop()
  const child: ChildProcess = spawn(process.execPath, ['server/server.mjs'], {
    cwd: suite,
    stdio: 'ignore',
    env: {
      ...process.env,
      npm_config_protocol: 'http',
      npm_config_port: `${free.port}`,
      npm_config_pidfile: join(suite, 'server.pid'),
    },
  })
  ends.push(() => child.kill())
  const url = `http://127.0.0.1:${free.port}`
  while ((await fetch(url).catch(() => undefined)) === undefined) await later(50)
  return url
}
