import { execFile } from 'node:child_process'
import { request as rawRequest } from 'node:http'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addressLimits, networkOf } from '../../src/issuer/oidc/network.ts'
import { ADMIN_KEY, ISSUER, Person, startIssuer, type Visit, type World } from './world.ts'

const REDIRECT = 'https://app.example.com/callback'
const PASSWORD = 'correct horse battery staple'
const FORM = 'application/x-www-form-urlencoded'

let world: World

beforeAll(async () => {
  world = await startIssuer({ ADMIN_KEY, ISSUER_KEY_SECRET: 'k'.repeat(32) })
  await world.admin({ command: 'client add', id: 'spa', kind: 'public', redirectUris: [REDIRECT] })
  await world.admin({
    command: 'client add',
    id: 'hostile',
    name: '<script>alert(1)</script>',
    kind: 'public',
    redirectUris: [REDIRECT],
    postLogoutRedirectUris: ['https://app.example.com/bye'],
  })
  await world.admin({ command: 'user add', login: 'ada', password: PASSWORD })
})

afterAll(() => world.close())

function authorizeUrl(parameters: Record<string, string> = {}): URL {
  const url = new URL(`${ISSUER}/oauth2/authorize`)
  url.search = new URLSearchParams({
    client_id: 'spa',
    response_type: 'code',
    redirect_uri: REDIRECT,
    scope: 'openid orders:read',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    ...parameters,
  }).toString()
  return url
}

function signInPage(parameters: Record<string, string> = {}): Promise<Visit> {
  return new Person(world).visit(authorizeUrl(parameters))
}

describe('discovery', () => {
  it('is the same document at both well-known paths', async () => {
    const documents = await Promise.all(
      ['openid-configuration', 'oauth-authorization-server'].map(async (name) => {
        return (await world.fetch(`${ISSUER}/.well-known/${name}`)).json()
      }),
    )
    expect(documents[0]).toEqual(documents[1])
    expect(documents[0]).toMatchObject({
      issuer: ISSUER,
      authorization_endpoint: `${ISSUER}/oauth2/authorize`,
      token_endpoint: `${ISSUER}/oauth2/token`,
      introspection_endpoint: `${ISSUER}/oauth2/introspect`,
      revocation_endpoint: `${ISSUER}/oauth2/revoke`,
      end_session_endpoint: `${ISSUER}/oauth2/logout`,
      jwks_uri: `${ISSUER}/.well-known/jwks.json`,
      code_challenge_methods_supported: ['S256'],
      response_types_supported: ['code'],
      grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    })
    expect(documents[0]).not.toHaveProperty('registration_endpoint')
  })

  it('takes its endpoints from ISSUER whatever the request says', async () => {
    const expected = await (await world.fetch(`${ISSUER}/.well-known/openid-configuration`)).json()
    const headers = {
      host: 'evil.example',
      forwarded: 'host=evil.example;proto=http',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'gopher',
      'x-forwarded-port': '666',
      'x-original-host': 'evil.example',
    }
    for (const url of [ISSUER, 'https://evil.example', 'http://evil.example:81']) {
      const answer = await world.fetch(`${url}/.well-known/openid-configuration`, { headers })
      expect(await answer.json()).toEqual(expected)
    }
    expect(await rawGet('/.well-known/openid-configuration', headers)).toEqual(expected)
  })

  it('shows of the keys their public part alone', async () => {
    const { keys } = await (await world.fetch(`${ISSUER}/.well-known/jwks.json`)).json<{
      keys: object[]
    }>()
    expect(keys.map((key) => Object.keys(key).toSorted((a, b) => a.localeCompare(b)))).toEqual([
      ['alg', 'e', 'kid', 'kty', 'n', 'use'],
    ])
  })
})

