/** What the claims of an access token say, and whether that is this issuer, us, and now. No I/O, no clock. */

import { GatewayError } from '../../errors.ts'
import { toDouble } from '../../lib/exact-json.ts'
import { isObject, type JsonObject } from '../../lib/strict-json.ts'
import { type ClaimLocation, readNames, readRoles } from '../claim-location.ts'
import type { Principal } from '../principal.ts'

/** Unix seconds beyond this are no time that a token means. */
const MAX_TIME = 2 ** 53

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
  /** The first that is there, and not empty, says who it is. Default: `sub`. */
  readonly subjectClaims?: readonly string[] | undefined
  /** The members of `cnf` that are checked with every request, elsewhere. */
  readonly confirms: readonly string[]
  /** What a preset knows of its issuer's tokens; throws `invalid_token` or `forbidden`. */
  readonly check: ((claims: JsonObject) => void) | undefined
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
  if (claims.cnf !== undefined && !isChecked(claims.cnf, rules.confirms)) {
    throw refused('the token is bound to its client (cnf), and this scheme does not check how')
  }
  // RFC 8417: a security event or logout token is a message, whatever its typ says.
  if (claims.events !== undefined) throw refused('the token is a security event')
  rules.check?.(claims)
}

/** RFC 7800 lets a reader pass over what it does not know; here a token has no binding that nobody looks at. */
function isChecked(confirmation: unknown, members: readonly string[]): boolean {
  const names = isObject(confirmation) ? Object.keys(confirmation) : []
  return names.length > 0 && names.every((name) => members.includes(name))
}

/** An empty list is no audience: the same as none where there may be none, and nobody's otherwise. */
function checkAudience(claims: JsonObject, rules: JwtRules, mayOmit: readonly string[]): void {
  const { audienceClaims, audiences } = rules
  if (audienceClaims.length === 0) return
  if (mayOmit.includes('aud') && audienceClaims.every((name) => isAbsent(claims[name]))) return
  for (const claim of audienceClaims) if (names(claims[claim], audiences)) return
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

/** Whether an audience, one name or a list of names (RFC 7519 section 4.1.3), has one of `wanted`. */
function names(audience: unknown, wanted: readonly string[]): boolean {
  if (typeof audience === 'string') return wanted.includes(audience)
  const isList = Array.isArray(audience) && audience.every((name) => typeof name === 'string')
  return isList && audience.some((name) => wanted.includes(name))
}

/** `until` is when a token ends that does not say so itself, and `encodedClaims` are the claims as the token has them. */
export function toPrincipal(
  claims: JsonObject,
  rules: JwtRules,
  { until = 0, encodedClaims }: { until?: number; encodedClaims?: string },
): Principal {
  const expiry = toDouble(claims.exp)
  return {
    kind: isOfClient(claims) ? 'client' : 'person',
    subject: readSubject(claims, rules.subjectClaims),
    issuer: (claims.iss as string | undefined) ?? rules.issuers[0] ?? '',
    scheme: rules.name,
    scopes: namesAt(rules.scopeClaims, (location) => readNames(claims, location, ' ')),
    roles: [...namesAt(rules.rolesClaims, (location) => readRoles(claims, location))],
    claims,
    encodedClaims,
    expiresAt: expiry === undefined ? until : expiry + rules.clockSkewSeconds,
  }
}

function namesAt(
  locations: readonly ClaimLocation[],
  read: (location: ClaimLocation) => readonly string[],
): Set<string> {
  const names = new Set<string>()
  for (const location of locations) {
    for (const name of read(location)) names.add(name)
  }
  return names
}

function readSubject(claims: JsonObject, names: readonly string[] = ['sub']): string | undefined {
  for (const name of names) {
    const value = claims[name]
    if (typeof value === 'string' && value !== '') return value
  }
  return undefined
}

/**
 * RFC 9068 section 2.2: where no person is involved, the subject is the client. Cloudflare Access's service tokens
 * have an empty one, and `common_name`.
 */
function isOfClient({ sub, client_id: clientId, common_name: commonName }: JsonObject): boolean {
  if (sub !== undefined && sub !== '') return sub === clientId
  return [clientId, commonName].some((name) => typeof name === 'string' && name !== '')
}

function refused(reason: string): GatewayError {
  return new GatewayError('invalid_token', { reason })
}
