/** The cookies that FusionAuth's browser SDKs know: for this host alone, which FusionAuth's own are not. */

import type { Evidence, Inbound, Place } from '../auth/scheme.ts'
import { GatewayError } from '../errors.ts'
import { cookiePlaces, cookieValue } from './cookie.ts'

const NAMES = { access: 'app.at', refresh: 'app.rt', id: 'app.idt', expiry: 'app.at_exp' } as const
const ACCESS: Place = { cookie: NAMES.access }
/** FusionAuth's own default for how long a refresh token lives. */
export const REFRESH_SECONDS = 30 * 86_400
/** Browsers drop what is longer, and say nothing. */
const MAX_LENGTH = 4_000

/** No origin gets to see them. */
export const APP_COOKIES: readonly Place[] = [
  ...Object.values(NAMES).map((cookie) => ({ cookie })),
  ...cookiePlaces(NAMES.access),
]

export interface AppTokens {
  readonly accessToken: string
  /** Unix seconds. */
  readonly accessUntil: number
  readonly refreshToken?: string | undefined
  readonly idToken?: string | undefined
}

/** Headers of an answer that gives them to the browser. Throws `login_failed` where one does not fit. */
export function setTokens(tokens: AppTokens, now: number): Headers {
  const { accessToken, accessUntil, refreshToken, idToken } = tokens
  const headers = new Headers({ 'cache-control': 'no-store' })
  const set = (name: string, value: string, seconds: number, isHidden: boolean) => {
    if (value.length > MAX_LENGTH) {
      throw new GatewayError('login_failed', { reason: `${name} is too long for a cookie` })
    }
    headers.append('set-cookie', line(name, value, seconds, isHidden))
  }
  set(NAMES.access, accessToken, accessUntil - now, true)
  set(NAMES.expiry, `${accessUntil}`, accessUntil - now, false)
  if (refreshToken !== undefined) set(NAMES.refresh, refreshToken, REFRESH_SECONDS, true)
  if (idToken !== undefined) set(NAMES.id, idToken, REFRESH_SECONDS, false)
  return headers
}

export function clearTokens(headers: Headers): void {
  for (const name of Object.values(NAMES)) {
    headers.append('set-cookie', line(name, '', 0, name === NAMES.access))
  }
}

function line(name: string, value: string, seconds: number, isHidden: boolean): string {
  const hidden = isHidden ? '; HttpOnly' : ''
  return `${name}=${value}; Path=/; Secure${hidden}; SameSite=Lax; Max-Age=${seconds}`
}

/** Throws `session_invalid` where there are several. */
export function findAccessToken({ request }: Inbound): Evidence | undefined {
  const value = cookieValue(request.headers, NAMES.access)
  if (value === undefined) return undefined
  // Unlike a name with __Host-, this one can be set by a sibling host: then nobody knows whose is meant.
  if (typeof value !== 'string') {
    throw new GatewayError('session_invalid', {
      reason: `several cookies are named ${NAMES.access}`,
      isAmbient: true,
    })
  }
  return { value, place: ACCESS, ambient: true }
}

/** Undefined also where there are several. */
export function readAppCookie(
  { request }: Inbound,
  which: 'access' | 'refresh' | 'id',
): string | undefined {
  const value = cookieValue(request.headers, NAMES[which])
  return typeof value === 'string' ? value : undefined
}
