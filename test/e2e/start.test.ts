// `npm start` and `npm run -s token` as a newcomer meets them: real npm, real wrangler, real sockets. In a copy of
// the checkout, whose owner's files no owner has edited.

import { spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { findPort, readPort } from '../../src/cli/local/address.ts'
import {
  ADA,
  ALL_SCOPES,
  API,
  BROWSER_APP,
  LOGIN_DOOR,
  SERVICE,
} from '../../src/cli/local/world.ts'
import { Person } from '../issuer/world.ts'
import { freePort, type NpmStart, npmRun, npmStart } from '../local/npm.ts'
import { stillRunning } from '../local/processes.ts'
import { type CheckoutCopy, copyCheckout } from '../support/checkout-copy.ts'
import { rawRequest } from '../support/raw-http.ts'

const LAST_LINE = 'Ctrl-C stops everything.'
const GONE_WITHIN_MS = 20_000
/** A start takes 4 s; a machine that does much else at the same time may need very much longer. */
const START_TIMEOUT_MS = 150_000
const HAS_CURL = spawnSync('curl', ['--version']).status === 0

let copy: CheckoutCopy
beforeAll(async () => {
  copy = await copyCheckout()
})
afterAll(() => copy.remove())

describe('npm start', () => {
  let port: number
  let url: string
  let demo: NpmStart
  let token: string

  beforeAll(async () => {
    port = await freePort()
    url = `http://localhost:${port}`
    demo = npmStart(port, copy.folder)
    await demo.printed(LAST_LINE)
    token = await accessToken(port)
  }, START_TIMEOUT_MS)
  afterAll(() => demo.kill())

  it('answers 401 and a Bearer challenge to a request without a token', async () => {
    const response = await fetch(`${url}/api/claims`)
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer\b/)
    expect(await response.json()).toMatchObject({ status: 401, code: 'credential_missing' })
  })

  it('answers the claims of the token that npm run -s token prints', async () => {
    const response = await fetch(`${url}/api/claims`, { headers: bearer(token) })
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({
      active: true,
      iss: url,
      aud: API.id,
      sub: SERVICE.id,
      scope: ALL_SCOPES,
      roles: [...SERVICE.roles],
    })
  })

  it('answers 401 to a token whose signature does not fit', async () => {
    const forged = `${token.slice(0, -8)}AAAAAAAA`
    const response = await fetch(`${url}/api/claims`, { headers: bearer(forged) })
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ code: 'invalid_token' })
  })

  it('shows the origin who is calling, and neither the token nor what the client forged', async () => {
    const response = await fetch(`${url}/orders/42?full=1`, {
      method: 'POST',
      body: 'hello',
      headers: {
        ...bearer(token),
        'x-auth-subject': 'mallory',
        x_auth_subject: 'mallory',
        'x-auth-roles': 'mallory',
        x_user_email: 'mallory',
        'x-own': 'kept',
      },
    })
    expect(response.status).toBe(200)
    const seen = (await response.json()) as { headers: Record<string, string> }
    expect(seen).toMatchObject({
      method: 'POST',
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/orders\/42\?full=1$/),
      body: 'hello',
      headers: { 'x-auth-subject': SERVICE.id, 'x-auth-issuer': url, 'x-own': 'kept' },
    })
    expect(seen.headers['x-auth-roles']).toBe(SERVICE.roles.join(','))
    expect(Object.keys(seen.headers)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(authorization|x-user-email|.*_.*)$/)]),
    )
    expect(JSON.stringify(seen)).not.toContain('mallory')
  })

  it('grants the scopes that are asked for, and names the ones that are not', async () => {
    const { code, stdout, stderr } = await npmRun(
      ['run', '-s', 'token', '--', '--scope', 'orders:read cake'],
      { PORT: String(port) },
    )
    expect({ code, stderr: ownLines(stderr) }).toEqual({ code: 0, stderr: 'Not granted: cake' })
    const response = await fetch(`${url}/api/claims`, { headers: bearer(stdout.trim()) })
    expect(await response.json()).toMatchObject({ scope: 'orders:read' })
  })

  it('signs a person in at the FusionAuth guide’s door, with the claims that the guide shows', async () => {
    const response = await logIn(url, { noJWT: false })
    expect(response.status).toBe(200)
    const answer = (await response.json()) as { token: string; tokenExpirationInstant: number }
    expect(answer).toEqual({
      token: expect.any(String),
      tokenExpirationInstant: expect.any(Number),
      user: expect.objectContaining({ email: ADA.email }),
    })

    const claims = await fetch(`${url}/api/claims`, { headers: bearer(answer.token) })
    expect(claims.status).toBe(200)
    const uuid = expect.stringMatching(/^[0-9a-f-]{36}$/)
    const seconds = expect.any(Number)
    expect(await claims.json()).toEqual({
      active: true,
      applicationId: API.id,
      aud: API.id,
      auth_time: seconds,
      authenticationType: 'PASSWORD',
      email: ADA.email,
      email_verified: true,
      exp: answer.tokenExpirationInstant / 1000,
      iat: seconds,
      iss: url,
      jti: uuid,
      preferred_username: ADA.login,
      roles: [...ADA.roles],
      sub: uuid,
      tid: LOGIN_DOOR.tenantId,
    })

    const origin = await fetch(`${url}/`, { headers: bearer(answer.token) })
    expect(await origin.json()).toMatchObject({ headers: { 'x-auth-roles': ADA.roles.join(',') } })
  })

  it.each([
    ['a wrong password', { password: 'difference-engine' }, 404],
    ['a person who is not there', { loginId: 'nobody@example.com' }, 404],
    ['an application that is not there', { applicationId: crypto.randomUUID() }, 400],
    ['no password', { password: undefined }, 400],
  ])('refuses %s at that door', async (_what, change, status) => {
    const response = await logIn(url, change)
    expect(response.status).toBe(status)
    expect(await response.text()).not.toContain('token')
  })

  it('refuses a wrong API key at that door', async () => {
    expect((await logIn(url, {}, 'guessed')).status).toBe(401)
  })

  it('takes no token at the gateway that names no application', async () => {
    const { token: unregistered } = (await (
      await logIn(url, { applicationId: undefined })
    ).json()) as { token: string }
    const response = await fetch(`${url}/api/claims`, { headers: bearer(unregistered) })
    expect(response.status).toBe(401)
  })

  it('signs a person in through the pages, and takes the token their application gets', async () => {
    const person = new Person({
      issuer: url,
      fetch: (at, init) => fetch(at, { redirect: 'manual', ...init }),
    })
    const verifier = randomBytes(32).toString('base64url')
    const [redirectUri] = BROWSER_APP.redirectUris
    const query = new URLSearchParams({
      client_id: BROWSER_APP.id,
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: 'openid orders:read',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    })
    const page = await person.visit(`${url}/oauth2/authorize?${query}`)
    const consent = await person.submit(page, '/login', {
      login: ADA.login,
      password: ADA.password,
    })
    const back = await person.submit(consent, '/consent')
    expect(back.url.href).toMatch(`${redirectUri}?code=`)

    const answer = await fetch(`${url}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: BROWSER_APP.id,
        redirect_uri: redirectUri,
        code: back.url.searchParams.get('code') ?? '',
        code_verifier: verifier,
      }),
    })
    const { access_token } = (await answer.json()) as { access_token: string }
    const claims = await fetch(`${url}/api/claims`, { headers: bearer(access_token) })
    expect(await claims.json()).toMatchObject({
      active: true,
      aud: API.id,
      client_id: BROWSER_APP.id,
      roles: [...ADA.roles],
      scope: 'orders:read',
    })
  })

  it.skipIf(!HAS_CURL)('prints curl lines that do what they say (needs curl)', () => {
    const lines = demo.output().match(/^ {2}(?:curl|LOGIN=).*$/gm) ?? []
    const paste = (...pasted: string[]) =>
      spawnSync('sh', ['-c', pasted.join('\n')], { encoding: 'utf8', cwd: copy.folder }).stdout
    const [refused = '', claims = '', echo = '', ...guide] = lines
    expect([paste(refused), paste(claims), paste(echo), paste(...guide)]).toEqual([
      expect.stringMatching(/^HTTP\/1.1 401 /),
      expect.stringMatching(/^HTTP\/1.1 200 .*"active":\s*true/s),
      expect.stringContaining(`"x-auth-subject": "${SERVICE.id}"`),
      expect.stringMatching(/^\{"token":.*HTTP\/1.1 200 .*"email":\s*"ada@example.com"/s),
    ])
  })

  it('shows each request in its own terminal, why it was refused, and the instance of the answer', async () => {
    const response = await fetch(`${url}/seen`, { method: 'PUT' })
    const { instance } = (await response.json()) as { instance: string }
    const id = instance.replace('urn:uuid:', '')
    const line = new RegExp(`^ +401 PUT +/seen +credential_missing.* ${id}$`, 'm')
    await expect.poll(() => demo.output()).toMatch(line)
  })

  it('has a token without PORT, where one gateway runs', async () => {
    const { code, stdout } = await npmRun(['run', '-s', 'token'], { PORT: '' }, copy.folder)
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^ey.*\n$/) })
  })

  it('says which port is in use, and ends with code 1', async () => {
    const { code, stderr } = await npmRun(['start'], { PORT: String(port) }, copy.folder)
    expect(code).toBe(1)
    expect(stderr).toContain(`Port ${port} is in use.`)
  })

  // The last of these: it ends the demo that the others share.
  it('leaves no process and no file behind when npm is told to end', async () => {
    const pids = demo.processes()
    expect(pids.length).toBeGreaterThan(3)
    expect(demo.files()).toContainEqual(expect.stringMatching(/^gatehouse-local-/))
    process.kill(demo.pid, 'SIGTERM')
    await expect.poll(() => stillRunning(pids), { timeout: GONE_WITHIN_MS }).toEqual([])
    expect(demo.files()).toEqual([])
  })
})

describe('npm start, while the owner edits', { timeout: START_TIMEOUT_MS }, () => {
  const TIMEOUT = { timeout: 60_000 }
  const CONFIG = 'src/gateway.config.ts'
  let edited: CheckoutCopy
  let port: number
  let url: string
  let demo: NpmStart

  beforeAll(async () => {
    edited = await copyCheckout()
    port = await freePort()
    url = `http://localhost:${port}`
    demo = npmStart(port, edited.folder)
    await demo.printed(LAST_LINE)
  }, START_TIMEOUT_MS)
  afterAll(async () => {
    demo.kill()
    await edited.remove()
  })

  const statusOf = async (path: string) => (await fetch(url + path)).status

  it('has a route, a host, a binding and a variable at once', async () => {
    const toml = await edited.read('wrangler.toml')
    const routes = 'routes = [{ pattern = "api.example.com", custom_domain = true }]\n'
    const orders = '\n[[services]]\nbinding = "ORDERS"\nservice = "orders"\n'
    await edited.write('wrangler.toml', `${routes}${toml}${orders}`)
    await edited.write('.dev.vars', 'GREETING="hello"\n')
    await edited.write(CONFIG, ownersFile())
    await expect.poll(() => statusOf('/orders/1'), TIMEOUT).toBe(501)
    await expect.poll(async () => (await fetch(`${url}/greeting`)).text(), TIMEOUT).toBe('hello')
    expect(await (await fetch(`${url}/orders/1`)).json()).toMatchObject({
      binding: 'ORDERS',
      target: 'the Worker orders',
      detail: expect.stringContaining('does not run on this machine'),
    })
    expect(await statusOf('/api/claims')).toBe(401)
  })

  it('has its hosts too, as if the client spoke TLS', async () => {
    const statusAt = async (host: string) => {
      const headers: [string, string][] = [['Host', host]]
      return (await rawRequest(port, { target: '/api/claims', headers })).status
    }
    expect(await statusAt('api.example.com')).toBe(401)
    expect(await statusAt('other.example.com')).toBe(421)
  })

  it('says what is wrong with the file, in words, and when it is right again', async () => {
    await edited.write(CONFIG, ownersFile().replace("auth: 'main'", "auth: 'mian'"))
    await demo.printed('src/gateway.config.ts has problems:')
    await demo.printed('Your change is live: every request is refused with 500.')
    expect(await statusOf('/greeting')).toBe(500)
    const timesGone = () =>
      demo.output().split('Your change is live. The problems are gone.').length
    const before = timesGone()
    await edited.write(CONFIG, ownersFile())
    await expect.poll(timesGone, TIMEOUT).toBe(before + 1)
    expect(await statusOf('/greeting')).toBe(200)
  })

  it('says which line of wrangler.toml is wrong, and goes on with the last good one', async () => {
    const toml = await edited.read('wrangler.toml')
    await edited.write('wrangler.toml', `${toml}\nbinding = `)
    await expect.poll(() => demo.output(), TIMEOUT).toMatch(/^wrangler.toml, line \d+: /m)
    expect(await statusOf('/greeting')).toBe(200)
    await edited.write('wrangler.toml', toml)
  })

  function ownersFile(): string {
    return `
      import { oidc } from './auth/presets/oidc.ts'
      import { defineGateway } from './config/define.ts'
      import { claims } from './upstream/claims-handler.ts'

      interface OwnersEnv { STORE: KVNamespace; ISSUER: string; CLIENT_ID: string; GREETING: string; ORDERS: Fetcher }

      export default defineGateway((env: OwnersEnv) => ({
        hosts: ['api.example.com'],
        schemes: {
          main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }),
          partner: oidc({ issuer: 'https://idp.partner.example', audience: 'orders' }),
        },
        routes: [
          { path: '/api/claims', auth: 'main', to: claims },
          { path: '/greeting', auth: 'public', to: () => new Response(env.GREETING) },
          { path: '/orders/*', auth: 'public', to: env.ORDERS },
        ],
      }))`
  }
})

