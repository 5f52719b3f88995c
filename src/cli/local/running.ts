// Which ports the gateways of this folder run on, so that `npm run token` and `npm run api-key` find them: a note for
// each, in the folder that wrangler keeps its local state in.

import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { NOTES, runningGateways } from '../running.ts'

/**
 * Says that this process has a gateway on the port, with its storage there, and what it has in place of variables
 * that are not set. Returns what takes it back.
 */
export async function announce(
  port: number,
  storage: string,
  standIns: Readonly<Record<string, string>> = {},
): Promise<() => Promise<void>> {
  const file = join(NOTES, String(port))
  await mkdir(NOTES, { recursive: true })
  await writeFile(file, [process.pid, storage, JSON.stringify(standIns)].join('\n'))
  return () => rm(file, { force: true })
}

/** The ports whose process still runs, in order. */
export function runningPorts(): number[] {
  return runningGateways('.').map(({ port }) => port)
}
