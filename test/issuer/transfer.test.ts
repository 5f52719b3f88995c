import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN_KEY, ISSUER, Person, startIssuer, startOpenIssuer, type World } from './world.ts'

const SECRET = 'a-client-secret-of-thirty-two-chars-or-more'
const PASSWORD = 'correct horse battery staple'
const REDIRECT = 'https://app.example.com/callback'

let from: World
let to: World
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'issuer-transfer-'))
  from = await startOpenIssuer()
  to = await startIssuer()
  const redirectUris = [REDIRECT]
  await from.admin({ command: 'client add', id: 'web', kind: 'web', secret: SECRET, redirectUris })
  await from.admin({ command: 'client add', id: 'svc', kind: 'service', secret: SECRET })
  const email = 'ada@example.com'
  await from.admin({ command: 'user add', login: 'ada', password: PASSWORD, email, roles: ['ops'] })
  await from.admin({ command: 'user add', login: 'bob', password: PASSWORD })
  await from.admin({ command: 'user disable', login: 'bob' })
}, 180_000)

afterAll(async () => {
  await from.close()
  await to.close()
  await rm(folder, { recursive: true })
})

function run(world: World, way: string, file: string, passphrase: string) {
  const env = { ...process.env, ADMIN_KEY, EXPORT_PASSPHRASE: passphrase }
  const args = ['src/cli/issuer.ts', way, file, `--url=${world.url}`]
  return promisify(execFile)(process.execPath, args, { env })
}

describe('an export', () => {
  it('is unreadable without its passphrase, and takes everybody to another server', async () => {
    const file = join(folder, 'all.export')
    const exported = await run(from, 'export', file, 'a passphrase')
    expect(exported.stdout).toBe('2 clients and 2 people: exported\n')
    expect((await readFile(file)).toString('latin1')).not.toContain('ada')
    await expect(run(to, 'import', file, 'another')).rejects.toMatchObject({
      stderr: 'issuer: the passphrase is another, or the file was changed\n',
    })
    const changed = join(folder, 'changed.export')
    const bytes = await readFile(file)
    bytes.writeUInt8(bytes.readUInt8(100) ^ 1, 100)
    await writeFile(changed, bytes)
    await expect(run(to, 'import', changed, 'a passphrase')).rejects.toMatchObject({ code: 1 })

    const imported = await run(to, 'import', file, 'a passphrase')
    expect(imported.stdout).toBe('2 clients and 2 people: imported\n')
    expect(await to.admin({ command: 'user list' })).toEqual(
      await from.admin({ command: 'user list' }),
    )
    const token = await to.fetch(`${ISSUER}/oauth2/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`svc:${SECRET}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    })
    expect(token.status).toBe(200)
    const url = `${ISSUER}/oauth2/authorize?${new URLSearchParams({
      client_id: 'web',
      response_type: 'code',
      redirect_uri: REDIRECT,
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    })}`
    const callback = await new Person(to).authorize(url, 'ada', PASSWORD)
    expect(callback.searchParams.has('code')).toBe(true)
    await expect(new Person(to).authorize(url, 'bob', PASSWORD)).rejects.toThrow('not right')
    await expect(run(to, 'import', file, 'a passphrase')).rejects.toMatchObject({
      stderr: 'issuer: 409: there already is a client "svc"\n',
    })
  })
})
