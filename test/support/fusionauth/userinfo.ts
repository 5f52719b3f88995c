// /oauth2/userinfo, which takes an access token, and /oauth2/logout, which revokes nothing.

import { empty, json, oauthError } from './answer.ts'
import { readForm } from './client.ts'
import { findApplication, findUser, type Instance } from './instance.ts'
import { peek, verifyToken } from './verify.ts'
import { since } from './versions.ts'

/** Claims about the user of a Bearer token. GET or POST. [documented] */
export async function userinfo(at: Instance, request: Request): Promise<Response> {
  if (request.method !== 'GET' && request.method !== 'POST') return empty(405) // [inferred]
  const bearer = /^Bearer (\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  if (bearer === undefined) return oauthError(401, 'invalid_token', 'access_token_required')
  const verified = await verifyToken(at, bearer)
  if ('refused' in verified) return oauthError(401, 'invalid_token', 'access_token_invalid')
  const { payload } = verified
  // "The first value … must correspond to an active Application." [documented]; status [inferred]
  const application = findApplication(at, [payload.aud].flat()[0] as string | undefined)
  const user = findUser(at, payload.sub)
  if (application === undefined || user === undefined) {
    return oauthError(401, 'invalid_token', 'access_token_invalid')
  }
  const scopes = String(payload.scope ?? '').split(' ')
  const strict = application.scopeHandling === 'Strict'
  const idToken = since(at.version, '1.60') ? payload.tty !== 'at' : 'at_hash' in payload
  // `Strict` wants an access token with the scope `openid`. [documented]; status [inferred]
  if (strict && (idToken || !scopes.includes('openid'))) {
    return oauthError(400, 'invalid_token', 'missing_required_scope')
  }
  const registration = user.registrations.find((one) => one.applicationId === application.id)
  return json(200, {
    sub: user.id,
    ...((!strict || scopes.includes('email')) && {
      email: user.email,
      email_verified: user.login !== 'unverified',
    }),
    ...((!strict || scopes.includes('profile')) && { preferred_username: user.username }),
    // Not in `Strict`. [documented]
    ...(!strict && registration && { applicationId: application.id, roles: registration.roles }),
  })
}

/** Ends the SSO session and redirects: refresh tokens and access tokens live on. [documented] */
export async function logout(at: Instance, request: Request): Promise<Response> {
  const url = new URL(request.url)
  const fields = request.method === 'POST' ? await readForm(request) : url.searchParams
  if (fields === undefined) return oauthError(400, 'invalid_request', 'missing_client_id') // [inferred]
  // `id_token_hint` counts only without `client_id`, and may have expired (1.37.0). [documented]
  const hinted = peek(fields.get('id_token_hint') ?? '')?.aud
  const hint = typeof hinted === 'string' ? hinted : undefined
  const application = findApplication(at, fields.get('client_id') ?? hint)
  const asked = fields.get('post_logout_redirect_uri')
  if (asked !== null && !application?.redirectUris.includes(asked)) {
    return oauthError(400, 'invalid_request', 'invalid_post_logout_redirect_uri') // [inferred] code
  }
  const tenant = Object.values(at.world.tenants).find((one) => one.id === fields.get('tenantId'))
  const to = new URL(asked ?? application?.logoutUrl ?? tenant?.logoutUrl ?? '/', url)
  const state = fields.get('state')
  if (state !== null) to.searchParams.set('state', state) // [inferred]
  return new Response(null, { status: 302, headers: { location: to.href } })
}