describe('pages', () => {
  it('name their language, their landmark and their fields, and allow nothing inline', async () => {
    const { status, text, headers } = await signInPage()
    expect(status).toBe(200)
    expect(text).toContain('<html lang="en">')
    expect(text).toContain('<main>')
    for (const [, id] of text.matchAll(/<input id="([^"]*)"/g)) {
      expect(text).toContain(`<label for="${id}">`)
    }
    expect(text).not.toMatch(/<style|<script>|style="| on\w+="/)
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('referrer-policy')).toBe('same-origin')
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(headers.get('content-security-policy')?.split('; ').sort()).toEqual([
      "base-uri 'none'",
      "connect-src 'self'",
      "default-src 'none'",
      "form-action 'self'",
      "frame-ancestors 'none'",
      "img-src 'self'",
      "script-src 'self'",
      "style-src 'self'",
    ])
  })

  it('escape what a client, a request and a person wrote', async () => {
    const person = new Person(world)
    const page = await person.visit(
      authorizeUrl({ client_id: 'hostile', login_hint: '"><img src=x>' }),
    )
    expect(page.text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(page.text).toContain('value="&quot;&gt;&lt;img src=x&gt;"')
    const again = await person.submit(page, '/login', { login: '"><b>', password: 'x' })
    expect(again.text).toContain('value="&quot;&gt;&lt;b&gt;"')
    const failed = await person.visit(authorizeUrl({ client_id: '<b>' }))
    expect(failed.text).not.toContain('<b>')
  })

  it('set cookies that scripts and other sites cannot use', async () => {
    const answer = await world.fetch(authorizeUrl().href)
    const cookies = answer.headers.getSetCookie()
    expect(cookies.length).toBeGreaterThan(0)
    for (const cookie of cookies) expect(cookie).toMatch(/samesite=lax; httponly/)
  })

  it('say that a sign-in has expired where its cookie is gone or belongs to another', async () => {
    const page = await signInPage()
    const stranger = await new Person(world).visit(page.url)
    expect([stranger.status, stranger.text.includes('expired')]).toEqual([400, true])
    const other = new Person(world)
    await other.visit(authorizeUrl())
    const cookie = [...other.cookies].map(([name, { value }]) => `${name}=${value}`).join('; ')
    const fixed = await world.fetch(page.url.href, { headers: { cookie } })
    expect(fixed.status).toBe(400)
  })

  it('refuse a form that another site sends', async () => {
    const person = new Person(world)
    const page = await person.visit(authorizeUrl())
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'same-site' },
      {},
    ]) {
      const body = new URLSearchParams({ login: 'ada', password: PASSWORD })
      const sent = await person.visit(`${page.url}/login`, {
        method: 'POST',
        body,
        headers: headers as Record<string, string>,
      })
      expect([sent.status, sent.text.includes('csrf')]).toEqual([403, true])
    }
  })

  it('let a person decline, and the client learns it', async () => {
    const person = new Person(world)
    const page = await person.visit(authorizeUrl({ state: 's' }))
    const declined = await person.submit(page, '/abort')
    expect(declined.url.origin + declined.url.pathname).toBe(REDIRECT)
    expect(Object.fromEntries(declined.url.searchParams)).toMatchObject({
      error: 'access_denied',
      state: 's',
    })
  })

  it('say where consent leads to and what it allows, and take no answer to a step that is over', async () => {
    const person = new Person(world)
    const start = await person.visit(authorizeUrl())
    const consent = await person.submit(start, '/login', { login: 'ada', password: PASSWORD })
    expect(consent.text).toContain('<strong>app.example.com</strong>')
    expect(consent.text).toContain('orders:read')
    expect(consent.text).toContain('Know who you are')
    const back = await person.submit(start, '/login', { login: 'ada', password: PASSWORD })
    expect(back.status).toBe(400)
    const done = await person.submit(consent, '/consent')
    expect(done.url.searchParams.has('code')).toBe(true)
    const twice = await person.submit(consent, '/consent')
    expect(twice.status).toBe(400)
  })

  it('answer 405 and 404 where nothing is to be done', async () => {
    const person = new Person(world)
    const page = await person.visit(authorizeUrl())
    expect((await person.visit(page.url, { method: 'DELETE' })).status).toBe(405)
    expect((await person.visit(`${page.url}/login`)).status).toBe(405)
    expect((await person.visit(`${ISSUER}/interaction/a/b/c`)).status).toBe(404)
    expect((await person.visit(`${ISSUER}/anything`)).status).toBe(404)
  })

  it('of the account want a session', async () => {
    expect((await new Person(world).visit(`${ISSUER}/oauth2/account`)).status).toBe(401)
    const person = new Person(world)
    await person.authorize(authorizeUrl(), 'ada', PASSWORD)
    const account = await person.visit(`${ISSUER}/oauth2/account`)
    expect([account.status, account.text.includes('Signed in as ada')]).toEqual([200, true])
    const post = await person.visit(`${ISSUER}/oauth2/account/passkey`, {
      method: 'POST',
      headers: { origin: 'https://evil.example' },
    })
    expect(post.status).toBe(403)
  })
})

