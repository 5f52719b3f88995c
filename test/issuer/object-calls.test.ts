import * as client from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ISSUER, Person, startIssuer, type World } from './world.ts'

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

describe('the objects that a request asks', () => {
  it('are none where a client gets a JWT for itself', async () => {
    expect(await callsOf(() => client.clientCredentialsGrant(service))).toEqual([])
  })

  it('are one, asked to read and to write, where a code is redeemed or a token refreshed', async () => {
    const { url, verifier } = await start()
    const callback = await new Person(world).authorize(url, 'ada', PASSWORD)
    const proof = { pkceCodeVerifier: verifier }
    let tokens: client.TokenEndpointResponse | undefined
    const redeem = async () => {
      tokens = await client.authorizationCodeGrant(web, callback, proof)
    }
    expect(await callsOf(redeem)).toEqual(['person.open', 'person.commit'])
    const refresh = () => client.refreshTokenGrant(web, tokens?.refresh_token ?? '')
    expect(await callsOf(refresh)).toEqual(['person.open', 'person.commit'])
  })

  it('are none until somebody who wants to sign in has typed a password', async () => {
    const { url } = await start()
    expect(await callsOf(() => new Person(world).visit(url))).toEqual([])
  })

  it('are of a sign-in those of the person, the login and the network alone', async () => {
    const person = new Person(world)
    const page = await person.visit((await start()).url)
    const password = async () => {
      const typed = { login: 'ada', password: PASSWORD }
      const consent = await person.submit(page, '/login', typed)
      await person.submit(consent, '/consent')
    }
    expect(await callsOf(password)).toEqual([
      // The password.
      'visitors.reserve',
      'login.check',
      'person.active',
      'visitors.release',
      'person.commit',
      // On to the question.
      'person.open',
      'person.commit',
      // The question, and the answer.
      'person.open',
      'person.open',
      'person.open',
      'person.open',
      'person.commit',
      // On to the application.
      'person.open',
      'person.open',
      'person.open',
      'person.commit',
    ])
  })

  it('have no object in common for two people, but their network and what is read through a cache', async () => {
    const adas = await objectsOf(() => signIn('ada'))
    const bobs = await objectsOf(() => signIn('bob'))
    const shared = adas.filter((name) => bobs.includes(name))
    expect(shared.filter((name) => name !== 'issuer')).toEqual([
      expect.stringMatching(/^visitors:/),
    ])
  })
})
