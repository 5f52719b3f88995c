// The state Worker runs beside `npm start` where the gateway is bound to it, and not elsewhere. The
// gateway's own wrangler.toml is run, with a caller in place of the gateway.

import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { STATE_CONTRACT } from '../../src/options/state-contract.ts'
import type { Answer, Question } from '../state/caller.ts'
import { shipped, withoutState, withState } from '../state/uncomment.ts'
import { freePort } from './npm.ts'
import { startWorld, type World } from './wrangler.ts'

const CALLER = join(import.meta.dirname, '../state/caller.ts')
const START_TIMEOUT_MS = 150_000

let folder: string
let port: number
let world: World | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-state-'))
  vi.stubEnv('TMPDIR', folder)
})

afterEach(async () => {
  await world?.stop()
  world = undefined
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true })
})

describe('a gateway that is started locally', { timeout: START_TIMEOUT_MS }, () => {
  it('has its state Worker beside it where STATE is bound', async () => {
    await start(withState(shipped('wrangler.toml')))
    expect(await takeNumber()).toEqual({ result: 1 })
    expect(await takeNumber()).toEqual({ result: 2 })
    expect(await runningWorkers()).toContain('gatehouse-state')
  })

  it('is alone where STATE is not bound, and its features say how to bind it', async () => {
    await start(withoutState(shipped('wrangler.toml')))
    expect(await takeNumber()).toEqual({
      error: expect.stringContaining('npx wrangler deploy -c src/state/wrangler.toml'),
    })
    expect(await runningWorkers()).toEqual([expect.not.stringMatching('gatehouse-state')])
  })
})

async function start(toml: string): Promise<void> {
  const config = join(folder, 'wrangler.toml')
  await writeFile(config, toml.replace('"src/index.ts"', JSON.stringify(CALLER)))
  port = await freePort()
  world = await startWorld(port, config)
}

/** Asks until the gateway answers. */
async function takeNumber(): Promise<Answer | undefined> {
  const question: Question = {
    binding: 'STATE',
    operation: 'takeNumber',
    args: [STATE_CONTRACT, 'started'],
  }
  while (world?.running) {
    try {
      const init = { method: 'POST', body: JSON.stringify(question) }
      const [answer] = (await (await fetch(`http://localhost:${port}/`, init)).json()) as Answer[]
      return answer
    } catch {
      await pause(100)
    }
  }
  throw new Error('The gateway ended before it answered.')
}

/** The Workers that wrangler has announced to others on this machine. */
async function runningWorkers(): Promise<string[]> {
  const [storage = ''] = (await readdir(folder)).filter((name) =>
    name.startsWith('gatehouse-demo-'),
  )
  return (await readdir(join(folder, storage, 'registry'))).sort()
}
