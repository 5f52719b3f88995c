import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addressLimits, networkOf } from '../../src/issuer/oidc/network.ts'
import { ADMIN_KEY, ISSUER, Person, startIssuer, type World } from './world.ts'

const REDIRECT = 'https://app.example.com/callback'
const PASSWORD = 'correct horse battery staple'
const SECRET = 'a-client-secret-of-thirty-two-chars-or-more'
const CHALLENGE = {
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
}

let world: World

beforeAll(async () => {
  world = await startIssuer()
  const redirectUris = [REDIRECT]
  await world.admin({ command: 'client add', id: 'spa', kind: 'public', redirectUris })
  const web = { id: 'web', kind: 'web', secret: SECRET, redirectUris } as const
  await world.admin({ command: 'client add', ...web })
  await world.admin({ command: 'user add', login: 'ada', password: PASSWORD })
})

afterAll(() => world.close())

function authorizeUrl(parameters: Record<string, string> = {}): string {
  return `${ISSUER}/oauth2/authorize?${new URLSearchParams({
    client_id: 'spa',
    response_type: 'code',
    redirect_uri: REDIRECT,
    scope: 'openid',
    ...CHALLENGE,
    ...parameters,
  })}`
}

describe('a visitor who has not signed in', () => {
  it('causes nothing to be stored by beginning to sign in, however long the request is', async () => {
    await world.calls()
    for (let i = 0; i < 50; i++) {
      const page = await new Person(world).visit(authorizeUrl({ state: 'x'.repeat(3000) }))
      expect(page.status).toBe(200)
    }
    const calls = await world.calls()
    expect(calls.filter((call) => !call.startsWith('issuer '))).toEqual([])
  })

  it('is told where a request is too long for a browser to keep', async () => {
    const noise = Buffer.from(crypto.getRandomValues(new Uint8Array(6000))).toString('hex')
    const page = await new Person(world).visit(authorizeUrl({ state: noise }))
    expect(page.url.searchParams.get('error_description')).toContain('too long')
  })

  it('cannot alter what the browser keeps of a sign-in, or use it for another', async () => {
    const person = new Person(world)
    const page = await person.visit(authorizeUrl())
    const other = await person.visit(authorizeUrl())
    const cookie = [...person.cookies].map(([name, { value }]) => `${name}=${value}`).join('; ')
    const moved = await world.fetch(page.url.href, { headers: { cookie } })
    expect(moved.status).toBe(400)
    const altered = cookie.replaceAll(
      /(issuer_(?:start|finish)=.{40})(.)/g,
      (_, before, letter) => before + (letter === 'A' ? 'B' : 'A'),
    )
    const answer = await world.fetch(other.url.href, { headers: { cookie: altered } })
    expect(answer.status).toBe(400)
  })

  it('may push so many requests, and then waits; who is signed in does not', async () => {
    const push = (address: string) =>
      world.fetch(`${ISSUER}/oauth2/par`, {
        method: 'POST',
        headers: { 'cf-connecting-ip': address },
        body: new URLSearchParams({
          client_id: 'spa',
          response_type: 'code',
          redirect_uri: REDIRECT,
          ...CHALLENGE,
        }),
      })
    const person = new Person(world)
    await person.authorize(authorizeUrl(), 'ada', PASSWORD)
    const answers = await Promise.all(
      Array.from({ length: 70 }, (_, index) => push(`2001:db8:1:1::${index.toString(16)}`)),
    )
    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter((status) => status === 201)).toHaveLength(60)
    const refused = answers.find(({ status }) => status === 503)
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await refused?.json()).toMatchObject({ error: 'temporarily_unavailable' })
    // And 300 from one /48, whatever the /64.
    const [, site] = addressLimits('push', '2001:db8:1::', 60, 60)
    const name = `visitors:${networkOf('2001:db8::')}`
    for (let i = 0; i < 240; i++) {
      await world.object({ name, role: 'visitors', method: 'reserve', args: [[site]] })
    }
    expect((await push('2001:db8:1:2::1')).status).toBe(503)
    expect((await push('2001:db8:2::1')).status).toBe(201)
    const headers = { 'cf-connecting-ip': '2001:db8:1:1::1' }
    const signedIn = await person.visit(authorizeUrl({ scope: 'openid email' }), { headers })
    expect(signedIn.text).toContain('/consent"')
  })

  it.each([
    ['a client without a secret', { client_id: 'spa' }],
    ['a client with one', { client_id: 'web', client_secret: SECRET }],
  ])('may push no more than a page of parameters, through %s', async (_, client) => {
    const answer = await world.fetch(`${ISSUER}/oauth2/par`, {
      method: 'POST',
      headers: { 'cf-connecting-ip': '198.51.100.1' },
      body: new URLSearchParams({
        ...client,
        response_type: 'code',
        redirect_uri: REDIRECT,
        state: 'x'.repeat(9000),
        ...CHALLENGE,
      }),
    })
    expect([answer.status, await answer.json()]).toEqual([
      400,
      {
        error: 'invalid_request',
        error_description: 'the parameters of the request are too long',
      },
    ])
  })
})

