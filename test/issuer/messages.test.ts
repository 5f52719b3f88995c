import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Message } from '../../src/issuer/config.ts'
import type { Note } from '../../src/issuer/storage/notes.ts'
import type { UserInfo } from '../../src/issuer/storage/user-info.ts'
import { ISSUER, Person, startOpenIssuer, type Visit, type World } from './world.ts'

const REDIRECT = 'https://app.example.com/callback'
const PASSWORD = 'correct horse battery staple'

let world: World

beforeAll(async () => {
  world = await startOpenIssuer()
  const redirectUris = [REDIRECT]
  await world.admin({ command: 'client add', id: 'spa', kind: 'public', redirectUris })
  const email = 'ada@example.com'
  await world.admin({ command: 'user add', login: 'ada', password: PASSWORD, email })
  await world.admin({ command: 'user add', login: 'nomail', password: PASSWORD })
})

afterAll(() => world.close())

function signInPage(person: Person, parameters: Record<string, string> = {}): Promise<Visit> {
  return person.visit(
    `${ISSUER}/oauth2/authorize?${new URLSearchParams({
      client_id: 'spa',
      response_type: 'code',
      redirect_uri: REDIRECT,
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
      ...parameters,
    })}`,
  )
}

async function signIn(login: string, password: string): Promise<number> {
  const person = new Person(world)
  const page = await signInPage(person)
  return (await person.submit(page, '/login', { login, password })).status
}

function messages(): Message[] {
  return world
    .logs()
    .filter((line) => line.startsWith('message '))
    .map((line) => JSON.parse(line.slice('message '.length)) as Message)
}

/** Asks for a link and waits until the server has gone on behind its answer. */
async function forget(login: string): Promise<Visit> {
  const person = new Person(world)
  const start = await signInPage(person)
  expect(start.text).toContain('Forgot your password?')
  const page = await person.visit(`${ISSUER}/oauth2/password`)
  return person.submit(page, '/password', { login })
}

async function nextMessage(count: number): Promise<Message> {
  await expect.poll(() => messages().length, { timeout: 10_000 }).toBe(count)
  return messages()[count - 1] as Message
}

describe('a forgotten password', () => {
  it('is replaced through a link that works once, and ends sessions', async () => {
    const person = new Person(world)
    const consent = await person.submit(await signInPage(person), '/login', {
      login: 'ada',
      password: PASSWORD,
    })
    await person.submit(consent, '/consent')
    const sent = await forget('ADA')
    expect(sent.text).toContain('Look into your mail')
    const message = await nextMessage(1)
    expect(message).toEqual({
      kind: 'reset',
      login: 'ada',
      to: 'ada@example.com',
      title: 'Sign in to <Example>',
      url: expect.stringContaining(`${ISSUER}/oauth2/password/set?token=`),
    })
    const reader = new Person(world)
    const page = await reader.visit(message.url)
    const short = await reader.submit(page, '/set', { new: 'short' })
    expect([short.status, short.text.includes('8 characters')]).toEqual([400, true])
    const done = await reader.submit(page, '/set', { new: 'another long password' })
    expect([done.status, done.text.includes('Your password is set')]).toEqual([200, true])
    expect(await signIn('ada', PASSWORD)).toBe(401)
    expect(await signIn('ada', 'another long password')).toBe(200)
    expect((await person.visit(`${ISSUER}/oauth2/account`)).status).toBe(401)
    expect((await reader.visit(message.url)).text).toContain('This link is over')
    const again = await reader.submit(page, '/set', { new: 'a third long password' })
    expect(again.status).toBe(400)
    const people = await world.admin<{ login: string }[]>({ command: 'user list' })
    expect(people.find(({ login }) => login === 'ada')).toBeDefined()
  })

  it('says nothing about who has an account', async () => {
    const texts = new Set<string>()
    for (const login of ['nobody', 'nomail']) texts.add((await forget(login)).text)
    expect(texts.size).toBe(1)
    expect(messages()).toHaveLength(1)
  })

  it('cannot be replaced with a link that somebody made up', async () => {
    const made = await new Person(world).visit(`${ISSUER}/oauth2/password/set?token=AAAA`)
    expect([made.status, made.text.includes('This link is over')]).toEqual([400, true])
  })

  it('is asked for so often from one address, and no more', async () => {
    let page: Visit | undefined
    for (let i = 0; i < 6; i++) page = await forget('nobody')
    expect(page?.status).toBe(429)
  })
})

