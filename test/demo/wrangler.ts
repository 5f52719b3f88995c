// The one `wrangler dev` behind `npm start`: how it is started, watched and ended.
// It runs in a process group of its own, so that a terminal's Ctrl-C reaches it once, through us,
// and so that what it leaves behind can be ended with it.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { demoUrl } from './address.ts'
import { DemoError } from './demo-error.ts'
import { API } from './world.ts'

const CHECKOUT = join(import.meta.dirname, '../..')
const DEMO_CONFIG = 'test/demo/wrangler.toml'
const STATE_CONFIG = 'src/state/wrangler.toml'
const KILL_AFTER_MS = 5000

// Loaded into wrangler first: should we die without a word, the channel between us closes.
const LEASH = `data:text/javascript,process.on('disconnect',()=>process.kill(process.pid))`

/** The running demo. */
export interface World {
  /** False from the moment it ends or is asked to. */
  readonly running: boolean
  /** Settles when the last process is gone. Rejects if nobody had asked for it. */
  readonly ended: Promise<void>
  /** What the Workers log, and some words of wrangler's. */
  readonly lines: Interface
  stop(): Promise<void>
}

/**
 * Starts a gateway on this port, with fresh storage, and its state Worker where it is bound to one.
 * `config` is the gateway's wrangler.toml; default: the demo's.
 */
export async function startWorld(port: number, config = DEMO_CONFIG): Promise<World> {
  const configs = (await bindsState(config)) ? [config, STATE_CONFIG] : [config]
  const storage = await mkdtemp(join(tmpdir(), 'gatehouse-demo-'))
  const child = spawn(process.execPath, wranglerArgs(port, storage, configs), {
    cwd: CHECKOUT,
    env: wranglerEnv(storage),
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    detached: true,
  })

  let running = true
  let stopAsked = false
  const ended = once(child, 'close').then(async ([code]) => {
    running = false
    killGroup(child.pid)
    await rm(storage, { recursive: true, force: true })
    if (!stopAsked) throw new DemoError(`The demo ended by itself (code ${code}).`)
  })
  return {
    get running() {
      return running && !stopAsked
    },
    ended,
    lines: createInterface(child.stdout as Readable),
    async stop() {
      stopAsked = true
      child.kill()
      const patience = setTimeout(() => killGroup(child.pid), KILL_AFTER_MS)
      await ended.finally(() => clearTimeout(patience))
    },
  }
}

/** Wrangler itself could be asked, but loading it takes a third of the time that a start takes. */
async function bindsState(config: string): Promise<boolean> {
  const toml = await readFile(resolve(CHECKOUT, config), 'utf8')
  return /^[^#\n]*"gatehouse-state"/m.test(toml)
}

function wranglerArgs(port: number, storage: string, configs: string[]): string[] {
  return [
    '--no-warnings',
    `--import=${LEASH}`,
    fileURLToPath(import.meta.resolve('wrangler')),
    'dev',
    ...configs.map((config) => `--config=${config}`),
    `--port=${port}`,
    `--var=ISSUER:${demoUrl(port)}`,
    `--var=CLIENT_ID:${API.id}`,
    `--persist-to=${storage}`,
    '--log-level=log',
    '--show-interactive-dev-session=false',
  ]
}

/** No telemetry, no call home, no meeting with other Workers in development on this machine. */
function wranglerEnv(storage: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    CLOUDFLARE_ENV: '',
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    WRANGLER_HIDE_BANNER: 'true',
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_WRITE_LOGS: 'false',
    WRANGLER_REGISTRY_PATH: join(storage, 'registry'),
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
