import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import * as client from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readClientDocument } from '../../src/issuer/oidc/client-documents.ts'
import { createOutside, type Outside } from '../../src/issuer/oidc/outside.ts'
import { ISSUER, Person, startOpenIssuer, type World } from './world.ts'

const PASSWORD = 'correct horse battery staple'
const ORDERS = 'urn:audience:orders'
const ID = 'https://client.example/oauth/metadata.json'

/** Documents of the shapes that real clients publish, by name; ids and keys are put in. */
const SHAPES = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fixtures/client-documents.json'), 'utf8'),
) as Record<string, Record<string, unknown>>

let world: World
let host: Server
let origin: string
const asked: string[] = []

beforeAll(async () => {
  host = createServer((request, response) => {
    asked.push(request.url ?? '')
    const shape = SHAPES[(request.url ?? '').slice(1, -5)]
    response.setHeader('content-type', 'application/json')
    if (!shape) response.statusCode = 404
    response.end(JSON.stringify({ ...shape, client_id: `${origin}${request.url}` }))
  })
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(host.address() as AddressInfo).port}`
  world = await startOpenIssuer()
  await world.admin({ command: 'user add', login: 'ada', password: PASSWORD })
  await world.admin({ command: 'client add', id: 'tv', name: 'Television', kind: 'device' })
})

afterAll(async () => {
  host.close()
  await world.close()
})

function discover(id: string): Promise<client.Configuration> {
  return client.discovery(new URL(ISSUER), id, undefined, client.None(), {
    algorithm: 'oauth2',
    execute: [client.allowInsecureRequests],
    [client.customFetch]: (url, init) => world.fetch(url, init as unknown as RequestInit),
  })
}

describe('a client that is a document on the web', () => {
  it.each(Object.keys(SHAPES))('signs a person in: %s', async (name) => {
    const id = `${origin}/${name}.json`
    const config = await discover(id)
    const [uri = ''] = (SHAPES[name]?.redirect_uris ?? []) as string[]
    // RFC 8252 section 7.3: on this device, any port.
    const redirect_uri = uri.replace(/^(http:\/\/[^/:]+)(?::\d+)?\//, '$1:54321/')
    const verifier = client.randomPKCECodeVerifier()
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri,
      scope: 'orders:read',
      resource: ORDERS,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    const person = new Person(world)
    const page = await person.visit(url)
    const consent = await person.submit(page, '/login', { login: 'ada', password: PASSWORD })
    expect(consent.text).toContain(`described at 127.0.0.1:${new URL(origin).port}`)
    const { url: callback } = await person.submit(consent, '/consent')
    const proof = { pkceCodeVerifier: verifier }
    const tokens = await client.authorizationCodeGrant(config, callback, proof)
    expect(tokens.refresh_token).toBeTypeOf('string')
    const fetches = asked.filter((path) => path === `/${name}.json`)
    expect(fetches).toHaveLength(1)
  })

  it('is sent nowhere but where its document says', async () => {
    const config = await discover(`${origin}/cli.json`)
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: 'https://evil.example/callback',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    })
    const page = await new Person(world).visit(url)
    expect([page.status, page.text.includes('invalid_redirect_uri')]).toEqual([400, true])
  })

  it('that is not there is an unknown client', async () => {
    const url = client.buildAuthorizationUrl(await discover(`${origin}/nothing.json`), {
      redirect_uri: 'https://app.example.com/callback',
    })
    const page = await new Person(world).visit(url)
    expect([page.status, page.text.includes('invalid_client')]).toEqual([400, true])
  })
})

describe('the document of a client', () => {
  const document = { client_id: ID, redirect_uris: ['https://client.example/callback'] }

  function outside(body: unknown, init: ResponseInit = {}): Outside {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return createOutside('https://auth.example.com', async () => new Response(text, init))
  }
  const read = (from: Outside, hosts?: string[], id = ID) =>
    readClientDocument(from, hosts, ['openid', 'orders:read'], id)

  it('is a public client of what it may ask for', async () => {
    const { metadata, seconds } = await read(
      outside({ ...document, client_name: 'Cli', scope: 'openid root', roles: ['admin'] }),
    )
    expect(seconds).toBe(300)
    expect(JSON.parse(metadata)).toEqual({
      client_id: ID,
      client_name: 'Cli',
      redirect_uris: ['https://client.example/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      application_type: 'web',
      scope: 'openid',
      self_registered: true,
    })
  })

  it.each([
    ['max-age=600', 600],
    ['max-age=1', 300],
    ['public, max-age=99999999', 86_400],
    ['no-store', 300],
  ])('with "cache-control: %s" is kept for %i seconds', async (value, seconds) => {
    const answer = outside(document, { headers: { 'cache-control': value } })
    expect((await read(answer)).seconds).toBe(seconds)
  })

  it.each([
    ['names another client', { ...document, client_id: `${ID}?` }, {}],
    ['holds a secret', { ...document, client_secret: 's' }, {}],
    ['wants one', { ...document, token_endpoint_auth_method: 'client_secret_basic' }, {}],
    ['has no redirect URI', { ...document, redirect_uris: [] }, {}],
    ['is called back in the open', { ...document, redirect_uris: ['http://client.example/'] }, {}],
    ['is no object', '[]', {}],
    ['is no JSON', '<html>', {}],
    ['is longer than 5 KiB', { ...document, client_name: 'x'.repeat(5120) }, {}],
    ['is elsewhere', '', { status: 302, headers: { location: 'https://other.example/' } }],
    ['is gone', document, { status: 404 }],
  ])('is refused where it %s', async (_, body, init) => {
    await expect(read(outside(body, init))).rejects.toMatchObject({ error: 'invalid_client' })
  })

  it('is read from the hosts that the owner lists, where there is a list', async () => {
    await expect(read(outside(document), ['client.example'])).resolves.toBeDefined()
    await expect(read(outside(document), ['other.example'])).rejects.toMatchObject({
      error: 'invalid_client',
    })
  })

  it.each([
    'https://127.0.0.1/c.json',
    'https://[::1]/c.json',
    'https://[::ffff:10.0.0.1]/c.json',
    'https://10.0.0.1/c.json',
    'https://172.16.0.1/c.json',
    'https://192.168.1.1/c.json',
    'https://169.254.169.254/latest/meta-data',
    'https://100.64.0.1/c.json',
    'https://0.0.0.0/c.json',
    'https://2130706433/c.json',
    'https://0x7f.1/c.json',
    'https://8.8.8.8/c.json',
    'https://localhost/c.json',
    'https://a.localhost/c.json',
    'https://printer.local/c.json',
    'https://metadata.internal/c.json',
    'https://intranet/c.json',
    'https://127.0.0.1.nip.io/c.json',
    'https://localtest.me/c.json',
    'https://auth.example.com/c.json',
    'https://user:password@client.example/c.json',
    'http://client.example/c.json',
    'http://localhost/c.json',
    'ftp://client.example/c.json',
  ])('is not asked for at %s', async (id) => {
    let requests = 0
    const counting = createOutside('https://auth.example.com', async () => {
      requests++
      return new Response('{}')
    })
    await expect(read(counting, undefined, id)).rejects.toMatchObject({ error: 'invalid_client' })
    await expect(counting.fetch(id)).rejects.toThrow('is not asked')
    expect(requests).toBe(0)
  })
})

describe('a device without a keyboard', () => {
  it('is connected by a person who types its code', async () => {
    const config = await discover('tv')
    const started = await client.initiateDeviceAuthorization(config, {
      scope: 'orders:read',
      resource: ORDERS,
    })
    expect(started.verification_uri).toBe(`${ISSUER}/oauth2/device`)
    const poll = () =>
      world.fetch(`${ISSUER}/oauth2/token`, {
        method: 'POST',
        body: new URLSearchParams({
          client_id: 'tv',
          grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
          device_code: started.device_code,
        }),
      })
    expect(await (await poll()).json()).toMatchObject({ error: 'authorization_pending' })
    const person = new Person(world)
    const input = await person.visit(started.verification_uri)
    const unknown = await person.submit(input, '/device', { user_code: 'BBBB-BBBB' })
    expect(unknown.text).toContain('no such code')
    const typed = started.user_code.toLowerCase()
    const confirm = await person.submit(unknown, '/device', { user_code: typed })
    expect(confirm.text).toContain('Television')
    const login = await person.submit(confirm, '/device')
    const consent = await person.submit(login, '/login', { login: 'ada', password: PASSWORD })
    expect(consent.text).toContain('See your orders')
    const done = await person.submit(consent, '/consent')
    expect(done.text).toContain('Your device is connected')
    const tokens = await (await poll()).json<{ refresh_token: string; scope: string }>()
    expect(tokens.scope).toBe('orders:read')
    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token)
    expect(refreshed.access_token).toBeTypeOf('string')
    expect(await (await poll()).json()).toMatchObject({ error: 'invalid_grant' })
  })

  it('is connected by a person who is signed in already', async () => {
    await world.admin({ command: 'client add', id: 'radio', kind: 'device', scope: 'openid' })
    const started = await client.initiateDeviceAuthorization(await discover('radio'), {
      scope: 'openid',
    })
    const person = new Person(world)
    const page = await person.visit(
      `${ISSUER}/oauth2/authorize?${new URLSearchParams({
        client_id: `${origin}/web.json`,
        response_type: 'code',
        redirect_uri: 'https://app.example/api/mcp/auth_callback',
        code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
        code_challenge_method: 'S256',
      })}`,
    )
    const asked = await person.submit(page, '/login', { login: 'ada', password: PASSWORD })
    await person.submit(asked, '/consent')
    const input = await person.visit(started.verification_uri)
    const confirm = await person.submit(input, '/device', { user_code: started.user_code })
    expect(confirm.text).toContain('Is this your device?')
    const consent = await person.submit(confirm, '/device')
    expect(consent.text).toContain('Allow radio?')
    const done = await person.submit(consent, '/consent')
    expect(done.text).toContain('Your device is connected')
  })

  it('is told when the person says no', async () => {
    const config = await discover('tv')
    const started = await client.initiateDeviceAuthorization(config, { scope: 'openid' })
    const person = new Person(world)
    const input = await person.visit(started.verification_uri)
    const confirm = await person.submit(input, '/device', { user_code: started.user_code })
    const stopped = await person.submit(confirm, '/device', { abort: 'yes' })
    expect(stopped.text).toContain('Nothing was allowed')
    const polled = client.pollDeviceAuthorizationGrant(config, started)
    await expect(polled).rejects.toMatchObject({ error: 'access_denied' })
  })

  it('has a code that is not found by trying', async () => {
    const person = new Person(world)
    let page = await person.visit(`${ISSUER}/oauth2/device`)
    const seen = new Set<string>()
    for (let i = 0; i < 12; i++) {
      page = await person.submit(page, '/device', { user_code: `BBBB-BBB${'BCDFGHJKLMNP'[i]}` })
      seen.add(page.text.includes('no such code') ? 'unknown' : 'refused')
    }
    expect(seen).toEqual(new Set(['unknown', 'refused']))
  })
})
