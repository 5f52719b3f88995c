/**
 * Back-channel logout (OpenID Connect Back-Channel Logout 1.0) as news about tokens: who signs out at the issuer has its
 * access tokens refused here too.
 */

import * as v from 'valibot'
import { readCompact } from '../../auth/bearer/compact.ts'
import { findVerifying, type Signed } from '../../auth/bearer/jwt.ts'
import type { House } from '../../auth/feature.ts'
import type { Inbound } from '../../auth/scheme.ts'
import { GatewayError } from '../../errors.ts'
import { decodeUtf8 } from '../../lib/bytes.ts'
import { toDouble } from '../../lib/exact-json.ts'
import { readOwnBody } from '../../lib/read-body.ts'
import type { Scope } from '../../lib/scope.ts'
import { isObject, type JsonObject } from '../../lib/strict-json.ts'
import { options as optionsSchema } from '../../options/options.ts'
import { ownPath, reportIssues, textLike } from '../../options/schemas.ts'
import type { EventSource, Recorder } from './events.ts'
import { nameOfMark } from './marks.ts'

export interface BackchannelLogoutOptions {
  /** The entry of `schemes` that takes the issuer's tokens. Its key set verifies logout tokens too. */
  of: string
  /** The client that the issuer tells: `aud` of logout tokens. */
  clientId: string
  /** Where the issuer sends them. Default `/.well-known/gatehouse/backchannel-logout`. */
  path?: string
}

export const BACKCHANNEL_LOGOUT_PATH = '/.well-known/gatehouse/backchannel-logout'

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
const MAX_BODY_BYTES = 16_384
const CLOCK_SKEW_SECONDS = 30
/** Of a logout token that does not say when it ends. */
const MAX_AGE_SECONDS = 300

const schema = optionsSchema<BackchannelLogoutOptions>(
  {
    of: textLike("'main'"),
    clientId: textLike('env.CLIENT_ID'),
    path: v.exactOptional(ownPath("'/hooks/logout'")),
  },
  {
    example: "backchannelLogout({ of: 'main', clientId: env.CLIENT_ID })",
    examples: { of: "'main'", clientId: 'env.CLIENT_ID' },
    otherNames: { issuer: 'of', scheme: 'of', audience: 'clientId', client: 'clientId' },
  },
)

/** Takes the logout tokens of any OpenID provider. */
export function backchannelLogout(options: BackchannelLogoutOptions): EventSource {
  return {
    of: options.of,
    check(path, to) {
      const { success, issues } = v.safeParse(schema, options)
      if (!success) reportIssues(issues, path, to)
    },
    compile(house, recorder) {
      const handle = createHandler(options, house, recorder)
      const { path = BACKCHANNEL_LOGOUT_PATH } = options
      return [{ path, host: undefined, methods: ['POST'], mustGetThrough: true, handle }]
    },
  }
}

function createHandler(
  { of, clientId }: BackchannelLogoutOptions,
  house: House,
  recorder: Recorder,
) {
  const { now, issuers } = house
  const { keySet } = house.scheme(of)

  async function isSigned(signed: Signed, scope: Scope): Promise<boolean> {
    if (!keySet) return false
    const search = (keys: Awaited<ReturnType<typeof keySet.keys>>) => findVerifying(keys, signed)
    if (await search(await keySet.keys(scope))) return true
    return (await keySet.refreshAfterMiss(search, scope)) !== undefined
  }

  return async ({ request }: Inbound, scope: Scope): Promise<Response> => {
    const body = await readOwnBody(request, MAX_BODY_BYTES)
    const token = new URLSearchParams(decodeBody(body)).get('logout_token') ?? ''
    const compact = readCompact(token, 'logout token', refused)
    const { header, claims } = compact
    const expected = { issuers: issuers.get(of) ?? [], clientId, now: now() }
    checkHeader(header)
    // Before the signature: who sends anything else costs the issuer nothing.
    checkClaims(claims, expected)
    const keyId = typeof header.kid === 'string' ? header.kid : undefined
    if (!(await isSigned({ ...compact, keyId }, scope))) throw refused('it is not the issuer’s')
    const { sid, sub, iat } = claims
    const selection = typeof sid === 'string' ? { session: sid } : { subject: String(sub) }
    const before = Math.min(Math.floor(toDouble(iat) ?? 0), now())
    await recorder.keep(of, [{ name: nameOfMark(selection), before }])
    return new Response(null, { headers: { 'cache-control': 'no-store' } })
  }
}

function decodeBody(body: Uint8Array<ArrayBuffer>): string {
  try {
    return decodeUtf8(body)
  } catch (cause) {
    throw refused('the body is no text', cause)
  }
}

/** Another kind of token of the issuer is none. Some issuers name no type, or a plain one. */
function checkHeader({ typ }: JsonObject): void {
  if (typ === undefined) return
  const kind = typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : ''
  if (kind !== 'logout+jwt' && kind !== 'jwt') throw refused('its typ is another one')
}

/** Section 2.6. */
function checkClaims(
  { iss, aud, iat, exp, jti, sid, sub, nonce, events }: JsonObject,
  { issuers, clientId, now }: { issuers: readonly string[]; clientId: string; now: number },
): void {
  if (typeof iss !== 'string' || !issuers.includes(iss)) throw refused('its iss is another one')
  if (![aud].flat().includes(clientId)) throw refused('its aud is another one')
  if (!isObject(events) || !isObject(events[EVENT])) throw refused('it is no logout token')
  if (nonce !== undefined) throw refused('it has a nonce, as ID tokens have')
  if (typeof jti !== 'string' || jti === '') throw refused('it has no jti')
  const names = [sid, sub].filter((name) => name !== undefined)
  if (names.length === 0 || names.some((name) => typeof name !== 'string' || name === '')) {
    throw refused('it names neither sid nor sub')
  }
  const issuedAt = toDouble(iat) ?? Number.NaN
  const age = now - issuedAt
  if (!(age >= -CLOCK_SKEW_SECONDS && age <= MAX_AGE_SECONDS + CLOCK_SKEW_SECONDS)) {
    throw refused('its iat is not of now')
  }
  if (exp !== undefined && !((toDouble(exp) ?? 0) + CLOCK_SKEW_SECONDS > now)) {
    throw refused('it has expired')
  }
}

function refused(why: string, cause?: unknown): GatewayError {
  return new GatewayError('invalid_request', {
    reason: `the logout token is refused: ${why}`,
    detail: 'The logout token is not valid.',
    cause,
  })
}
