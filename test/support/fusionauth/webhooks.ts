// Events as FusionAuth posts them, and the signature over their bytes. A delivery may come twice and
// late, so a test may send the Request of one event as often and in what order it likes.

import { findUser, type Instance, type RefreshToken } from './instance.ts'
import type { Key } from './key-master.ts'
import type { User } from './world.ts'

export type WebhookEvent = Record<string, unknown> & { type: string; id: string }

/** `jwt.refresh-token.revoke`: of one token, of a user, or of an application. [documented] */
export function revokedEvent(
  at: Instance,
  what: {
    applicationTimeToLiveInSeconds: Record<string, number>
    applicationId?: string | undefined
    tenantId?: string | undefined
    user?: User | undefined
    /** Only for a single token (1.37.0). [documented] */
    refreshToken?: RefreshToken
  },
): WebhookEvent {
  const { user, refreshToken } = what
  return {
    ...base(at, 'jwt.refresh-token.revoke', what.tenantId),
    applicationTimeToLiveInSeconds: what.applicationTimeToLiveInSeconds,
    ...(what.applicationId !== undefined && { applicationId: what.applicationId }),
    ...(user && { user: shown(user), userId: user.id, linkedObjectId: user.id }),
    ...(refreshToken && {
      refreshToken: {
        applicationId: refreshToken.applicationId,
        id: refreshToken.id,
        insertInstant: refreshToken.authTime * 1000,
        metaData: { scopes: refreshToken.scope.split(' ') },
        startInstant: refreshToken.authTime * 1000,
        tenantId: refreshToken.tenantId,
        token: refreshToken.value,
        userId: refreshToken.userId,
      },
    }),
  }
}

/** `jwt.public-key.update`: the key set changed. [documented] */
export function publicKeyEvent(at: Instance, applicationIds: string[]): WebhookEvent {
  return { ...base(at, 'jwt.public-key.update', undefined), applicationIds }
}

/** `user.deactivate`, `user.delete`, `user.reactivate` and their like. [documented] */
export function userEvent(at: Instance, type: `user.${string}`, userId: string): WebhookEvent {
  const user = findUser(at, userId)
  if (user === undefined) throw new Error(`There is no user ${userId}`)
  return { ...base(at, type, user.tenantId), user: shown(user) }
}

/** The POST that delivers `event`; `key: null` leaves it unsigned, `body` changes the bytes sent. */
export async function delivery(
  at: Instance,
  event: Record<string, unknown>,
  url: string,
  options: { key?: Key | null; body?: string; headers?: Record<string, string> } = {},
): Promise<Request> {
  const text = JSON.stringify({ event })
  const key = options.key === undefined ? at.keys.webhook : options.key
  const headers = new Headers({ 'content-type': 'application/json', ...options.headers })
  if (key !== null) {
    // The hash is plain base64 with padding, and the JWT has no iat, exp, jti or aud. [documented]
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
    const hash = btoa(String.fromCharCode(...new Uint8Array(digest)))
    const signature = await at.keys.sign(key, { request_body_sha256: hash })
    headers.set('x-fusionauth-signature-jwt', signature)
  }
  return new Request(url, { method: 'POST', headers, body: options.body ?? text })
}

function base(at: Instance, type: string, tenantId: string | undefined): WebhookEvent {
  return {
    createInstant: at.now() * 1000,
    id: crypto.randomUUID(),
    info: { ipAddress: '192.0.2.1', userAgent: 'stand-in' },
    ...(tenantId !== undefined && { tenantId }),
    type,
  }
}

function shown(user: User) {
  return {
    active: !user.gone,
    email: user.email,
    id: user.id,
    registrations: user.registrations,
    tenantId: user.tenantId,
    username: user.username,
  }
}
