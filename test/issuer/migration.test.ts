import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import * as client from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { spawnWorkerd, type WorkerdProcess } from '../support/workerd-process.ts'
import { Authenticator, type KnownPasskey } from './authenticator.ts'
import { bundleIssuer, issuerConfig } from './bundle.ts'
import { ADMIN_KEY, ISSUER, Person } from './world.ts'

type Row = Record<string, string | number | null>

/** What the authorization server kept while everything was in one object, made by that version. */
interface OneObject {
  /** Unix seconds. */
  madeAt: number
  /** The name of the object's file. */
  file: string
  schema: string[]
  tables: Record<string, Row[]>
  /** What was given out. */
  held: {
    ada: string
    password: string
    webSecret: string
    svcSecret: string
    registered: { id: string; secret: string }
    refresh: { web: string; used: string; spa: string; legacy: string }
    opaque: { ada: string; service: string; userinfo: string }
    cookies: [string, { value: string; path: string }][]
    passkey: KnownPasskey
    jwks: object
  }
}

const REDIRECT = 'https://app.example.com/callback'

let disk: string
let workerd: WorkerdProcess<'issuer'>
let held: OneObject['held']

beforeAll(async () => {
  disk = await mkdtemp(join(tmpdir(), 'issuer-migration-'))
  const fixture = join(import.meta.dirname, 'fixtures/one-object.json')
  const old = JSON.parse(await readFile(fixture, 'utf8')) as OneObject
  held = old.held
  await mkdir(join(disk, 'issuer'))
  restore(old, join(disk, 'issuer', old.file))
  const bundle = await bundleIssuer(disk, 'test/issuer/open-issuer.ts')
  workerd = await spawnWorkerd(issuerConfig(disk, bundle), ['issuer'])
})

afterAll(async () => {
  await workerd.kill()
  await rm(disk, { recursive: true })
})

/** Writes the object as if it had been in use a moment ago. */
function restore({ madeAt, schema, tables }: OneObject, file: string): void {
  const later = Math.floor(Date.now() / 1000) - madeAt
  const times = /"(iat|exp|iiat|loginTs|authTime)":(\d+)/g
  const shifted = ([name, value]: [string, string | number | null]) => {
    if (typeof value === 'number' && name.endsWith('_at')) return value + later
    if (name !== 'payload') return value
    const shift = (_: string, key: string, at: string) => `"${key}":${Number(at) + later}`
    return String(value).replaceAll(times, shift)
  }
  const database = new DatabaseSync(file)
  for (const statement of schema) database.exec(statement)
  for (const [table, rows] of Object.entries(tables)) {
    for (const row of rows) {
      const marks = Object.keys(row).map(() => '?')
      const insert = `INSERT INTO ${table} (${Object.keys(row)}) VALUES (${marks})`
      database.prepare(insert).run(...Object.entries(row).map(shifted))
    }
  }
  database.close()
}

function reach(url: string, init?: RequestInit): Promise<Response> {
  const target = new URL(url)
  target.port = String(workerd.ports.issuer)
  target.hostname = '127.0.0.1'
  return fetch(target, { redirect: 'manual', ...init })
}

async function admin<Answer>(command: object): Promise<Answer> {
  const answer = await reach(`${ISSUER}/oauth2/admin`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
    body: JSON.stringify(command),
  })
  return (await answer.json()) as Answer
}

function discover(id: string, secret?: string): Promise<client.Configuration> {
  return client.discovery(new URL(ISSUER), id, secret, undefined, {
    algorithm: 'oauth2',
    execute: [client.allowInsecureRequests],
    [client.customFetch]: (url, init) => reach(url, init as unknown as RequestInit),
  })
}

function authorizeUrl(config: client.Configuration, parameters: Record<string, string> = {}): URL {
  return client.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT,
    scope: 'openid profile',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    ...parameters,
  })
}

