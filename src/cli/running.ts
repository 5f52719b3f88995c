/** Which gateways of this checkout run on this machine, by what `npm start` leaves while it runs. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where the notes are, from the checkout: one for each port, with a process and the folder of its storage. */
export const NOTES = '.wrangler/gatehouse'

export interface Running {
  readonly port: number
  /** What wrangler calls `--persist-to`. */
  readonly storage: string
  /** What it has in place of variables that are not set. */
  readonly standIns: Readonly<Record<string, string>>
}

/**
 * The one that is meant: that on the port, else the only one. Throws an Error that says what to do where there is none
 * (`otherwise`), or a choice.
 */
export function meantGateway(
  running: readonly Running[],
  port: string | undefined,
  { script, otherwise }: { readonly script: string; readonly otherwise: string },
): Running {
  const [first, ...others] = running
  if (!first) throw new Error(`no gateway runs on this machine. ${otherwise}`)
  const ports = running.map((one) => one.port).join(', ')
  if (port) {
    const meant = running.find((one) => `${one.port}` === port)
    if (meant) return meant
    throw new Error(`no gateway runs on port ${port}; of this folder: ${ports}`)
  }
  if (others.length === 0) return first
  throw new Error(
    `gateways run on the ports ${ports}. Say which: PORT=${first.port} npm run ${script} -- …`,
  )
}

/** In the order of their ports. */
export function runningGateways(checkout: string): Running[] {
  const folder = join(checkout, NOTES)
  return namesIn(folder)
    .flatMap((port) => {
      const [pid, storage = '', standIns = '{}'] = noteIn(join(folder, port)).split('\n')
      if (!isRunning(Number(pid))) return []
      return [{ port: Number(port), storage, standIns: JSON.parse(standIns) }]
    })
    .sort((a, b) => a.port - b.port)
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function noteIn(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // It has ended since.
  }
}

function isRunning(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0)
  } catch {
    return false // ESRCH: it ended without a word.
  }
}
