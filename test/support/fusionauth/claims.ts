// What stands in each kind of FusionAuth token. Pure: no clock, no keys. Times are in seconds.
// A claim is absent where FusionAuth leaves it out; there is never `client_id` or `azp`. [documented]

import type { RefreshToken } from './instance.ts'
import { since, type Version } from './versions.ts'
import type { Application, Entity, Tenant, User } from './world.ts'

export type Claims = Record<string, unknown>

export interface TokenParts {
  header: Claims
  payload: Claims
}

export interface UserClaimsInput {
  version: Version
  now: number
  lifetimeSeconds: number
  tenant: Tenant
  /** Absent only for the Login API. */
  application: Application | undefined
  user: User
  authenticationType: string
  authTime: number
  /** Grants in order, empty for tokens that no OAuth grant produced. */
  grantTypes: readonly string[]
  scope?: string | undefined
  resources?: readonly string[] | undefined
  /** Whose id is the access token's `sid`. */
  refreshToken?: RefreshToken | undefined
  /** Thumbprint of the DPoP key (1.63.0). */
  jkt?: string | undefined
}

/** An access token of a user; from the Login API where `grantTypes` is empty. [documented] */
export function accessClaims(input: UserClaimsInput): TokenParts {
  const { application, user, version } = input
  const registration = user.registrations.find((one) => one.applicationId === application?.id)
  // That it binds OAuth grants only is [inferred] from its name.
  const strict = application?.scopeHandling === 'Strict' && input.grantTypes.length > 0
  const { header, payload } = common(input)
  return {
    header,
    payload: {
      // No audience without an application [observed]; an array only with resources. [documented]
      ...(application && { aud: audience(version, application, input.resources ?? []) }),
      ...payload,
      ...(strict ? {} : identity(user)),
      // Only for the registered, and then `roles` even if it is empty. [documented]
      ...(registration && { applicationId: registration.applicationId, roles: registration.roles }),
      ...(input.refreshToken && { sid: input.refreshToken.id }),
      ...(since(version, '1.60') && input.grantTypes.length > 0 && { tty: 'at' }),
      ...(since(version, '1.67') && input.jkt !== undefined && { cnf: { jkt: input.jkt } }),
    },
  }
}

/** An id token: the same key, audience and `typ` as the access token. [documented] */
export function idClaims(
  input: UserClaimsInput & {
    application: Application
    nonce?: string | undefined
    atHash?: string | undefined
  },
): TokenParts {
  const { header, payload } = common(input)
  const scopes = (input.scope ?? '').split(' ')
  const strict = input.application.scopeHandling === 'Strict'
  return {
    header,
    payload: {
      aud: input.application.id,
      ...payload,
      // `Strict` fills claims by scope. [documented]
      ...(strict && !scopes.includes('email') ? {} : identity(input.user)),
      ...(scopes.includes('profile') && { name: input.user.fullName }),
      ...(input.nonce !== undefined && { nonce: input.nonce }),
      ...(input.atHash !== undefined && { at_hash: input.atHash }),
      ...(since(input.version, '1.60') && { tty: 'idt' }),
    },
  }
}

export interface EntityClaimsInput {
  version: Version
  now: number
  lifetimeSeconds: number
  tenant: Tenant
  entity: Entity
  scope?: string | undefined
  /** By target entity; the targets are the audience. */
  permissions: Record<string, string[]>
}

/** A client-credentials token: `permissions` is a map, and there are no roles. [observed] */
export function entityClaims(input: EntityClaimsInput): TokenParts {
  const targets = Object.keys(input.permissions)
  const granted = Object.entries(input.permissions).filter(([, names]) => names.length > 0)
  const { header, payload } = grants(input.version, ['client_credentials'])
  // Always an array since 1.60.0; before, a string where there is one target. [documented]
  const array = since(input.version, '1.60') || targets.length > 1
  return {
    header,
    payload: {
      ...(targets.length > 0 && { aud: array ? targets : targets[0] }),
      ...registered(input, input.entity.id),
      ...(granted.length > 0 && { permissions: Object.fromEntries(granted) }),
      ...(input.scope !== undefined && { scope: input.scope }),
      tid: input.tenant.id,
      ...payload,
      ...(since(input.version, '1.60') && { tty: 'at' }),
    },
  }
}

/** A token-exchange token (1.70.0): a user's, with the acting entity in `act`. [documented] */
export function exchangedClaims(
  version: Version,
  now: number,
  lifetimeSeconds: number,
  subject: Claims,
  actor: Entity,
  audience: Entity,
): TokenParts {
  const act = { sub: actor.clientId, sub_profile: actor.name }
  const { header, payload } = grants(version, ['urn:ietf:params:oauth:grant-type:token-exchange'])
  return {
    header,
    payload: {
      aud: audience.clientId,
      exp: now + lifetimeSeconds,
      iat: now,
      iss: subject.iss,
      sub: subject.sub,
      jti: crypto.randomUUID(),
      ...(subject.scope !== undefined && { scope: subject.scope }),
      tid: subject.tid,
      act: subject.act === undefined ? act : { ...act, act: subject.act },
      ...payload,
      tty: 'at',
    },
  }
}

// --- shared by the kinds ---

function common(input: UserClaimsInput): TokenParts {
  const { header, payload } = grants(input.version, input.grantTypes)
  return {
    header,
    payload: {
      ...registered(input, input.user.id),
      authenticationType: input.authenticationType,
      auth_time: input.authTime,
      tid: input.tenant.id,
      // Only where an OAuth grant asked for scopes. [documented]
      ...(input.scope !== undefined && input.grantTypes.length > 0 && { scope: input.scope }),
      ...payload,
    },
  }
}

function registered(
  { now, lifetimeSeconds, tenant }: { now: number; lifetimeSeconds: number; tenant: Tenant },
  sub: string,
): Claims {
  return {
    exp: now + lifetimeSeconds,
    iat: now,
    iss: tenant.issuer,
    sub,
    jti: crypto.randomUUID(),
  }
}

// `gty` moved from the header to the payload in 1.60.0. [documented]
function grants(version: Version, grantTypes: readonly string[]): TokenParts {
  if (grantTypes.length === 0) return { header: {}, payload: {} }
  return since(version, '1.60')
    ? { header: {}, payload: { gty: grantTypes } }
    : { header: { gty: grantTypes }, payload: {} }
}

function identity(user: User): Claims {
  return {
    email: user.email,
    email_verified: user.login !== 'unverified',
    ...(user.username !== undefined && { preferred_username: user.username }),
  }
}

function audience(
  version: Version,
  application: Application,
  resources: readonly string[],
): string | string[] {
  const allowed = resources.filter((one) => application.resources.includes(one))
  return since(version, '1.67') && allowed.length > 0
    ? [application.id, ...allowed]
    : application.id
}
