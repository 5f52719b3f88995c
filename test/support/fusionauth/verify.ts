// How the stand-in itself checks a token that comes back: signature by a key it has, then `exp`.
// No audience and no client: the endpoints add those.

import { compactVerify, decodeJwt, decodeProtectedHeader } from 'jose'
import type { Claims } from './claims.ts'
import type { Instance } from './instance.ts'
import type { Key } from './key-master.ts'
import { since } from './versions.ts'

export type Verification =
  | { payload: Claims; key: Key }
  | { refused: 'malformed' | 'unknown key' | 'signature' | 'expired' }

/** Signature and `exp`, no skew. */
export async function verifyToken(at: Instance, token: string): Promise<Verification> {
  const payload = peek(token)
  if (payload === undefined) return { refused: 'malformed' }
  const { kid } = decodeProtectedHeader(token)
  const candidates = [...at.keys.all].filter((key) => key.kid === kid)
  if (candidates.length === 0) return { refused: 'unknown key' }
  for (const key of candidates) {
    if (!(await signedBy(token, key))) continue
    const expires = payload.exp
    // A token must name its end to be checked against it. [inferred]
    if (typeof expires !== 'number' || expires <= at.now()) return { refused: 'expired' }
    return { payload, key }
  }
  return { refused: 'signature' }
}

/** The unverified claims, or undefined if this is no JWT. */
export function peek(token: string): Claims | undefined {
  try {
    decodeProtectedHeader(token)
    return decodeJwt(token)
  } catch {
    return undefined
  }
}

/**
 * Whether FusionAuth lets this key vouch for a token presented to it. Since 1.69.0 only signing and
 * verification keys do [documented]; what held before is an assumption.
 */
export function isTrusted(at: Instance, key: Key): boolean {
  if (since(at.version, '1.70')) return isConfigured(at, key)
  return !key.thirdParty || at.assumes.thirdPartyKey === 'trusted'
}

/** Chosen for signing or verifying by a tenant or an application; the HMAC key always is. */
export function isConfigured(at: Instance, key: Key): boolean {
  const chosen = Object.values(at.world.applications).some(
    (application) => application.accessTokenKey === key || application.idTokenKey === key,
  )
  return chosen || key === at.keys.signing || key === at.keys.hmac || at.keys.verifying.has(key)
}

async function signedBy(token: string, key: Key): Promise<boolean> {
  try {
    await compactVerify(token, key.public)
    return true
  } catch {
    return false
  }
}