describe('sign-in', () => {
  it('answers an unknown name and a wrong password alike', async () => {
    const answers = await Promise.all(
      ['ada', 'nobody'].map(async (login) => {
        const person = new Person(world)
        const page = await person.visit(authorizeUrl())
        const { status, text } = await person.submit(page, '/login', { login, password: 'wrong' })
        return [status, text.replaceAll(login, '?').replaceAll(/interaction\/[\w-]+/g, '')]
      }),
    )
    expect(answers[0]).toEqual(answers[1])
    expect(answers[0]?.[0]).toBe(401)
  })

  it('is limited per account and address, also for parallel guesses and for whoever knows the password', async () => {
    await world.admin({ command: 'user add', login: 'target', password: PASSWORD })
    const guess = async (password: string, address: string) => {
      const person = new Person(world)
      const page = await person.visit(authorizeUrl())
      const headers = { origin: ISSUER, 'cf-connecting-ip': address }
      const body = new URLSearchParams({ login: 'Target', password })
      return person.visit(`${page.url}/login`, { method: 'POST', body, headers })
    }
    const guesses = await Promise.all(Array.from({ length: 13 }, () => guess('wrong', '192.0.2.1')))
    const statuses = guesses.map(({ status }) => status)
    expect(statuses.filter((status) => status === 401)).toHaveLength(10)
    expect(statuses.filter((status) => status === 429)).toHaveLength(3)
    const right = await guess(PASSWORD, '192.0.2.1')
    expect([right.status, right.text.includes('Try again in 15 minutes')]).toEqual([429, true])
    expect(Number(right.headers.get('retry-after'))).toBeGreaterThan(800)
    // Whoever is elsewhere does not pay for it.
    expect((await guess(PASSWORD, '192.0.2.2')).status).toBe(200)
  })

  it('is limited per address, an IPv6 customer being one', async () => {
    const place = networkOf('2001:db8::')
    const limits = addressLimits('sign-in', '2001:db8:0:1::', 50, 900)
    for (let i = 0; i < 50; i++) {
      const call = { name: `visitors:${place}`, role: 'visitors', method: 'reserve' }
      await world.object({ ...call, args: [limits] })
    }
    const person = new Person(world)
    const page = await person.visit(authorizeUrl())
    const statuses = ['2001:db8::1:2:3:4:5', '2001:db8:0:1::9', '2001:db8:0:2::9'].map(
      async (address) => {
        const headers = { origin: ISSUER, 'cf-connecting-ip': address }
        const body = new URLSearchParams({ login: address, password: 'wrong' })
        return (await person.visit(`${page.url}/login`, { method: 'POST', body, headers })).status
      },
    )
    expect(await Promise.all(statuses)).toEqual([429, 429, 401])
  })
})

describe('the server', () => {
  it('has no registration unless it is opened', async () => {
    const answer = await world.fetch(`${ISSUER}/oauth2/register`, {
      method: 'POST',
      body: JSON.stringify({ redirect_uris: [REDIRECT] }),
      headers: { 'content-type': 'application/json' },
    })
    expect(answer.status).toBe(404)
  })

  it('takes parameters in the query for no token request, and no body of another kind', async () => {
    const answer = await world.fetch(`${ISSUER}/oauth2/token`, {
      method: 'POST',
      body: '{"grant_type":"client_credentials"}',
      headers: { 'content-type': 'application/json' },
    })
    expect(answer.status).toBe(400)
    expect((await world.fetch(`${ISSUER}/oauth2/token?grant_type=client_credentials`)).status).toBe(
      404,
    )
  })
})

