/** `/auth/backchannel-logout`: the issuer says who has signed out there (OpenID Connect Back-Channel Logout 1.0). */

import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose'
import { ALGORITHMS } from '../auth/bearer/jwk.ts'
import type { Endpoint, OAuthIssuer } from '../auth/feature.ts'
import { GatewayError } from '../errors.ts'
import { fetchJson } from '../lib/fetch-json.ts'
import { isObject } from '../lib/strict-json.ts'
import { type StateBinding, stateOf } from '../options/state.ts'
import { STATE_CONTRACT } from '../options/state-contract.ts'
import { describe, type Server, unavailable } from './server.ts'
import type { SessionOperations } from './state-operations.ts'
import { sessionIndex } from './store.ts'

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
const MAX_BODY_BYTES = 16_384
const MAX_DOCUMENT_BYTES = 262_144
const KEYS_SECONDS = 600
const COOLDOWN_SECONDS = 30
const CLOCK_TOLERANCE_SECONDS = 30
/** How old a logout token may be that does not say when it ends, and the longest that its `jti` is remembered. */
const MAX_AGE_SECONDS = 300

export interface BackchannelOptions {
  readonly path: string
  readonly server: Server
  readonly issuer: OAuthIssuer
  readonly clientId: string
  readonly state: StateBinding
  /** Unix seconds. */
  readonly now: () => number
}

export function backchannelEndpoint(options: BackchannelOptions): Endpoint {
  const { path, issuer, now } = options
  const state = stateOf<SessionOperations>(options.state)
  const keys = createKeys(options)

  return {
    path,
    host: undefined,
    methods: ['POST'],
    async handle({ request }, scope) {
      const token = new URLSearchParams(await readBody(request)).get('logout_token') ?? ''
      const claims = await verify(token, keys, scope.deadline(), options)
      const { sid, sub, jti = '', exp } = claims
      const index =
        typeof sid === 'string'
          ? await sessionIndex(issuer.issuer, 'sid', sid)
          : await sessionIndex(issuer.issuer, 'sub', String(sub))
      const until = Math.min(exp ?? Infinity, now() + MAX_AGE_SECONDS) + CLOCK_TOLERANCE_SECONDS
      const ended = await state
        .endSessionsOf(STATE_CONTRACT, index, now(), jti, until)
        .catch((cause: unknown) => {
          throw unavailable(`the store of sessions does not answer: ${describe(cause)}`, cause)
        })
      if (ended === undefined) throw refused('it was used before')
      return new Response(null, { headers: { 'cache-control': 'no-store' } })
    },
  }
}

/** Section 2.6. */
async function verify(
  token: string,
  keys: Keys,
  signal: AbortSignal,
  { issuer: { issuer, issuers = [issuer] }, clientId, now }: BackchannelOptions,
): Promise<JWTPayload> {
  const rules = {
    issuer: [...issuers],
    audience: clientId,
    algorithms: [...ALGORITHMS],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    currentDate: new Date(now() * 1_000),
    requiredClaims: ['jti', 'iat', 'events'],
  }
  const check = async (found: ReturnType<typeof createLocalJWKSet>) => {
    const { payload, protectedHeader } = await jwtVerify(token, found, rules)
    const typ = protectedHeader.typ?.toLowerCase().replace(/^application\//, '')
    if (typ !== undefined && typ !== 'logout+jwt' && typ !== 'jwt')
      throw refused(`its typ is ${typ}`)
    checkClaims(payload, now())
    return payload
  }
  try {
    return await check(await keys.current(signal))
  } catch (error) {
    if (!(error instanceof errors.JWKSNoMatchingKey)) throw toRefusal(error)
  }
  const newer = await keys.newer(signal)
  if (!newer) throw refused('no key of the issuer fits')
  try {
    return await check(newer)
  } catch (error) {
    throw toRefusal(error)
  }
}

function checkClaims(claims: JWTPayload, now: number): void {
  const { events, nonce, sid, sub, iat = 0, exp } = claims
  if (!isObject(events) || !isObject(events[EVENT])) throw refused('it is no logout token')
  if (nonce !== undefined) throw refused('it has a nonce, as ID tokens have')
  const names = [sid, sub].filter((name) => name !== undefined)
  if (names.length === 0 || names.some((name) => typeof name !== 'string' || name === '')) {
    throw refused('it names neither sid nor sub')
  }
  const isOld = now - iat > MAX_AGE_SECONDS + CLOCK_TOLERANCE_SECONDS
  if (isOld || iat > now + CLOCK_TOLERANCE_SECONDS) throw refused('its iat is not of now')
  if (exp === undefined && iat === 0) throw refused('it has no time')
}

interface Keys {
  current(signal: AbortSignal): Promise<ReturnType<typeof createLocalJWKSet>>
  /** Fetched anew; undefined where that was done just now. */
  newer(signal: AbortSignal): Promise<ReturnType<typeof createLocalJWKSet> | undefined>
}

function createKeys({ server, now }: BackchannelOptions): Keys {
  let known: { document: JSONWebKeySet; at: number } | undefined

  async function load(signal: AbortSignal) {
    const { jwks_uri: address } = await server.metadata(signal)
    if (address === undefined) throw unavailable('the issuer names no jwks_uri')
    const rules = { fetch: server.fetch, signal, maxBytes: MAX_DOCUMENT_BYTES }
    try {
      const { status, body } = await fetchJson(address, rules)
      if (status !== 200) throw new Error(`the key set answered ${status}`)
      const document = body as JSONWebKeySet
      // Throws where it is no key set. Then there is no verdict, and nothing to remember.
      const found = createLocalJWKSet(document)
      known = { document, at: now() }
      return found
    } catch (cause) {
      throw unavailable(describe(cause), cause)
    }
  }

  return {
    async current(signal) {
      if (known && now() - known.at < KEYS_SECONDS) return createLocalJWKSet(known.document)
      return load(signal)
    },
    async newer(signal) {
      if (known && now() - known.at < COOLDOWN_SECONDS) return undefined
      return load(signal)
    },
  }
}

async function readBody(request: Request): Promise<string> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of request.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > MAX_BODY_BYTES) throw refused('the body is too large')
  }
  return text
}

function toRefusal(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  return refused(describe(error))
}

function refused(why: string): GatewayError {
  return new GatewayError('invalid_request', {
    reason: `the logout token is refused: ${why}`,
    detail: 'The logout token is not valid.',
  })
}
