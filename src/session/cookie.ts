/** The gateway's own cookies. `__Host-` (RFC 6265bis): over https, for this host alone, set by nobody else. */

import type { Place } from '../auth/scheme.ts'
import { readCookie } from '../lib/cookies.ts'

const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Lax'

export function setCookie(name: string, value: string, maxAgeSeconds?: number): string {
  const age = maxAgeSeconds === undefined ? '' : `; Max-Age=${maxAgeSeconds}`
  return `${name}=${value}; ${ATTRIBUTES}${age}`
}

export function clearCookie(name: string): string {
  return setCookie(name, '', 0)
}

/** Each login has a cookie of its own, so that two of them in two tabs do not meet. */
const LOGIN = '__Host-login-'
const SLOTS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_']
const LOGIN_COOKIE = /(?:^|;[\t ]*)(__Host-login-[\w-])=/g

/** The state begins with any of 64 characters, by which its cookie is named. */
export function loginCookie(state: string): string {
  return LOGIN + state.slice(0, 1)
}

/** Every cookie that may be there, so that no origin gets to see one. */
export function cookiePlaces(session: string): readonly Place[] {
  return [session, ...SLOTS.map((slot) => LOGIN + slot)].map((cookie) => ({ cookie }))
}

/** Names of the logins that a browser has begun. */
export function begunLogins(headers: Headers): string[] {
  const header = headers.get('cookie') ?? ''
  return [...header.matchAll(LOGIN_COOKIE)].map(([, name = '']) => name)
}

/** Undefined where there is none, or an empty one; a list where a browser sends several different ones. */
export function cookieValue(
  headers: Headers,
  name: string,
): string | readonly string[] | undefined {
  const header = headers.get('cookie')
  if (header === null || !header.includes(name)) return undefined
  const values = new Set(readCookie(header, name).filter((value) => value !== ''))
  const [value] = values
  return values.size > 1 ? [...values] : value
}