describe('administration', () => {
  const admin = (command: object, key = ADMIN_KEY) =>
    world.fetch(`${ISSUER}/oauth2/admin`, {
      method: 'POST',
      body: JSON.stringify(command),
      headers: { authorization: `Bearer ${key}` },
    })

  it('adds, lists, resets and disables people without ever showing a hash', async () => {
    const added = await admin({
      command: 'user add',
      login: 'Bob',
      roles: ['ops'],
      email: 'b@x.io',
    })
    const { id, password } = await added.json<{ id: string; password: string }>()
    expect(password).toMatch(/^[\w-]{22}$/)
    const again = await admin({ command: 'user add', login: 'bob' })
    expect([again.status, await again.json()]).toEqual([
      409,
      { error: 'there already is a user "bob"' },
    ])
    const reset = await (await admin({ command: 'user reset', login: 'bob' })).json<object>()
    expect(reset).not.toEqual({ password })
    await admin({ command: 'user disable', login: 'bob' })
    const list = await (await admin({ command: 'user list' })).json<{ id: string }[]>()
    expect(list.find((user) => user.id === id)).toEqual({
      id,
      login: 'bob',
      email: 'b@x.io',
      roles: ['ops'],
      disabled: true,
      createdAt: expect.any(Number),
    })
  })

  it('adds, lists, rotates and removes clients without ever showing a hash', async () => {
    const added = await admin({ command: 'client add', kind: 'service', id: 'job', roles: ['r'] })
    const { secret } = await added.json<{ secret: string }>()
    expect(await clientCredentials('job', secret)).toBe(200)
    const rotate = await admin({ command: 'client rotate-secret', id: 'job' })
    const rotated = await rotate.json<{ secret: string }>()
    expect(await clientCredentials('job', secret)).toBe(401)
    expect(await clientCredentials('job', rotated.secret)).toBe(200)
    const list = await (await admin({ command: 'client list' })).text()
    expect(list).toContain('"job"')
    expect(list).not.toContain('sha256')
    await admin({ command: 'client remove', id: 'job' })
    expect(await clientCredentials('job', rotated.secret)).toBe(401)
  })

  it('refuses a client that could never work', async () => {
    const answer = await admin({
      command: 'client add',
      kind: 'service',
      scope: 'orders:read root',
    })
    expect([answer.status, await answer.json()]).toEqual([
      409,
      { error: 'no API has the scope "root"' },
    ])
  })

  it('is a command line away', async () => {
    const run = (...args: string[]) =>
      promisify(execFile)(process.execPath, ['src/cli/issuer.ts', ...args, `--url=${world.url}`], {
        env: { ...process.env, ADMIN_KEY },
      })
    const added = await run('user', 'add', 'carol', '--role=ops', '--role=dev', '--name=Carol')
    expect(JSON.parse(added.stdout)).toEqual({
      id: expect.any(String),
      password: expect.stringMatching(/^[\w-]{22}$/),
    })
    const listed = await run('user', 'list')
    expect(JSON.parse(listed.stdout)).toContainEqual(
      expect.objectContaining({ login: 'carol', name: 'Carol', roles: ['ops', 'dev'] }),
    )
    await expect(run('user', 'disable', 'nobody')).rejects.toMatchObject({
      code: 1,
      stderr: 'issuer: 409: there is no user "nobody"\n',
    })
  })

  it('refuses another key, an unknown command and an unknown member', async () => {
    expect((await admin({ command: 'user list' }, `${ADMIN_KEY}x`)).status).toBe(401)
    expect((await admin({ command: 'user list' }, '')).status).toBe(401)
    expect((await admin({ command: 'drop tables' })).status).toBe(400)
    expect((await admin({ command: 'user list', all: true })).status).toBe(400)
    expect((await world.fetch(`${ISSUER}/oauth2/admin`)).status).toBe(405)
  })

  it('replaces a leaked key at once', async () => {
    const [before] = await (await admin({ command: 'keys list' })).json<{ kid: string }[]>()
    const rotate = await admin({ command: 'keys rotate' })
    const rotated = await rotate.json<{ kid: string }[]>()
    expect(rotated).toHaveLength(2)
    expect(rotated[0]?.kid).toBe(before?.kid)
    const leaked = await admin({ command: 'keys rotate', immediately: true })
    const [fresh] = await leaked.json<{ kid: string }[]>()
    expect(rotated.map(({ kid }) => kid)).not.toContain(fresh?.kid)
  })

  it('runs the rotation from the cron without harm to a young key', async () => {
    const before = await (await admin({ command: 'keys list' })).json()
    await world.scheduled()
    expect(await (await admin({ command: 'keys list' })).json()).toEqual(before)
  })
})

async function clientCredentials(id: string, secret: string): Promise<number> {
  const answer = await world.fetch(`${ISSUER}/oauth2/token`, {
    method: 'POST',
    body: 'grant_type=client_credentials',
    headers: { 'content-type': FORM, authorization: `Basic ${btoa(`${id}:${secret}`)}` },
  })
  await answer.text()
  return answer.status
}

/** A request whose Host header is ours to choose, which fetch does not allow. */
function rawGet(path: string, headers: Record<string, string>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = world.url
    const request = rawRequest({ hostname, port, path, headers }, (answer) => {
      let body = ''
      answer.on('data', (chunk) => {
        body += chunk
      })
      answer.on('end', () => resolve(JSON.parse(body)))
    })
    request.on('error', reject)
    request.end()
  })
}
