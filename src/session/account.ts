/** `/auth/me`, `/auth/refresh` and `/auth/logout`: what a page may ask about the session that its browser has. */

import { isFromOwnPage } from '../auth/csrf.ts'
import type { Endpoint } from '../auth/feature.ts'
import { isNavigation } from '../auth/navigation.ts'
import type { Inbound } from '../auth/scheme.ts'
import { GatewayError } from '../errors.ts'
import type { Scope } from '../lib/scope.ts'
import { originOf } from '../router.ts'
import type { SessionClient } from './client.ts'
import { clearCookie } from './cookie.ts'
import type { Keeper } from './keeper.ts'
import { withPages } from './page.ts'
import type { SessionRecord } from './record.ts'
import type { Revoke } from './revocation.ts'

export interface AccountOptions {
  readonly keeper: Keeper
  readonly client: SessionClient
  readonly revoke: Revoke
  readonly paths: { readonly me: string; readonly refresh: string; readonly logout: string }
  readonly cookie: string
  /** A path of this origin. */
  readonly afterLogout: string
  /** The cookie of a request. Throws `session_invalid` where there are several. */
  read(inbound: Inbound): string | undefined
  /** Throws what a request with the access token would be refused with for who it is. */
  vouch(accessToken: string, inbound: Inbound, scope: Scope): Promise<void>
}

export function accountEndpoints(options: AccountOptions): readonly Endpoint[] {
  const { keeper, paths } = options
  return [
    {
      path: paths.me,
      host: undefined,
      methods: ['GET'],
      async handle(inbound, scope) {
        const value = wanted(inbound, options)
        const record = keeper.recall(value, scope) ?? (await keeper.find(value, scope))
        return tell(record, inbound, scope, options)
      },
    },
    {
      path: paths.refresh,
      host: undefined,
      methods: ['POST'],
      async handle(inbound, scope) {
        refuseElsewhere(inbound)
        const record = await keeper.refresh(wanted(inbound, options), scope)
        return tell(record, inbound, scope, options)
      },
    },
    withPages(
      {
        path: paths.logout,
        host: undefined,
        methods: ['POST'],
        async handle(inbound, scope) {
          refuseElsewhere(inbound)
          return logOut(inbound, scope, options)
        },
      },
      options.afterLogout,
    ),
  ]
}

function wanted(inbound: Inbound, { read }: AccountOptions): string {
  const value = read(inbound)
  if (value !== undefined) return value
  throw new GatewayError('session_invalid', { reason: 'no session was sent' })
}

/** Also without a session: a page elsewhere is not to sign anybody out. */
function refuseElsewhere(inbound: Inbound): void {
  if (isFromOwnPage(inbound)) return
  throw new GatewayError('csrf', { reason: 'the request comes from another origin' })
}

/** Never a token. Times are Unix seconds. */
async function tell(
  { person, accessToken, accessUntil, endsAt, refreshToken }: SessionRecord,
  inbound: Inbound,
  scope: Scope,
  { vouch }: AccountOptions,
): Promise<Response> {
  await vouch(accessToken, inbound, scope)
  const refreshes = refreshToken !== undefined
  const body = { claims: person, accessEndsAt: accessUntil, refreshes, sessionEndsAt: endsAt }
  return Response.json(body, { headers: { 'cache-control': 'no-store' } })
}

/** The session here, the refresh token, and then the one at the issuer, which the browser has to go to. */
async function logOut(inbound: Inbound, scope: Scope, options: AccountOptions): Promise<Response> {
  const { keeper, client, revoke, cookie, afterLogout } = options
  const value = options.read(inbound)
  const record = value === undefined ? undefined : await keeper.end(value, scope)
  const { refreshToken, accessToken, idToken } = record ?? {}
  if (refreshToken !== undefined) {
    scope.waitUntil(revoke({ refreshToken, accessToken }).catch(() => {}))
  }
  const back = originOf(inbound.location) + afterLogout
  const isBrowser = isNavigation(inbound.request)
  // A script could read the address, and a token in it.
  const hint = isBrowser ? idToken : undefined
  // Who is signed out here stays so, also where the issuer does not answer.
  const atIssuer = record && client.logoutUrl(hint, back, scope.deadline())
  const url = (await atIssuer?.catch(() => undefined))?.href ?? back
  const headers = new Headers({ 'cache-control': 'no-store' })
  headers.append('set-cookie', clearCookie(cookie))
  if (!isBrowser) return Response.json({ location: url }, { headers })
  headers.set('location', url)
  return new Response(null, { status: 303, headers })
}
