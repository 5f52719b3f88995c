import * as client from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ISSUER, Person, startIssuer, type Visit, type World } from './world.ts'

const REDIRECT = 'https://app.example.com/callback'
const SECRET = 'a-client-secret-of-thirty-two-chars-or-more'
const PASSWORD = 'correct horse battery staple'
const ACCOUNT = `${ISSUER}/oauth2/account`

let world: World
let web: client.Configuration

beforeAll(async () => {
  world = await startIssuer()
  const redirectUris = [REDIRECT]
  await world.admin({
    command: 'client add',
    id: 'web',
    name: 'The Shop',
    secret: SECRET,
    kind: 'web',
    redirectUris,
  })
  await world.admin({ command: 'user add', login: 'ada', password: PASSWORD })
  await world.admin({ command: 'user add', login: 'eve', password: PASSWORD })
  web = await client.discovery(new URL(ISSUER), 'web', SECRET, undefined, {
    execute: [client.allowInsecureRequests],
    [client.customFetch]: (url, init) => world.fetch(url, init as unknown as RequestInit),
  })
})

afterAll(() => world.close())

async function signIn(login = 'ada', scope = 'openid orders:read') {
  const person = new Person(world)
  const verifier = client.randomPKCECodeVerifier()
  const url = client.buildAuthorizationUrl(web, {
    redirect_uri: REDIRECT,
    scope,
    prompt: 'consent',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  })
  const callback = await person.authorize(url, login, PASSWORD)
  const tokens = await client.authorizationCodeGrant(web, callback, { pkceCodeVerifier: verifier })
  return { person, refresh: () => client.refreshTokenGrant(web, tokens.refresh_token ?? '') }
}

function post(person: Person, step: string, fields: Record<string, string>): Promise<Visit> {
  return person.visit(`${ACCOUNT}/${step}`, {
    method: 'POST',
    headers: { origin: ISSUER },
    body: new URLSearchParams(fields),
  })
}

function field(page: Visit, name: string): string[] {
  return [...page.text.matchAll(new RegExp(`name="${name}" value="([^"]*)"`, 'g'))].map(
    ([, value]) => value ?? '',
  )
}

describe('the account page', () => {
  it('shows where a person is signed in, and ends a session with what it was given', async () => {
    const here = await signIn()
    const there = await signIn()
    const page = await here.person.visit(ACCOUNT)
    expect(page.text).toContain('This browser')
    const [uid = ''] = field(page, 'uid')
    const eve = await signIn('eve')
    await post(eve.person, 'end-session', { uid })
    expect((await there.person.visit(ACCOUNT)).status).toBe(200)
    await post(here.person, 'end-session', { uid })
    expect((await there.person.visit(ACCOUNT)).status).toBe(401)
    await expect(there.refresh()).rejects.toMatchObject({ error: 'invalid_grant' })
    await expect(here.refresh()).resolves.toBeDefined()
    await post(here.person, 'end-session', { uid: field(page, 'uid')[0] ?? '' })
  })

  it('shows what a person allowed, and ends it, for nobody but them', async () => {
    const { person, refresh } = await signIn('eve')
    const page = await person.visit(ACCOUNT)
    expect(page.text).toContain('The Shop')
    expect(page.text).toContain('openid, orders:read')
    const ada = await signIn('ada')
    for (const id of field(page, 'id')) await post(ada.person, 'end-grant', { id })
    await expect(refresh()).resolves.toBeDefined()
    for (const id of field(page, 'id')) await post(person, 'end-grant', { id })
    await expect(refresh()).rejects.toMatchObject({ error: 'invalid_grant' })
  })

  it('changes a password for who knows it, and signs out elsewhere', async () => {
    await world.admin({ command: 'user add', login: 'grace', password: PASSWORD })
    const here = await signIn('grace')
    const there = await signIn('grace')
    const next = 'another long password'
    const wrong = await post(here.person, 'password', { current: 'wrong', new: next })
    expect([wrong.status, wrong.text.includes('is not right')]).toEqual([400, true])
    const short = await post(here.person, 'password', { current: PASSWORD, new: 'short' })
    expect([short.status, short.text.includes('8 characters')]).toEqual([400, true])
    expect((await there.person.visit(ACCOUNT)).status).toBe(200)
    const done = await post(here.person, 'password', { current: PASSWORD, new: next })
    expect(done.text).toContain('is changed')
    expect((await there.person.visit(ACCOUNT)).status).toBe(401)
    expect((await here.person.visit(ACCOUNT)).status).toBe(200)
    await expect(signIn('grace')).rejects.toThrow('not right')
  })

  it('is no place to guess the password of whose session one has', async () => {
    await world.admin({ command: 'user add', login: 'heidi', password: PASSWORD })
    const { person } = await signIn('heidi')
    const texts = new Set<boolean>()
    for (let i = 0; i < 21; i++) {
      const page = await post(person, 'password', { current: `guess ${i}`, new: PASSWORD })
      texts.add(page.text.includes('Too many attempts'))
    }
    expect(texts).toEqual(new Set([false, true]))
  })

  it('leaves a grant that was to stay when its session ends', async () => {
    const here = await signIn('ada', 'openid')
    const away = await signIn('ada', 'openid offline_access')
    const page = await here.person.visit(ACCOUNT)
    for (const uid of field(page, 'uid')) await post(here.person, 'end-session', { uid })
    await expect(away.refresh()).resolves.toBeDefined()
  })
})
