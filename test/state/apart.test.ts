/** The gateway deploys without state: nothing of it is in the bundle. */

import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { unstable_readConfig } from 'wrangler'

const GATEWAY = 'test/product/wrangler.toml'
const STATE = 'src/state/wrangler.toml'

describe('the gateway', () => {
  it('has nothing of src/state in its bundle', async () => {
    const files = await bundledFiles(GATEWAY)
    expect(files).toContain('src/gateway.ts')
    expect(files.filter((file) => file.startsWith('src/state/'))).toEqual([])
  })
})

describe('the state Worker', () => {
  it('shares the contract with the gateway and nothing else', async () => {
    const files = await bundledFiles(STATE)
    expect(files).toContain('src/options/state-contract.ts')
    expect(files.filter((file) => !file.startsWith('src/state/'))).toEqual([
      'src/options/state-contract.ts',
    ])
  })

  it('has no address, and the compatibility date of the gateway', () => {
    const { workers_dev, preview_urls, routes, compatibility_date } = unstable_readConfig({
      config: STATE,
    })
    expect({ workers_dev, preview_urls, routes, compatibility_date }).toEqual({
      workers_dev: false,
      preview_urls: false,
      routes: undefined,
      compatibility_date: unstable_readConfig({ config: GATEWAY }).compatibility_date,
    })
  })
})

/** The files that are read for what `wrangler deploy` would upload, from the checkout's root. */
async function bundledFiles(config: string): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bundle-'))
  try {
    const cli = fileURLToPath(import.meta.resolve('wrangler'))
    const args = ['deploy', '--dry-run', '--metafile', `--config=${config}`, `--outdir=${folder}`]
    const env = { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_WRITE_LOGS: 'false' }
    await promisify(execFile)(process.execPath, ['--no-warnings', cli, ...args], { env })
    const { inputs } = JSON.parse(await readFile(join(folder, 'bundle-meta.json'), 'utf8'))
    const root = resolve(dirname(config))
    return Object.keys(inputs).map((file) => relative('.', resolve(root, file)))
  } finally {
    await rm(folder, { recursive: true })
  }
}
