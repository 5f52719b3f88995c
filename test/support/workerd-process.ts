// One workerd process: started from a configuration, watched, and killed for certain. It knows
// nothing of Workers; it reads their output and the ports they listen on.

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { findSecret } from './log-secrets.ts'

export interface WorkerdProcess<Socket extends string> {
  pid: number
  /** By socket name. */
  ports: Record<Socket, number>
  logs(): string
  /** The first line that matches, once there is one. */
  logLine(pattern: RegExp): Promise<string>
  /** Ends the process, whatever it is doing. */
  kill(): Promise<void>
}

const START_TIMEOUT_MS = 10_000
const LOG_TIMEOUT_MS = 5_000

/** Starts workerd with this configuration; resolves once every named socket listens. */
export async function spawnWorkerd<Socket extends string>(
  config: string,
  sockets: Socket[],
): Promise<WorkerdProcess<Socket>> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-'))
  try {
    const file = join(folder, 'config.capnp')
    await writeFile(file, config)
    // The workerd that wrangler itself runs. --experimental is for the control Worker's flag alone.
    const binary = createRequire(createRequire(import.meta.url).resolve('wrangler'))('workerd')
      .default as string
    const child = spawn(binary, ['serve', file, '--experimental', '--control-fd=3'], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    })
    return await supervise(child, sockets)
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function supervise<Socket extends string>(
  child: ChildProcess,
  sockets: Socket[],
): Promise<WorkerdProcess<Socket>> {
  let output = ''
  const watchers = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text
      for (const watcher of watchers) watcher()
    })
  }
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const pid = child.pid ?? 0
  const release = pid === 0 ? () => {} : killWhenParentDies(pid)
  void ended.then(release)
  const ports = await listening(child, sockets, ended, () => output)
  return {
    pid,
    ports,
    logs: () => output,
    logLine: (pattern: RegExp) =>
      new Promise<string>((resolve, reject) => {
        const settle = () => {
          watchers.delete(look)
          clearTimeout(timer)
        }
        const look = () => {
          const line = output.split('\n').find((candidate) => pattern.test(candidate))
          if (line === undefined) return
          settle()
          resolve(line)
        }
        const timer = setTimeout(() => {
          settle()
          reject(new Error(`no log line matches ${pattern} in:\n${output}`))
        }, LOG_TIMEOUT_MS)
        watchers.add(look)
        look()
      }),
    async kill() {
      child.kill('SIGKILL')
      await ended
      const found = findSecret(output)
      if (found !== undefined) throw new Error(`the log of a Worker has ${found}`)
    },
  }
}

// One JSON line on the control pipe for each socket that is ready.
function listening<Socket extends string>(
  child: ChildProcess,
  sockets: Socket[],
  ended: Promise<void>,
  output: () => string,
) {
  return new Promise<Record<Socket, number>>((resolve, reject) => {
    const ports: Record<string, number> = {}
    const fail = (what: string) => {
      clearTimeout(timer)
      child.kill('SIGKILL')
      reject(new Error(`workerd ${what}:\n${output()}`))
    }
    const timer = setTimeout(() => fail('did not listen in time'), START_TIMEOUT_MS)
    child.once('error', (error) => fail(error.message))
    void ended.then(() => fail('ended at once'))
    let text = ''
    const control = child.stdio[3] as Readable
    control.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      const lines = text.split('\n')
      text = lines.pop() ?? ''
      for (const line of lines) {
        const { socket, port } = JSON.parse(line) as { socket: string; port: number }
        ports[socket] = port
      }
      if (!sockets.every((name) => name in ports)) return
      clearTimeout(timer)
      resolve(ports as Record<Socket, number>)
    })
  })
}

// A test process may be killed without a chance to clean up. This shell holds a pipe that only that
// process keeps open: its end without a word is the sign to kill workerd.
function killWhenParentDies(pid: number): () => void {
  const script = 'trap "" INT TERM HUP; read -r _ || kill -9 "$0"'
  const watchdog = spawn('sh', ['-c', script, String(pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  watchdog.unref()
  return () => void watchdog.stdin?.end('stopped\n')
}