describe('a mail address', () => {
  const ACCOUNT = `${ISSUER}/oauth2/account`
  let carol: Person
  let visits = 0

  beforeAll(async () => {
    const email = 'old@example.com'
    await world.admin({ command: 'user add', login: 'carol', password: PASSWORD, email })
    carol = await newVisit()
  })

  /** Signed in, from an address of its own. */
  async function newVisit(): Promise<Person> {
    const person = new Person(world, `203.0.113.${visits++}`)
    const page = await signInPage(person)
    await person.submit(page, '/login', { login: 'carol', password: PASSWORD })
    return person
  }

  async function ask(email: string): Promise<string> {
    const count = messages().length
    const page = await carol.submit(await carol.visit(ACCOUNT), '/email', { email })
    expect([page.status, page.text.includes(`on its way to ${email}`)]).toEqual([200, true])
    return (await nextMessage(count + 1)).url
  }

  async function addressOf(login: string): Promise<object> {
    const people = await world.admin<UserInfo[]>({ command: 'user list' })
    const { email, emailVerified } = people.find((person) => person.login === login) ?? {}
    return { email, emailVerified }
  }

  it("becomes the person's, and verified, by its link alone, and by a press of the button", async () => {
    const before = { email: 'old@example.com' }
    const url = await ask('new@example.com')
    expect(messages().at(-1)).toEqual({
      kind: 'verify',
      login: 'carol',
      to: 'new@example.com',
      title: 'Sign in to <Example>',
      url: expect.stringContaining(`${ISSUER}/oauth2/email?token=`),
    })
    expect(await addressOf('carol')).toEqual(before)
    const reader = new Person(world)
    const page = await reader.visit(url)
    expect(page.text).toContain('<strong>new@example.com</strong>')
    expect(page.text).toContain('<strong>carol</strong>')
    expect(await addressOf('carol')).toEqual(before)
    const init = { method: 'POST', headers: { origin: 'https://evil.example' } }
    const token = new URL(url).searchParams.get('token') ?? ''
    const body = new URLSearchParams({ token })
    expect((await new Person(world).visit(url, { ...init, body })).status).toBe(403)
    expect(await addressOf('carol')).toEqual(before)
    const done = await reader.submit(page, '/email')
    expect(done.text).toContain('Your address is verified')
    expect(await addressOf('carol')).toEqual({ email: 'new@example.com', emailVerified: true })
    expect((await carol.visit(ACCOUNT)).text).toContain('(verified)')
    const notes = await world.admin<Note[]>({ command: 'audit', login: 'carol' })
    expect(notes.at(-1)).toMatchObject({ what: 'email verified', detail: 'new@example.com' })

    expect((await reader.submit(page, '/email')).status).toBe(400)
    expect((await reader.visit(url)).text).toContain('This link is over')
  })

  it('is not changed by a link that another one has replaced, or somebody made up', async () => {
    const first = await ask('first@example.com')
    const second = await ask('second@example.com')
    const token = new URL(second).searchParams.get('token') ?? ''
    const madeUp = `${ISSUER}/oauth2/email?token=${token.slice(0, 23)}${'A'.repeat(43)}`
    for (const url of [first, madeUp, `${ISSUER}/oauth2/email?token=v${token.slice(1)}`]) {
      expect((await new Person(world).visit(url)).status).toBe(400)
    }
    const reader = new Person(world)
    await reader.submit(await reader.visit(second), '/email')
    expect(await addressOf('carol')).toEqual({ email: 'second@example.com', emailVerified: true })
  })

  it('is not changed once the person is disabled', async () => {
    const url = await ask('third@example.com')
    const reader = new Person(world)
    const page = await reader.visit(url)
    await world.admin({ command: 'user disable', login: 'carol' })
    await world.admin({ command: 'user enable', login: 'carol' })
    expect((await reader.submit(page, '/email')).status).toBe(400)
    carol = await newVisit()
  })

  /** What an application is told of whoever has signed in. */
  async function claims(): Promise<unknown> {
    const person = await newVisit()
    let page = await signInPage(person, { scope: 'openid email' })
    if (page.text.includes('/consent"')) page = await person.submit(page, '/consent')
    const answer = await world.fetch(`${ISSUER}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: 'spa',
        redirect_uri: REDIRECT,
        code: page.url.searchParams.get('code') ?? '',
        code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
      }),
    })
    const { access_token } = await answer.json<{ access_token: string }>()
    const headers = { authorization: `Bearer ${access_token}` }
    return (await world.fetch(`${ISSUER}/oauth2/userinfo`, { headers })).json()
  }

  it('is told to applications as what it is', async () => {
    expect(await claims()).toMatchObject({ email: 'second@example.com', email_verified: true })
    await world.admin({ command: 'user update', login: 'carol', email: 'desk@example.com' })
    expect(await claims()).toMatchObject({ email: 'desk@example.com', email_verified: false })
    const reader = new Person(world)
    await reader.submit(await reader.visit(await ask('desk@example.com')), '/email')
    expect(await claims()).toMatchObject({ email: 'desk@example.com', email_verified: true })
  })

  it.each(['', 'nobody', 'a@b', 'a b@example.com', 'a@example.com,b@example.com', 'a@[127.0.0.1]'])(
    'is not %j',
    async (email) => {
      const page = await carol.submit(await carol.visit(ACCOUNT), '/email', { email })
      expect([page.status, page.text.includes('no email address')]).toEqual([400, true])
    },
  )

  it('is written to so often from one address, and no more', async () => {
    carol = await newVisit()
    for (let i = 0; i < 5; i++) await ask('often@example.com')
    const email = 'often@example.com'
    expect((await carol.submit(await carol.visit(ACCOUNT), '/email', { email })).status).toBe(429)
  })
})

describe('an invitation', () => {
  it('is a link with which the person sets their first password', async () => {
    const command = { command: 'user invite', login: 'grace', email: 'grace@example.com' } as const
    const invited = await world.admin<{ url: string; sent: boolean }>(command)
    expect(invited.sent).toBe(true)
    expect(messages().at(-1)).toMatchObject({ kind: 'invite', url: invited.url })
    expect(await signIn('grace', '')).toBe(401)
    const person = new Person(world)
    const page = await person.visit(invited.url)
    await person.submit(page, '/set', { new: 'a password of her own' })
    expect(await signIn('grace', 'a password of her own')).toBe(200)
    await expect(world.admin(command)).rejects.toThrow('already')
  })

  it('is answered to the administrator alone where the person has no address', async () => {
    const invited = await world.admin<{ sent: boolean }>({ command: 'user invite', login: 'heidi' })
    expect(invited.sent).toBe(false)
  })
})

describe('the audit log', () => {
  it('has a line for each command, registration, sign-in and lock, without a secret', async () => {
    const secret = 's'.repeat(32)
    await world.admin({ command: 'client add', id: 'job', kind: 'service', secret })
    await world.admin({ command: 'user add', login: 'ivan', password: PASSWORD })
    await signIn('ivan', PASSWORD)
    for (let i = 0; i < 12; i++) await signIn('ivan', `wrong ${i}`)
    const server = await world.admin<Note[]>({ command: 'audit' })
    const lines = server.map(({ what, detail }) => `${what} ${detail}`)
    expect(lines).toEqual(expect.arrayContaining(['client add job', 'user add ivan']))
    expect(JSON.stringify(server)).not.toContain(secret)
    const ivan = await world.admin<Note[]>({ command: 'audit', login: 'ivan' })
    expect(ivan.map(({ what }) => what)).toEqual(['sign-in', 'locked'])
    expect(ivan[0]?.detail).toMatch(/^password from \S+$/)
    expect(JSON.stringify(ivan)).not.toContain(PASSWORD)
  })
})

describe('a client', () => {
  it('is changed in what is given, and keeps the rest', async () => {
    const find = async () => {
      const clients = await world.admin<{ id: string; metadata: object; roles: string[] }[]>({
        command: 'client list',
      })
      return clients.find(({ id }) => id === 'spa')
    }
    const before = await find()
    await world.admin({ command: 'client update', id: 'spa', name: 'The Shop', roles: ['r'] })
    const after = await find()
    expect(after?.metadata).toEqual({ ...before?.metadata, client_name: 'The Shop' })
    expect(after?.roles).toEqual(['r'])
    const redirectUris = ['http://a.example/']
    const bad = world.admin({ command: 'client update', id: 'spa', redirectUris })
    await expect(bad).rejects.toThrow('must be https')
    const nobody = { command: 'client update', id: 'nobody', name: 'x' } as const
    await expect(world.admin(nobody)).rejects.toThrow('no client')
  })
})
