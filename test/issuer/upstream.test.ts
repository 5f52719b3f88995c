import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { AdminCommand } from '../../src/issuer/admin.ts'
import { createSealer } from '../../src/issuer/oidc/sealed-text.ts'
import type { Snapshot } from '../../src/issuer/storage/directory.ts'
import type { Note } from '../../src/issuer/storage/notes.ts'
import { placeOfPerson } from '../../src/issuer/storage/places.ts'
import {
  CALLBACK,
  signInThere,
  startUpstreamProvider,
  UPSTREAM_SECRET,
  type UpstreamProvider,
} from './upstream-provider.ts'
import { ISSUER, Person, startIssuer, type Visit, type World } from './world.ts'

type ExportedPerson = Extract<AdminCommand, { command: 'import person' }>['person']

const REDIRECT = 'https://app.example.com/callback'
const PASSWORD = 'correct horse battery staple'

let upstream: UpstreamProvider
let world: World

beforeAll(async () => {
  upstream = await startUpstreamProvider()
  world = await startIssuer({
    UPSTREAM_ISSUER: upstream.issuer,
    UPSTREAM_CLIENT_SECRET: UPSTREAM_SECRET,
  })
  const redirectUris = [REDIRECT]
  await world.admin({ command: 'client add', id: 'spa', kind: 'public', redirectUris })
  const add = (login: string, email?: string) =>
    world.admin({ command: 'user add', login, password: PASSWORD, ...(email && { email }) })
  await add('ada', 'ada@example.com')
  await add('bob@example.com')
  await add('dan', 'dan@example.com')
  await add('eve', 'eve@example.com')
  await add('kim', 'kim@example.com')
  await add('one', 'shared@example.com')
  await add('two', 'shared@example.com')
  await world.admin({ command: 'user disable', login: 'dan' })
})

afterEach(() => {
  const usual = { refuses: false, isDown: false, alter: undefined, signsWithForeignKey: false }
  Object.assign(upstream, usual)
})

afterAll(async () => {
  await world.close()
  upstream.close()
})

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

let visitors = 0

/** Each from an address of their own, so that none is held up by the others. */
function newcomer(): Person {
  return new Person(world, `198.51.100.${visitors++}`)
}

/** Presses the button; answers where the person is sent. */
async function begin(parameters?: Record<string, string>): Promise<[Person, Visit]> {
  const person = newcomer()
  const page = await person.visit(authorizeUrl(parameters))
  expect(page.text).toContain('Continue with Acme')
  return [person, await person.submit(page, '/upstream')]
}

/** The same, and signs in there; answers where the person is sent back to. */
async function come(account: string): Promise<[Person, URL]> {
  const [person, sent] = await begin()
  upstream.account = account
  return [person, await signInThere(sent.url)]
}

async function signIn(account: string): Promise<[number, string, Person]> {
  const [person, back] = await come(account)
  const page = await person.visit(back)
  return [page.status, problemOf(page), person]
}

/** What the page says is wrong; empty where the person was signed in. */
function problemOf({ text }: Visit): string {
  if (text.includes('/consent"')) return ''
  return (
    /role="alert" id="problem">([^<]*)</.exec(text)?.[1] ?? /<h1>([^<]*)/.exec(text)?.[1] ?? text
  )
}

function notesOf(login: string): Promise<Note[]> {
  return world.admin<Note[]>({ command: 'audit', login })
}

const NOT_TRUSTED = 'The answer of Acme cannot be trusted, so you were not signed in. Try again.'
const TOO_LATE = 'Signing in with Acme took too long, or began in another window. Try again.'
const UNVERIFIED =
  'Acme has not verified your email address. Verify it there, or sign in another way.'
const NOBODY = 'Acme knows you, but no account here is yours. Sign in another way, or ask for one.'

describe('a provider that is down', () => {
  it('is said to be, before and after it was asked, and every other way to sign in stays', async () => {
    upstream.isDown = true
    const [, page] = await begin()
    expect([page.status, problemOf(page)]).toEqual([
      503,
      'Acme does not answer. Try again in a while, or sign in another way.',
    ])
    expect(page.text).toContain('name="password"')

    upstream.isDown = false
    const [person, back] = await come('ada-there')
    upstream.isDown = true
    const later = await person.visit(back)
    expect([later.status, problemOf(later)]).toEqual([503, problemOf(page)])
  })
})

