/** The way of a browser through a login, and the cookies that it comes back with, as a header. */

import type { Login, TokenEndpoint } from './token-endpoint.ts'

export interface SignIn {
  /** The gateway's own login address. */
  readonly start: string
  readonly login: Login
  readonly tokens: TokenEndpoint
  readonly send: (request: Request) => Promise<Response>
}

/** Throws an Error where the gateway does not let the person in, with the status that it answered. */
export async function signIn({ start, login, tokens, send }: SignIn): Promise<string> {
  const cookies = new Map<string, string>()

  async function go(url: string): Promise<Response> {
    const headers = { cookie: cookieHeader(cookies), 'sec-fetch-mode': 'navigate' }
    const response = await send(new Request(url, { headers, redirect: 'manual' }))
    for (const line of response.headers.getSetCookie()) keep(cookies, line)
    return response
  }

  const loginPage = (await go(start)).headers.get('location')
  if (loginPage === null) throw new Error('The gateway led to no login page')
  const back = await go(tokens.signIn(loginPage, login))
  if (back.status >= 400 || cookies.size === 0) {
    throw new Error(`The login was refused with ${back.status}: ${await back.text()}`)
  }
  return cookieHeader(cookies)
}

function cookieHeader(cookies: ReadonlyMap<string, string>): string {
  return [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
}

function keep(cookies: Map<string, string>, line: string): void {
  const [pair = '', ...attributes] = line.split('; ')
  const at = pair.indexOf('=')
  if (attributes.includes('Max-Age=0')) cookies.delete(pair.slice(0, at))
  else cookies.set(pair.slice(0, at), pair.slice(at + 1))
}
