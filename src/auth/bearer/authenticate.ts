/** Token to Principal: by signature where that can be judged here, by asking where it cannot. */

import { GatewayError } from '../../errors.ts'
import type { Scope } from '../../lib/scope.ts'
import type { Principal } from '../principal.ts'
import type { NotMine } from '../scheme.ts'
import { checkClaims, type JwtRules, toPrincipal } from './claims.ts'
import { explainForeignIssuer, type Issuers } from './foreign-issuer.ts'
import type { Introspection, Occasion } from './introspection.ts'
import type { JwtVerifier } from './jwt.ts'
import { looksLikeJwt, readToken, type UnverifiedToken } from './token.ts'

/** One issuer, ready to judge its tokens. */
export interface Issuer {
  readonly rules: JwtRules
  /** Of all entries of the gateway: a refused token may be another one's. */
  readonly issuers: Issuers
  readonly verifier: JwtVerifier
  readonly introspection: Introspection | undefined
  /** In characters. */
  readonly maxTokenLength: number
  /** Unix seconds. */
  readonly now: () => number
}

/**
 * Verifies a token, where it says that it is this issuer's, or says nothing and the issuer may be asked.
 * Throws `invalid_token` (or what a preset's own check says), or `issuer_unavailable` where there is no verdict.
 */
export function authenticate(
  token: string,
  issuer: Issuer,
  scope: Scope,
): Principal | NotMine | Promise<Principal | NotMine> {
  const recalled = issuer.verifier.recall(token, scope)
  if (recalled && !('then' in recalled)) return recalled
  return authenticateAnew(token, recalled, issuer, scope)
}

async function authenticateAnew(
  token: string,
  recalled: Promise<Principal | undefined> | undefined,
  issuer: Issuer,
  scope: Scope,
): Promise<Principal | NotMine> {
  const { maxTokenLength } = issuer
  if (token.length > maxTokenLength) {
    // Another issuer of the route may allow longer ones, and this may be its token.
    return { notMine: `the token is longer than ${maxTokenLength} characters (maxTokenLength)` }
  }
  if (!looksLikeJwt(token)) {
    if (issuer.introspection?.options.opaque) return introspect(token, issuer, 'opaque', scope)
    return { notMine: 'the token is opaque, and no issuer of this route may be asked about it' }
  }
  const principal = recalled && (await recalled)
  if (principal) return principal
  const unverified = readToken(token)
  if (!issuer.rules.issuers.includes(unverified.claims.iss as string)) {
    return { notMine: explainForeignIssuer(unverified.claims.iss, issuer.issuers) }
  }
  return judge(token, unverified, issuer, scope)
}

async function judge(
  token: string,
  unverified: UnverifiedToken,
  issuer: Issuer,
  scope: Scope,
): Promise<Principal> {
  const { rules, verifier, introspection, now } = issuer
  const isShared = unverified.algorithm.startsWith('HS') && introspection?.options.sharedSecret
  let occasion: Occasion = 'shared secret'
  let keysReason: string | undefined
  if (!isShared) {
    try {
      return await verifier.verify(token, unverified, scope)
    } catch (error) {
      const isUndecided = error instanceof GatewayError && error.code === 'issuer_unavailable'
      if (!isUndecided || !introspection) throw error
      occasion = 'keys unavailable'
      keysReason = error.message
    }
  }
  // What it says of itself is not believed, but where even that does not fit, nobody need be asked.
  checkClaims(unverified.claims, { ...rules, check: undefined }, now())
  const { keyIds } = rules
  if (keyIds && !keyIds.includes(unverified.keyId ?? '')) {
    throw refused('the kid is not one that may sign')
  }
  try {
    return await introspect(token, issuer, occasion, scope)
  } catch (error) {
    throw keysReason === undefined ? error : withReason(error, keysReason)
  }
}

/** Where neither way leads to a verdict, the operator wants to know of both. */
function withReason(error: unknown, reason: string): unknown {
  const isUndecided = error instanceof GatewayError && error.code === 'issuer_unavailable'
  if (!isUndecided) return error
  return new GatewayError(error.code, { ...error.options, reason: `${error.message}; ${reason}` })
}

async function introspect(
  token: string,
  { rules, introspection, now }: Issuer,
  occasion: Occasion,
  scope: Scope,
): Promise<Principal> {
  if (!introspection) throw refused('the issuer may not be asked about the token')
  scope.verdictFrom = 'introspection'
  const { claims, until } = await introspection.answerFor(token, occasion, scope)
  checkClaims(claims, rules, now(), introspection.options.mayOmit)
  const isWithoutSubject =
    claims.sub === undefined && !introspection.options.mayOmit.includes('sub')
  if (isWithoutSubject) throw refused('the answer of introspection has no sub')
  const type = claims.token_type
  // RFC 9449 section 6.2: of a token that is bound, which checkClaims has let pass where that is looked at.
  const types = claims.cnf === undefined ? ['bearer'] : ['bearer', 'dpop']
  if (type !== undefined && (typeof type !== 'string' || !types.includes(type.toLowerCase()))) {
    throw refused('introspection says that the token is no bearer token')
  }
  return toPrincipal(claims, rules, { until })
}

function refused(reason: string): GatewayError {
  return new GatewayError('invalid_token', { reason })
}
