/** Credential to Principal: the first verifier that knows the token decides, and nobody is asked twice. */

import { GatewayError } from '../errors.ts'
import type { RequestScope } from '../lib/request-scope.ts'
import type { Credential } from './credential.ts'
import type { JwtVerifier } from './jwt.ts'
import type { Principal } from './principal.ts'
import { looksLikeJwt, MAX_TOKEN_BYTES, readToken } from './token.ts'

/**
 * Verifies a credential against the issuers that a route names, and no others. Throws `invalid_token`,
 * or `issuer_unavailable` where the issuer gave no verdict.
 */
export async function authenticate(
  { token }: Credential,
  issuers: readonly JwtVerifier[],
  scope: RequestScope,
): Promise<Principal> {
  if (token.length > MAX_TOKEN_BYTES) throw refused('the token is too long')
  for (const issuer of issuers) {
    const principal = await issuer.recall(token, scope)
    if (principal) return principal
  }
  if (!looksLikeJwt(token)) throw refused('the token is opaque')
  const unverified = readToken(token)
  const issuer = issuers.find(({ rules }) => rules.issuer === unverified.claims.iss)
  if (!issuer) throw refused('no issuer of this route has issued the token')
  return issuer.verify(token, unverified, scope)
}

function refused(reason: string): GatewayError {
  return new GatewayError('invalid_token', { reason })
}
