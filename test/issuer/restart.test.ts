import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as client from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { spawnWorkerd, type WorkerdProcess } from '../support/workerd-process.ts'
import { bundleIssuer, issuerConfig } from './bundle.ts'
import { ADMIN_KEY, ISSUER, Person } from './world.ts'

const REDIRECT = 'https://app.example.com/callback'

let disk: string
let bundle: string
let workerd: WorkerdProcess<'issuer'> | undefined

beforeAll(async () => {
  disk = await mkdtemp(join(tmpdir(), 'issuer-restart-'))
  bundle = await bundleIssuer(disk)
  workerd = await spawnWorkerd(issuerConfig(disk, bundle), ['issuer'])
})

afterAll(async () => {
  await workerd?.kill()
  await rm(disk, { recursive: true })
})

/** No signal handler, no flush, no goodbye. */
async function restart(): Promise<void> {
  await workerd?.kill()
  workerd = await spawnWorkerd(issuerConfig(disk, bundle), ['issuer'])
}

function reach(url: string, init?: RequestInit): Promise<Response> {
  const target = new URL(url)
  target.port = String(workerd?.ports.issuer)
  target.hostname = '127.0.0.1'
  return fetch(target, { redirect: 'manual', ...init })
}

async function admin(command: object): Promise<void> {
  const answer = await reach(`${ISSUER}/oauth2/admin`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
    body: JSON.stringify(command),
  })
  expect(answer.status).toBe(200)
}

describe('a server that is killed', () => {
  it('goes on where it was: with its users, clients, keys, sign-ins, codes and refresh tokens', async () => {
    await admin({ command: 'user add', login: 'ada', password: 'a password' })
    await admin({ command: 'client add', id: 'spa', kind: 'public', redirectUris: [REDIRECT] })
    const before = await (await reach(`${ISSUER}/.well-known/jwks.json`)).json()
    const config = await client.discovery(new URL(ISSUER), 'spa', undefined, client.None(), {
      execute: [client.allowInsecureRequests],
      [client.customFetch]: (url, init) => reach(url, init as unknown as RequestInit),
    })
    const verifier = client.randomPKCECodeVerifier()
    const person = new Person({ issuer: ISSUER, fetch: reach })
    const signIn = await person.visit(
      client.buildAuthorizationUrl(config, {
        redirect_uri: REDIRECT,
        scope: 'openid',
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      }),
    )
    const consent = await person.submit(signIn, '/login', { login: 'ada', password: 'a password' })
    expect(consent.text).toContain('/consent"')
    const { url: callback } = await person.submit(consent, '/consent')

    await restart()

    const tokens = await client.authorizationCodeGrant(config, callback, {
      pkceCodeVerifier: verifier,
    })
    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '')
    expect(refreshed.access_token).toBeTypeOf('string')
    expect(await (await reach(`${ISSUER}/.well-known/jwks.json`)).json()).toEqual(before)
    const account = await person.visit(`${ISSUER}/oauth2/account`)
    expect(account.text).toContain('Signed in as ada')
    const reuse = client.authorizationCodeGrant(config, callback, { pkceCodeVerifier: verifier })
    await expect(reuse).rejects.toMatchObject({ error: 'invalid_grant' })
  })
})