describe('a person who signs in at another provider', () => {
  it('is the one who has the address that it has verified, and afterwards whoever it knows', async () => {
    const [status, problem, person] = await signIn('ada-there')
    expect([status, problem]).toEqual([200, ''])
    expect((await person.visit(`${ISSUER}/oauth2/account`)).text).toContain('Signed in as ada')
    await world.admin({ command: 'user update', login: 'ada', email: 'ada@elsewhere.example' })
    const calls = ['/token', '/jwks']
    upstream.asked = []
    const [, again] = await signIn('ada-there')
    expect(again).toBe('')
    expect(upstream.asked.filter((path) => !/auth|interaction/.test(path))).toEqual(calls)
    const notes = await notesOf('ada')
    expect(notes.map(({ what }) => what)).toEqual(['account linked', 'sign-in', 'sign-in'])
    expect(notes[0]?.detail).toMatch(/^Acme from \S+$/)
    expect(notes[2]?.detail).toMatch(/^Acme from \S+$/)
    await world.admin({ command: 'user update', login: 'ada', email: 'ada@example.com' })
  })

  it('may have the address as their login', async () => {
    expect((await signIn('bob-there'))[1]).toBe('')
  })

  it('goes on to the application with a code', async () => {
    const [person, back] = await come('ada-there')
    const consent = await person.visit(back)
    const { url } = await person.submit(consent, '/consent')
    expect([url.origin, [...url.searchParams.keys()]]).toEqual([
      'https://app.example.com',
      ['code', 'iss'],
    ])
  })

  it('is asked for the code of their authenticator app', async () => {
    const person = new Person(world)
    await person.authorize(authorizeUrl(), 'eve', PASSWORD)
    const account = await person.visit(`${ISSUER}/oauth2/account`)
    const setup = await person.submit(account, '/totp-start')
    const secret = (/<strong class="code">([^<]*)</.exec(setup.text)?.[1] ?? '').replaceAll(' ', '')
    const { codeAt } = await import('./authenticator-app.ts')
    const now = Date.now() / 1000
    await person.submit(setup, '/totp-confirm', { code: codeAt(secret, now - 30) })

    const [visitor, back] = await come('eve-there')
    const page = await visitor.visit(back)
    expect(page.text).toContain('One more step')
    expect((await visitor.visit(`${ISSUER}/oauth2/account`)).status).toBe(401)
    const signedIn = await visitor.submit(page, '/code', {
      code: codeAt(secret, Date.now() / 1000),
    })
    expect(signedIn.text).toContain('/consent"')
    expect((await notesOf('eve')).at(-1)?.detail).toMatch(/^Acme and code from \S+$/)
  })

  it.each([
    ['is nobody here', 'unknown-there', 403, NOBODY],
    ['is disabled', 'dan-there', 403, NOBODY],
    ['has the address of two', 'two-there', 403, NOBODY],
    ['has an address with a letter that only looks the same', 'kelvin-there', 403, NOBODY],
    ['has an address that is not verified', 'bob-unverified', 403, UNVERIFIED],
    ['has no address', 'silent-there', 403, UNVERIFIED],
    [
      'is new, of a domain that is taken in, with an address that is not verified',
      'new-unverified',
      403,
      UNVERIFIED,
    ],
  ])('and %s is not signed in', async (_, account, status, problem) => {
    expect((await signIn(account)).slice(0, 2)).toEqual([status, problem])
  })

  it('is not signed in once they are disabled', async () => {
    expect((await signIn('bob-there'))[1]).toBe('')
    await world.admin({ command: 'user disable', login: 'bob@example.com' })
    expect((await signIn('bob-there'))[1]).toBe(NOBODY)
    await world.admin({ command: 'user enable', login: 'bob@example.com' })
    expect((await signIn('bob-there'))[1]).toBe('')
  })

  it('is added where the owner takes their domain in, and only once', async () => {
    expect((await signIn('new-there'))[1]).toBe('')
    expect((await signIn('new-there'))[1]).toBe('')
    const people = await world.admin<{ login: string }[]>({ command: 'user list' })
    expect(people.filter(({ login }) => login.endsWith('@new.example'))).toEqual([
      {
        id: expect.any(String),
        login: 'nina@new.example',
        name: 'Newcomer',
        email: 'nina@new.example',
        emailVerified: true,
        roles: [],
        disabled: false,
        createdAt: expect.any(Number),
      },
    ])
    const audit = await world.admin<Note[]>({ command: 'audit' })
    expect(audit.map(({ what, detail }) => `${what} ${detail}`)).toContain(
      'person added nina@new.example by Acme',
    )
  })

  it('is somebody else after they were removed and added again', async () => {
    await world.admin({ command: 'user remove', login: 'nina@new.example' })
    const added = { login: 'nina', email: 'nina@new.example' }
    await world.admin({ command: 'user add', ...added, password: PASSWORD })
    const [, problem, person] = await signIn('new-there')
    expect(problem).toBe('')
    expect((await person.visit(`${ISSUER}/oauth2/account`)).text).toContain('Signed in as nina<')
  })

  it('is nobody after a reset, until the address says again who it is', async () => {
    await world.admin({ command: 'user add', login: 'gil', email: 'gil@example.com' })
    expect((await signIn('gil-there'))[1]).toBe('')
    await world.admin({ command: 'user reset', login: 'gil' })
    await world.admin({ command: 'user update', login: 'gil', email: 'gil@elsewhere.example' })
    expect((await signIn('gil-there'))[1]).toBe(NOBODY)
    await world.admin({ command: 'user update', login: 'gil', email: 'gil@example.com' })
    expect((await signIn('gil-there'))[1]).toBe('')
  })

  it('is whom their own object says, where the list of people is behind', async () => {
    const { id } = await world.admin<{ id: string }>({
      command: 'user add',
      login: 'hal',
      email: 'hal@example.com',
    })
    const object = { name: `person:${placeOfPerson(id)}`, role: 'person', method: 'update' }
    await world.object({ ...object, args: [{ email: 'hal@elsewhere.example' }] })
    expect((await signIn('hal-there'))[1]).toBe(NOBODY)
  })

  it('stays who they are when they are exported and imported', async () => {
    const added = { login: 'ivy', email: 'ivy@example.com' }
    await world.admin({ command: 'user add', ...added, password: PASSWORD })
    expect((await signIn('ivy-there'))[1]).toBe('')
    await world.admin({ command: 'user update', login: 'ivy', email: 'ivy@elsewhere.example' })
    const person = await world.admin<ExportedPerson>({ command: 'export person', login: 'ivy' })
    expect(person.elsewhere).toEqual([{ issuer: upstream.issuer, subject: 'ivy-there' }])
    await world.admin({ command: 'user remove', login: 'ivy' })
    expect((await signIn('ivy-there'))[1]).toBe(NOBODY)
    await world.admin({ command: 'import person', person })
    expect((await signIn('ivy-there'))[1]).toBe('')
  })

  it('who said no there can go on here', async () => {
    upstream.refuses = true
    expect((await signIn('ada-there')).slice(0, 2)).toEqual([
      401,
      'Acme did not sign you in. Try again, or sign in another way.',
    ])
  })

  it('takes nothing along: the tokens are not kept, and the secret is on no page', async () => {
    const [person, back] = await come('ada-there')
    const page = await person.visit(back)
    expect(page.text).not.toContain(UPSTREAM_SECRET)
    expect(person.received.join()).not.toContain('eyJ')
    expect(world.logs().join()).not.toContain(UPSTREAM_SECRET)
  })

  it('is asked to sign in anew there where the application wants it', async () => {
    const [, sent] = await begin({ prompt: 'login' })
    expect(sent.url.searchParams.get('max_age')).toBe('0')
    const [, usual] = await begin()
    expect(Object.fromEntries(usual.url.searchParams)).toEqual({
      client_id: 'gatehouse',
      response_type: 'code',
      redirect_uri: CALLBACK,
      scope: 'openid email profile',
      state: expect.stringMatching(/^[\w-]+\.[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    })
  })
})

describe('an answer of another provider', () => {
  it("without a state is nobody's", async () => {
    const [person, back] = await come('ada-there')
    back.searchParams.delete('state')
    const page = await person.visit(back)
    expect([page.status, problemOf(page)]).toEqual([400, 'This sign-in is over'])
  })

  it('with the state of another browser signs nobody in', async () => {
    const [, back] = await come('ada-there')
    const page = await new Person(world).visit(back)
    expect([page.status, problemOf(page)]).toEqual([400, 'This sign-in is over'])
    // Another browser that is signing in itself.
    const [person, own] = await come('bob-there')
    own.searchParams.set('code', back.searchParams.get('code') ?? '')
    const mixed = await person.visit(own)
    expect([mixed.status, problemOf(mixed)]).toEqual([502, NOT_TRUSTED])
  })

  it('with an altered state is refused, and the state is used up by it', async () => {
    const [person, back] = await come('ada-there')
    const right = back.href
    back.searchParams.set('state', `${back.searchParams.get('state')}x`)
    const page = await person.visit(back)
    expect([page.status, problemOf(page)]).toEqual([502, NOT_TRUSTED])
    const again = await person.visit(right)
    expect([again.status, problemOf(again)]).toEqual([400, TOO_LATE])
  })

  it('that comes too late is refused', async () => {
    const [person, back] = await come('ada-there')
    const { cookieKeys } = await world.object<Snapshot>({
      name: 'issuer',
      role: 'directory',
      method: 'snapshot',
      args: [],
    })
    const sealer = createSealer(cookieKeys, 'gatehouse issuer browser state')
    const cookie = person.cookies.get('issuer_upstream')
    const purpose = `upstream:${back.searchParams.get('state')?.split('.')[0]}`
    const kept = sealer.open(purpose, cookie?.value ?? '') as { expiresAt: number }
    const inTime = Math.abs(kept.expiresAt - Date.now() / 1000 - 600) < 60
    expect([inTime, cookie?.path]).toEqual([true, `/interaction/${purpose.split(':')[1]}`])
    const value = sealer.seal(purpose, { ...kept, expiresAt: kept.expiresAt - 600 })
    person.cookies.set('issuer_upstream', { value, path: cookie?.path ?? '' })
    const page = await person.visit(back)
    expect([page.status, problemOf(page)]).toEqual([400, TOO_LATE])
  })

  it('is of no use a second time, also to who has copied the cookies and got another code', async () => {
    const [person, sent] = await begin()
    upstream.account = 'ada-there'
    const [back, another] = [await signInThere(sent.url), await signInThere(sent.url)]
    const thieves = [newcomer(), newcomer()] as const
    for (const [name, cookie] of person.cookies) {
      for (const thief of thieves) thief.cookies.set(name, cookie)
    }
    expect(problemOf(await person.visit(back))).toBe('')
    const pages = [await thieves[0].visit(back), await thieves[1].visit(another)]
    expect(pages.map((page) => [page.status, problemOf(page)])).toEqual([
      [502, NOT_TRUSTED],
      [403, NOBODY],
    ])
  })

  it.each([
    ['another iss', (back: URL) => back.searchParams.set('iss', 'https://evil.example')],
    ['no iss where the provider sends one', (back: URL) => back.searchParams.delete('iss')],
    ['no code', (back: URL) => back.searchParams.delete('code')],
    ['a code that it did not give', (back: URL) => back.searchParams.set('code', 'made-up')],
  ])('with %s is refused', async (_, change) => {
    const [person, back] = await come('ada-there')
    change(back)
    const page = await person.visit(back)
    expect([page.status, problemOf(page)]).toEqual([502, NOT_TRUSTED])
  })

  it.each<[string, Partial<UpstreamProvider>]>([
    ['another nonce', { alter: (claims) => ({ ...claims, nonce: 'another' }) }],
    ['no nonce', { alter: ({ nonce: _, ...claims }) => claims }],
    ['another client', { alter: (claims) => ({ ...claims, aud: 'another' }) }],
    ['another issuer', { alter: (claims) => ({ ...claims, iss: 'https://evil.example' }) }],
    ['the past', { alter: (claims) => ({ ...claims, exp: 1_700_000_000 }) }],
    ['the key of somebody else', { signsWithForeignKey: true }],
  ])('whose ID token is of %s is refused', async (_, change) => {
    Object.assign(upstream, change)
    expect((await signIn('ada-there')).slice(0, 2)).toEqual([502, NOT_TRUSTED])
  })

  it('leads nowhere else, whatever its state says', async () => {
    for (const state of ['//evil.example/x.y', 'https://evil.example.y', '../../evil.y', '.y']) {
      const page = await new Person(world).visit(`${CALLBACK}?${new URLSearchParams({ state })}`)
      expect([page.status, page.url.origin]).toEqual([400, ISSUER])
    }
  })
})

describe('the button', () => {
  it('is pressed on our own page alone', async () => {
    const person = new Person(world)
    const page = await person.visit(authorizeUrl())
    const init = { method: 'POST', headers: { origin: 'https://evil.example' } }
    expect((await person.visit(`${page.url}/upstream`, init)).status).toBe(403)
  })

  it('is pressed so often from one address, and no more', async () => {
    const person = newcomer()
    const page = await person.visit(authorizeUrl())
    const press = () => {
      const init = { method: 'POST', headers: { origin: ISSUER } }
      return person.visit(`${page.url}/upstream`, init)
    }
    for (let i = 0; i < 30; i++) expect((await press()).url.origin).toBe(upstream.issuer)
    expect((await press()).status).toBe(429)
  })
})
