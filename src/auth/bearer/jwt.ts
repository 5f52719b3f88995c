/** Is this JWT an access token of this issuer, for us, now? */

import { GatewayError } from '../../errors.ts'
import { createBoundedMap } from '../../lib/bounded-map.ts'
import type { Scope } from '../../lib/scope.ts'
import type { Principal } from '../principal.ts'
import { checkClaims, type JwtRules, toPrincipal } from './claims.ts'
import type { VerificationKey } from './jwk.ts'
import type { KeySet } from './jwks.ts'
import type { UnverifiedToken } from './token.ts'

/** Keys that are tried for one token at the most. */
const MAX_CANDIDATES = 16
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
    const search = (keys: readonly VerificationKey[]) => findVerifying(usable(keys), token)
    const keys = await keySet.keys(scope)
    const known = await search(keys)
    if (known) return known
    // A key may be new although nothing says so: sets without kid, and sets that use one again.
    const { keyId } = token
    const isUnknown = keyId !== undefined && !usable(keys).some((key) => key.keyId === keyId)
    const found = await keySet.refreshAfterMiss(search, scope).catch((error) => {
      // Where a key of that name is at hand, its verdict stands: an outage is no reason to ask about the token.
      if (isUnknown) throw error
      return undefined
    })
    if (found) return found
    throw refused(
      isUnknown ? 'the kid is not in the key set' : 'no key of the issuer verifies the signature',
    )
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
      const { algorithm, claims, encodedClaims } = unverified
      if (!rules.algorithms.includes(algorithm)) throw refused(explainAlgorithm(algorithm))
      const key = await findKey(unverified, scope)
      checkClaims(claims, rules, now())
      const principal = toPrincipal(claims, rules, { encodedClaims })
      proofs.set(token, { key, principal })
      return principal
    },
  }
}

/** What has to be known of a signed text to verify it. */
export type Signed = Pick<UnverifiedToken, 'algorithm' | 'keyId' | 'signature' | 'signedBytes'>

/** The first key that fits and whose signature it is, of at most 16 that fit. */
export async function findVerifying(
  keys: readonly VerificationKey[],
  { keyId, algorithm, signature, signedBytes }: Signed,
): Promise<VerificationKey | undefined> {
  let tried = 0
  for (const key of keys) {
    const isNamed = keyId === undefined || key.keyId === keyId
    if (!isNamed || !key.algorithms.includes(algorithm)) continue
    if (await key.verify(algorithm, signature, signedBytes)) return key
    tried++
    if (tried === MAX_CANDIDATES) return undefined
  }
  return undefined
}

function explainAlgorithm(algorithm: string): string {
  return algorithm.startsWith('HS')
    ? 'the token is signed with a shared secret, which no key set publishes: have the issuer sign with RS256 or ES256, or use introspection'
    : 'the algorithm of the token is not allowed for this issuer'
}

function refused(reason: string): GatewayError {
  return new GatewayError('invalid_token', { reason })
}
