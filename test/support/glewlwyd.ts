// Glewlwyd, an authorization server of Debian's, as an issuer that nobody here has written: started
// with a database of its own, set up over its own API, stopped without a trace.

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { gunzipSync } from 'node:zlib'
import { exportJWK, generateKeyPair } from 'jose'
import { listenOnLoopback } from './listen.ts'

const BINARY = '/usr/bin/glewlwyd'
const SCHEMA = '/usr/share/doc/glewlwyd/database/init.sqlite3.sql.gz'
const MODULES = '/usr/lib/glewlwyd'
/** What the package's own database begins with. */
const ADMINISTRATOR = { username: 'admin', password: 'password' }
const START_TIMEOUT_MS = 20_000

/** How long its access tokens live. */
export const ACCESS_SECONDS = 600

/** The scope that its tokens are given for; Glewlwyd makes it their audience. */
export const SCOPE = 'orders'

export interface Glewlwyd {
  readonly issuer: string
  /** Where its API and its pages are. */
  readonly base: string
  /** Calls its API as its administrator. Throws for an answer that is no success. */
  administer(path: string, body: Record<string, unknown>): Promise<void>
  readonly introspectionUri: string
  readonly client: { id: string; secret: string }
  /** By client credentials. */
  token(): Promise<string>
  revoke(token: string): Promise<number>
  stop(): Promise<void>
}

/** Why it cannot run here; undefined where it can. */
export function whyNoGlewlwyd(): string | undefined {
  const missing = [BINARY, SCHEMA, MODULES].find((path) => !existsSync(path))
  return missing === undefined ? undefined : `${missing} is missing: install Debian's glewlwyd`
}

export async function startGlewlwyd(): Promise<Glewlwyd> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-glewlwyd-'))
  const database = join(folder, 'database')
  const tables = new DatabaseSync(database)
  tables.exec(gunzipSync(readFileSync(SCHEMA)).toString())
  tables.close()
  const port = await freePort()
  const base = `http://127.0.0.1:${port}`
  const file = join(folder, 'glewlwyd.conf')
  await writeFile(file, configuration(port, base, database))
  const child = spawn(BINARY, ['-c', file], { stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve()).once('error', () => resolve())
  })
  async function stop(): Promise<void> {
    child.kill('SIGKILL')
    await ended
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const client = { id: 'gateway', secret: randomBytes(12).toString('hex') }
    const issuer = `${base}/api/oidc`
    const administer = await logInAsAdministrator(base)
    await setUp(administer, issuer, client)
    const authorization = `Basic ${btoa(`${client.id}:${client.secret}`)}`
    const post = (path: string, form: Record<string, string>) =>
      fetch(issuer + path, {
        method: 'POST',
        headers: { authorization },
        body: new URLSearchParams(form),
      })
    return {
      issuer,
      base,
      administer,
      introspectionUri: `${issuer}/introspect`,
      client,
      async token() {
        const response = await post('/token', { grant_type: 'client_credentials', scope: SCOPE })
        const { access_token: token } = (await response.json()) as { access_token: string }
        return token
      },
      revoke: async (token) => (await post('/revoke', { token })).status,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function logInAsAdministrator(base: string): Promise<Glewlwyd['administer']> {
  const cookie = await logIn(base)
  return async (path, body) => {
    const headers = { 'content-type': 'application/json', cookie }
    const init = { method: 'POST', headers, body: JSON.stringify(body) }
    const response = await fetch(base + path, init)
    if (!response.ok) throw new Error(`glewlwyd: ${path} ${await response.text()}`)
  }
}

async function setUp(
  create: Glewlwyd['administer'],
  issuer: string,
  client: Glewlwyd['client'],
): Promise<void> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const key = { ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: 'first' }
  await create('/api/scope/', { name: SCOPE, display_name: SCOPE, description: SCOPE })
  await create('/api/mod/plugin/', {
    module: 'oidc',
    name: 'oidc',
    display_name: 'oidc',
    parameters: pluginParameters(issuer, { keys: [key] }),
  })
  await create('/api/client/?source=database', {
    client_id: client.id,
    client_secret: client.secret,
    confidential: true,
    enabled: true,
    scope: [SCOPE],
    authorization_type: ['client_credentials'],
    token_endpoint_auth_method: ['client_secret_basic'],
  })
}

async function logIn(base: string): Promise<string> {
  const headers = { 'content-type': 'application/json' }
  const init = { method: 'POST', headers, body: JSON.stringify(ADMINISTRATOR) }
  const deadline = Date.now() + START_TIMEOUT_MS
  for (;;) {
    const response = await fetch(`${base}/api/auth/`, init).catch(() => undefined)
    if (response?.ok) return response.headers.getSetCookie().join(';').split(';')[0] ?? ''
    if (Date.now() > deadline) throw new Error('glewlwyd did not start in time')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function pluginParameters(issuer: string, keySet: unknown): Record<string, unknown> {
  const grants = ['client', 'code', 'implicit', 'token', 'none', 'password', 'refresh', 'device']
  return {
    iss: issuer,
    'jwt-type': 'rsa',
    'jwt-key-size': '256',
    'jwks-private': JSON.stringify(keySet),
    'jwks-show': true,
    'access-token-duration': ACCESS_SECONDS,
    'refresh-token-duration': 3_600,
    'code-duration': 60,
    'refresh-token-rolling': false,
    'allow-non-oidc': true,
    'subject-type': 'public',
    'introspection-revocation-allowed': true,
    'introspection-revocation-allow-target-client': true,
    'pkce-allowed': true,
    'refresh-token-one-use': 'always',
    'session-management-allowed': true,
    'session-cookie-name': 'oidc-session',
    'session-cookie-expiration': 3_600,
    'oauth-as-iss-id': true,
    ...Object.fromEntries(grants.map((name) => [`auth-type-${name}-enabled`, isUsed(name)])),
  }
}

function isUsed(grant: string): boolean {
  return ['client', 'code', 'refresh'].includes(grant)
}

function configuration(port: number, base: string, database: string): string {
  const modules = { user: 'user', client: 'client', user_auth_scheme: 'scheme', plugin: 'plugin' }
  return [
    `port=${port}`,
    'bind_address="127.0.0.1"',
    `external_url="${base}"`,
    'api_prefix="api"',
    'log_mode="console"',
    'log_level="NONE"',
    'session_key="session"',
    'login_api_enabled=true',
    'admin_scope="g_admin"',
    'profile_scope="g_profile"',
    ...Object.entries(modules).map(([name, path]) => `${name}_module_path="${MODULES}/${path}"`),
    // It wants these three named, although it is told not to use them.
    'use_secure_connection=false',
    ...['key', 'pem', 'ca'].map((name) => `secure_connection_${name}_file="unused"`),
    'hash_algorithm="SHA512"',
    `database={ type="sqlite3" path="${database}" };`,
  ].join('\n')
}

async function freePort(): Promise<number> {
  const { port, stop } = await listenOnLoopback(createServer())
  await stop()
  return port
}
