/**
 * What the checks of a token came to, one by one. The verdict and its reason are the scheme's own; which check that
 * was, and which it had not come to yet, follows from their order in auth/bearer.
 */

import { looksLikeJwt } from '../../auth/bearer/token.ts'
import type { OAuthIssuer } from '../../auth/feature.ts'
import { decodeBase64url, decodeUtf8 } from '../../lib/bytes.ts'
import { toDouble } from '../../lib/exact-json.ts'
import { type JsonObject, parseObject } from '../../lib/strict-json.ts'

export interface Check {
  readonly name: string
  /** `unknown`: it could not be decided. */
  readonly verdict: 'ok' | 'wrong' | 'not looked at' | 'unknown'
  readonly detail?: string
}

/** In the order in which a token goes through them, with the reasons of each. */
const ORDER: readonly (readonly [name: string, reason: RegExp])[] = [
  ['form', /three canonical|unambiguous JSON|asks for an extension|malformed|is longer than/],
  ['typ', /^the typ of the token/],
  ['alg', /names no algorithm/],
  ['kid', /^the kid of the token is no string/],
  ['iss', /\biss\b|^the token is of schemes\./],
  ['alg', /^the algorithm of the token|shared secret/],
  ['kid', /^the kid is not/],
  ['signature', /verifies the signature/],
  ['aud', /does not name this API$/],
  ['exp', /^exp |^the token has expired/],
  ['nbf', /^nbf /],
  ['iat', /^iat /],
  ['sub', /^sub is no string/],
  ['cnf', /\(cnf\)/],
  ['events', /is a security event/],
  ['cnf', /^the token is bound to/],
  ['preset', /(?:)/],
]

/** Each where its last part is. */
export const CHECK_NAMES = [...new Set(ORDER.map(([name]) => name).toReversed())].toReversed()

/** Which check a reason is of. */
export function checkOf(reason: string): string {
  return ORDER.find(([, sign]) => sign.test(reason))?.[0] ?? 'preset'
}

export interface TokenVerdict {
  /** Undefined where it was taken. */
  readonly reason: string | undefined
  /** Whether there was no verdict. */
  readonly isUndecided: boolean
}

/** Empty for a token that is no JWT, which the issuer alone can judge. */
export function tokenChecks(
  token: string,
  { reason, isUndecided }: TokenVerdict,
  oauth: OAuthIssuer | undefined,
  now: number,
): Check[] {
  if (!looksLikeJwt(token)) return []
  // Without keys, the name of the key is where it stops.
  const failed = reason === undefined ? undefined : isUndecided ? 'kid' : checkOf(reason)
  const failedAt = failed === undefined ? Infinity : orderOf(failed, reason ?? '')
  const details = describe(token, oauth, now)
  return CHECK_NAMES.map((name) => {
    const detail = details.get(name)
    return { name, verdict: verdictOf(name), ...(detail !== undefined && { detail }) }
  })

  function verdictOf(name: string): Check['verdict'] {
    if (name === failed) return isUndecided ? 'unknown' : 'wrong'
    // A name that is in the list twice is good when its last check is.
    return ORDER.findLastIndex(([other]) => other === name) < failedAt ? 'ok' : 'not looked at'
  }
}

function orderOf(name: string, reason: string): number {
  const exact = ORDER.findIndex(([other, sign]) => other === name && sign.test(reason))
  return exact === -1 ? ORDER.findLastIndex(([other]) => other === name) : exact
}

/** What the token says beside what is asked for. */
function describe(token: string, oauth: OAuthIssuer | undefined, now: number): Map<string, string> {
  const [header, claims] = token.split('.').map(readPart)
  const details = new Map<string, string>()
  const wanted = (values: readonly string[] | undefined) =>
    values && values.length > 0 ? `; asked for: ${values.map(shown).join(' or ')}` : ''
  for (const name of ['typ', 'alg', 'kid'] as const) {
    details.set(name, header?.[name] === undefined ? 'none' : shown(header[name]))
  }
  if (!claims) return details
  details.set('iss', shown(claims.iss) + wanted(oauth && (oauth.issuers ?? [oauth.issuer])))
  details.set('aud', shown(claims.aud) + wanted(oauth?.audiences))
  for (const name of ['exp', 'nbf', 'iat'] as const) details.set(name, time(claims[name], now))
  return details
}

function shown(value: unknown): string {
  if (value === undefined) return 'none'
  const text = JSON.stringify(value)
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}

function time(value: unknown, now: number): string {
  const seconds = toDouble(value)
  if (seconds === undefined) return value === undefined ? 'none' : 'no time'
  const date = new Date(seconds * 1_000)
  const said = Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString()
  const away = Math.round(Math.abs(seconds - now))
  return `${said}, ${away} s ${seconds <= now ? 'ago' : 'ahead'}`
}

function readPart(part: string): JsonObject | undefined {
  try {
    return parseObject(decodeUtf8(decodeBase64url(part)))
  } catch {
    return undefined
  }
}
