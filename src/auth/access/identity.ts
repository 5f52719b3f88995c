/**
 * What Cloudflare Access knows of a person beyond the token: groups and the state of devices. Asked of the team's
 * `get-identity`, or of the runtime, and only for the entries that say so.
 */

import { GatewayError } from '../../errors.ts'
import { createBoundedMap } from '../../lib/bounded-map.ts'
import type { Fetch } from '../../lib/fetch.ts'
import { fetchJson } from '../../lib/fetch-json.ts'
import type { Scope } from '../../lib/scope.ts'
import { isObject, type JsonObject } from '../../lib/strict-json.ts'
import type { Principal } from '../principal.ts'

export interface IdentityOptions {
  /**
   * Takes the person's groups as roles, and as the claim `groups`: by `id`, or by `name`. Names are for those who
   * trust everybody that may name a group at the identity provider. Default: no groups.
   */
  groups?: 'id' | 'name'
  /** Takes the ids of the posture checks that the device has passed, as the claim `devicePosture`. Default false. */
  devicePosture?: boolean
}

/** How long an answer is believed. */
const KEPT_SECONDS = 60
/** How long a session that has ended is not asked about again, and nothing at all after a failure. */
const REST_SECONDS = 10
const MAX_ANSWERS = 1_000
/** Over all tokens that answers are kept of, in characters. */
const MAX_TOKENS_LENGTH = 4_194_304
const MAX_ANSWER_BYTES = 262_144
const MAX_CALLS_PER_SECOND = 50

interface Known {
  /** The principal of the token, and the same with what was found out; undefined where the session has ended. */
  readonly of: Principal
  readonly full: Principal | undefined
  /** Unix seconds. */
  readonly until: number
}

export interface Identities {
  /**
   * The person of a verified token, with what the entry asks for. Throws `invalid_token` where Access says that the
   * session has ended, `issuer_unavailable` where it says nothing.
   */
  complete(principal: Principal, token: string, scope: Scope): Promise<Principal>
}

export function createIdentities(
  issuer: string,
  options: IdentityOptions,
  fetch: Fetch,
  now: () => number,
): Identities {
  const answers = createBoundedMap<Known>({
    maxEntries: MAX_ANSWERS,
    maxKeyLength: MAX_TOKENS_LENGTH,
  })
  let restsUntil = -Infinity
  let second = 0
  let calls = 0

  function countCall(): void {
    if (now() < restsUntil)
      throw unavailable('get-identity rests after a failure', restsUntil - now())
    if (now() !== second) [second, calls] = [now(), 0]
    if (calls >= MAX_CALLS_PER_SECOND) throw unavailable('get-identity is at its limit of calls', 1)
    calls++
  }

  /** Undefined where Access knows no session of the token. */
  async function ask(token: string, scope: Scope): Promise<JsonObject | undefined> {
    countCall()
    try {
      const { status, body } = await fetchJson(`${issuer}/cdn-cgi/access/get-identity`, {
        fetch,
        signal: scope.deadline(),
        maxBytes: MAX_ANSWER_BYTES,
        init: { headers: { cookie: `CF_Authorization=${token}` } },
      })
      if (status === 401 || status === 403) return undefined
      if (status === 200 && isObject(body)) return body
      throw new Error(`${issuer} answered ${status} without an identity`)
    } catch (cause) {
      restsUntil = now() + REST_SECONDS
      const reason = cause instanceof Error ? cause.message : 'unknown'
      throw unavailable(`get-identity failed: ${reason}`, REST_SECONDS, cause)
    }
  }

  return {
    async complete(principal, token, scope) {
      let known = answers.get(token)
      if (known?.of !== principal || now() >= known.until) {
        const identity = await ask(token, scope)
        if (identity && !isOf(principal, identity)) {
          throw unavailable('get-identity answered for somebody else', REST_SECONDS)
        }
        known = {
          of: principal,
          full: identity && withIdentity(principal, identity, options),
          until: now() + (identity ? KEPT_SECONDS : REST_SECONDS),
        }
        answers.set(token, known)
      }
      if (known.full) return known.full
      throw new GatewayError('invalid_token', {
        reason: 'get-identity says that the session of the token has ended',
      })
    },
  }
}

/** An answer about another person is none, whatever has mixed them up. */
function isOf({ claims }: Principal, { email }: JsonObject): boolean {
  if (typeof email !== 'string' || typeof claims.email !== 'string') return true
  return email.toLowerCase() === claims.email.toLowerCase()
}

/** The principal with groups as roles, and with both as claims. The token's own text no longer has all of them. */
export function withIdentity(
  principal: Principal,
  identity: JsonObject,
  { groups, devicePosture }: IdentityOptions,
): Principal {
  const { encodedClaims: _, ...rest } = principal
  const names = groups ? groupsIn(identity.groups, groups) : []
  return {
    ...rest,
    roles: [...new Set([...principal.roles, ...names])],
    claims: {
      ...principal.claims,
      ...(groups && { groups: names }),
      ...(devicePosture && { devicePosture: passedIn(identity.devicePosture) }),
    },
  }
}

function groupsIn(groups: unknown, by: 'id' | 'name'): readonly string[] {
  if (!Array.isArray(groups)) return []
  const names = groups.map((group) => (isObject(group) ? group[by] : group))
  return names.filter((name): name is string => typeof name === 'string' && name !== '')
}

/** By id of the check: `{ "<id>": { "success": true, … } }`. */
function passedIn(posture: unknown): readonly string[] {
  if (!isObject(posture)) return []
  const checks = Object.entries(posture)
  return checks.filter(([, check]) => isObject(check) && check.success === true).map(([id]) => id)
}

function unavailable(reason: string, retryAfterSeconds: number, cause?: unknown): GatewayError {
  return new GatewayError('issuer_unavailable', { reason, retryAfterSeconds, cause })
}