describe('npm run demo', { timeout: START_TIMEOUT_MS }, () => {
  it('takes a key that npm run api-key makes while it runs', async () => {
    const port = await freePort()
    const demo = npmStart(port, copy.folder, 'demo')
    try {
      await demo.printed(LAST_LINE)
      const create = ['run', '-s', 'api-key', '--', 'create', '--owner', 'acme']
      const made = await npmRun(
        [...create, '--scope', 'stock:read'],
        { PORT: String(port) },
        copy.folder,
      )
      const headers = { 'x-api-key': made.stdout.trim() }
      const response = await fetch(`http://localhost:${port}/stock/7`, { headers })
      const seen = (await response.json()) as { headers: Record<string, string> }
      expect([response.status, seen.headers['x-auth-subject']]).toEqual([200, 'acme'])
    } finally {
      demo.kill()
    }
  })

  it.skipIf(!HAS_CURL)(
    'prints curl lines that do what is said above each (needs curl)',
    async () => {
      const demo = npmStart(await freePort(), copy.folder, 'demo')
      try {
        await demo.printed(LAST_LINE)
        const stops = [...demo.output().matchAll(/^ {2}# (.*)\n {2}(curl .*)$/gm)]
        expect(stops.length).toBeGreaterThan(10)
        for (const [, what = '', line = ''] of stops) {
          const status = spawnSync('sh', ['-c', `${line} -s -o /dev/null -w '%{http_code}'`], {
            encoding: 'utf8',
            cwd: copy.folder,
          }).stdout
          const expected = /: (\d{3})$/.exec(what)?.[1] ?? '200'
          expect([what, status.slice(-3)]).toEqual([what, expected])
        }
      } finally {
        demo.kill()
      }
    },
  )
})

describe('npm start, ended without a word', { timeout: START_TIMEOUT_MS }, () => {
  let demo: NpmStart
  afterEach(() => demo.kill())

  it.each([
    ['npm', 'while it starts', 'Starting', 0],
    ['the launcher', 'when it runs', LAST_LINE, 1],
  ])('leaves no process behind when %s is killed %s', async (_who, _when, printed, nth) => {
    demo = npmStart(await freePort(), copy.folder)
    await demo.printed(printed)
    await expect
      .poll(() => demo.processes().length, { timeout: START_TIMEOUT_MS })
      .toBeGreaterThan(3)
    const pids = demo.processes()
    process.kill(pids[nth] ?? 0, 'SIGKILL')
    await expect.poll(() => stillRunning(pids), { timeout: GONE_WITHIN_MS }).toEqual([])
  })
})

describe('wrong input', () => {
  it('ends where the file cannot be read, with the place, and does not wait for a change', async () => {
    const copy = await copyCheckout()
    try {
      const file = await copy.read('src/gateway.config.ts')
      await copy.write('src/gateway.config.ts', `${file}\nconst open = {\n`)
      const { code, stderr } = await npmRun(['start'], { PORT: `${await freePort()}` }, copy.folder)
      expect(code).toBe(1)
      expect(stderr).toMatch(/src\/gateway\.config\.ts:\d+:\d+/)
      expect(stderr).toContain('Mend what stands above. Then: npm start')
    } finally {
      await copy.remove()
    }
  })

  it('names a PORT that is none, and ends with code 1', async () => {
    const { code, stderr } = await npmRun(['start'], { PORT: 'http' })
    expect(code).toBe(1)
    expect(stderr).toContain('PORT is "http", but a port is a number from 1 to 65535.')
  })

  it.each(['0', '65536', '80 80', '-1', '1e3', '0x50', '8787.5'])('takes no PORT=%s', (value) => {
    expect(() => readPort(value)).toThrow(`PORT is "${value}"`)
  })

  it('finds the port that is meant, and asks where several may be', () => {
    expect(findPort('9000', [8787, 9001])).toBe(9000)
    expect(findPort(undefined, [])).toBe(8787)
    expect(findPort(undefined, [9001])).toBe(9001)
    expect(findPort(undefined, [8787, 9001])).toBe(8787)
    expect(() => findPort(undefined, [9001, 9002])).toThrow('Say which: PORT=9001')
  })

  it('does not let npm swallow --scope', async () => {
    const { code, stdout, stderr } = await npmRun(['run', '-s', 'token', '--scope', 'a:read'], {})
    expect({ code, stdout, stderr: ownLines(stderr) }).toEqual({
      code: 1,
      stdout: '',
      stderr:
        '"--scope" went to npm itself. Write "--" before it: npm run -s token -- --scope "a:read"',
    })
  })

  it('tells a person without a running demo to start one, in one line', async () => {
    const port = await freePort()
    const { code, stdout, stderr } = await npmRun(['run', '-s', 'token'], { PORT: String(port) })
    expect({ code, stdout, stderr: ownLines(stderr) }).toEqual({
      code: 1,
      stdout: '',
      stderr: `Nothing answers on http://localhost:${port}. Run \`PORT=${port} npm start\` first.`,
    })
  })

  it('names an option that the token command does not have', async () => {
    const { code, stdout, stderr } = await npmRun(['run', '-s', 'token', '--', '--scopes', 'a'], {})
    expect({ code, stdout, stderr: ownLines(stderr) }).toEqual({
      code: 1,
      stdout: '',
      stderr: `Unknown option '--scopes'. Usage: npm run -s token -- [--scope "a b"]`,
    })
  })
})

async function accessToken(port: number): Promise<string> {
  const { code, stdout } = await npmRun(['run', '-s', 'token'], { PORT: String(port) })
  expect(code).toBe(0)
  expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/)
  return stdout.trim()
}

function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` }
}

function logIn(
  url: string,
  change: Record<string, unknown>,
  apiKey: string = LOGIN_DOOR.apiKey,
): Promise<Response> {
  return fetch(`${url}${LOGIN_DOOR.path}`, {
    method: 'POST',
    headers: { authorization: apiKey, 'content-type': 'application/json' },
    body: JSON.stringify({
      loginId: ADA.login,
      password: ADA.password,
      applicationId: API.id,
      ...change,
    }),
  })
}

/** What a script said itself; npm may have a warning of its own about the machine's configuration. */
function ownLines(stderr: string): string {
  return stderr
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('npm '))
    .join('\n')
}
