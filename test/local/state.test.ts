// The state Worker runs beside `npm start`, and the gateway reaches it where it is bound to it. The product's
// wrangler.toml is run, with a caller in place of the gateway.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startWorld, type World } from '../../src/cli/local/wrangler.ts'
import { STATE_CONTRACT } from '../../src/options/state-contract.ts'
import type { Answer, Question } from '../state/caller.ts'
import { freePort } from './npm.ts'

const CALLER = join(import.meta.dirname, '../state/caller.ts')
const PRODUCT = join(import.meta.dirname, '../product/wrangler.toml')
const STATE = `
[[services]]
binding = "STATE"
service = "gatehouse-state"
entrypoint = "State"
`
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
    await start(STATE)
    expect(await takeNumber()).toEqual({ result: 1 })
    expect(await takeNumber()).toEqual({ result: 2 })
  })

  it('has features that say how to bind it where STATE is not bound', async () => {
    await start('')
    expect(await takeNumber()).toEqual({
      error: expect.stringContaining('npx wrangler deploy -c src/state/wrangler.toml'),
    })
  })
})

async function start(binding: string): Promise<void> {
  const config = join(folder, 'wrangler.toml')
  const toml = await readFile(PRODUCT, 'utf8')
  await writeFile(config, toml.replace('"index.ts"', JSON.stringify(CALLER)) + binding)
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
