// A person of Glewlwyd's: signs in over the API that its own pages use, so that no browser is needed.

import { randomBytes } from 'node:crypto'
import { type Glewlwyd, SCOPE } from './glewlwyd.ts'

export interface GlewlwydPerson {
  /** The client that people sign in to. */
  readonly client: { id: string; secret: string }
  /** What an access token of theirs is for: Glewlwyd writes the scopes there. */
  readonly audience: string
  /** Follows a gateway's way to the login, and gives the address that it leads back to. */
  signIn(address: string): Promise<string>
  /** Where Glewlwyd leads who comes to sign out. */
  signOut(address: string): Promise<string>
  /** Whether each of their refresh tokens is still good, oldest first. */
  refreshTokens(): Promise<boolean[]>
}

const SCOPES = ['openid', SCOPE]
const PASSWORD = 'correct horse battery staple'

export async function addPerson(glewlwyd: Glewlwyd, redirectUri: string): Promise<GlewlwydPerson> {
  const { base, issuer, administer } = glewlwyd
  const client = { id: 'people', secret: randomBytes(12).toString('hex') }
  await administer('/api/client/?source=database', {
    client_id: client.id,
    client_secret: client.secret,
    confidential: true,
    enabled: true,
    scope: [],
    authorization_type: ['code', 'refresh_token'],
    token_endpoint_auth_method: ['client_secret_basic'],
    redirect_uri: [redirectUri],
  })
  await administer('/api/user/?source=database', {
    username: 'ada',
    password: PASSWORD,
    name: 'Ada',
    email: 'ada@acme.example',
    enabled: true,
    scope: [...SCOPES, 'g_profile'],
  })
  let cookie = ''

  async function ask(path: string, method: string, body?: object): Promise<Response> {
    const headers = { 'content-type': 'application/json', cookie }
    const init = { method, headers, ...(body && { body: JSON.stringify(body) }) }
    const response = await fetch(base + path, init)
    if (!response.ok) throw new Error(`glewlwyd: ${path} ${await response.text()}`)
    return response
  }

  async function follow(address: string): Promise<string> {
    const response = await fetch(address, { redirect: 'manual', headers: { cookie } })
    return response.headers.get('location') ?? `${response.status}`
  }

  return {
    client,
    audience: SCOPES.join(' '),
    async signIn(address) {
      const login = { username: 'ada', password: PASSWORD }
      const { headers } = await ask('/api/auth/', 'POST', login)
      cookie = headers
        .getSetCookie()
        .map((line) => line.split(';')[0])
        .join('; ')
      await ask(`/api/auth/grant/${client.id}`, 'PUT', { scope: SCOPES.join(' ') })
      // As its page goes on when it has seen who it is and what they allow.
      return follow(`${address}&g_continue`)
    },
    signOut: follow,
    async refreshTokens() {
      const answer = await ask(`${issuer.slice(base.length)}/token/`, 'GET')
      const tokens = (await answer.json()) as { enabled: boolean; issued_at: number }[]
      return tokens.map(({ enabled }) => enabled)
    },
  }
}
