import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { localConfigs } from '../../src/cli/local/configs.ts'
import {
  ADA,
  API,
  BROWSER_APP,
  GATEWAY_APP,
  LOGIN_DOOR,
  SERVICE,
} from '../../src/cli/local/world.ts'

const CHECKOUT = join(import.meta.dirname, '../..')
const LOCAL_ONLY = [
  ...[ADA.login, ADA.name, ADA.password],
  ...[SERVICE.id, SERVICE.secret, BROWSER_APP.id, API.id],
  ...[GATEWAY_APP.id, GATEWAY_APP.secret],
  ...[LOGIN_DOOR.path, LOGIN_DOOR.apiKey, LOGIN_DOOR.tenantId],
]

describe('a bundle', () => {
  it.each(['test/product/wrangler.toml', 'src/issuer/wrangler.toml'])(
    'of %s has no user, secret or door of the local world in it',
    async (config) => {
      const bundle = await bundleOf(config)
      expect(bundle.length).toBeGreaterThan(1000)
      expect(LOCAL_ONLY.filter((text) => bundle.includes(text))).toEqual([])
    },
  )

  it('of the local world has them all, so that the other bundles were searched for the right words', async () => {
    const owner = { folder: CHECKOUT, settings: {}, variables: {} }
    const { front } = localConfigs(owner, { url: 'http://localhost:8787', origin: '' })
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-front-'))
    try {
      await writeFile(join(folder, 'front.json'), JSON.stringify(front))
      const bundle = await bundleOf(join(folder, 'front.json'))
      expect(LOCAL_ONLY.filter((text) => !bundle.includes(text))).toEqual([])
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

/** The JavaScript that `wrangler deploy` would upload. */
async function bundleOf(config: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bundle-'))
  try {
    const cli = fileURLToPath(import.meta.resolve('wrangler'))
    await promisify(execFile)(
      process.execPath,
      ['--no-warnings', cli, 'deploy', '--dry-run', `--config=${config}`, `--outdir=${folder}`],
      { cwd: CHECKOUT, env: { ...process.env, WRANGLER_SEND_METRICS: 'false' } },
    )
    const scripts = (await readdir(folder)).filter((name) => name.endsWith('.js'))
    const texts = await Promise.all(scripts.map((name) => readFile(join(folder, name), 'utf8')))
    return texts.join('\n')
  } finally {
    await rm(folder, { recursive: true })
  }
}
