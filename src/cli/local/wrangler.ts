// The one `wrangler dev` behind `npm start`: how it is started, fed with the owner's files, and ended.
// It runs in a process group of its own, so that a terminal's Ctrl-C reaches it once, through us,
// and so that what it leaves behind can be ended with it.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { unwatchFile, watchFile } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { localUrl } from './address.ts'
import { type LocalConfigs, localConfigs, PACKAGE } from './configs.ts'
import { startSampleOrigin } from './origin.ts'
import { readOwnersFiles, variablesFile } from './owners-files.ts'
import { StartError } from './start-error.ts'

const STATE_CONFIG = join(PACKAGE, 'src/state/wrangler.toml')
/** What the authorization server is made of. */
const LIBRARIES = ['oidc-provider', '@simplewebauthn/server', 'lean-qr']
const KILL_AFTER_MS = 5000
const LOOK_EVERY_MS = 250
/** So esbuild begins what it says of a file that it cannot read. */
const BUILD_FAILED = 'Build failed'

// Loaded into wrangler first: should we die without a word, the channel between us closes.
const LEASH = `data:text/javascript,process.on('disconnect',()=>process.kill(process.pid))`

/** A running local world. */
export interface World {
  /** False from the moment it ends or is asked to. */
  readonly running: boolean
  /** Settles when the last process is gone. Rejects if nobody had asked for it. */
  readonly ended: Promise<void>
  /** Whether something could not be built, which stands on stderr. */
  readonly isBroken: boolean
  /** What the Workers log, and some words of wrangler's. */
  readonly lines: Interface
  /** What runs, as the owner's files say it now. */
  readonly configs: LocalConfigs
  /** The folder that wrangler keeps its storage in. */
  readonly storage: string
  stop(): Promise<void>
}

/**
 * Starts the gateway of a wrangler.toml on this port, with fresh storage and what stands in for what is not set.
 * `onProblem` is told what is wrong with that file after a change of it; the last good one goes on running.
 */
export async function startWorld(
  port: number,
  config: string,
  onProblem: (message: string) => void = () => undefined,
): Promise<World> {
  assertLibraries()
  const toml = resolve(config)
  const origin = await startSampleOrigin()
  const places = { url: localUrl(port), origin: `http://127.0.0.1:${origin.port}` }
  const read = async () => localConfigs(await readOwnersFiles(toml), places)
  let configs = await read().catch(async (error: unknown) => {
    await origin.stop()
    throw error
  })
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-local-'))
  await writeConfigs(folder, configs)

  const child = spawn(process.execPath, wranglerArgs(port, folder), {
    env: wranglerEnv(folder),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  })
  let isBroken = false
  child.stderr?.on('data', (said: Buffer) => {
    if (said.includes(BUILD_FAILED)) isBroken = true
  })
  child.stderr?.pipe(process.stderr)
  child.once('exit', () => killGroup(child.pid))
  const unwatch = watchFiles([toml, variablesFile(toml)], async () => {
    try {
      const changed = await read()
      await writeConfigs(folder, changed)
      configs = changed
    } catch (error) {
      if (!(error instanceof StartError)) throw error
      onProblem(error.message)
    }
  })

  let running = true
  let stopAsked = false
  const ended = once(child, 'close').then(async ([code]) => {
    running = false
    unwatch()
    await origin.stop()
    await rm(folder, { recursive: true, force: true })
    if (!stopAsked) throw new StartError(`\`wrangler dev\` ended by itself (code ${code}).`)
  })
  return {
    get running() {
      return running && !stopAsked
    },
    get isBroken() {
      return isBroken
    },
    get configs() {
      return configs
    },
    storage: storageIn(folder),
    ended,
    lines: createInterface(child.stdout as Readable),
    async stop() {
      stopAsked = true
      // From here on it says only how esbuild minds being ended.
      child.stderr?.unpipe().resume()
      child.kill()
      const patience = setTimeout(() => killGroup(child.pid), KILL_AFTER_MS)
      await ended.finally(() => clearTimeout(patience))
    },
  }
}

/** A package's owner installs them, who may not need them in the gateway itself. */
function assertLibraries(): void {
  const missing = LIBRARIES.filter((name) => {
    try {
      return !import.meta.resolve(name)
    } catch {
      return true
    }
  })
  if (missing.length === 0) return
  throw new StartError(
    `The local authorization server needs other packages too. Run: npm install --save-dev ${missing.join(' ')}`,
  )
}

/** Only for us: a variable may be a secret. */
async function writeConfigs(folder: string, { front, gateway }: LocalConfigs): Promise<void> {
  for (const [name, settings] of Object.entries({ front, gateway })) {
    await writeFile(join(folder, `${name}.json`), JSON.stringify(settings), { mode: 0o600 })
  }
}

/** Polls, because editors replace files rather than write them, and .dev.vars may come later. */
function watchFiles(files: string[], onChange: () => Promise<void>): () => void {
  let last = Promise.resolve()
  const changed = () => {
    last = last.then(onChange)
  }
  for (const file of files) watchFile(file, { interval: LOOK_EVERY_MS }, changed)
  return () => {
    for (const file of files) unwatchFile(file)
  }
}

function storageIn(folder: string): string {
  return join(folder, 'storage')
}

/** The state Worker runs also where nothing is bound to it, so that binding it is live at once. */
function wranglerArgs(port: number, folder: string): string[] {
  const configs = [join(folder, 'front.json'), join(folder, 'gateway.json'), STATE_CONFIG]
  return [
    '--no-warnings',
    `--import=${LEASH}`,
    fileURLToPath(import.meta.resolve('wrangler')),
    'dev',
    ...configs.map((config) => `--config=${config}`),
    `--port=${port}`,
    // Wrangler would look for a free one first, and two that start at once would find the same.
    '--inspector-port=0',
    `--persist-to=${storageIn(folder)}`,
    '--log-level=log',
    '--show-interactive-dev-session=false',
  ]
}

/** No telemetry, no call home, no meeting with other Workers in development on this machine. */
function wranglerEnv(folder: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    CLOUDFLARE_ENV: '',
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    WRANGLER_HIDE_BANNER: 'true',
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_WRITE_LOGS: 'false',
    WRANGLER_REGISTRY_PATH: join(folder, 'registry'),
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // ESRCH: the group is empty, which is what was wanted.
  }
}
