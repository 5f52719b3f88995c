/** Is this JWT an access token of this issuer, for us, now? */

import { GatewayError } from '../../errors.ts'
import { createBoundedMap } from '../../lib/bounded-map.ts'
import type { Scope } from '../../lib/scope.ts'
import type { JsonObject } from '../../lib/strict-json.ts'
import { type ClaimLocation, readNames } from '../claim-location.ts'
import type { Principal } from '../principal.ts'
import type { VerificationKey } from './jwk.ts'
import type { KeySet } from './jwks.ts'
import type { UnverifiedToken } from './token.ts'

/** Keys that are tried for one token at the most. */
const MAX_CANDIDATES = 4
/** Unix seconds beyond this are no time that a token means. */
const MAX_TIME = 2 ** 53
/** Of tokens that this isolate has proven, for one issuer entry. */
export const MAX_PROOFS = 1_000
export const MAX_PROOF_LENGTH = 4_194_304

/**
 * Which key signed which claims. It never says that a token is good: every other check runs on every
 * request, and a proof is worth nothing once its key has left the set.
 */
interface Proof {
  readonly key: VerificationKey
  readonly principal: Principal
}

export interface JwtRules {
  /** The name of the entry in `schemes`. */
  readonly name: string
  readonly issuer: string
  /** One of these must be in `aud`. */
  readonly audiences: readonly string[]
  readonly algorithms: readonly string[]
  /** The only keys of the set that may be used; undefined for all. */
  readonly keyIds: readonly string[] | undefined
  readonly clockSkewSeconds: number
  readonly scopeClaims: readonly ClaimLocation[]
  readonly rolesClaim: ClaimLocation
  /** What a preset knows of its issuer's tokens; throws `invalid_token` or `forbidden`. */
  readonly check: ((claims: JsonObject) => void) | undefined
}

export interface JwtVerifier {
  /**
   * A token that this isolate has proven before; undefined where it has not, or its key is gone. At once where
   * the keys are fresh: most requests need no more than this.
   */
  recall(token: string, scope: Scope): Principal | undefined | Promise<Principal | undefined>
  /**
   * Verifies a token whose `iss` is this issuer's: algorithm, signature, then claims. Throws
   * `invalid_token`, or `issuer_unavailable` where there is no verdict.
   */
  verify(token: string, unverified: UnverifiedToken, scope: Scope): Promise<Principal>
}

export function createJwtVerifier(rules: JwtRules, keySet: KeySet, now: () => number): JwtVerifier {
  const proofs = createBoundedMap<Proof>({
    maxEntries: MAX_PROOFS,
    maxKeyLength: MAX_PROOF_LENGTH,
  })

  function usable(keys: readonly VerificationKey[]): readonly VerificationKey[] {
    const { keyIds } = rules
    return keyIds ? keys.filter(({ keyId }) => keyId !== undefined && keyIds.includes(keyId)) : keys
  }

  async function findKey(token: UnverifiedToken, scope: Scope): Promise<VerificationKey> {
    const { keyId, algorithm } = token
    let keys = usable(await keySet.keys(scope))
    if (keyId !== undefined && !keys.some((key) => key.keyId === keyId)) {
      keys = usable((await keySet.keysAfterMiss(keyId, scope)) ?? [])
      if (!keys.some((key) => key.keyId === keyId)) throw refused('the kid is not in the key set')
    }
    for (const key of candidates(keys, keyId, algorithm)) {
      if (await key.verify(algorithm, token.signature, token.signedBytes)) return key
    }
    throw refused('no key of the issuer verifies the signature')
  }

  function confirm(
    token: string,
    { key, principal }: Proof,
    keys: readonly VerificationKey[],
  ): Principal | undefined {
    if (!keys.includes(key)) {
      proofs.delete(token)
      return undefined
    }
    checkClaims(principal.claims, rules, now())
    return principal
  }

  return {
    recall(token, scope) {
      const proof = proofs.get(token)
      if (!proof) return undefined
      const fresh = keySet.fresh()
      if (fresh) return confirm(token, proof, fresh)
      return keySet.keys(scope).then(
        (keys) => confirm(token, proof, keys),
        () => confirm(token, proof, []),
      )
    },

    async verify(token, unverified, scope) {
      const { algorithm, claims } = unverified
      if (!rules.algorithms.includes(algorithm)) throw refused(explainAlgorithm(algorithm))
      const key = await findKey(unverified, scope)
      checkClaims(claims, rules, now())
      const principal = {
        ...toPrincipal(claims, rules),
        encodedClaims: token.split('.', 2)[1] ?? '',
      }
      proofs.set(token, { key, principal })
      return principal
    },
  }
}

