/** Credential to Principal: by signature where that can be judged here, by asking where it cannot. */

import { GatewayError } from '../errors.ts'
import type { RequestScope } from '../lib/request-scope.ts'
import type { Introspection, Occasion } from './bearer/introspection.ts'
import { checkClaims, type JwtRules, type JwtVerifier, toPrincipal } from './bearer/jwt.ts'
import { looksLikeJwt, MAX_TOKEN_BYTES, readToken, type UnverifiedToken } from './bearer/token.ts'
import type { Credential, TokenSource } from './credential.ts'
import type { Principal } from './principal.ts'

/** One entry of `issuers`, ready to judge its tokens. */
export interface Issuer {
  readonly rules: JwtRules
  readonly verifier: JwtVerifier
  readonly introspection: Introspection | undefined
  /** Unix seconds. */
  readonly now: () => number
  /** Places for its tokens beside `Authorization`. */
  readonly tokenFrom: readonly TokenSource[]
}

/**
 * Verifies a credential against the issuers that a route names, and no others. Throws `invalid_token`
 * (or what a preset's own check says), or `issuer_unavailable` where there is no verdict.
 */
export async function authenticate(
  { token }: Credential,
  issuers: readonly Issuer[],
  scope: RequestScope,
): Promise<Principal> {
  if (token.length > MAX_TOKEN_BYTES) throw refused('the token is too long')
  if (!looksLikeJwt(token)) {
    const issuer = issuers.find(({ introspection }) => introspection?.options.opaque)
    if (!issuer)
      throw refused('the token is opaque, and no issuer of this route may be asked about it')
    return introspect(token, issuer, 'opaque', scope)
  }
  const recalled = await recall(token, issuers, scope)
  if (recalled) return recalled
  const unverified = readToken(token)
  const issuer = issuers.find(({ rules }) => rules.issuer === unverified.claims.iss)
  if (!issuer) throw refused('no issuer of this route has issued the token')
  return judge(token, unverified, issuer, scope)
}

async function recall(
  token: string,
  issuers: readonly Issuer[],
  scope: RequestScope,
): Promise<Principal | undefined> {
  for (const { verifier } of issuers) {
    const principal = await verifier.recall(token, scope)
    if (principal) return principal
  }
  return undefined
}

async function judge(
  token: string,
  unverified: UnverifiedToken,
  issuer: Issuer,
  scope: RequestScope,
): Promise<Principal> {
  const { rules, verifier, introspection, now } = issuer
  const isShared = unverified.algorithm.startsWith('HS') && introspection?.options.sharedSecret
  let occasion: Occasion = 'shared secret'
  if (!isShared) {
    try {
      return await verifier.verify(token, unverified, scope)
    } catch (error) {
      const isUndecided = error instanceof GatewayError && error.code === 'issuer_unavailable'
      if (!isUndecided || !introspection) throw error
      occasion = 'keys unavailable'
    }
  }
  // What it says of itself is not believed, but where even that does not fit, nobody need be asked.
  checkClaims(unverified.claims, { ...rules, check: undefined }, now())
  const { keyIds } = rules
  if (keyIds && !keyIds.includes(unverified.keyId ?? '')) {
    throw refused('the kid is not one that may sign')
  }
  return introspect(token, issuer, occasion, scope)
}

async function introspect(
  token: string,
  { rules, introspection, now }: Issuer,
  occasion: Occasion,
  scope: RequestScope,
): Promise<Principal> {
  if (!introspection) throw refused('the issuer may not be asked about the token')
  const claims = await introspection.claimsOf(token, occasion, scope)
  checkClaims(claims, rules, now(), introspection.options.mayOmit)
  const isWithoutSubject =
    claims.sub === undefined && !introspection.options.mayOmit.includes('sub')
  if (isWithoutSubject) throw refused('the answer of introspection has no sub')
  const type = claims.token_type
  if (type !== undefined && (typeof type !== 'string' || type.toLowerCase() !== 'bearer')) {
    throw refused('introspection says that the token is no bearer token')
  }
  return toPrincipal(claims, rules)
}

function refused(reason: string): GatewayError {
  return new GatewayError('invalid_token', { reason })
}
