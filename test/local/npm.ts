// Runs the project's own npm scripts the way a person in the checkout does, for tests.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { processTree, stillRunning } from './processes.ts'

const CHECKOUT = join(import.meta.dirname, '../..')

/** A running `npm start`. */
export interface NpmStart {
  /** npm's own process. */
  readonly pid: number
  /** npm, the launcher, wrangler and whatever they started, as of now. */
  processes(): number[]
  /** What it has printed. */
  output(): string
  /** Resolves when it has printed `text`; rejects when it ended without. */
  printed(text: string): Promise<void>
  /** What it keeps in the system's folder for temporary files, Node's own cache aside. */
  files(): string[]
  /** Kills and removes what is left. For the end of a test, however it went. */
  kill(): void
}

/** How an npm script ended, and what it said. */
export interface Finished {
  code: number | null
  stdout: string
  stderr: string
}

/** `npm start`, or another script, on this port. */
export function npmStart(port: number, cwd = CHECKOUT, script = 'start'): NpmStart {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-start-'))
  const child = npm(['run', script], { PORT: String(port), TMPDIR: folder }, cwd)
  const text = collect(child)
  const pid = child.pid
  if (pid === undefined) throw new Error('npm could not be started')
  let known = [pid]
  const processes = () => {
    known = [...new Set([...known, ...processTree(pid)])]
    return known
  }
  return {
    pid,
    processes,
    output: () => text.stdout + text.stderr,
    async printed(wanted) {
      while (!text.stdout.includes(wanted)) {
        if (child.exitCode !== null)
          throw new Error(`npm start ended:\n${text.stdout}${text.stderr}`)
        await pause(50)
      }
    },
    files: () => readdirSync(folder).filter((name) => name !== 'node-compile-cache'),
    kill() {
      for (const left of stillRunning(processes())) killIfThere(left)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself while we looked; a test that failed because of that says so better.
  }
}

/** Runs an npm script to its end. */
export async function npmRun(
  args: string[],
  env: Record<string, string>,
  cwd = CHECKOUT,
): Promise<Finished> {
  const child = npm(args, env, cwd)
  const text = collect(child)
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...text }
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}

function npm(args: string[], env: Record<string, string>, cwd: string): ChildProcess {
  return spawn('npm', args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

function collect(child: ChildProcess): { stdout: string; stderr: string } {
  const text = { stdout: '', stderr: '' }
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (text.stdout += chunk))
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (text.stderr += chunk))
  return text
}