describe('a known device', () => {
  it('is not locked out by what strangers do to its account, nor by its neighbours', async () => {
    await world.admin({ command: 'user add', login: 'grace', password: PASSWORD })
    const headers = { origin: ISSUER, 'cf-connecting-ip': '198.51.100.7' }
    const attempt = async (person: Person, password: string) => {
      const page = await person.visit(authorizeUrl({ prompt: 'login' }))
      const body = new URLSearchParams({ login: 'grace', password })
      return person.visit(`${page.url}/login`, { method: 'POST', headers, body })
    }
    const laptop = new Person(world)
    expect((await attempt(laptop, PASSWORD)).status).toBe(200)
    for (let i = 0; i < 10; i++) await attempt(new Person(world), 'wrong')
    expect((await attempt(new Person(world), PASSWORD)).status).toBe(429)
    expect((await attempt(laptop, PASSWORD)).status).toBe(200)
    // An administrator need not wait either.
    await world.admin({ command: 'user unlock', login: 'grace' })
    expect((await attempt(new Person(world), PASSWORD)).status).toBe(200)
  })
})

describe('an authorization request', () => {
  it('without a scope asks for the default ones of its API', async () => {
    const person = new Person(world)
    const url = new URL(authorizeUrl())
    url.searchParams.delete('scope')
    const page = await person.visit(url)
    const consent = await person.submit(page, '/login', { login: 'ada', password: PASSWORD })
    expect(consent.text).toContain('orders:read')
    expect(consent.text).toContain('orders:write')
    const back = await person.submit(consent, '/consent')
    expect(back.url.searchParams.has('code')).toBe(true)
  })

  it('that asks again lists what was allowed before', async () => {
    const person = new Person(world)
    const url = authorizeUrl({ scope: 'openid orders:read' })
    await person.authorize(url, 'ada', PASSWORD)
    const again = await person.visit(`${url}&prompt=consent`)
    expect(again.text).toContain('Know who you are')
    expect(again.text).toContain('orders:read')
  })

  it('may name its API with a final slash or without', async () => {
    for (const resource of ['https://api.example.com', 'https://api.example.com/']) {
      const page = await new Person(world).visit(authorizeUrl({ resource }))
      expect(page.text).toContain('name="password"')
    }
  })
})

describe('pages of what is not there', () => {
  it('are pages to people, and JSON to programs', async () => {
    const html = { accept: 'text/html' }
    const person = new Person(world)
    const page = await person.visit(authorizeUrl())
    const gone = await person.visit(`${page.url}/login`, { headers: html })
    expect([gone.status, gone.text.includes('not opened like this')]).toEqual([405, true])
    const missing = await world.fetch(`${ISSUER}/oauth2/nothing`, { headers: html })
    expect([missing.status, (await missing.text()).includes('There is no such page')]).toEqual([
      404,
      true,
    ])
    const program = await world.fetch(`${ISSUER}/oauth2/nothing`)
    expect(await program.json()).toMatchObject({ error: 'invalid_request' })
  })
})

