// POST /api/login with its own set of statuses, most of them 2xx without a token. [documented]

import { empty, fieldErrors, generalError, json } from './answer.ts'
import { findApplication, findLogin, findTenant, type Instance } from './instance.ts'
import type { Mint } from './mint.ts'
import type { Application, Tenant, User } from './world.ts'

interface LoginRequest {
  loginId?: string
  password?: string
  applicationId?: string
  noJWT?: boolean
}

export async function login(at: Instance, mint: Mint, request: Request): Promise<Response> {
  if (request.method !== 'POST') return empty(405) // [inferred]
  const body = await readBody(request)
  if (body === undefined) return generalError(400, '[invalidJSON]', 'The body must be JSON.')
  const application = findApplication(at, body.applicationId)
  if (body.applicationId !== undefined && application === undefined) {
    return generalError(400, '[invalid]applicationId', 'The application does not exist.') // [inferred]
  }
  const tenant = tenantOf(at, request, application)
  const locked = application ? application.requireAuthentication : tenant.requireAuthentication
  // The raw API key, no scheme before it. [documented]
  if (locked && !at.apiKeys.has(request.headers.get('authorization') ?? '')) return empty(401)
  const missing = (['loginId', 'password'] as const).filter((name) => !body[name])
  if (missing.length > 0) return fieldErrors(...missing)
  const user = findLogin(at, tenant.id, body.loginId ?? '')
  // Nobody is told which of the two was wrong. [documented]
  if (user === undefined || user.password !== body.password) return empty(404)
  return prevented(user) ?? admit(at, mint, user, application, body.noJWT === true)
}

// Scoped by the header, else by the application. [documented]
function tenantOf(at: Instance, request: Request, application: Application | undefined): Tenant {
  const header = request.headers.get('x-fusionauth-tenantid') ?? undefined
  return findTenant(at, header) ?? findTenant(at, application?.tenantId) ?? at.world.tenants.main
}

function prevented(user: User): Response | undefined {
  switch (user.login) {
    case 'change password':
      return json(203, {
        changePasswordId: crypto.randomUUID(),
        changePasswordReason: 'Administrative',
      })
    case 'unverified':
      return json(212, { user: shown(user) })
    case 'unverified registration':
      return json(213, { user: shown(user) })
    case 'two factor':
      return json(242, { methods: [], twoFactorId: crypto.randomUUID() })
    case 'prevented':
      return json(409, { actions: [{ name: 'Suspended', actionerUserId: user.id }] })
    case 'expired':
      return empty(410)
    case 'locked':
      return empty(423)
    case 'webhook failed':
      return generalError(504, '[WebhookTransactionException]', 'A webhook did not succeed.')
    case 'ok':
      return undefined
  }
}

async function admit(
  at: Instance,
  mint: Mint,
  user: User,
  application: Application | undefined,
  noToken: boolean,
): Promise<Response> {
  const registered = user.registrations.some((one) => one.applicationId === application?.id)
  // 202: who they are is proven, that they belong here is not; a token is issued all the same.
  const status = application !== undefined && !registered ? 202 : 200
  if (noToken) return json(status, { user: shown(user) })
  const token = await mint.loginToken({ user, application: application ?? null })
  // A refresh token belongs to an application.
  const refreshToken = application && mint.refreshToken({ user, application, grantTypes: [] })
  const lifetimeSeconds = application?.lifetimeSeconds ?? 3600
  const response = json(status, {
    ...(refreshToken && { refreshToken: refreshToken.value, refreshTokenId: refreshToken.id }),
    token,
    tokenExpirationInstant: (at.now() + lifetimeSeconds) * 1000, // milliseconds [documented]
    user: shown(user),
  })
  // The same tokens as HttpOnly cookies, the access token for the session only. [documented]
  response.headers.append('set-cookie', `access_token=${token}; Path=/; HttpOnly`)
  if (refreshToken) {
    const cookie = `refresh_token=${refreshToken.value}; Path=/; HttpOnly; Max-Age=2592000`
    response.headers.append('set-cookie', cookie)
  }
  return response
}

function shown(user: User) {
  return {
    active: true,
    email: user.email,
    fullName: user.fullName,
    id: user.id,
    registrations: user.registrations,
    tenantId: user.tenantId,
    username: user.username,
    verified: user.login !== 'unverified',
  }
}

async function readBody(request: Request): Promise<LoginRequest | undefined> {
  try {
    const body: unknown = await request.json()
    return typeof body === 'object' && body !== null ? body : undefined
  } catch {
    return undefined
  }
}
