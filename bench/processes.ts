/**
 * Starts, watches and ends the benchmark's child processes, and reads what they cost.
 * Every child is ended by its own pid, on exit, on Ctrl-C and when a step fails.
 */

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const children = new Set<ChildProcess>()

const PAGE_BYTES = 4096

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    endAll()
    process.exit(130)
  })
}
process.on('exit', endAll)

/** Starts a child whose end is ours to bring about. */
export function start(command: string, args: string[], options: SpawnOptions = {}): ChildProcess {
  const child = spawn(command, args, { stdio: 'ignore', ...options })
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

/** Ends one child and waits for it. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}

/** Runs a command to its end and gives its standard output; throws with its error output if it fails. */
export async function run(
  command: string,
  args: string[],
  options: SpawnOptions = {},
): Promise<string> {
  const child = start(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let err = ''
  child.stdout?.on('data', (chunk) => {
    out += chunk
  })
  child.stderr?.on('data', (chunk) => {
    err += chunk
  })
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}\n${err || out}`)
  return out
}

/** Runs one of the benchmark's own Node programs to its end and reads the JSON it prints. */
export async function runNode<T>(file: string, spec: unknown): Promise<T> {
  return JSON.parse(await run(process.execPath, [path(file), JSON.stringify(spec)])) as T
}

/** Starts one of the benchmark's own servers; resolves with the JSON line it prints when it listens. */
export async function startNode<T>(
  file: string,
  spec: unknown = {},
): Promise<T & { child: ChildProcess }> {
  const child = start(process.execPath, [path(file), JSON.stringify(spec)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const line = await firstLine(child)
  return { ...(JSON.parse(line) as T), child }
}

/**
 * User and system time that the threads of a process have used so far, in microseconds. From the scheduler,
 * to the nanosecond: /proc/<pid>/stat counts in steps of 10 ms, which is more than 3 % of a short turn.
 */
export function cpuMicros(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`)
  const nanos = threads.map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
  )
  return nanos.reduce((sum, nano) => sum + nano, 0) / 1_000
}

/** Resident memory of a process, in bytes. */
export function rssBytes(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES
}

/** The pid of a running child. */
export function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('child did not start')
  return child.pid
}

/** Resolves with the first line a child prints; rejects if it ends before that. */
export function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.stdout?.on('data', (chunk) => {
      text += chunk
      const newline = text.indexOf('\n')
      if (newline >= 0) resolve(text.slice(0, newline))
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`child ended with ${code} before it was ready`)))
  })
}

function path(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url).href)
}

function endAll(): void {
  for (const child of children) child.kill('SIGKILL')
}
