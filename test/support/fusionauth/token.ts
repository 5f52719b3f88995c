// POST /oauth2/token: password, refresh_token, client_credentials and (1.70.0) token exchange. The
// interactive grants need a browser and are left out. Statuses are documented; the error codes come
// from the documented list, and which of them fits a case is [inferred] unless it says otherwise.

import type { AccessToken } from '@fusionauth/typescript-client'
import { empty, json, type OAuthErrorBody, oauthError } from './answer.ts'
import { type ClientClaim, readClient, readForm, secretFits } from './client.ts'
import { exchange } from './exchange.ts'
import {
  findApplication,
  findEntityByClient,
  findLogin,
  findUser,
  type Instance,
  type RefreshToken,
} from './instance.ts'
import { type Mint, randomValue } from './mint.ts'
import { since } from './versions.ts'
import type { Application, Entity, LoginState, User } from './world.ts'

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'

export async function token(at: Instance, mint: Mint, request: Request): Promise<Response> {
  if (request.method !== 'POST') return empty(405)
  const form = await readForm(request)
  const grant = form?.get('grant_type') || undefined
  if (form === undefined || grant === undefined) {
    return oauthError(400, 'invalid_request', 'missing_grant_type')
  }
  const client = readClient(request, form)
  if (grant === 'client_credentials' || (grant === EXCHANGE && since(at.version, '1.70'))) {
    const entity = findEntityByClient(at, client.id)
    if (entity === undefined || client.secret === undefined || !secretFits(at, client)) {
      return unverified(client)
    }
    return grant === EXCHANGE
      ? exchange(at, mint, form, entity)
      : clientCredentials(mint, form, entity)
  }
  if (grant !== 'password' && grant !== 'refresh_token') {
    return oauthError(400, 'unsupported_grant_type', 'invalid_grant_type')
  }
  const application = findApplication(at, client.id)
  const needsSecret = application?.clientSecret === 'Required' && client.secret === undefined
  if (application === undefined || needsSecret || !secretFits(at, client)) return unverified(client)
  return grant === 'password'
    ? password(at, mint, form, application)
    : refresh(at, mint, form, application)
}

// "The client could not be verified." [documented]
function unverified(client: ClientClaim): Response {
  if (client.id === undefined) return oauthError(400, 'invalid_request', 'missing_client_id')
  return client.secret === undefined
    ? oauthError(401, 'invalid_client', 'client_authentication_missing')
    : oauthError(401, 'invalid_client', 'invalid_client_authentication')
}

const PREVENTED: Partial<
  Record<LoginState, [OAuthErrorBody['error'], NonNullable<OAuthErrorBody['error_reason']>]>
> = {
  'change password': ['change_password_required', 'change_password_administrative'],
  'two factor': ['two_factor_required', 'multi_factor_challenge_required'],
  prevented: ['invalid_grant', 'login_prevented'],
  expired: ['invalid_grant', 'user_expired'],
  locked: ['invalid_grant', 'user_locked'],
}

async function password(
  at: Instance,
  mint: Mint,
  form: URLSearchParams,
  application: Application,
): Promise<Response> {
  const tenantId = application.tenantId ?? form.get('tenantId') ?? at.world.tenants.main.id
  const user = findLogin(at, tenantId, form.get('username') ?? form.get('loginId') ?? '')
  if (user === undefined || user.password !== form.get('password')) {
    return oauthError(400, 'invalid_grant', 'invalid_user_credentials')
  }
  const prevented = PREVENTED[user.login]
  if (prevented !== undefined) return oauthError(400, ...prevented)
  const scope = form.get('scope') ?? ''
  const grantTypes = ['password']
  const offline = scope.split(' ').includes('offline_access')
  const refreshToken = offline
    ? mint.refreshToken({ user, application, scope, grantTypes })
    : undefined
  return issue(mint, user, application, { scope, grantTypes, refreshToken }, refreshToken)
}

