/** What it costs that people have a session instead of a token: the same route, the same access token. */

import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ratio } from '../contest.ts'
import { PATH, requestContest } from '../requests.ts'
import { AUDIENCE, claims, createSigningKey, mint, SUBJECT } from '../tokens.ts'
import type { RunningWorker } from '../workerd.ts'
import type { World } from '../world.ts'
import { absolute, atMost, type Row } from './row.ts'

const SESSION = 'with a session'
const TOKEN = 'with a Bearer token'

export async function sessionRows(world: World): Promise<Row[]> {
  const issuer = await startLoginIssuer()
  const serve = (auth: string) =>
    world.serve('sessions.ts', { state: true, vars: { ISSUER: issuer.url, AUTH: auth } })
  let cookie = ''
  const callers = [
    {
      name: TOKEN,
      recipe: () => serve('main'),
      lines: () => [{ path: PATH, token: issuer.token }],
    },
    {
      name: SESSION,
      async recipe() {
        const server = await serve('people')
        cookie = `; ${await signIn(server)}`
        return server
      },
      lines: () => [{ path: PATH, token: '', cookie }],
    },
  ]
  const results = await requestContest(world, callers)
  issuer.stop()
  const value = ratio(results, SESSION, TOKEN)
  return [
    {
      group: 'sessions',
      label: 'a request with a session ÷ the same with a Bearer token',
      value,
      unit: '×',
      goal: atMost(value, 1.15, '≤ 1.15 ×'),
      ...absolute(results, SESSION),
    },
  ]
}

/** The whole way in, as a browser goes it: the cookie of the session. */
async function signIn({ url }: RunningWorker): Promise<string> {
  const begun = await fetch(`${url}/auth/login`, { redirect: 'manual' })
  const asked = new URL(begun.headers.get('location') ?? '').searchParams
  // The code says what the ID token has to repeat, so that the issuer need remember nothing.
  const answer = { code: asked.get('nonce') ?? '', state: asked.get('state') ?? '' }
  const back = await fetch(`${url}/auth/callback?${new URLSearchParams(answer)}`, {
    redirect: 'manual',
    headers: { cookie: pairOf(begun, '__Host-login-') },
  })
  if (back.status !== 302) throw new Error(`the login failed: ${await back.text()}`)
  return pairOf(back, '__Host-session=')
}

function pairOf({ headers }: Response, beginning: string): string {
  const line = headers.getSetCookie().find((each) => each.startsWith(beginning)) ?? ''
  return line.split(';', 1)[0] ?? ''
}

/** An issuer that lets everybody in. It is asked at a login, and before anything is measured. */
async function startLoginIssuer() {
  const key = createSigningKey()
  const server = createServer(async (request, response) => {
    const body = await answer(request)
    response.writeHead(body ? 200 : 404, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body ?? {}))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const token = await mint(key, claims(url))

  async function answer(request: IncomingMessage): Promise<object | undefined> {
    switch (request.url) {
      case '/.well-known/openid-configuration':
        return {
          issuer: url,
          jwks_uri: `${url}/keys`,
          authorization_endpoint: `${url}/authorize`,
          token_endpoint: `${url}/token`,
        }
      case '/keys':
        return key.jwks
      case '/token': {
        let form = ''
        for await (const chunk of request) form += chunk
        const now = Math.floor(Date.now() / 1000)
        const nonce = new URLSearchParams(form).get('code')
        const id = { iss: url, aud: AUDIENCE, sub: SUBJECT, iat: now, exp: now + 600, nonce }
        return {
          access_token: token,
          token_type: 'Bearer',
          expires_in: 3_600,
          refresh_token: 'never-used',
          id_token: await mint(key, id),
        }
      }
    }
    return undefined
  }

  return { url, token, stop: () => server.close() }
}