function candidates(
  keys: readonly VerificationKey[],
  keyId: string | undefined,
  algorithm: string,
): readonly VerificationKey[] {
  return keys
    .filter((key) => keyId === undefined || key.keyId === keyId)
    .filter((key) => key.algorithms.includes(algorithm))
    .slice(0, MAX_CANDIDATES)
}

/**
 * Throws where the claims are not those of an access token of this issuer, for us, now. Claims named in
 * `mayOmit` may be absent, never wrong.
 */
export function checkClaims(
  claims: JsonObject,
  rules: JwtRules,
  now: number,
  mayOmit: readonly string[] = [],
): void {
  const has = (name: string) => claims[name] !== undefined || !mayOmit.includes(name)
  if (has('iss') && claims.iss !== rules.issuer) throw refused('iss is not the issuer')
  if (has('aud') && !namesIn(claims.aud).some((name) => rules.audiences.includes(name))) {
    throw refused('aud does not name this API')
  }
  const expiry = readTime(claims, 'exp')
  if (expiry === undefined) throw refused('exp is missing')
  if (now >= expiry + rules.clockSkewSeconds) throw refused('the token has expired')
  for (const name of ['nbf', 'iat']) {
    const start = readTime(claims, name)
    if (start !== undefined && start > now + rules.clockSkewSeconds) {
      throw refused(`${name} is in the future`)
    }
  }
  if (claims.sub !== undefined && typeof claims.sub !== 'string') throw refused('sub is no string')
  // RFC 7800, RFC 9449: a token bound to a key proves nothing to whom it is merely shown.
  if (claims.cnf !== undefined) throw refused('the token is bound to a key and was sent as Bearer')
  // RFC 8417: a security event or logout token is a message, whatever its typ says.
  if (claims.events !== undefined) throw refused('the token is a security event')
  rules.check?.(claims)
}

/** RFC 7519 section 2: seconds, fractions allowed. Present but no time is refused, never read as absent. */
function readTime(claims: JsonObject, name: string): number | undefined {
  const value = claims[name]
  if (value === undefined) return undefined
  if (typeof value === 'number' && value >= 0 && value <= MAX_TIME) return value
  throw refused(`${name} is no time`)
}

function namesIn(audience: unknown): readonly string[] {
  if (typeof audience === 'string') return [audience]
  const isList = Array.isArray(audience) && audience.every((name) => typeof name === 'string')
  return isList ? audience : []
}

export function toPrincipal(claims: JsonObject, rules: JwtRules): Principal {
  return {
    subject: (claims.sub as string | undefined) || undefined,
    issuer: rules.issuer,
    scheme: rules.name,
    scopes: new Set(rules.scopeClaims.flatMap((location) => readNames(claims, location, ' '))),
    roles: readNames(claims, rules.rolesClaim),
    claims,
    expiresAt: (claims.exp as number) + rules.clockSkewSeconds,
  }
}

function explainAlgorithm(algorithm: string): string {
  return algorithm.startsWith('HS')
    ? 'the token is signed with a shared secret, which no key set publishes: have the issuer sign with RS256 or ES256, or use introspection'
    : 'the algorithm of the token is not allowed for this issuer'
}

function refused(reason: string): GatewayError {
  return new GatewayError('invalid_token', { reason })
}
