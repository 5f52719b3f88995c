/**
 * Asking the issuer about a token (RFC 7662), where there is no verdict here: opaque tokens, tokens
 * signed with a shared secret, and signed ones while the keys are unavailable. Never a second opinion.
 */

import { GatewayError } from '../../errors.ts'
import { createBoundedMap } from '../../lib/bounded-map.ts'
import { digest } from '../../lib/bytes.ts'
import { toDouble } from '../../lib/exact-json.ts'
import type { Fetch } from '../../lib/fetch.ts'
import { AnswerTooLarge, fetchJson, type JsonAnswer } from '../../lib/fetch-json.ts'
import type { Scope } from '../../lib/scope.ts'
import { isObject, type JsonObject } from '../../lib/strict-json.ts'

export interface IntrospectionOptions {
  /** Undefined where a key says who asks. */
  readonly clientId: string | undefined
  /** Sent to the issuer's endpoint alone. Without one, the client is only named. */
  readonly clientSecret: string | undefined
  /** How the secret is sent (RFC 6749 section 2.3.1). */
  readonly clientAuthentication: ClientAuthentication
  /** Form fields that this issuer wants beside those of RFC 7662. */
  readonly parameters?: Readonly<Record<string, string>> | undefined
  /** Undefined to use the one that discovery names. */
  readonly endpoint: string | undefined
  /** Which tokens are asked about beside those whose keys are unavailable. */
  readonly opaque: boolean
  readonly sharedSecret: boolean
  /** Claims that the issuer's answers may lack. */
  readonly mayOmit: readonly string[]
}

/** `bearer`: the secret is a fixed key in `Authorization: Bearer`. */
export type ClientAuthentication = 'client_secret_basic' | 'client_secret_post' | 'bearer'

/** Why a token is asked about; decides what a refusal to answer means. */
export type Occasion = 'opaque' | 'shared secret' | 'keys unavailable'

export interface Introspection {
  readonly options: IntrospectionOptions
  /**
   * What is said of an active token, without judging it. Throws `invalid_token` for an inactive one,
   * `issuer_unavailable` where there is no answer, or no time for one.
   */
  answerFor(token: string, occasion: Occasion, scope: Scope): Promise<Answer>
}

/** An active answer is believed so long, and never past `exp`: the bound on revocation. */
export const ACTIVE_SECONDS = 60
export const INACTIVE_SECONDS = 10
export const MAX_ANSWERS = 1_000
const MAX_CALLS_PER_SECOND = 50
/** Calls that a flood of made-up tokens leaves to tokens that have been active before. */
const RESERVED_CALLS = 10
/** After a timeout or a 5xx, the issuer is left alone. */
const REST_SECONDS = 10
const MAX_ANSWER_BYTES = 16_384
/** Errors that are about who asks (RFC 6749 section 5.2). */
const OF_CLIENTS: ReadonlySet<unknown> = new Set(['invalid_client', 'unauthorized_client'])

export interface Answer {
  readonly claims: JsonObject
  /** Unix seconds: how long it is believed, and how long a token is good of which no `exp` is said. */
  readonly until: number
}