// In this order: what is shown first is what moves its person.
describe('what was kept in one object', () => {
  it('still holds: keys, clients and their secrets', async () => {
    expect(await (await reach(`${ISSUER}/.well-known/jwks.json`)).json()).toEqual(held.jwks)
    const service = await discover('svc', held.svcSecret)
    const tokens = await client.clientCredentialsGrant(service, {
      resource: 'urn:audience:orders',
    })
    expect(tokens.access_token).toBeTypeOf('string')
    const clients = await admin<{ id: string }[]>({ command: 'client list' })
    expect(clients.map(({ id }) => id)).toEqual(
      [held.registered.id, 'spa', 'svc', 'web'].toSorted((a, b) => (a < b ? -1 : 1)),
    )
  })

  it('still holds: opaque tokens, by introspection and at the userinfo endpoint', async () => {
    const web = await discover('web', held.webSecret)
    const { ada, service, userinfo } = held.opaque
    expect(await client.tokenIntrospection(web, service)).toMatchObject({
      active: true,
      client_id: 'svc',
    })
    expect(await client.tokenIntrospection(web, ada)).toMatchObject({
      active: true,
      sub: held.ada,
      client_id: 'web',
    })
    expect(await client.fetchUserInfo(web, userinfo, held.ada)).toMatchObject({ name: 'Ada' })
  })

  it('still holds: a browser session and its consents', async () => {
    const person = new Person({ issuer: ISSUER, fetch: reach })
    for (const [name, cookie] of held.cookies) person.cookies.set(name, cookie)
    const account = await person.visit(`${ISSUER}/oauth2/account`)
    expect(account.text).toContain('Signed in as ada@example.com')
    const spa = await discover('spa')
    const silent = await person.visit(authorizeUrl(spa, { prompt: 'none' }))
    expect(silent.url.searchParams.has('code')).toBe(true)
    const again = await person.visit(authorizeUrl(spa, { prompt: 'none' }))
    expect(again.url.searchParams.has('code')).toBe(true)
  })

  it('still holds: refresh tokens, whose successors have a place of their own', async () => {
    const spa = await discover('spa')
    const second = await client.refreshTokenGrant(spa, held.refresh.spa)
    const third = await client.refreshTokenGrant(spa, second.refresh_token ?? '')
    expect(third.refresh_token).toMatch(/^u[\w-]{65}$/)
  })

  it('still knows what was used before: its reuse ends the grant', async () => {
    const web = await discover('web', held.webSecret)
    const refresh = (token: string) => client.refreshTokenGrant(web, token)
    await expect(refresh(held.refresh.used)).rejects.toMatchObject({ error: 'invalid_grant' })
    await expect(refresh(held.refresh.web)).rejects.toMatchObject({ error: 'invalid_grant' })
  })

  it('still signs in: with a password, with a passkey, and not who is disabled', async () => {
    const spa = await discover('spa')
    const page = async () => {
      const person = new Person({ issuer: ISSUER, fetch: reach })
      return { person, start: await person.visit(authorizeUrl(spa)) }
    }
    const typed = await page()
    const login = 'ADA@example.com'
    const asked = await typed.person.submit(typed.start, '/login', {
      login,
      password: held.password,
    })
    expect(asked.text).toContain('/consent"')
    const bob = await page()
    const disabled = { login: 'bob', password: held.password }
    expect((await bob.person.submit(bob.start, '/login', disabled)).status).toBe(401)

    const { person, start } = await page()
    const post = (step: string, fields: Record<string, string>) =>
      person.visit(`${start.url}/${step}`, {
        method: 'POST',
        headers: { origin: ISSUER },
        body: new URLSearchParams(fields),
      })
    const { challenge } = JSON.parse((await post('passkey-options', {})).text) as {
      challenge: string
    }
    const ceremony = { challenge, origin: ISSUER, rpId: 'localhost', userId: held.ada }
    const response = new Authenticator(held.passkey).get(ceremony)
    expect((await post('passkey', { response })).text).toContain('/consent"')
  })

  it('is listed as before', async () => {
    const people = await admin<object[]>({ command: 'user list' })
    expect(people).toEqual([
      expect.objectContaining({
        id: held.ada,
        login: 'ada@example.com',
        name: 'Ada',
        email: 'ada@example.com',
        roles: ['admin'],
        disabled: false,
      }),
      expect.objectContaining({ login: 'bob', roles: [], disabled: true }),
    ])
  })
})
