// Who exists in the stand-in: tenants, applications, users and entities, as plain data that a test
// may change at any time (lock a user, rename an issuer). Knows no keys' contents and no HTTP.

import type { Key } from './key-master.ts'

export interface Tenant {
  id: string
  /** The `iss` of its tokens: any string, perhaps no URL, perhaps shared by tenants. [observed] */
  issuer: string
  logoutUrl?: string
  /** Whether the Login API wants an API key when called without an application. [documented] */
  requireAuthentication: boolean
}

export interface Application {
  /** The `client_id`, a UUID unique in the whole installation. [documented] */
  id: string
  /** Absent: a universal application, valid in every tenant (1.58.0). [documented] */
  tenantId?: string
  secret: string
  /** `clientAuthenticationPolicy`: whether grants need the secret. [documented] */
  clientSecret: 'Required' | 'NotRequired'
  /** `Strict` leaves e-mail and names out of access tokens (1.50.0). [documented] */
  scopeHandling: 'Strict' | 'Compatibility'
  /** `authorizedResourceUris`: what may join `aud` (1.67.0). [documented] */
  resources: string[]
  redirectUris: string[]
  logoutUrl?: string
  requireAuthentication: boolean
  /** Its own signing keys; without them the tenant's key signs. [documented] */
  accessTokenKey?: Key
  idTokenKey?: Key
  lifetimeSeconds: number
  refreshTokens: 'Reusable' | 'OneTimeUse'
}

/** What the Login API makes of a user; each but `ok` has a status of its own. [documented] */
export type LoginState =
  | 'ok'
  | 'change password'
  | 'unverified'
  | 'unverified registration'
  | 'two factor'
  | 'prevented'
  | 'expired'
  | 'locked'
  | 'webhook failed'

export interface User {
  id: string
  tenantId: string
  email: string
  username?: string
  fullName: string
  password: string
  registrations: { applicationId: string; roles: string[] }[]
  login: LoginState
  /** Deleted or deactivated. */
  gone: boolean
}

export interface Entity {
  id: string
  tenantId: string
  clientId: string
  clientSecret: string
  name: string
  /** What it may do, by the id of the target entity. [documented] */
  grants: Record<string, string[]>
}

/** The sample's own names, and any that a test adds. */
type Named<Name extends string, T> = Record<Name, T> & Record<string, T>

export type World = ReturnType<typeof sampleWorld>

/**
 * Two tenants with the issuer that FusionAuth ships (so they share it), three applications, four
 * users and three entities. The secrets have the form of the documented sample: with `+` and `=`.
 */
export function sampleWorld() {
  const main: Tenant = { id: uuid(1), issuer: 'acme.com', requireAuthentication: true }
  const second: Tenant = { id: uuid(2), issuer: 'acme.com', requireAuthentication: true }
  const shop = application(uuid(11), main.id)
  const office: Application = { ...application(uuid(12), main.id), scopeHandling: 'Strict' }
  const everywhere = application(uuid(13), undefined)
  const orders = entity(uuid(31), main.id, 'orders', {})
  const stock = entity(uuid(32), main.id, 'stock', {})
  const robot = entity(uuid(33), main.id, 'robot', {
    [orders.id]: ['read', 'write'],
    [stock.id]: ['read'],
  })
  const roles = ['admin', 'user']
  const ann = user(uuid(21), main.id, 'ann', [
    { applicationId: shop.id, roles },
    { applicationId: office.id, roles: ['auditor'] },
    { applicationId: everywhere.id, roles: [] },
  ])
  return {
    tenants: { main, second } as Named<'main' | 'second', Tenant>,
    applications: { shop, office, everywhere } as Named<
      'shop' | 'office' | 'everywhere',
      Application
    >,
    users: {
      /** Registered, with roles. */
      ann,
      /** Registered, without roles: `roles` is `[]`. */
      ben: user(uuid(22), main.id, 'ben', [{ applicationId: shop.id, roles: [] }]),
      /** Not registered for any application: no `applicationId`, no `roles`. */
      cal: user(uuid(23), main.id, 'cal', []),
      /** Of the second tenant, registered for the universal application. */
      dot: user(uuid(24), second.id, 'dot', [{ applicationId: everywhere.id, roles: ['guest'] }]),
    } as Named<'ann' | 'ben' | 'cal' | 'dot', User>,
    entities: { robot, orders, stock } as Named<'robot' | 'orders' | 'stock', Entity>,
  }
}

function uuid(n: number): string {
  return `${n.toString(16).padStart(8, '0')}-5a1e-4c0d-9b7f-1f2e3d4c5b6a`
}

function application(id: string, tenantId: string | undefined): Application {
  return {
    id,
    ...(tenantId === undefined ? {} : { tenantId }),
    secret: `+s${id.slice(0, 8)}/v3Ry+SeCrEt%3D&=`,
    clientSecret: 'Required',
    scopeHandling: 'Compatibility',
    resources: [],
    redirectUris: [],
    requireAuthentication: true,
    lifetimeSeconds: 3600,
    refreshTokens: 'Reusable',
  }
}

function user(
  id: string,
  tenantId: string,
  name: string,
  registrations: User['registrations'],
): User {
  return {
    id,
    tenantId,
    email: `${name}@example.com`,
    username: name,
    fullName: `${name} Example`,
    password: `${name}'s password`,
    registrations,
    login: 'ok',
    gone: false,
  }
}

function entity(
  id: string,
  tenantId: string,
  name: string,
  grants: Record<string, string[]>,
): Entity {
  return { id, tenantId, clientId: id, clientSecret: `+e${id.slice(0, 8)}/SeCrEt==`, name, grants }
}
