// `npm start` and `npm run -s token` as a newcomer meets them: real npm, real wrangler, real sockets.

import { spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { readPort } from '../demo/address.ts'
import { freePort, type NpmStart, npmRun, npmStart } from '../demo/npm.ts'
import { stillRunning } from '../demo/processes.ts'
import { ADA, ALL_SCOPES, API, BROWSER_APP, LOGIN_DOOR, SERVICE } from '../demo/world.ts'
import { Person } from '../issuer/world.ts'

const LAST_LINE = 'Ctrl-C stops everything.'
const GONE_WITHIN_MS = 20_000
/** A start takes 4 s; a machine that does much else at the same time may need very much longer. */
const START_TIMEOUT_MS = 150_000
const HAS_CURL = spawnSync('curl', ['--version']).status === 0

describe('npm start', () => {
  let port: number
  let url: string
  let demo: NpmStart
  let token: string

  beforeAll(async () => {
    port = await freePort()
    url = `http://localhost:${port}`
    demo = npmStart(port)
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
        'x-user-email': 'mallory',
        x_user_email: 'mallory',
        'x-own': 'kept',
      },
    })
    expect(response.status).toBe(200)
    const seen = (await response.json()) as { headers: Record<string, string> }
    expect(seen).toMatchObject({
      method: 'POST',
      url: `${url}/orders/42?full=1`,
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
    expect(await origin.json()).toMatchObject({ headers: { 'x-user-email': ADA.email } })
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
    const lines = demo.output().match(/^ {2}curl .*$/gm) ?? []
    const answers = lines.map(
      (line) => spawnSync('sh', ['-c', line], { encoding: 'utf8', cwd: process.cwd() }).stdout,
    )
    expect(answers).toEqual([
      expect.stringMatching(/^HTTP\/1.1 401 /),
      expect.stringMatching(/^HTTP\/1.1 200 .*"active":\s*true/s),
      expect.stringContaining(`"x-auth-subject": "${SERVICE.id}"`),
    ])
  })

  it('shows each request in its own terminal, and what it was refused for', async () => {
    await fetch(`${url}/seen`, { method: 'PUT' })
    await expect.poll(() => demo.output()).toMatch(/^ +401 PUT +\/seen +credential_missing/m)
  })

  it('says which port is in use, and ends with code 1', async () => {
    const { code, stderr } = await npmRun(['start'], { PORT: String(port) })
    expect(code).toBe(1)
    expect(stderr).toContain(`Port ${port} is in use.`)
  })

  // The last of these: it ends the demo that the others share.
  it('leaves no process and no file behind when npm is told to end', async () => {
    const pids = demo.processes()
    expect(pids.length).toBeGreaterThan(3)
    expect(demo.files()).toContainEqual(expect.stringMatching(/^gatehouse-demo-/))
    process.kill(demo.pid, 'SIGTERM')
    await expect.poll(() => stillRunning(pids), { timeout: GONE_WITHIN_MS }).toEqual([])
    expect(demo.files()).toEqual([])
  })
})

describe('npm start, ended without a word', { timeout: START_TIMEOUT_MS }, () => {
  let demo: NpmStart
  afterEach(() => demo.kill())

  it.each([
    ['npm', 'while it starts', 'Starting', 0],
    ['the launcher', 'when it runs', LAST_LINE, 1],
  ])('leaves no process behind when %s is killed %s', async (_who, _when, printed, nth) => {
    demo = npmStart(await freePort())
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
  it('names a PORT that is none, and ends with code 1', async () => {
    const { code, stderr } = await npmRun(['start'], { PORT: 'http' })
    expect(code).toBe(1)
    expect(stderr).toContain('PORT is "http", but a port is a number from 1 to 65535.')
  })

  it.each(['0', '65536', '80 80', '-1', '1e3', '0x50', '8787.5'])('takes no PORT=%s', (value) => {
    expect(() => readPort(value)).toThrow(`PORT is "${value}"`)
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
