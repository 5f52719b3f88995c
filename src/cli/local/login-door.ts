// `POST /api/login` as FusionAuth's gateway guide uses it: a person's password for a token that the
// gateway accepts. For the demo alone: a real client sends people to the sign-in page instead.

import { importJWK, SignJWT } from 'jose'
import type { IssuerEnv } from '../../issuer/config.ts'
import { directoryOf, loginOf, personOf } from '../../issuer/storage/issuer-storage.ts'
import { placeOfPerson } from '../../issuer/storage/places.ts'
import type { UserInfo } from '../../issuer/storage/user-info.ts'
import { API, LOGIN_DOOR } from './world.ts'

const TOKEN_SECONDS = 3600

interface LoginRequest {
  loginId: string
  password: string
  applicationId?: string
  noJWT?: boolean
}

/** Answers a login: 200 with a token, or FusionAuth's status for what is wrong with it. */
export async function login(request: Request, env: IssuerEnv): Promise<Response> {
  if (request.method !== 'POST')
    return new Response(null, { status: 405, headers: { allow: 'POST' } })
  if (request.headers.get('authorization') !== LOGIN_DOOR.apiKey) {
    return new Response(null, { status: 401 })
  }
  const asked = readLogin(await request.json().catch(() => undefined))
  if (asked instanceof Response) return asked

  const user = await findUser(asked, env)
  if (!user) return new Response(null, { status: 404 })
  if (asked.noJWT) return Response.json({ user: userOf(user) })
  const expiresAt = Math.floor(Date.now() / 1000) + TOKEN_SECONDS
  return Response.json({
    token: await sign(user, asked.applicationId, expiresAt, env),
    tokenExpirationInstant: expiresAt * 1000,
    user: userOf(user),
  })
}

function readLogin(body: unknown): LoginRequest | Response {
  const { loginId, password, applicationId, noJWT } = (body ?? {}) as Record<string, unknown>
  const fieldErrors = {
    ...(typeof loginId !== 'string' && blank('loginId')),
    ...(typeof password !== 'string' && blank('password')),
    ...(applicationId !== undefined && applicationId !== API.id && invalid('applicationId')),
  }
  if (Object.keys(fieldErrors).length > 0) return Response.json({ fieldErrors }, { status: 400 })
  return { loginId, password, applicationId, noJWT: noJWT === true } as LoginRequest
}

async function findUser(asked: LoginRequest, env: IssuerEnv): Promise<UserInfo | undefined> {
  // The demo's directory fills the objects of its people when it is first asked.
  await directoryOf(env).listKeys()
  const { personId } = await loginOf(env, asked.loginId).check(asked.password, { address: 'demo' })
  const place = personId === undefined ? undefined : placeOfPerson(personId)
  return place === undefined ? undefined : personOf(env, place).active()
}

/** Without an application there is no audience, so that no gateway takes such a token. */
async function sign(
  user: UserInfo,
  applicationId: string | undefined,
  expiresAt: number,
  env: IssuerEnv,
): Promise<string> {
  const [jwk] = (await directoryOf(env).snapshot()).keys
  if (!jwk?.kid) throw new Error('the authorization server has no signing key')
  const token = new SignJWT({
    auth_time: expiresAt - TOKEN_SECONDS,
    authenticationType: 'PASSWORD',
    email: user.email,
    email_verified: true,
    preferred_username: user.login,
    tid: LOGIN_DOOR.tenantId,
    ...(applicationId && { applicationId, roles: user.roles }),
  })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: jwk.kid })
    .setIssuer(env.ISSUER)
    .setSubject(user.id)
    .setJti(crypto.randomUUID())
    .setIssuedAt(expiresAt - TOKEN_SECONDS)
    .setExpirationTime(expiresAt)
  if (applicationId) token.setAudience(applicationId)
  return token.sign(await importJWK(jwk, 'RS256'))
}

function userOf(user: UserInfo) {
  return {
    active: true,
    email: user.email,
    id: user.id,
    registrations: [{ applicationId: API.id, roles: user.roles, verified: true }],
    tenantId: LOGIN_DOOR.tenantId,
    username: user.login,
    verified: true,
  }
}

function blank(field: string) {
  return { [field]: [{ code: `[blank]${field}`, message: `You must specify [${field}].` }] }
}

function invalid(field: string) {
  return { [field]: [{ code: `[invalid]${field}`, message: `The [${field}] is not known here.` }] }
}
