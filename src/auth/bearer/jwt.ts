/** Is this JWT an access token of this issuer, for us, now? */

import { GatewayError } from '../../errors.ts'
import { createBoundedMap } from '../../lib/bounded-map.ts'
import { toDouble } from '../../lib/exact-json.ts'
import type { Scope } from '../../lib/scope.ts'
import type { JsonObject } from '../../lib/strict-json.ts'
import { type ClaimLocation, readNames, readRoles } from '../claim-location.ts'
import type { Principal } from '../principal.ts'
import type { VerificationKey } from './jwk.ts'
import type { KeySet } from './jwks.ts'
import type { UnverifiedToken } from './token.ts'

/** Keys that are tried for one token at the most. */
const MAX_CANDIDATES = 16
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
  /** What `iss` may be. */
  readonly issuers: readonly string[]
  /** One of these must be in one of the claims that name an audience. */
  readonly audiences: readonly string[]
  /** Empty where what binds a token to this API is the key set alone. */
  readonly audienceClaims: readonly string[]
  readonly algorithms: readonly string[]
  /** The only keys of the set that may be used; undefined for all. */
  readonly keyIds: readonly string[] | undefined
  readonly clockSkewSeconds: number
  readonly scopeClaims: readonly ClaimLocation[]
  readonly rolesClaims: readonly ClaimLocation[]
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
    let found: VerificationKey | undefined
    const search = async (keys: readonly VerificationKey[]): Promise<boolean> => {
      found = await firstThatVerifies(candidates(usable(keys), token), token)
      return found !== undefined
    }
    const keys = await keySet.keys(scope)
    if (await search(keys)) return found as unknown as VerificationKey
    // A key may be new although nothing says so: sets without kid, and sets that use one again.
    const { keyId } = token
    const isUnknown = keyId !== undefined && !usable(keys).some((key) => key.keyId === keyId)
    await keySet.refreshAfterMiss(search, scope).catch((error) => {
      // Where a key of that name is at hand, its verdict stands: an outage is no reason to ask about the token.
      if (isUnknown) throw error
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
  { keyId, algorithm }: UnverifiedToken,
): readonly VerificationKey[] {
  return keys
    .filter((key) => keyId === undefined || key.keyId === keyId)
    .filter((key) => key.algorithms.includes(algorithm))
    .slice(0, MAX_CANDIDATES)
}

async function firstThatVerifies(
  keys: readonly VerificationKey[],
  { algorithm, signature, signedBytes }: UnverifiedToken,
): Promise<VerificationKey | undefined> {
  for (const key of keys) {
    if (await key.verify(algorithm, signature, signedBytes)) return key
  }
  return undefined
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
  if (has('iss') && !rules.issuers.includes(claims.iss as string)) {
    throw refused('iss is not the issuer')
  }
  checkAudience(claims, rules, mayOmit)
  const expiry = readTime(claims, 'exp')
  if (expiry === undefined && !mayOmit.includes('exp')) throw refused('exp is missing')
  if (expiry !== undefined && now >= expiry + rules.clockSkewSeconds) {
    throw refused('the token has expired')
  }
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

/** An empty list is no audience: the same as none where there may be none, and nobody's otherwise. */
function checkAudience(claims: JsonObject, rules: JwtRules, mayOmit: readonly string[]): void {
  const { audienceClaims, audiences } = rules
  if (audienceClaims.length === 0) return
  if (mayOmit.includes('aud') && audienceClaims.every((name) => isAbsent(claims[name]))) return
  const isOurs = (name: string) => audiences.includes(name)
  if (audienceClaims.some((name) => namesIn(claims[name]).some(isOurs))) return
  throw refused(`${audienceClaims.join(' or ')} does not name this API`)
}

function isAbsent(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0)
}

/** RFC 7519 section 2: seconds, fractions allowed. Present but no time is refused, never read as absent. */
function readTime(claims: JsonObject, name: string): number | undefined {
  const value = claims[name]
  if (value === undefined) return undefined
  const seconds = toDouble(value)
  if (seconds !== undefined && seconds >= 0 && seconds <= MAX_TIME) return seconds
  throw refused(`${name} is no time`)
}

function namesIn(audience: unknown): readonly string[] {
  if (typeof audience === 'string') return [audience]
  const isList = Array.isArray(audience) && audience.every((name) => typeof name === 'string')
  return isList ? audience : []
}

/** `until` is when a token ends that does not say so itself. */
export function toPrincipal(claims: JsonObject, rules: JwtRules, until = 0): Principal {
  const expiry = toDouble(claims.exp)
  return {
    kind: isOfClient(claims) ? 'client' : 'person',
    subject: (claims.sub as string | undefined) || undefined,
    issuer: (claims.iss as string | undefined) ?? rules.issuers[0] ?? '',
    scheme: rules.name,
    scopes: new Set(rules.scopeClaims.flatMap((location) => readNames(claims, location, ' '))),
    roles: [...new Set(rules.rolesClaims.flatMap((location) => readRoles(claims, location)))],
    claims,
    expiresAt: expiry === undefined ? until : expiry + rules.clockSkewSeconds,
  }
}

/**
 * RFC 9068 section 2.2: where no person is involved, the subject is the client. Cloudflare Access's service tokens
 * have an empty one, and `common_name`.
 */
function isOfClient({ sub, client_id: clientId, common_name: commonName }: JsonObject): boolean {
  if (sub !== undefined && sub !== '') return sub === clientId
  return [clientId, commonName].some((name) => typeof name === 'string' && name !== '')
}

function explainAlgorithm(algorithm: string): string {
  return algorithm.startsWith('HS')
    ? 'the token is signed with a shared secret, which no key set publishes: have the issuer sign with RS256 or ES256, or use introspection'
    : 'the algorithm of the token is not allowed for this issuer'
}

function refused(reason: string): GatewayError {
  return new GatewayError('invalid_token', { reason })
}
