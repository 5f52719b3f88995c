/** Who the runtime says it is: `ctx.access`, where Cloudflare Access guards the Worker itself. */

import { GatewayError } from '../../errors.ts'
import type { PlatformAccess, Scope } from '../../lib/scope.ts'
import { isObject, type JsonObject } from '../../lib/strict-json.ts'
import { within } from '../../lib/within.ts'
import type { Principal } from '../principal.ts'
import { type IdentityOptions, withIdentity } from './identity.ts'

export interface PlatformRules {
  /** The name of the entry in `schemes`. */
  readonly name: string
  readonly issuer: string
  readonly identity: IdentityOptions | undefined
  /** Unix seconds. */
  readonly now: () => number
}

/** The runtime does not say when the session ends, so that what stays open is asked again after so long. */
const OPEN_SECONDS = 3_600
const RETRY_SECONDS = 10

/** The person; undefined for a service token. Throws `issuer_unavailable` where the platform does not answer. */
export async function platformPrincipal(
  access: PlatformAccess,
  scope: Scope,
  rules: PlatformRules,
): Promise<Principal | undefined> {
  const identity = await identityOf(access, scope)
  if (!isObject(identity)) return undefined
  const person = toPerson(identity, access.aud, rules)
  return rules.identity ? withIdentity(person, identity, rules.identity) : person
}

/** A service token that the runtime lets in and whose name it does not say. */
export function namelessClient({ aud }: PlatformAccess, rules: PlatformRules): Principal {
  return toPrincipal('client', undefined, { aud: [aud] }, rules)
}

async function identityOf(access: PlatformAccess, scope: Scope): Promise<unknown> {
  try {
    return await within(() => access.getIdentity(), scope.deadline())
  } catch (cause) {
    const reason = 'the platform does not say who it is (ctx.access.getIdentity)'
    throw new GatewayError('issuer_unavailable', {
      reason,
      retryAfterSeconds: RETRY_SECONDS,
      cause,
    })
  }
}

/** What a token has of these too, under the same names. */
function toPerson(identity: JsonObject, aud: string, rules: PlatformRules): Principal {
  const { user_uuid: id, email, name, custom } = identity
  const subject = typeof id === 'string' && id !== '' ? id : undefined
  const claims = {
    aud: [aud],
    ...(subject !== undefined && { sub: subject }),
    ...(typeof email === 'string' && { email }),
    ...(typeof name === 'string' && { name }),
    ...(isObject(custom) && { custom }),
  }
  return toPrincipal('person', subject, claims, rules)
}

function toPrincipal(
  kind: Principal['kind'],
  subject: string | undefined,
  claims: JsonObject,
  { name, issuer, now }: PlatformRules,
): Principal {
  return {
    kind,
    subject,
    issuer,
    scheme: name,
    scopes: new Set(),
    roles: [],
    claims: { iss: issuer, ...claims },
    expiresAt: now() + OPEN_SECONDS,
  }
}
