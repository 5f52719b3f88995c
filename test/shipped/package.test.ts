// The package as its owners get it: packed, installed into an empty folder from its tarball, and used as
// examples/starter uses it. Needs the registry for what it depends on, and for Node 22.

import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort, npmStart } from '../local/npm.ts'

const CHECKOUT = join(import.meta.dirname, '../..')
const STARTER = join(CHECKOUT, 'examples/starter')
/** The oldest that the package is for, beside the one that the tests run on. */
const OLD_NODE = 'node@22'

let folder: string
let project: string
let tarball: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-package-'))
  project = join(folder, 'my-gateway')
  tarball = join(
    folder,
    (await run(CHECKOUT, 'npm', 'pack', '--silent', `--pack-destination=${folder}`)).trim(),
  )
  await cp(STARTER, project, { recursive: true, filter: (from) => !from.includes('node_modules') })
  await fromTarball('package.json', (manifest) => {
    manifest.dependencies['@gatehouse/gateway'] = `file:${tarball}`
  })
  await fromTarball('package-lock.json', ({ packages }) => {
    packages[''].dependencies['@gatehouse/gateway'] = `file:${tarball}`
    packages['node_modules/@gatehouse/gateway'].resolved = `file:${tarball}`
  })
}, 180_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

// In order: each is the next step of the same owner.
describe('an owner of the package', () => {
  it('installs it with the lock file of the starter', { timeout: 300_000 }, async () => {
    await run(project, 'npm', 'ci', '--no-audit', '--no-fund')
    expect(await readdir(join(project, 'node_modules/@gatehouse/gateway'))).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'dist',
      'package.json',
      'src',
    ])
  })

  it('sees 401 and then 200 after one more command', { timeout: 180_000 }, async () => {
    const port = await freePort()
    const start = npmStart(port, project)
    try {
      await start.printed('Ctrl-C stops everything.')
      const claims = `http://localhost:${port}/api/claims`
      expect((await fetch(claims)).status).toBe(401)
      const token = (await run(project, 'npm', 'run', '-s', 'token')).trim()
      const headers = { authorization: `Bearer ${token}` }
      const response = await fetch(claims, { headers })
      expect([response.status, await response.json()]).toMatchObject([200, { active: true }])
      const echo = await fetch(`http://localhost:${port}/orders/1`, { headers })
      expect(await echo.json()).toMatchObject({ headers: { 'x-auth-subject': 'demo-service' } })
    } finally {
      start.kill()
    }
  })

  it('runs the test of the starter, and the check', { timeout: 180_000 }, async () => {
    expect(await run(project, 'npm', 'test')).toMatch(/Tests +3 passed/)
    const said = await run(project, 'npm', 'run', 'check')
    expect(said).toContain('gateway.config.ts is sound: 2 routes')
    expect(said).toContain('0 problems, 0 warnings')
  })

  it('can do the same on Node 22', { timeout: 300_000 }, async () => {
    const place = join(folder, 'node-22')
    await run(folder, 'npm', 'install', '--no-audit', '--no-fund', `--prefix=${place}`, OLD_NODE)
    const path = join(place, 'node_modules/node/bin')
    expect(await runWith(path, project, 'node', '--version')).toMatch(/^v22\./)
    expect(await runWith(path, project, 'npm', 'test')).toMatch(/Tests +3 passed/)
    expect(await runWith(path, project, 'npm', 'run', 'check', '--', '--quick')).toContain(
      'gateway.config.ts is sound: 2 routes',
    )
  })

  it('deploys the Worker that a clone would deploy', { timeout: 180_000 }, async () => {
    const [theirs, ours] = [
      await sizeOf(project, 'wrangler.toml'),
      await sizeOf(CHECKOUT, 'test/product/wrangler.toml'),
    ]
    expect(Math.abs(theirs / ours - 1)).toBeLessThan(0.01)
  })

  it('deploys the state Worker out of the package', { timeout: 180_000 }, async () => {
    const said = await run(project, 'npm', 'run', 'deploy:state', '--', '--dry-run')
    expect(said).toContain('--dry-run: exiting now')
  })

  it('has neither oidc-provider nor @simplewebauthn/server where it has the gateway alone', async () => {
    const place = join(folder, 'alone')
    await mkdir(place)
    await writeFile(join(place, 'package.json'), '{}')
    await run(place, 'npm', 'install', '--package-lock-only', '--no-audit', '--no-fund', tarball)
    const lock = JSON.parse(await readFile(join(place, 'package-lock.json'), 'utf8')) as Json
    expect(Object.keys(lock.packages)).toEqual([
      '',
      'node_modules/@gatehouse/gateway',
      'node_modules/http-cache-semantics',
      'node_modules/ipaddr.js',
      'node_modules/itty-router',
      'node_modules/jose',
      'node_modules/oauth4webapi',
      'node_modules/smol-toml',
      'node_modules/valibot',
      'node_modules/yaml',
    ])
  })

  it('gets no file with secrets, and none of the owner of the clone', async () => {
    const files = (await run(folder, 'tar', 'tzf', tarball)).split('\n')
    expect(
      files.filter((name) => /\.dev\.vars|gateway\.config\.|src\/index\.ts/.test(name)),
    ).toEqual([])
  })
})

// biome-ignore lint/suspicious/noExplicitAny: npm's own files, of which a member each is changed
type Json = Record<string, any>

/** Where the registry would be. */
async function fromTarball(name: string, change: (json: Json) => void) {
  const file = join(project, name)
  const json = JSON.parse(await readFile(file, 'utf8'))
  change(json)
  await writeFile(file, JSON.stringify(json))
}

/** Bytes of the JavaScript that `wrangler deploy` would upload. */
async function sizeOf(cwd: string, config: string): Promise<number> {
  const out = join(folder, `bundle-${config.replaceAll('/', '-')}-${cwd === project}`)
  await run(cwd, 'npx', 'wrangler', 'deploy', '--dry-run', '-c', config, `--outdir=${out}`)
  const scripts = (await readdir(out)).filter((name) => name.endsWith('.js'))
  const sizes = await Promise.all(scripts.map(async (name) => (await stat(join(out, name))).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}

function run(cwd: string, file: string, ...args: string[]): Promise<string> {
  return runWith('', cwd, file, ...args)
}

/** Its stdout; rejects with all that it said where it fails. `path` has the commands that come first. */
function runWith(path: string, cwd: string, file: string, ...args: string[]): Promise<string> {
  const env = {
    ...process.env,
    PATH: [path, process.env.PATH].filter(Boolean).join(delimiter),
    NO_COLOR: '1',
    FORCE_COLOR: undefined,
    VITEST: undefined,
    WRANGLER_SEND_METRICS: 'false',
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  }
  return new Promise((resolve, reject) => {
    execFile(file, args, { cwd, env, maxBuffer: 16_777_216 }, (error, out, err) =>
      error ? reject(new Error(`${file} ${args.join(' ')}:\n${out}${err}`)) : resolve(out),
    )
  })
}
