/** A logout token (OpenID Connect Back-Channel Logout 1.0 section 2.4): whose session has ended at the issuer. */

import { GatewayError } from '../../errors.ts'
import { toDouble } from '../../lib/exact-json.ts'
import type { Scope } from '../../lib/scope.ts'
import { isObject, type JsonObject } from '../../lib/strict-json.ts'
import { type Compact, readCompact } from './compact.ts'
import type { KeySet } from './jwks.ts'
import { findVerifying } from './jwt.ts'

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
const CLOCK_TOLERANCE_SECONDS = 30
/** How old one may be, and the longest that its `jti` counts. */
const MAX_AGE_SECONDS = 300
const TYPES = ['logout+jwt', 'application/logout+jwt', 'jwt']

export interface LogoutRules {
  /** What `iss` may be. */
  readonly issuers: readonly string[]
  readonly clientId: string
  /** The issuer's: what verifies its access tokens verifies its logout tokens. */
  readonly keySet: KeySet | undefined
  /** Unix seconds. */
  readonly now: () => number
}

/** What it says: `sid` or `sub` or both. */
export interface Logout {
  readonly sid: string | undefined
  readonly sub: string | undefined
  readonly jti: string
  /** Unix seconds. */
  readonly issuedAt: number
  /** When the token is good no more, in Unix seconds: so long its `jti` has to be remembered. */
  readonly until: number
}

/** Section 2.6. Throws `invalid_request`, or `issuer_unavailable` where there is no verdict. */
export async function verifyLogoutToken(
  text: string,
  rules: LogoutRules,
  scope: Scope,
): Promise<Logout> {
  const token = readCompact(text, 'token', refuseLogout)
  const { typ } = token.header
  if (typ !== undefined && !TYPES.includes(String(typ).toLowerCase())) {
    throw refuseLogout('its typ is that of something else')
  }
  const logout = readClaims(token.claims, rules)
  await checkSignature(token, rules.keySet, scope)
  return logout
}

/** As that of an access token: where no `kid` says which key it was, every one that fits is tried. */
async function checkSignature(
  { header: { kid }, ...token }: Compact,
  keySet: KeySet | undefined,
  scope: Scope,
): Promise<void> {
  if (!keySet) throw refuseLogout('the issuer publishes no keys')
  const signed = { ...token, keyId: kid === undefined ? undefined : String(kid) }
  const search = (keys: Awaited<ReturnType<KeySet['keys']>>) => findVerifying(keys, signed)
  const keys = await keySet.keys(scope)
  if (await search(keys)) return
  if (await keySet.refreshAfterMiss(search, scope)) return
  // Then it says nothing about the token, and the issuer should tell again.
  if (keys.length === 0) {
    const reason = 'the key set of the issuer has no key that can be used'
    throw new GatewayError('issuer_unavailable', { reason, retryAfterSeconds: 5 })
  }
  throw refuseLogout('no key of the issuer verifies the signature')
}

function readClaims(claims: JsonObject, { issuers, clientId, now }: LogoutRules): Logout {
  const { iss, aud, events, nonce } = claims
  if (!issuers.includes(iss as string)) throw refuseLogout('iss is not the issuer')
  if (![aud].flat().includes(clientId)) throw refuseLogout('aud does not name this client')
  if (!isObject(events) || !isObject(events[EVENT])) throw refuseLogout('it is no logout token')
  if (nonce !== undefined) throw refuseLogout('it has a nonce, as ID tokens have')
  const [jti, sid, sub] = ['jti', 'sid', 'sub'].map((name) => readText(claims, name))
  if (jti === undefined) throw refuseLogout('it has no jti')
  if (sid === undefined && sub === undefined) throw refuseLogout('it names neither sid nor sub')
  return { sid, sub, jti, ...readTimes(claims, now()) }
}

/** Throws where it is not of now. */
function readTimes(claims: JsonObject, now: number): Pick<Logout, 'issuedAt' | 'until'> {
  const [iat, exp = Infinity, nbf = 0] = ['iat', 'exp', 'nbf'].map((name) => readTime(claims, name))
  if (iat === undefined) throw refuseLogout('it has no iat')
  const until = Math.min(exp, iat + MAX_AGE_SECONDS) + CLOCK_TOLERANCE_SECONDS
  if (now >= until) throw refuseLogout('it is too old')
  if (Math.max(iat, nbf) > now + CLOCK_TOLERANCE_SECONDS) throw refuseLogout('it is of the future')
  return { issuedAt: iat, until }
}

function readText(claims: JsonObject, name: string): string | undefined {
  const value = claims[name]
  if (value === undefined || (typeof value === 'string' && value !== '')) return value
  throw refuseLogout(`${name} is no text`)
}

function readTime(claims: JsonObject, name: string): number | undefined {
  const value = claims[name]
  const seconds = toDouble(value)
  if (value === undefined || Number.isFinite(seconds)) return seconds
  throw refuseLogout(`${name} is no time`)
}

export function refuseLogout(why: string): GatewayError {
  return new GatewayError('invalid_request', {
    reason: `the logout token is refused: ${why}`,
    detail: 'The logout token is not valid.',
  })
}
