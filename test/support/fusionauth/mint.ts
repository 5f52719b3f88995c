// Tokens as FusionAuth would issue them, for any user, application or entity, at the clock's time.
// It follows the rules of the version: to sign something FusionAuth would not, use KeyMaster.sign.

import { decodeJwt } from 'jose'
import {
  accessClaims,
  type Claims,
  entityClaims,
  exchangedClaims,
  idClaims,
  type TokenParts,
} from './claims.ts'
import { defaultTenant, findTenant, type Instance, type RefreshToken } from './instance.ts'
import type { Key } from './key-master.ts'
import { since } from './versions.ts'
import type { Application, Entity, User } from './world.ts'

/** Common to all kinds. */
export interface MintOptions {
  /** Default: the application's own key, else the tenant's. */
  key?: Key
  /** Default: now. */
  issuedAtSeconds?: number
  lifetimeSeconds?: number
  /** What a JWT-populate lambda would set; `undefined` removes. Throws for what no lambda may. */
  claims?: Claims
}

export interface UserTokenOptions extends MintOptions {
  /** Default: ann, who is registered and has roles. */
  user?: User
  /** Default: shop. */
  application?: Application
  /** Default: `openid`. */
  scope?: string
  resources?: string[]
  grantTypes?: string[]
  authenticationType?: string
  authTime?: number
  refreshToken?: RefreshToken
  jkt?: string
}

export interface Mint {
  /** The access token of an OAuth grant. */
  accessToken(options?: UserTokenOptions): Promise<string>
  /** Its twin for the client: same key, `aud` and `typ`; carries `at_hash` of `accessToken`. */
  idToken(options?: UserTokenOptions & { nonce?: string; accessToken?: string }): Promise<string>
  /** What the Login API returns; `application: null` is a call without `applicationId`. */
  loginToken(
    options?: Omit<UserTokenOptions, 'application'> & { application?: Application | null },
  ): Promise<string>
  /** A client-credentials token; default: robot, with all its grants on orders. */
  entityToken(
    options?: MintOptions & {
      entity?: Entity
      permissions?: Record<string, string[]>
      scope?: string
    },
  ): Promise<string>
  /** A token-exchange token: `actor` acting for the subject of `subjectToken`. 1.70 only. */
  exchangedToken(
    options: MintOptions & { subjectToken: string; actor: Entity; audience: Entity },
  ): Promise<string>
  /** A refresh token, known to the stand-in from now on. */
  refreshToken(options?: UserTokenOptions): RefreshToken
}

// What a JWT-populate lambda cannot change. `exp` may be shortened. [documented]
const IMMUTABLE = ['amr', 'auth_time', 'cnf', 'gty', 'iat', 'sub', 'tid', 'tty']
const REFRESH_LIFETIME_SECONDS = 43_200 * 60

/** The mint of one stand-in. */
export function createMint(at: Instance): Mint {
  const input = (options: UserTokenOptions) => {
    const user = options.user ?? at.world.users.ann
    const application = options.application ?? at.world.applications.shop
    const now = options.issuedAtSeconds ?? at.now()
    return {
      version: at.version,
      now,
      lifetimeSeconds: options.lifetimeSeconds ?? application.lifetimeSeconds,
      tenant: findTenant(at, user.tenantId) ?? defaultTenant(at),
      application,
      user,
      authenticationType: options.authenticationType ?? 'PASSWORD',
      authTime: options.authTime ?? now,
      grantTypes: options.grantTypes ?? ['authorization_code'],
      scope: options.scope ?? 'openid',
      resources: options.resources,
      refreshToken: options.refreshToken,
      jkt: options.jkt,
    }
  }
  const sign = async (parts: TokenParts, key: Key, claims: Claims = {}) =>
    at.keys.sign(key, populate(parts.payload, claims), parts.header)
  const keyFor = (options: UserTokenOptions, purpose: 'accessTokenKey' | 'idTokenKey') =>
    options.key ?? input(options).application[purpose] ?? at.keys.signing

  return {
    accessToken: (options = {}) =>
      sign(accessClaims(input(options)), keyFor(options, 'accessTokenKey'), options.claims),

    async idToken(options = {}) {
      const { accessToken, nonce } = options
      const atHash = accessToken === undefined ? undefined : await leftHalfHash(accessToken)
      const key = keyFor(options, 'idTokenKey')
      return sign(idClaims({ ...input(options), nonce, atHash }), key, options.claims)
    },

    loginToken(options = {}) {
      const { application, ...rest } = options
      const registered = application ? { ...rest, application } : rest
      const asked = { ...input(registered), grantTypes: [] }
      if (application !== null) {
        return sign(accessClaims(asked), keyFor(registered, 'accessTokenKey'), rest.claims)
      }
      const parts = accessClaims({ ...asked, application: undefined })
      // No populate lambda runs here [documented]; no `preferred_username` was seen. [observed]
      parts.payload.preferred_username = undefined
      return sign(parts, options.key ?? at.keys.signing)
    },

    entityToken(options = {}) {
      const entity = options.entity ?? at.world.entities.robot
      const orders = at.world.entities.orders.id
      const parts = entityClaims({
        version: at.version,
        now: options.issuedAtSeconds ?? at.now(),
        lifetimeSeconds: options.lifetimeSeconds ?? 3600,
        tenant: findTenant(at, entity.tenantId) ?? defaultTenant(at),
        entity,
        scope: options.scope,
        permissions: options.permissions ?? { [orders]: entity.grants[orders] ?? [] },
      })
      return sign(parts, options.key ?? at.keys.signing, options.claims)
    },

    async exchangedToken(options) {
      if (!since(at.version, '1.70')) throw new Error('Token exchange came with 1.70.0')
      const parts = exchangedClaims(
        at.version,
        options.issuedAtSeconds ?? at.now(),
        options.lifetimeSeconds ?? 3600,
        decodeJwt(options.subjectToken),
        options.actor,
        options.audience,
      )
      return sign(parts, options.key ?? at.keys.signing, options.claims)
    },

    refreshToken(options = {}) {
      const { user, application, tenant, scope, resources, grantTypes, authTime, now } =
        input(options)
      const token: RefreshToken = {
        id: crypto.randomUUID(),
        value: randomValue(),
        userId: user.id,
        applicationId: application.id,
        tenantId: tenant.id,
        scope,
        resources: resources ?? [],
        grantTypes,
        authTime,
        expiresAt: now + REFRESH_LIFETIME_SECONDS,
      }
      at.refreshTokens.set(token.value, token)
      return token
    },
  }
}

/** An opaque value like FusionAuth's refresh tokens. */
export function randomValue(): string {
  return crypto.randomUUID().replaceAll('-', '') + crypto.randomUUID().replaceAll('-', '')
}

function populate(payload: Claims, claims: Claims): Claims {
  for (const name of Object.keys(claims)) {
    const longer = name === 'exp' && Number(claims.exp) > Number(payload.exp)
    if (IMMUTABLE.includes(name) || longer) throw new Error(`No lambda may change ${name}`)
  }
  return { ...payload, ...claims }
}

// OpenID Connect Core 3.1.3.6, for the RS256 and ES256 that sign here.
async function leftHalfHash(token: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token))
  const half = String.fromCharCode(...new Uint8Array(digest).subarray(0, 16))
  return btoa(half).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
