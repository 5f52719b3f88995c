// The one `wrangler dev` behind `npm start`: how it is started, watched and ended.
// It runs in a process group of its own, so that a terminal's Ctrl-C reaches it once, through us,
// and so that what it leaves behind can be ended with it.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { demoUrl } from './address.ts'
import { DemoError } from './demo-error.ts'
import { API } from './world.ts'

const CHECKOUT = join(import.meta.dirname, '../..')
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

/** Starts the demo on this port, with fresh storage. */
export async function startWorld(port: number): Promise<World> {
  const state = await mkdtemp(join(tmpdir(), 'gatehouse-demo-'))
  const child = spawn(process.execPath, wranglerArgs(port, state), {
    cwd: CHECKOUT,
    env: wranglerEnv(state),
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    detached: true,
  })

  let running = true
  let stopAsked = false
  const ended = once(child, 'close').then(async ([code]) => {
    running = false
    killGroup(child.pid)
    await rm(state, { recursive: true, force: true })
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

function wranglerArgs(port: number, state: string): string[] {
  return [
    '--no-warnings',
    `--import=${LEASH}`,
    fileURLToPath(import.meta.resolve('wrangler')),
    'dev',
    '--config=test/demo/wrangler.toml',
    `--port=${port}`,
    `--var=ISSUER:${demoUrl(port)}`,
    `--var=CLIENT_ID:${API.id}`,
    `--persist-to=${state}`,
    '--log-level=log',
    '--show-interactive-dev-session=false',
  ]
}

/** No telemetry, no call home, no meeting with other Workers in development on this machine. */
function wranglerEnv(state: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    CLOUDFLARE_ENV: '',
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    WRANGLER_HIDE_BANNER: 'true',
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_WRITE_LOGS: 'false',
    WRANGLER_REGISTRY_PATH: join(state, 'registry'),
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