export function createIntrospection(
  options: IntrospectionOptions,
  findEndpoint: (scope: Scope) => Promise<string | undefined>,
  fetch: Fetch,
  now: () => number,
): Introspection {
  const limits = { maxEntries: MAX_ANSWERS, maxKeyLength: MAX_ANSWERS * 43 }
  const active = createBoundedMap<Answer>(limits)
  // Apart from the active ones, so that a flood of bad tokens pushes no good one out.
  const inactive = createBoundedMap<number>(limits)
  let restsUntil = -Infinity
  let second = 0
  let calls = 0

  function countCall(wasActive: boolean): void {
    if (now() < restsUntil)
      throw unavailable('introspection rests after a failure', restsUntil - now())
    if (now() !== second) {
      second = now()
      calls = 0
    }
    if (calls >= MAX_CALLS_PER_SECOND - (wasActive ? 0 : RESERVED_CALLS))
      throw unavailable('introspection is at its limit of calls', 1)
    calls++
  }

  async function ask(
    token: string,
    endpoint: string,
    wasActive: boolean,
    scope: Scope,
  ): Promise<JsonAnswer> {
    countCall(wasActive)
    const signal = scope.deadline()
    if (signal.aborted) throw unavailable('no time is left to introspect', 1)
    try {
      const answer = await fetchJson(endpoint, {
        fetch,
        signal,
        maxBytes: MAX_ANSWER_BYTES,
        init: requestFor(token, options),
      })
      if (answer.status < 500 && answer.status !== 429) return answer
      throw new Error(`${new URL(endpoint).origin} answered ${answer.status}`)
    } catch (cause) {
      // A long answer is about one token, and whoever has such a token must not keep the others out.
      if (!(cause instanceof AnswerTooLarge)) restsUntil = now() + REST_SECONDS
      const reason = cause instanceof Error ? cause.message : 'unknown'
      throw unavailable(`introspection failed: ${reason}`, REST_SECONDS, cause)
    }
  }

  return {
    options,

    async answerFor(token, occasion, scope) {
      const endpoint = options.endpoint ?? (await findEndpoint(scope))
      if (endpoint === undefined) {
        const reason =
          'no introspection endpoint is known: discovery names none on the issuer’s own origin'
        throw unavailable(reason, REST_SECONDS)
      }
      const name = await digest([token, endpoint, options.clientId ?? ''])
      const known = active.get(name)
      if (known && now() < known.until) return known
      if (now() < (inactive.get(name) ?? -Infinity)) throw inactiveToken('the token was inactive')

      const answer = await ask(token, endpoint, known !== undefined, scope)
      const claims = readClaims(answer, options, occasion)
      if (!claims) {
        inactive.set(name, now() + INACTIVE_SECONDS)
        throw inactiveToken(`introspection says that the token is not active (${answer.status})`)
      }
      const until = Math.min(now() + ACTIVE_SECONDS, toDouble(claims.exp) ?? Infinity)
      const given = { claims, until }
      active.set(name, given)
      return given
    },
  }
}

/** The claims of an active token; undefined for an inactive one. Throws where it is neither. */
function readClaims(
  { status, body }: JsonAnswer,
  { clientSecret }: IntrospectionOptions,
  occasion: Occasion,
): JsonObject | undefined {
  const error = isObject(body) ? body.error : undefined
  if (status === 200 && isObject(body) && typeof body.active === 'boolean') {
    const { active, ...claims } = body
    return active ? claims : undefined
  }
  // Without a secret there is nothing of ours to be wrong: FusionAuth says 401 of another application's token.
  // With one, 401 is about us whatever else it says, unless it says that it is not; RFC 6749 section 5.2 lets it be 400.
  const isOurFault =
    (status === 401 && error !== 'invalid_token') || (status === 400 && OF_CLIENTS.has(error))
  if (isOurFault && clientSecret !== undefined) {
    const said = `${status} ${describe(error)}`
    const reason = `introspection refuses our client (${said}): check clientId and clientSecret, or bearerKey`
    throw unavailable(reason, REST_SECONDS)
  }
  if (status === 401 || (status === 400 && occasion !== 'keys unavailable')) return undefined
  throw unavailable(`introspection gave no verdict (${status} ${describe(error)})`, REST_SECONDS)
}

/** RFC 7662 section 2.1. RFC 6749 section 2.3.1: id and secret are form-encoded before base64. */
function requestFor(token: string, options: IntrospectionOptions): RequestInit {
  const { clientId, clientSecret, clientAuthentication, parameters } = options
  const form = new URLSearchParams({ token, token_type_hint: 'access_token', ...parameters })
  const headers: Record<string, string> = { 'content-type': 'application/x-www-form-urlencoded' }
  const isPosted = clientSecret === undefined || clientAuthentication === 'client_secret_post'
  if (clientSecret !== undefined && clientAuthentication === 'bearer') {
    headers.authorization = `Bearer ${clientSecret}`
  } else if (clientSecret !== undefined && clientAuthentication === 'client_secret_basic') {
    const pair = `${formEncode(clientId ?? '')}:${formEncode(clientSecret)}`
    headers.authorization = `Basic ${btoa(pair)}`
  }
  if (isPosted && clientId !== undefined) form.set('client_id', clientId)
  if (isPosted && clientSecret !== undefined) form.set('client_secret', clientSecret)
  return { method: 'POST', headers, body: form.toString() }
}

function formEncode(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}

function describe(error: unknown): string {
  return typeof error === 'string' && /^[a-z_]{1,60}$/.test(error) ? error : 'without a known error'
}

function inactiveToken(reason: string): GatewayError {
  return new GatewayError('invalid_token', { reason })
}

function unavailable(reason: string, retryAfterSeconds: number, cause?: unknown): GatewayError {
  return new GatewayError('issuer_unavailable', { reason, retryAfterSeconds, cause })
}