async function refresh(
  at: Instance,
  mint: Mint,
  form: URLSearchParams,
  application: Application,
): Promise<Response> {
  const value = form.get('refresh_token')
  if (!value) return oauthError(400, 'invalid_request', 'missing_refresh_token')
  const found = at.refreshTokens.get(value)
  const user = findUser(at, found?.userId)
  const fits = found?.applicationId === application.id && found.expiresAt > at.now()
  if (found === undefined || user === undefined || !fits) {
    return oauthError(400, 'invalid_grant', 'refresh_token_not_found')
  }
  // A subset since 1.50.0. [documented]
  const scope = form.get('scope') || found.scope
  if (scope.split(' ').some((one) => !found.scope.split(' ').includes(one))) {
    return oauthError(400, 'invalid_scope', 'unknown_scope')
  }
  // Shortens the lifetime, never extends it (1.59.0). [documented]
  const wanted = Number(form.get('expires_in') ?? application.lifetimeSeconds)
  const lifetimeSeconds = Math.min(wanted, application.lifetimeSeconds)
  const again = {
    scope,
    lifetimeSeconds,
    grantTypes: [...found.grantTypes, 'refresh_token'],
    authenticationType: 'REFRESH_TOKEN',
    authTime: found.authTime,
    resources: found.resources,
    refreshToken: found,
  }
  if (application.refreshTokens === 'Reusable') return issue(mint, user, application, again)
  // One-time use: a new value, the same id, so `sid` is stable. [documented]
  const next: RefreshToken = { ...found, value: randomValue() }
  at.refreshTokens.delete(value)
  at.refreshTokens.set(next.value, next)
  return issue(mint, user, application, again, next)
}

async function issue(
  mint: Mint,
  user: User,
  application: Application,
  grant: {
    scope: string
    grantTypes: string[]
    refreshToken: RefreshToken | undefined
    lifetimeSeconds?: number
    authenticationType?: string
    authTime?: number
    resources?: string[]
  },
  newRefreshToken?: RefreshToken,
): Promise<Response> {
  const { refreshToken, ...rest } = grant
  const options = { user, application, ...rest, ...(refreshToken && { refreshToken }) }
  const accessToken = await mint.accessToken(options)
  const openid = grant.scope.split(' ').includes('openid')
  // The client's type knows no token type `Bearer` as text, only its own enum.
  const body: Omit<AccessToken, 'token_type'> & { token_type: 'Bearer' } = {
    access_token: accessToken,
    expires_in: grant.lifetimeSeconds ?? application.lifetimeSeconds,
    ...(openid && { id_token: await mint.idToken({ ...options, accessToken }) }),
    ...(newRefreshToken && {
      refresh_token: newRefreshToken.value,
      refresh_token_id: newRefreshToken.id,
    }),
    ...(grant.scope && { scope: grant.scope }),
    token_type: 'Bearer',
    userId: user.id,
  }
  return json(200, body)
}

async function clientCredentials(
  mint: Mint,
  form: URLSearchParams,
  entity: Entity,
): Promise<Response> {
  const scope = form.get('scope') || undefined
  const permissions: Record<string, string[]> = {}
  // `target-entity:{entityId}:perm1,perm2`, several separated by spaces. [documented]
  for (const item of (scope ?? '').split(' ').filter(Boolean)) {
    const [kind, target = '', asked] = item.split(':')
    const granted = entity.grants[target]
    if (kind !== 'target-entity' || granted === undefined) {
      return oauthError(400, 'invalid_scope', 'invalid_target_entity_scope')
    }
    const names = asked?.split(',') ?? granted // none asked: all of the grant [documented]
    if (names.some((name) => !granted.includes(name))) {
      return oauthError(400, 'invalid_scope', 'invalid_entity_permission_scope')
    }
    permissions[target] = names
  }
  const options = { entity, permissions, ...(scope === undefined ? {} : { scope }) }
  return json(200, {
    access_token: await mint.entityToken(options),
    expires_in: 3600,
    ...(scope !== undefined && { scope }),
    token_type: 'Bearer',
  })
}
