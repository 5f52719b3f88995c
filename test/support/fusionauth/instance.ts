// What the endpoints of one stand-in share: its clock, version, people, keys and refresh tokens.
// Lookups only. No HTTP, no signing.

import type { Assumptions } from './assumptions.ts'
import type { KeyMaster } from './key-master.ts'
import type { Version } from './versions.ts'
import type { Application, Entity, Tenant, User, World } from './world.ts'

export interface RefreshToken {
  /** The `sid` of the access tokens that were issued with it (1.37.0). [documented] */
  id: string
  value: string
  userId: string
  applicationId: string
  tenantId: string
  scope: string
  resources: string[]
  grantTypes: string[]
  authTime: number
  expiresAt: number
}

export interface Instance {
  /** Unix seconds. */
  now: () => number
  version: Version
  assumes: Assumptions
  world: World
  keys: KeyMaster
  apiKeys: Set<string>
  /** By value. */
  refreshTokens: Map<string, RefreshToken>
  /** Webhook events that happened, oldest first; see webhooks.ts. */
  events: Record<string, unknown>[]
}

export function findApplication(at: Instance, id: string | undefined): Application | undefined {
  return Object.values(at.world.applications).find((application) => application.id === id)
}

export function findTenant(at: Instance, id: string | undefined): Tenant | undefined {
  return Object.values(at.world.tenants).find((tenant) => tenant.id === id)
}

export function findUser(at: Instance, id: unknown): User | undefined {
  return Object.values(at.world.users).find((user) => user.id === id)
}

export function findEntity(at: Instance, id: unknown): Entity | undefined {
  return Object.values(at.world.entities).find((entity) => entity.id === id)
}

export function findEntityByClient(at: Instance, clientId: string | undefined): Entity | undefined {
  return Object.values(at.world.entities).find((entity) => entity.clientId === clientId)
}

/** By e-mail address or username, in one tenant. */
export function findLogin(at: Instance, tenantId: string, loginId: string): User | undefined {
  return Object.values(at.world.users).find(
    (user) =>
      user.tenantId === tenantId &&
      !user.gone &&
      (user.email === loginId.toLowerCase() || user.username === loginId),
  )
}

/** The tenant that answers when a request names none. */
export function defaultTenant(at: Instance): Tenant {
  return at.world.tenants.main
}
