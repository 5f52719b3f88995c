// POST /oauth2/introspect. It is not a revocation check: a token stays active until `exp`, whatever
// was revoked or logged out since. [observed, and called designed behaviour by FusionAuth]

import { empty, json, oauthError } from './answer.ts'
import type { Claims } from './claims.ts'
import { type ClientClaim, readClient, readForm, secretFits } from './client.ts'
import {
  findApplication,
  findEntity,
  findEntityByClient,
  findTenant,
  findUser,
  type Instance,
} from './instance.ts'
import { isTrusted, peek, type Verification, verifyToken } from './verify.ts'
import { since } from './versions.ts'

const HINTS = ['access_token', 'id_token', 'refresh_token']

export async function introspect(at: Instance, request: Request): Promise<Response> {
  if (request.method !== 'POST') return empty(405) // [inferred]
  const form = await readForm(request)
  if (form === undefined) return oauthError(400, 'invalid_request', 'missing_token') // [documented]
  if (at.assumes.queryAtIntrospection === 'read') {
    for (const [name, value] of new URL(request.url).searchParams) form.append(name, value)
  }
  const token = form.get('token') || undefined
  if (token === undefined) return oauthError(400, 'invalid_request', 'missing_token') // [inferred]
  const client = readClient(request, form)
  return (
    refuseClient(at, client, token) ??
    refuseHint(at, form.get('token_type_hint')) ??
    refuseTenant(at, form.get('tenantId'), client) ??
    (form.get('token_type_hint') === 'refresh_token' && since(at.version, '1.60')
      ? introspectRefreshToken(at, token, client)
      : await introspectJwt(at, token, client, form.get('token_type_hint')))
  )
}

// --- what is wrong with the request ---

function refuseClient(at: Instance, client: ClientClaim, token: string): Response | undefined {
  // An API key as Bearer did nothing in 2024 [observed]; a reason code for refusing it exists.
  if (client.scheme === 'other' && at.assumes.bearerAtIntrospection === 'refused') {
    return oauthError(401, 'invalid_client', 'invalid_client_authentication_scheme')
  }
  if (client.scheme === 'broken') {
    return oauthError(401, 'invalid_client', 'invalid_client_authentication') // [inferred]
  }
  if (client.contradictory) return oauthError(400, 'invalid_request', 'client_id_mismatch') // [inferred]
  if (client.id === undefined) {
    // The official client sends an entity's token alone [documented]; a user's needs `client_id`.
    return findEntity(at, peek(token)?.sub) === undefined
      ? oauthError(400, 'invalid_request', 'missing_client_id') // [inferred] reason
      : undefined
  }
  if (!findApplication(at, client.id) && !findEntityByClient(at, client.id)) {
    return oauthError(at.assumes.unknownClientStatus, 'invalid_client', 'invalid_client_id')
  }
  // Optional, but validated when sent. [documented]; status and codes [inferred]
  return secretFits(at, client)
    ? undefined
    : oauthError(401, 'invalid_client', 'invalid_client_authentication')
}

function refuseHint(at: Instance, hint: string | null): Response | undefined {
  const known = hint === null || HINTS.includes(hint) || !since(at.version, '1.60')
  return known ? undefined : oauthError(400, 'invalid_request', 'unsupported_token_type') // [inferred]
}

function refuseTenant(at: Instance, tenantId: string | null, client: ClientClaim) {
  if (tenantId !== null && findTenant(at, tenantId) === undefined) {
    return oauthError(400, 'invalid_request', 'invalid_tenant_id') // [inferred]
  }
  const application = findApplication(at, client.id)
  const universal = application !== undefined && application.tenantId === undefined
  return tenantId === null && universal && at.assumes.universalTenantId === 'required'
    ? oauthError(400, 'invalid_request', 'missing_tenant_id')
    : undefined
}

// --- what is wrong with the token ---

async function introspectJwt(
  at: Instance,
  token: string,
  client: ClientClaim,
  hint: string | null,
): Promise<Response> {
  const verified = await verifyToken(at, token)
  if ('refused' in verified) return refuse(at, verified)
  if (!isTrusted(at, verified.key)) return inactive(at) // [documented] for 1.69.0
  const { payload } = verified
  if (hintContradicts(at, hint, payload)) {
    return oauthError(400, 'invalid_request', 'token_type_hint_mismatch') // [inferred]
  }
  const entity = findEntity(at, payload.sub)
  if (entity !== undefined) {
    // With other credentials than those that obtained it, it fails. [observed]; how, [inferred]
    if (client.id !== undefined && client.id !== entity.clientId) return mismatch(at)
    return active(at, payload)
  }
  // "Not issued for the client_id provided on the request" [documented]; in an array, any member.
  const audience = [payload.aud].flat()
  if (!audience.includes(client.id)) return mismatch(at)
  const user = findUser(at, payload.sub)
  const gone = user === undefined || user.gone || ['locked', 'expired'].includes(user.login)
  return gone && at.assumes.goneUser === 'inactive' ? inactive(at) : active(at, payload)
}

// Without a hint an id token is active too; with one, it "must match". [documented]
function hintContradicts(at: Instance, hint: string | null, payload: Claims): boolean {
  const checks = since(at.version, '1.60') || at.assumes.oldTokenTypeHint === 'checked'
  if (hint === null || !checks) return false
  const idToken = payload.tty === 'idt' || payload.at_hash !== undefined
  return (hint === 'id_token') !== idToken
}

// `{active, exp}` and nothing else (1.60.0). [documented]
function introspectRefreshToken(at: Instance, value: string, client: ClientClaim): Response {
  const token = at.refreshTokens.get(value)
  if (token === undefined || token.expiresAt <= at.now()) return inactive(at) // [inferred]
  if (token.applicationId !== client.id) return mismatch(at) // [inferred]
  return json(200, { active: is(at, true), exp: token.expiresAt })
}

// --- answers ---

// The payload plus `active`; no `client_id`, `username` or `token_type`. [observed]
function active(at: Instance, payload: Claims): Response {
  const claims = { ...payload }
  if (at.assumes.introspectionTimes === 'milliseconds') {
    for (const name of ['exp', 'iat']) claims[name] = Number(claims[name]) * 1000
  }
  return json(200, { active: is(at, true), ...claims })
}

// "When false no claims will be provided." [documented]
function inactive(at: Instance): Response {
  return json(200, { active: is(at, false) })
}

function is(at: Instance, active: boolean): boolean | string {
  return at.assumes.activeType === 'string' ? String(active) : active
}

function refuse(at: Instance, { refused }: Extract<Verification, { refused: string }>): Response {
  if (at.assumes.refusal === 'inactive') return inactive(at)
  if (refused === 'malformed') return oauthError(400, 'invalid_token', 'access_token_malformed')
  if (refused === 'expired') return oauthError(400, 'invalid_token', 'access_token_expired')
  return oauthError(400, 'invalid_token', 'access_token_invalid')
}

// The status is documented, the body is not.
function mismatch(at: Instance): Response {
  if (at.assumes.audienceMismatch === 'empty') return empty(401)
  return at.assumes.audienceMismatch === 'invalid_client'
    ? oauthError(401, 'invalid_client', 'client_id_mismatch')
    : oauthError(401, 'invalid_token', 'access_token_invalid')
}
