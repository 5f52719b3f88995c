// Token exchange (RFC 8693) as of 1.70.0 with the entity policy: one service acts for a user towards
// another. It checks that a grant exists, never which permissions, and passes scopes through. [documented]

import { json, oauthError } from './answer.ts'
import type { Claims } from './claims.ts'
import { findEntityByClient, type Instance } from './instance.ts'
import type { Mint } from './mint.ts'
import { verifyToken } from './verify.ts'
import type { Entity } from './world.ts'

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const MAX_ACTORS = 2 // the default; up to 10 [documented]

/** `actor` has been authenticated. */
export async function exchange(
  at: Instance,
  mint: Mint,
  form: URLSearchParams,
  actor: Entity,
): Promise<Response> {
  const subjectToken = form.get('subject_token') ?? ''
  const verified = await verifyToken(at, subjectToken)
  if ('refused' in verified || form.get('subject_token_type') !== ACCESS_TOKEN) {
    return oauthError(400, 'invalid_request', 'access_token_invalid') // [inferred]
  }
  const audience = findEntityByClient(at, form.get('audience') ?? undefined)
  const granted = audience !== undefined && actor.grants[audience.id] !== undefined
  if (!granted || form.has('resource') || actors(verified.payload) >= MAX_ACTORS) {
    return oauthError(403, 'access_denied', 'unknown') // status [documented], codes [inferred]
  }
  const { scope } = verified.payload
  return json(200, {
    access_token: await mint.exchangedToken({ subjectToken, actor, audience }),
    issued_token_type: ACCESS_TOKEN,
    token_type: 'Bearer',
    expires_in: 3600,
    ...(scope !== undefined && { scope }),
  })
}

function actors(payload: Claims): number {
  let depth = 0
  for (let act = payload.act; typeof act === 'object' && act !== null; depth++) {
    act = 'act' in act ? act.act : undefined
  }
  return depth
}
