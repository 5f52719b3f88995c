import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import * as client from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ISSUER, Person, startOpenIssuer, type World } from './world.ts'

const PASSWORD = 'correct horse battery staple'
const ORDERS = 'urn:audience:orders'

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
