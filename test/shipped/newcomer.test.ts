// A stranger's first hour in a clean clone of HEAD, with the blocks of README.md and docs/getting-started.md: start, curl, a file of their own,
// see it live, check, test, and what a deployment would be. Needs git and curl.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort, type NpmStart, npmStart } from '../local/npm.ts'
import { GUIDE, readmeBlocks } from '../support/readme.ts'

const CHECKOUT = join(import.meta.dirname, '../..')
const LIVE = { timeout: 60_000 }
/** A part of `npm test` that takes seconds: both projects, and the files that read an owner's settings. */
const SOME_TESTS = ['test/options/state.test.ts', 'test/e2e/harness/workerd.test.ts']

let folder: string
let port: number
let url: string
let start: NpmStart

beforeAll(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'gatehouse-newcomer-')), 'gatehouse')
  const cloned = spawnSync('git', ['clone', '-q', CHECKOUT, folder], { encoding: 'utf8' })
  expect(cloned.stderr).toBe('')
  install()
  port = await freePort()
  url = `http://localhost:${port}`
  start = npmStart(port, folder)
  await start.printed('Ctrl-C stops everything.')
}, 150_000)
afterAll(async () => {
  start.kill()
  await rm(join(folder, '..'), { recursive: true })
})

/** What `npm ci` would install, for the lock file is the same: as links to the same files where that can be. */
function install(): void {
  const copy = (how: string) =>
    spawnSync('cp', [how, join(CHECKOUT, 'node_modules'), join(folder, 'node_modules')]).status
  expect(copy('-RPl') === 0 || copy('-RP') === 0).toBe(true)
}

/** Runs a line of a shell in the clone, on the clone's port. */
async function shell(line: string): Promise<{ code: number | null; out: string }> {
  const env = { ...process.env, PORT: String(port), NO_COLOR: '1', WRANGLER_SEND_METRICS: 'false' }
  const path = `${join(folder, 'node_modules/.bin')}:${process.env.PATH}`
  const child = spawn('sh', ['-c', line.replaceAll('localhost:8787', `localhost:${port}`)], {
    cwd: folder,
    env: { ...env, PATH: path },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (out += chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out }
}

/** The first block of the guide in this language that has the word. */
function block(language: string, word: string): string {
  const found = readmeBlocks(language, GUIDE).find((text) => text.includes(word))
  if (found === undefined) throw new Error(`the guide has no ${language} block with ${word}`)
  return found
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  const path = join(folder, file)
  const text = await readFile(path, 'utf8')
  const changed = change(text)
  expect(changed).not.toBe(text)
  await writeFile(path, changed)
}

// In order: each is the next step of the same person.
describe('a newcomer', () => {
  it('sees 401, then their claims, then what a service gets', async () => {
    const [refused = '', claims = '', echo = ''] = block('sh', 'curl').trim().split('\n')
    expect((await shell(refused)).out).toContain('401 Unauthorized')
    expect((await shell(claims)).out).toContain('"active":true')
    expect((await shell(echo)).out).toContain('"x-auth-subject"')
  })

  it('writes a file of their own, with an issuer, routes, a binding and a variable, and sees it live', async () => {
    const routes = `    { path: '/orders/:id/lines', auth: 'main', to: env.ORDERS },
    { path: '/greeting', auth: 'public', to: () => new Response(env.GREETING) },
`
    expect((await shell(block('sh', 'cp .dev.vars.example'))).code).toBe(0)
    await edit('.dev.vars.example', (text) => `${text}GREETING=\n`)
    await edit('.dev.vars', (text) => `${text}GREETING=good day\n`)
    await edit('wrangler.toml', (text) => `${text}\n${block('toml', '"ORDERS"')}`)
    expect(await shell(block('sh', 'npm run types'))).toMatchObject({ code: 0 })
    await edit('src/gateway.config.ts', () =>
      block('ts', 'partner').replace(/^(?= {4}\{ path: '\/status')/m, routes),
    )
    const greeting = async () => (await fetch(`${url}/greeting`)).text()
    await expect.poll(greeting, LIVE).toBe('good day')
    const token = `-H "Authorization: Bearer $(npm run -s token)"`
    expect((await shell(`curl -s localhost:8787/orders/1/lines ${token}`)).out).toContain(
      'env.ORDERS is bound to the Worker orders, which does not run on this machine',
    )
    expect((await shell(`curl -s -i localhost:8787/partner/x ${token}`)).out).toContain(' 401 ')
  })

  it('is told what is wrong when they make a mistake, and when it is gone', async () => {
    await edit('src/gateway.config.ts', (text) => text.replace("auth: 'partner'", "auth: 'prtner'"))
    await start.printed('src/gateway.config.ts has problems:')
    await edit('src/gateway.config.ts', (text) => text.replace("auth: 'prtner'", "auth: 'partner'"))
    await start.printed('The problems are gone.')
  })

  it('checks it all with the values of their issuer', { timeout: 300_000 }, async () => {
    await edit('.dev.vars', (text) =>
      text
        .replace(/^ISSUER=$/m, 'ISSUER=https://idp.acme.example')
        .replace(/^CLIENT_ID=$/m, 'CLIENT_ID=acme-api'),
    )
    const { code, out } = await shell(block('sh', 'npm run check'))
    expect(code, out).toBe(0)
    expect(out).toContain('is sound: 7 routes')
  })

  it('runs the tests, which their files are no part of', { timeout: 300_000 }, async () => {
    const { code, out } = await shell(`npm test -- ${SOME_TESTS.join(' ')}`)
    expect(code, out).toBe(0)
    expect(out).toContain('2 passed')
  })

  it('sees what a deployment would be, on their hostname and in a second environment', async () => {
    await edit('wrangler.toml', (text) =>
      text.replace(/^# (?=routes = )/m, '').replace(/^workers_dev = true/m, 'workers_dev = false'),
    )
    await edit('wrangler.toml', (text) => `${text}\n${block('toml', '[env.staging]')}`)
    const production = await shell('npx wrangler deploy --dry-run')
    expect(production).toEqual({ code: 0, out: expect.stringContaining('env.ORDERS (orders)') })
    const staging = await shell(block('sh', '--env staging'))
    expect(staging).toEqual({ code: 0, out: expect.stringContaining('env.STORE') })
    // On their machine nothing changes.
    await expect.poll(async () => (await fetch(`${url}/greeting`)).status, LIVE).toBe(200)
  })
})
