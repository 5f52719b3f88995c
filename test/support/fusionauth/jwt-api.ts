// The /api/jwt family: public keys as PEM, validation of a token, revocation of refresh tokens.

import { empty, json } from './answer.ts'
import { findApplication, findUser, type Instance, type RefreshToken } from './instance.ts'
import { verifyToken } from './verify.ts'
import { revokedEvent } from './webhooks.ts'

/** GET /api/jwt/public-key: all by `kid`, or the one of an application or a `kid`. [documented] */
export function publicKey(at: Instance, url: URL): Response {
  const applicationId = url.searchParams.get('applicationId')
  const kid = url.searchParams.get('kid')
  if (applicationId === null && kid === null) {
    const named = [...at.keys.all].filter((key) => key.pem !== undefined && key.kid !== undefined)
    return json(200, { publicKeys: Object.fromEntries(named.map((key) => [key.kid, key.pem])) })
  }
  // Only a key "specifically configured" for the application, not the tenant's. [documented]
  const key =
    applicationId === null
      ? [...at.keys.all].find((one) => one.kid === kid)
      : findApplication(at, applicationId)?.accessTokenKey
  return key?.pem === undefined ? empty(404) : json(200, { publicKey: key.pem }) // 404 [inferred]
}

/** GET /api/jwt/validate: signature and `exp`, HMAC too; no client, no audience. [documented] */
export async function validate(at: Instance, request: Request): Promise<Response> {
  const verified = await verifyToken(at, presentedToken(request) ?? '')
  return 'refused' in verified ? empty(401) : json(200, { jwt: verified.payload })
}

/**
 * DELETE /api/jwt/refresh/{id}, or with `token`, `userId`, `applicationId`. A single token may also
 * be revoked with a JWT of its owner. [documented]
 */
export async function revoke(
  at: Instance,
  request: Request,
  url: URL,
  id: string | undefined,
): Promise<Response> {
  const value = url.searchParams.get('token')
  const userId = url.searchParams.get('userId')
  const applicationId = url.searchParams.get('applicationId')
  const single = id !== undefined || value !== null
  if (!single && userId === null && applicationId === null) return empty(400) // [inferred]
  const tokens = [...at.refreshTokens.values()].filter((token) =>
    single
      ? token.id === id || token.value === value
      : (userId === null || token.userId === userId) &&
        (applicationId === null || token.applicationId === applicationId),
  )
  if (!at.apiKeys.has(request.headers.get('authorization') ?? '')) {
    const verified = await verifyToken(at, presentedToken(request) ?? '')
    if (!single || 'refused' in verified) return empty(401)
    // "The JWT owner and token owner must match." [documented]; the status is [inferred].
    if (tokens.some((token) => token.userId !== verified.payload.sub)) return empty(401)
  }
  if (single && tokens.length === 0) return empty(404) // [inferred]
  for (const token of tokens) at.refreshTokens.delete(token.value)
  // A user without a valid refresh token causes no event. [documented]
  if (tokens.length > 0) at.events.push(eventFor(at, tokens, { single, userId, applicationId }))
  return empty(200)
}

function eventFor(
  at: Instance,
  tokens: RefreshToken[],
  by: { single: boolean; userId: string | null; applicationId: string | null },
) {
  const ids =
    by.applicationId === null ? tokens.map((token) => token.applicationId) : [by.applicationId]
  const applications = [...new Set(ids)].map((one): [string, number] => [
    one,
    findApplication(at, one)?.lifetimeSeconds ?? 3600,
  ])
  const [first] = tokens
  const userId = by.single ? first?.userId : (by.userId ?? undefined)
  return revokedEvent(at, {
    applicationTimeToLiveInSeconds: Object.fromEntries(applications),
    tenantId: first?.tenantId,
    ...(applications.length === 1 && { applicationId: applications[0]?.[0] }),
    ...(userId !== undefined && { user: findUser(at, userId) }),
    ...(by.single && first && { refreshToken: first }),
  })
}

// `Bearer` or `JWT` before it, or the cookie of the Login API. [documented]
function presentedToken(request: Request): string | undefined {
  const header = /^(?:Bearer|JWT) (\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  const cookie = /(?:^|; ?)access_token=([^;]+)/.exec(request.headers.get('cookie') ?? '')?.[1]
  return header ?? cookie
}
