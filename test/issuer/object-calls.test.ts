import { readFileSync } from 'node:fs'
import * as client from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ISSUER, Person, startIssuer, type World } from './world.ts'

const DOCS = 'docs/authorization-server.md'
const REDIRECT = 'https://app.example.com/callback'
const SECRET = 'a-client-secret-of-thirty-two-chars-or-more'
const PASSWORD = 'correct horse battery staple'

let world: World
let web: client.Configuration
let service: client.Configuration

beforeAll(async () => {
  world = await startIssuer()
  const redirectUris = [REDIRECT]
  await world.admin({ command: 'client add', id: 'svc', secret: SECRET, kind: 'service' })
  await world.admin({ command: 'client add', id: 'web', secret: SECRET, kind: 'web', redirectUris })
  for (const login of ['ada', 'bob']) {
    await world.admin({ command: 'user add', login, password: PASSWORD })
  }
  web = await discover('web')
  service = await discover('svc')
  // Once, so that the isolate knows its clients and keys.
  await client.clientCredentialsGrant(service)
  await signIn('bob')
})

afterAll(() => world.close())

function discover(id: string): Promise<client.Configuration> {
  return client.discovery(new URL(ISSUER), id, SECRET, undefined, {
    execute: [client.allowInsecureRequests],
    [client.customFetch]: (url, init) => world.fetch(url, init as unknown as RequestInit),
  })
}

async function start() {
  const verifier = client.randomPKCECodeVerifier()
  const url = client.buildAuthorizationUrl(web, {
    redirect_uri: REDIRECT,
    scope: 'openid',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  })
  return { url, verifier }
}

async function signIn(login: string) {
  const { url, verifier } = await start()
  const callback = await new Person(world).authorize(url, login, PASSWORD)
  return client.authorizationCodeGrant(web, callback, { pkceCodeVerifier: verifier })
}

/** What `use` asks of objects: the kind of object and the method, without what looks at keys meanwhile. */
async function callsOf(use: () => Promise<unknown>): Promise<string[]> {
  await world.calls()
  await use()
  const calls = await world.calls()
  return calls
    .filter((call) => !call.endsWith('directory.snapshot'))
    .filter((call) => !call.endsWith('directory.findClient'))
    .map((call) => call.replace(/^\S+ /, ''))
}

async function objectsOf(use: () => Promise<unknown>): Promise<string[]> {
  await world.calls()
  await use()
  return [...new Set((await world.calls()).map((call) => call.replace(/ .*/, '')))]
}

/** What docs/authorization-server.md says, by request. */
function readDocumented(): Map<string, string[]> {
  const [, table = ''] = readFileSync(DOCS, 'utf8').split(/<!-{2} \/?calls -->/)
  const rows = table.matchAll(/^\| ([^|]+) \| ([^|]+) \|$/gm)
  return new Map(
    [...rows].map(([, request = '', objects = '']) => {
      return [request, objects === 'none' ? [] : objects.split(', ')]
    }),
  )
}

const documented = readDocumented()

describe('the objects that a request asks are those that the documentation says', () => {
  it('where a client gets a JWT for itself', async () => {
    const calls = await callsOf(() => client.clientCredentialsGrant(service))
    expect(calls).toEqual(documented.get('a client gets a JWT for itself'))
    expect(calls).toEqual([])
  })

  it('where a code is redeemed and a token refreshed: one object, twice', async () => {
    const { url, verifier } = await start()
    const callback = await new Person(world).authorize(url, 'ada', PASSWORD)
    const proof = { pkceCodeVerifier: verifier }
    let tokens: client.TokenEndpointResponse | undefined
    const redeemed = await callsOf(async () => {
      tokens = await client.authorizationCodeGrant(web, callback, proof)
    })
    expect(redeemed).toEqual(documented.get('a code is redeemed'))
    const refresh = () => client.refreshTokenGrant(web, tokens?.refresh_token ?? '')
    const refreshed = await callsOf(refresh)
    expect(refreshed).toEqual(documented.get('a token is refreshed'))
    expect([redeemed.length, refreshed.length]).toEqual([2, 2])
  })

  it('in each step of a sign-in', async () => {
    const person = new Person(world)
    const { url } = await start()
    let page = await person.visit(url)
    expect(await callsOf(() => new Person(world).visit(url))).toEqual(
      documented.get('a sign-in begins'),
    )
    const password = await callsOf(async () => {
      const body = new URLSearchParams({ login: 'ada', password: PASSWORD })
      await world.fetch(`${page.url}/login`, {
        method: 'POST',
        headers: { origin: ISSUER, cookie: cookiesOf(person) },
        body,
      })
    })
    expect(password).toEqual(documented.get('a password is typed'))
    page = await person.submit(page, '/login', { login: 'ada', password: PASSWORD })
    const allow = await callsOf(() => person.submit(page, '/consent'))
    expect(allow).toEqual(documented.get('a person allows an application'))
  })
})

function cookiesOf(person: Person): string {
  return [...person.cookies].map(([name, { value }]) => `${name}=${value}`).join('; ')
}

describe('the objects that a sign-in asks', () => {
  it('have no object in common for two people, but their network and what is read through a cache', async () => {
    const adas = await objectsOf(() => signIn('ada'))
    const bobs = await objectsOf(() => signIn('bob'))
    const shared = adas.filter((name) => bobs.includes(name))
    expect(shared.filter((name) => name !== 'issuer')).toEqual([
      expect.stringMatching(/^visitors:/),
    ])
  })
})
