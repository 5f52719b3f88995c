import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Opened } from '../../src/issuer/storage/opened.ts'
import { placeIn } from '../../src/issuer/storage/places.ts'
import { Authenticator, type Ceremony } from './authenticator.ts'
import { ISSUER, Person, startIssuer, type Visit, type World } from './world.ts'

const REDIRECT = 'https://app.example.com/callback'
const PASSWORD = 'correct horse battery staple'
const ACCOUNT = `${ISSUER}/oauth2/account`

let world: World
let ada: Person
let adaId: string

beforeAll(async () => {
  world = await startIssuer()
  await world.admin({ command: 'client add', id: 'spa', kind: 'public', redirectUris: [REDIRECT] })
  const added = await world.admin<{ id: string }>({
    command: 'user add',
    login: 'ada',
    password: PASSWORD,
  })
  adaId = added.id
  ada = new Person(world)
  await ada.authorize(authorizeUrl(), 'ada', PASSWORD)
})

afterAll(() => world.close())

function authorizeUrl(): string {
  return `${ISSUER}/oauth2/authorize?${new URLSearchParams({
    client_id: 'spa',
    response_type: 'code',
    redirect_uri: REDIRECT,
    scope: 'openid',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  })}`
}

function post(person: Person, url: string, fields: Record<string, string> = {}): Promise<Visit> {
  const init = { method: 'POST', headers: { origin: ISSUER }, body: new URLSearchParams(fields) }
  return person.visit(url, init)
}

async function challenge(person: Person, page: string): Promise<Ceremony> {
  const { text } = await post(person, `${page}/passkey-options`)
  const { challenge } = JSON.parse(text) as { challenge: string }
  return { challenge, origin: ISSUER, rpId: 'localhost', userId: adaId }
}

async function register(changes: Partial<Ceremony> = {}): Promise<[number, Authenticator]> {
  const authenticator = new Authenticator()
  const ceremony = await challenge(ada, ACCOUNT)
  const response = authenticator.create({ ...ceremony, ...changes })
  return [(await post(ada, `${ACCOUNT}/passkey`, { response })).status, authenticator]
}

async function signIn(authenticator: Authenticator, changes: Partial<Ceremony> = {}) {
  const person = new Person(world)
  const page = (await person.visit(authorizeUrl())).url.href
  const response = authenticator.get({ ...(await challenge(person, page)), ...changes })
  return { person, page, response, visit: await post(person, `${page}/passkey`, { response }) }
}

const WRONG: [string, Partial<Ceremony>][] = [
  ['made for another origin', { origin: 'https://evil.example' }],
  ['made for another server', { rpId: 'evil.example' }],
  ['of another challenge', { challenge: 'AAAA' }],
  ['of an authenticator that did not verify the person', { userVerified: false }],
]

describe('a passkey', () => {
  it('signs its owner in', async () => {
    const [status, authenticator] = await register()
    expect(status).toBe(200)
    const { person, visit } = await signIn(authenticator)
    expect(visit.text).toContain('/consent"')
    const account = await person.visit(ACCOUNT)
    expect(account.text).toContain('Signed in as ada')
  })

  it.each(WRONG)('is not accepted when its signature is %s', async (_, changes) => {
    const [, authenticator] = await register()
    const { visit } = await signIn(authenticator, changes)
    expect([visit.status, visit.text.includes('not accepted')]).toEqual([401, true])
  })

  it.each(WRONG)('is not added when it is %s', async (_, changes) => {
    const [status] = await register(changes)
    expect(status).toBe(400)
  })

  it('is of no use a second time, nor in the sign-in of somebody else', async () => {
    const [, authenticator] = await register()
    const { response, visit } = await signIn(authenticator)
    expect(visit.status).toBe(200)
    const thief = new Person(world)
    const page = (await thief.visit(authorizeUrl())).url.href
    await challenge(thief, page)
    expect((await post(thief, `${page}/passkey`, { response })).status).toBe(401)
  })

  it('has one try for each challenge', async () => {
    const [, authenticator] = await register()
    const person = new Person(world)
    const page = (await person.visit(authorizeUrl())).url.href
    const response = authenticator.get(await challenge(person, page))
    expect((await post(person, `${page}/passkey`, { response: '{"id":"x"}' })).status).toBe(401)
    expect((await post(person, `${page}/passkey`, { response })).status).toBe(401)
  })

  it('that counts backwards is a copy', async () => {
    const [, authenticator] = await register({ counter: 5 })
    expect((await signIn(authenticator, { counter: 6 })).visit.status).toBe(200)
    expect((await signIn(authenticator, { counter: 6 })).visit.status).toBe(401)
  })

  it('that says it is somebody else\u2019s, or nobody\u2019s, is not accepted', async () => {
    const [, authenticator] = await register()
    const other = await world.admin<{ id: string }>({ command: 'user add', login: 'bob' })
    for (const userId of [other.id, 'not an id', '']) {
      const { visit } = await signIn(authenticator, { userId })
      expect([visit.status, visit.text.includes('not accepted')]).toEqual([401, true])
    }
    expect((await signIn(authenticator)).visit.status).toBe(200)
  })

  it('that nobody registered is nobody', async () => {
    expect((await signIn(new Authenticator())).visit.status).toBe(401)
  })

  it('can be removed by its owner alone, and goes with a reset', async () => {
    const [, authenticator] = await register()
    const { id } = authenticator
    await world.admin({ command: 'user add', login: 'eve', password: PASSWORD })
    const eve = new Person(world)
    await eve.authorize(authorizeUrl(), 'eve', PASSWORD)
    await post(eve, `${ACCOUNT}/remove`, { id })
    expect((await signIn(authenticator)).visit.status).toBe(200)
    await post(ada, `${ACCOUNT}/remove`, { id })
    expect((await signIn(authenticator)).visit.status).toBe(401)

    const [, another] = await register()
    await world.admin({ command: 'user reset', login: 'ada', password: PASSWORD })
    expect((await signIn(another)).visit.status).toBe(401)
    ada = new Person(world)
    await ada.authorize(authorizeUrl(), 'ada', PASSWORD)
  })

  it('of a disabled person does not sign in', async () => {
    const [, authenticator] = await register()
    await world.admin({ command: 'user disable', login: 'ada' })
    expect((await signIn(authenticator)).visit.status).toBe(401)
    await world.admin({ command: 'user enable', login: 'ada' })
    expect((await signIn(authenticator)).visit.status).toBe(200)
    ada = new Person(world)
    await ada.authorize(authorizeUrl(), 'ada', PASSWORD)
  })

  it('is changed only from a session that began a short while ago', async () => {
    const id = ada.cookies.get('issuer_session')?.value ?? ''
    const object = { name: `person:${placeIn(id)}`, role: 'person' }
    const args = ['Session', 'id', id]
    const { found } = await world.object<Opened>({ ...object, method: 'open', args })
    const session = JSON.parse(found?.payload ?? '{}') as {
      uid: string
      loginTs: number
      exp: number
    }
    const payload = JSON.stringify({ ...session, loginTs: session.loginTs - 901 })
    const { uid, exp: expiresAt } = session
    const artifact = { model: 'Session', id, payload, uid, expiresAt }
    const changes = [{ do: 'save', artifact }]
    await world.object({ ...object, method: 'commit', args: [changes] })
    const page = await ada.visit(ACCOUNT)
    expect([page.status, page.text.includes('sign in again')]).toEqual([200, true])
    expect((await post(ada, `${ACCOUNT}/passkey-options`)).status).toBe(403)
    expect((await post(ada, `${ACCOUNT}/remove`, { id: 'x' })).status).toBe(403)
  })
})