describe('administration', () => {
  const list = (key: string) =>
    world.fetch(`${ISSUER}/oauth2/admin`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'cf-connecting-ip': '203.0.113.9' },
      body: JSON.stringify({ command: 'keys list' }),
    })

  it('counts wrong keys alone, so that the right one never waits', async () => {
    const rights = await Promise.all(Array.from({ length: 60 }, () => list(ADMIN_KEY)))
    expect(new Set(rights.map(({ status }) => status))).toEqual(new Set([200]))
    const wrongs = await Promise.all(Array.from({ length: 25 }, () => list('x'.repeat(32))))
    expect(wrongs.filter(({ status }) => status === 429)).toHaveLength(5)
    expect((await list(ADMIN_KEY)).status).toBe(200)
  })

  it('signs with the new key at once where a leaked one was replaced', async () => {
    const secret = 's'.repeat(32)
    await world.admin({ command: 'client add', id: 'svc', kind: 'service', secret })
    const kid = async () => {
      const answer = await world.fetch(`${ISSUER}/oauth2/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`svc:${secret}`)}` },
        body: new URLSearchParams({ grant_type: 'client_credentials' }),
      })
      const { access_token } = await answer.json<{ access_token: string }>()
      return JSON.parse(atob(access_token.split('.')[0] ?? '')).kid as string
    }
    const before = await kid()
    const rotate = { command: 'keys rotate', immediately: true } as const
    const [fresh] = await world.admin<{ kid: string }[]>(rotate)
    expect(fresh?.kid).not.toBe(before)
    expect(await kid()).toBe(fresh?.kid)
    const { keys } = await (await world.fetch(`${ISSUER}/.well-known/jwks.json`)).json<{
      keys: { kid: string }[]
    }>()
    expect(keys.map((key) => key.kid)).toEqual([fresh?.kid])
  })

  it('enables nobody by a reset', async () => {
    await world.admin({ command: 'user add', login: 'mallory', password: PASSWORD })
    await world.admin({ command: 'user disable', login: 'mallory' })
    await world.admin({ command: 'user reset', login: 'mallory', password: PASSWORD })
    const person = new Person(world)
    const page = await person.visit(authorizeUrl())
    const typed = { login: 'mallory', password: PASSWORD }
    expect((await person.submit(page, '/login', typed)).status).toBe(401)
    await world.admin({ command: 'user enable', login: 'mallory' })
    const again = await person.submit(await person.visit(authorizeUrl()), '/login', typed)
    expect(again.text).toContain('/consent"')
  })

  it('renames and removes people', async () => {
    const added = await world.admin<{ id: string }>({ command: 'user add', login: 'eve' })
    const update = {
      command: 'user update',
      login: 'eve',
      newLogin: 'Eva',
    } as const
    expect(await world.admin(update)).toMatchObject({ id: added.id, login: 'eva' })
    await expect(world.admin({ command: 'user unlock', login: 'eve' })).rejects.toThrow('no user')
    const taken = { command: 'user update', login: 'eva', newLogin: 'ada' } as const
    await expect(world.admin(taken)).rejects.toThrow('already')
    await world.admin({ command: 'user remove', login: 'eva' })
    const people = await world.admin<{ login: string }[]>({ command: 'user list' })
    expect(people.map(({ login }) => login)).not.toContain('eva')
  })

  it('says in words that a server cannot be reached, and which', async () => {
    const run = promisify(execFile)(
      process.execPath,
      ['src/cli/issuer.ts', 'user', 'list', '--url=http://127.0.0.1:9'],
      { env: { ...process.env, ADMIN_KEY } },
    )
    await expect(run).rejects.toMatchObject({
      code: 1,
      stderr: 'issuer: nothing answers at http://127.0.0.1:9\n',
    })
  })
})

describe('metadata', () => {
  it('promises DPoP only where APIs take it', async () => {
    const answer = await world.fetch(`${ISSUER}/.well-known/oauth-authorization-server`)
    expect(await answer.json()).not.toHaveProperty('dpop_signing_alg_values_supported')
  })
})
