/** Another OpenID provider, a real one on a real socket, that can be told to be wrong. */

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, importJWK, type JWTPayload, SignJWT } from 'jose'
import { type Context, Provider } from 'oidc-provider/lib/provider.js'
import { ISSUER } from './world.ts'

export const UPSTREAM_SECRET = 'a-secret-of-this-server-at-the-other-provider'
export const CALLBACK = `${ISSUER}/oauth2/upstream`

/** Who has an account there, by `sub`. */
const ACCOUNTS: Record<string, object> = {
  'ada-there': { name: 'Ada', email: 'Ada@Example.com', email_verified: true },
  'ada-with-another-address': { name: 'Ada', email: 'a@new.example', email_verified: true },
  'bob-unverified': { email: 'bob@example.com', email_verified: false },
  'bob-there': { email: 'bob@example.com', email_verified: true },
  'dan-there': { email: 'dan@example.com', email_verified: true },
  'eve-there': { email: 'eve@example.com', email_verified: true },
  'gil-there': { email: 'gil@example.com', email_verified: true },
  'hal-there': { email: 'hal@example.com', email_verified: true },
  'ivy-there': { email: 'ivy@example.com', email_verified: true },
  'new-there': { name: 'Newcomer', email: 'nina@new.example', email_verified: true },
  'new-unverified': { email: 'nora@new.example', email_verified: false },
  'two-there': { email: 'shared@example.com', email_verified: true },
  'unknown-there': { email: 'nobody@example.com', email_verified: true },
  'kelvin-there': { email: '\u212aim@example.com', email_verified: true },
  'silent-there': {},
}

export interface UpstreamProvider {
  issuer: string
  port: number
  /** Who is signed in there. */
  account: string
  /** Refuses the sign-in. */
  refuses: boolean
  /** Answers nothing but 500. */
  isDown: boolean
  /** Changes the ID token before it is signed; may sign with a key of its own. */
  alter: ((claims: JWTPayload) => JWTPayload) | undefined
  signsWithForeignKey: boolean
  /** Paths that were asked for. */
  asked: string[]
  close(): void
}

export async function startUpstreamProvider(): Promise<UpstreamProvider> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const own = await privateKey()
  const foreign = await privateKey()
  const state: UpstreamProvider = {
    issuer: `http://localhost:${port}`,
    port,
    account: 'ada-there',
    refuses: false,
    isDown: false,
    alter: undefined,
    signsWithForeignKey: false,
    asked: [],
    close: () => close(server),
  }
  const provider = new Provider(state.issuer, {
    jwks: { keys: [own] },
    cookies: { keys: ['a key for the cookies of this test'] },
    clients: [
      { client_id: 'gatehouse', client_secret: UPSTREAM_SECRET, redirect_uris: [CALLBACK] },
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_: Context, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_: Context, sub: string) => {
      return { accountId: sub, claims: () => ({ sub, ...ACCOUNTS[sub] }) }
    },
    async loadExistingGrant({ oidc }: Context) {
      const { client, session } = oidc ?? {}
      if (!client || !session?.accountId) return undefined
      const grant = new provider.Grant({
        accountId: session.accountId,
        clientId: client.clientId,
      })
      grant.addOIDCScope('openid email profile')
      await grant.save()
      return grant
    },
  })
  provider.use(async (ctx, next) => {
    state.asked.push(ctx.path)
    if (state.isDown) {
      ctx.status = 500
      ctx.body = ''
      return
    }
    if (ctx.path.startsWith('/interaction/')) {
      const result = state.refuses
        ? { error: 'access_denied' }
        : { login: { accountId: state.account } }
      const location = await provider.interactionResult(ctx.req, ctx.res, result)
      ctx.redirect(location)
      return
    }
    await next()
    const tokens = ctx.body as { id_token?: string } | undefined
    if (ctx.path !== '/token' || tokens?.id_token === undefined) return
    const [, payload = ''] = tokens.id_token.split('.')
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as JWTPayload
    const key = state.signsWithForeignKey ? foreign : own
    tokens.id_token = await new SignJWT(state.alter?.(claims) ?? claims)
      .setProtectedHeader({ alg: 'RS256', kid: own.kid })
      .sign(await importJWK(key, 'RS256'))
  })
  server.on('request', provider.callback())
  return state
}

/** Follows the other provider's own redirects, as a browser that has no cookies there yet. */
export async function signInThere(start: URL): Promise<URL> {
  const cookies = new Map<string, string>()
  let at = start
  while (at.origin === start.origin) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(at, { redirect: 'manual', headers: { cookie } })
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]*)=([^;]*)/.exec(line) ?? []
      cookies.set(name, value)
    }
    const location = answer.headers.get('location')
    if (location === null) throw new Error(`${at.pathname}: ${await answer.text()}`)
    at = new URL(location, at)
  }
  return at
}

async function privateKey() {
  const { privateKey: key } = await generateKeyPair('RS256', { extractable: true })
  return { ...(await exportJWK(key)), kid: 'the key', alg: 'RS256', use: 'sig' }
}

function close(server: Server): void {
  server.close()
  server.closeAllConnections()
}
