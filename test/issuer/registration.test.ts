import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ISSUER, Person, startOpenIssuer, type World } from './world.ts'

const REDIRECT = 'https://app.example.com/callback'
const PASSWORD = 'correct horse battery staple'

let open: World

beforeAll(async () => {
  open = await startOpenIssuer()
  const redirectUris = [REDIRECT]
  await open.admin({ command: 'client add', id: 'spa', kind: 'public', redirectUris })
  await open.admin({ command: 'user add', login: 'ada', password: PASSWORD })
})

afterAll(() => open.close())

function authorizeUrl(parameters: Record<string, string> = {}): string {
  return `${ISSUER}/oauth2/authorize?${new URLSearchParams({
    client_id: 'spa',
    response_type: 'code',
    redirect_uri: REDIRECT,
    scope: 'openid',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    ...parameters,
  })}`
}

function register(metadata: object, headers: Record<string, string> = {}): Promise<Response> {
  return open.fetch(`${ISSUER}/oauth2/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(metadata),
  })
}

describe('a client that registers itself', () => {
  const metadata = { redirect_uris: [REDIRECT] }

  it('is public unless it says otherwise, and asks about nobody else\u2019s tokens', async () => {
    const registered = await (await register(metadata)).json<Record<string, unknown>>()
    expect(registered).toMatchObject({ token_endpoint_auth_method: 'none' })
    expect(registered).not.toHaveProperty('client_secret')
    const secretive = { ...metadata, token_endpoint_auth_method: 'client_secret_post' }
    const { client_id, client_secret } = await (await register(secretive)).json<{
      client_id: string
      client_secret: string
    }>()
    await open.admin({ command: 'client add', id: 'svc', kind: 'service', secret: 's'.repeat(32) })
    const issued = await open.fetch(`${ISSUER}/oauth2/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`svc:${'s'.repeat(32)}`)}` },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        resource: 'https://legacy.example.com',
      }),
    })
    const { access_token: token } = await issued.json<{ access_token: string }>()
    const answer = await open.fetch(`${ISSUER}/oauth2/introspect`, {
      method: 'POST',
      body: new URLSearchParams({ token, client_id, client_secret }),
    })
    expect(await answer.json()).toEqual({ active: false })
  })

  it.each([
    ['an address of its own device', 'http://localhost:3000/cb', 201, 'native'],
    ['a scheme of its own', 'com.example.app:/cb', 201, 'native'],
    ['https', REDIRECT, 201, 'web'],
    ['plain http', 'http://app.example.com/cb', 400, undefined],
    ['a script', 'javascript:alert(1)', 400, undefined],
  ])('that is called back at %s', async (_, uri, status, type) => {
    const answer = await register({ redirect_uris: [uri] })
    const { application_type } = await answer.json<{ application_type?: string }>()
    expect([answer.status, application_type]).toEqual([status, type])
  })

  it('is held to no scope that it names, and gets another one later if the person allows it', async () => {
    const registered = await (await register({ ...metadata, scope: 'openid' })).json<{
      client_id: string
      scope?: string
    }>()
    expect(registered).not.toHaveProperty('scope')
    const { client_id } = registered
    const person = new Person(open)
    const first = await person.visit(authorizeUrl({ client_id }))
    const consent = await person.submit(first, '/login', { login: 'ada', password: PASSWORD })
    await person.submit(consent, '/consent')

    const resource = 'https://api.example.com/mcp'
    const more = await person.visit(
      authorizeUrl({ client_id, scope: 'openid orders:read', resource }),
    )
    expect(more.text).toContain('registered itself')
    expect(more.text).toContain('See your orders')
  })

  it('gets no scope that there is not', async () => {
    const { client_id } = await (await register(metadata)).json<{ client_id: string }>()
    const url = authorizeUrl({ client_id, scope: 'root', resource: 'https://api.example.com/mcp' })
    const page = await new Person(open).visit(url)
    expect(page.text).not.toContain('root')
  })

  it('is small', async () => {
    const answer = await register({ ...metadata, client_name: 'x'.repeat(9000) })
    expect([answer.status, (await answer.json<{ error: string }>()).error]).toEqual([
      400,
      'invalid_client_metadata',
    ])
  })

  it.each([
    ['jwks_uri', 'https://127.0.0.1/keys'],
    ['jwks_uri', 'http://app.example.com/keys'],
    ['backchannel_logout_uri', 'https://metadata.internal/logout'],
  ])('names no %s at %s', async (name, address) => {
    const answer = await register({ ...metadata, [name]: address })
    expect(answer.status).toBe(400)
  })

  it('is answered also to a page of another origin', async () => {
    const headers = { origin: 'https://inspector.example.com' }
    const preflight = await open.fetch(`${ISSUER}/oauth2/register`, {
      method: 'OPTIONS',
      headers: {
        ...headers,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type, mcp-protocol-version',
      },
    })
    expect([preflight.status, preflight.headers.get('access-control-allow-headers')]).toEqual([
      204,
      'content-type, mcp-protocol-version',
    ])
    const answer = await register(metadata, headers)
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  })

  it('says so to whoever is asked to allow it, and does not pass for a host', async () => {
    const uri = 'evilapp://accounts.example.com/cb'
    const { client_id } = await (await register({ redirect_uris: [uri] })).json<{
      client_id: string
    }>()
    const person = new Person(open)
    const page = await person.visit(authorizeUrl({ client_id, redirect_uri: uri }))
    const consent = await person.submit(page, '/login', { login: 'ada', password: PASSWORD })
    expect(consent.text).toContain('evilapp://accounts.example.com</strong>')
    expect(consent.text).toContain('registered itself')
    expect(consent.text).toContain('Signed in as <strong>ada</strong>')
    const switched = await person.submit(consent, '/switch')
    expect(switched.text).toContain('name="password"')
  })
})

describe('an authorization request', () => {
  it('without a scope and an API asks who the person is', async () => {
    const person = new Person(open)
    const url = new URL(authorizeUrl())
    url.searchParams.delete('scope')
    const page = await person.visit(url)
    const consent = await person.submit(page, '/login', { login: 'ada', password: PASSWORD })
    expect(consent.text).toContain('Know who you are')
  })
})

describe('metadata', () => {
  it('promises DPoP only where APIs take it', async () => {
    const answer = await open.fetch(`${ISSUER}/.well-known/oauth-authorization-server`)
    expect(await answer.json()).toHaveProperty('dpop_signing_alg_values_supported')
  })
})
