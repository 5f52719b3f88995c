// `npm run api-key` as an owner runs it, on a local KV namespace of the test's own.

import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { getPlatformProxy } from 'wrangler'
import { apiKeys } from '../../src/auth/key/api-keys.ts'
import { readKeyText } from '../../src/auth/key/key-text.ts'
import { nameOfKey } from '../../src/auth/key/stored-key.ts'
import type { Inbound } from '../../src/auth/scheme.ts'
import { createHouse } from '../../src/config/house.ts'
import { createScope } from '../../src/lib/scope.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url).href)
const COMMAND = join(ROOT, 'src/cli/api-key.ts')
const CONFIG = join(ROOT, 'test/product/wrangler.toml')
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-api-key-test-'))
const storage = join(folder, 'storage')
let world: Awaited<ReturnType<typeof getPlatformProxy<{ STORE: KVNamespace }>>>
beforeAll(async () => {
  world = await getPlatformProxy({ configPath: CONFIG, persist: { path: join(storage, 'v3') } })
})
afterAll(async () => {
  await world.dispose()
  rmSync(folder, { recursive: true })
})

interface Outcome {
  code: unknown
  out: string
  err: string
}

function run(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  const settings = { WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' }
  const options = { cwd: folder, env: { ...process.env, ...settings, TMPDIR: folder, ...env } }
  return new Promise((resolve) => {
    execFile(process.execPath, [COMMAND, ...args], options, (error, out, err) => {
      resolve({ code: error?.code ?? 0, out, err })
    })
  })
}

const ofStore = (...args: string[]) => run([...args, '--config', CONFIG, '--persist-to', storage])

/** For each key whose it is, or why it is refused, by the scheme that the Worker runs on what is kept now. */
async function judge(keys: readonly string[], now = Date.now() / 1_000): Promise<string[]> {
  const store = world.env.STORE
  const outside = { fetch: undefined, store: undefined, now: () => now }
  const scheme = createHouse({ schemes: { keys: apiKeys({ store }) } }, outside).schemes.get('keys')
  const scope = createScope({ waitUntil: () => {} })
  const judgeOne = async (value: string) => {
    try {
      const evidence = { value, place: { header: 'x-api-key' }, ambient: false }
      const verdict = await scheme?.verify(evidence, {} as Inbound, scope)
      return verdict && 'principal' in verdict ? (verdict.principal.subject ?? '') : 'nobody'
    } catch (error) {
      return (error as Error).message
    }
  }
  return Promise.all(keys.map(judgeOne))
}

describe('npm run api-key', () => {
  it('makes, lists, rotates and revokes a key that the gateway takes', async () => {
    const details = ['--owner', 'acme', '--scope', 'orders:read', '--scope', 'orders:write']
    const made = await ofStore('create', ...details, '--role', 'partner', '--expires', '2100-01-01')
    expect([made.code, made.out]).toEqual([0, expect.stringMatching(/^gk_\w+\n$/)])
    const key = made.out.trim()
    const { id = '', secret = '' } = readKeyText(key) ?? {}
    expect(made.err).toContain(`Key ${id} of acme is in namespace STORE`)
    const listed = await ofStore('list')
    expect(listed.out.split('\n')[1]).toMatch(
      new RegExp(
        `^${id}  acme   orders:read orders:write  partner  2\\S+Z {11}2100-01-01T00:00:00Z$`,
      ),
    )
    expect(listed.err).toContain('1 key is in namespace STORE')

    const rotated = await ofStore('rotate', id, '--overlap', '600')
    const next = rotated.out.trim()
    expect([rotated.code, readKeyText(next)?.id]).toEqual([0, id])
    expect(await judge([key, next])).toEqual(['acme', 'acme'])
    const ended = `the key ${id} was rotated, and this is its old secret`
    expect(await judge([key, next], Date.now() / 1_000 + 601)).toEqual([ended, 'acme'])

    const atOnce = await ofStore('rotate', id, '--overlap', '0')
    expect(await judge([next, atOnce.out.trim()])).toEqual([
      `the secret is not that of the key ${id}`,
      'acme',
    ])

    // Of the secrets nothing stays: not in KV, not in what was written beside it.
    expect(await world.env.STORE.get(await nameOfKey(id))).not.toContain(secret)
    expect(made.err + rotated.err).not.toContain(secret)
    const files = readdirSync(folder).filter((name) => name.startsWith('gatehouse-'))
    expect(files).toEqual([])

    expect((await ofStore('revoke', id)).code).toBe(0)
    expect(await judge([atOnce.out.trim()])).toEqual([
      'no key has the id: it was never made, or was revoked',
    ])
    expect(await ofStore('revoke', id)).toMatchObject({
      code: 1,
      err: expect.stringContaining(`there is no key ${id} in namespace STORE`),
    })
  }, 120_000)

  it('shows what is no key, and does not touch it', async () => {
    const id = 'a'.repeat(16)
    const name = await nameOfKey(id)
    await world.env.STORE.put(name, '{"version":2}')
    expect((await ofStore('list')).out).toContain(`${name}  is no key of this version`)
    const rotated = await ofStore('rotate', id)
    expect(rotated.err).toContain(`what is kept as key ${id} is no key of this version`)
    expect(await world.env.STORE.get(name)).toBe('{"version":2}')
  }, 60_000)

  it('says what wrangler says where that fails', async () => {
    const failed = await ofStore('list', '--binding', 'KEYS')
    expect(failed.code).toBe(1)
    expect(failed.err).toContain('No KV namespace with binding "KEYS"')
  }, 60_000)

  const KEY = 'gk_tourtourtourtour_demoKeyOnThisMachineOnly00000000_3I5ZlE'

  it.each([
    [[], 'say what to do'],
    [['delete'], 'there is no such command'],
    [['create'], 'create needs --owner: npm run api-key -- create --owner acme'],
    [['create', 'acme', '--owner', 'acme'], 'create takes options alone'],
    [['create', '--owner', ''], 'owner: must not be empty'],
    [['create', '--owner', 'a', '--scope', 'a b'], 'scopes: must be a scope, without spaces'],
    [['create', '--owner', 'a', '--expires', 'soon'], '--expires must be a date like 2027-01-31'],
    [['create', '--owner', 'a', '--expires', '2027-02-31'], '--expires must be a date'],
    [['create', '--owner', 'a', '--expires', '2020-01-31'], '--expires must be in the future'],
    [['create', '--owner', 'a', '--overlap', '1'], '--overlap does not go with create'],
    [['rotate'], 'rotate needs the id of a key: see list'],
    [['rotate', 'x'], 'an id has 16 letters and digits: see list'],
    [['rotate', KEY], 'write the id of the key alone, tourtourtourtour: a whole key is a secret'],
    [['rotate', 'a'.repeat(16), '--overlap', '1h'], '--overlap must be seconds, from 0 to 2592000'],
    [['rotate', 'a'.repeat(16), '--overlap', '2592001'], '--overlap must be seconds'],
    [['revoke', 'a'.repeat(16), 'b'], 'revoke takes one id'],
    [['list', '--local', '--remote'], '--local or --remote, not both'],
    [['list', '--all'], "Unknown option '--all'"],
  ])('explains %j', async (args, words) => {
    const { code, out, err } = await run(args)
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain(`api-key: ${words}`)
    expect(err).toContain('Usage: npm run api-key')
  })

  it('wants to know which gateway is meant, where none or several run here', async () => {
    expect((await run(['list'])).err).toContain('api-key: no gateway runs on this machine')
    const notes = join(folder, '.wrangler/gatehouse')
    mkdirSync(notes, { recursive: true })
    for (const port of ['8787', '9000']) {
      writeFileSync(join(notes, port), `${process.pid}\n${join(folder, 'storage')}`)
    }
    writeFileSync(join(notes, '9001'), `999999999\n${folder}`)
    expect((await run(['list'])).err).toContain('gateways run on the ports 8787, 9000')
    const named = await run(['list', '--config', CONFIG], { PORT: '9000' })
    expect(named.err).toContain('of the gateway on port 9000')
    rmSync(join(folder, '.wrangler'), { recursive: true })
  }, 60_000)

  it('is an npm script', () => {
    expect(readFileSync(join(ROOT, 'package.json'), 'utf8')).toContain(
      '"api-key": "node src/cli/api-key.ts"',
    )
  })
})
