// Which ports this checkout's gateways run on, so that `npm run token` and `npm run api-key` find them: a file for
// each, with its process and the folder of its storage, in the folder that wrangler keeps its local state in.

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const FOLDER = join(import.meta.dirname, '../../.wrangler/gatehouse')

/** Says that this process has a gateway on the port, with its storage there. Returns what takes it back. */
export async function announce(port: number, storage: string): Promise<() => Promise<void>> {
  const file = join(FOLDER, String(port))
  await mkdir(FOLDER, { recursive: true })
  await writeFile(file, `${process.pid}\n${storage}`)
  return () => rm(file, { force: true })
}

/** The ports whose process still runs, in order. */
export async function runningPorts(): Promise<number[]> {
  const names = await readdir(FOLDER).catch(() => [])
  const running = await Promise.all(names.map(async (name) => await isRunning(join(FOLDER, name))))
  return names
    .flatMap((name, index) => (running[index] ? [Number(name)] : []))
    .sort((a, b) => a - b)
}

async function isRunning(file: string): Promise<boolean> {
  const [pid] = (await readFile(file, 'utf8').catch(() => '')).split('\n').map(Number)
  try {
    return pid !== undefined && pid > 0 && process.kill(pid, 0)
  } catch {
    return false // ESRCH: it ended without a word.
  }
}
