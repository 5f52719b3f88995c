/** Login and callback: the way to the issuer and back (RFC 6749 section 4.1). */

import type { Cutoff } from '../auth/cutoff.ts'
import type { Endpoint } from '../auth/feature.ts'
import type { Principal } from '../auth/principal.ts'
import type { Evidence, Inbound, Scheme } from '../auth/scheme.ts'
import { GatewayError } from '../errors.ts'
import { toDouble } from '../lib/exact-json.ts'
import type { Scope } from '../lib/scope.ts'
import type { JsonObject } from '../lib/strict-json.ts'
import { originOf } from '../router.ts'
import type { LoginStart, SessionClient, Tokens } from './client.ts'
import { begunLogins, clearCookie, cookieValue, loginCookie, setCookie } from './cookie.ts'
import { page, withPage } from './page.ts'
import type { SessionRecord } from './record.ts'
import { HANDLE_LENGTH, type Vault } from './vault.ts'

const LOGIN_SECONDS = 600
/** Each takes half a kilobyte of the header Cookie. */
const MAX_BEGUN = 4
const ATTEMPTS = 3

export interface LoginOptions {
  readonly client: SessionClient
  readonly logins: Vault
  /** Judges the access token that the issuer gave, as it will on every request. */
  readonly judge: Scheme
  /** Undefined where nobody can be cut off. */
  cutoff(): Cutoff | undefined
  readonly callback: string
  /** The path that a login wants to come back to. Throws `invalid_request` for any other place. */
  readReturnTo(inbound: Inbound): string
  /** Where a person tries again. */
  loginAt(returnTo: string): string
  readonly maxSeconds: number
  /** Unix seconds. */
  readonly now: () => number
  /** Headers of an answer that signs the browser in. */
  begin(record: SessionRecord, inbound: Inbound, scope: Scope): Promise<Headers>
}

interface Begun extends LoginStart {
  readonly returnTo: string
  readonly startedAt: number
}

export function callbackEndpoint(options: LoginOptions): Endpoint {
  const handle = (inbound: Inbound, scope: Scope) => finishLogin(inbound, scope, options)
  return { path: options.callback, host: undefined, methods: ['GET'], handle }
}

/** Sends the browser to the issuer. `more` are parameters for it. */
export async function startLogin(
  inbound: Inbound,
  more: Readonly<Record<string, string>>,
  scope: Scope,
  options: LoginOptions,
): Promise<Response> {
  let returnTo = '/'
  try {
    returnTo = options.readReturnTo(inbound)
    return await goToIssuer(inbound, more, returnTo, scope, options)
  } catch (error) {
    throw withPage(error, options.loginAt(returnTo))
  }
}

async function goToIssuer(
  { request, location }: Inbound,
  more: Readonly<Record<string, string>>,
  returnTo: string,
  scope: Scope,
  { client, logins, now, ...options }: LoginOptions,
): Promise<Response> {
  const begun = begunLogins(request.headers)
  const callback = originOf(location) + options.callback
  let login = await client.start(callback, more, scope.deadline())
  for (let attempt = 1; attempt < ATTEMPTS; attempt++) {
    if (!begun.includes(loginCookie(login.kept.state))) break
    login = await client.start(callback, more, scope.deadline())
  }
  const { url, kept } = login
  const handle = await logins.create()
  const content: Begun = { ...kept, returnTo, startedAt: now() }
  const value = `${handle.value}.${await handle.seal(JSON.stringify(content))}`
  const headers = redirectTo(url.href)
  headers.append('set-cookie', setCookie(loginCookie(kept.state), value, LOGIN_SECONDS))
  const tooMany = begun.length >= MAX_BEGUN ? begun : []
  for (const name of tooMany) headers.append('set-cookie', clearCookie(name))
  return new Response(null, { status: 302, headers })
}

async function finishLogin(
  inbound: Inbound,
  scope: Scope,
  options: LoginOptions,
): Promise<Response> {
  const { request, location } = inbound
  const { client, now } = options
  const answer = new URLSearchParams(location.search)
  const cookie = loginCookie(answer.get('state') ?? '')
  const shown = cookieValue(request.headers, cookie)
  const begun = await readBegun(shown, options)
  if (!begun || now() >= begun.startedAt + LOGIN_SECONDS) {
    const reason = begun ? 'it took too long' : 'this browser has begun no such login'
    throw failed(reason, '/', shown === undefined ? undefined : cookie, options)
  }
  try {
    const callback = originOf(location) + options.callback
    const tokens = await client.finish(begun, answer, callback, scope.deadline())
    const principal = await judgeTokens(tokens, inbound, scope, options)
    const headers = await options.begin(toRecord(tokens, principal, options), inbound, scope)
    // A cut that ran before the session was there has not found it. Nobody gets its cookie then.
    await judging(options, async () => options.cutoff()?.refuse([principal], scope, true))
    headers.append('set-cookie', clearCookie(cookie))
    for (const [name, value] of redirectTo(begun.returnTo)) headers.set(name, value)
    return new Response(null, { status: 302, headers })
  } catch (error) {
    const isRefusal = error instanceof GatewayError && error.code === 'login_failed'
    if (isRefusal) throw failed(error.message, begun.returnTo, cookie, options)
    throw withPage(error, options.loginAt(begun.returnTo))
  }
}

async function readBegun(
  value: ReturnType<typeof cookieValue>,
  { logins }: LoginOptions,
): Promise<Begun | undefined> {
  if (typeof value !== 'string') return undefined
  const handle = await logins.open(value.slice(0, HANDLE_LENGTH))
  const text = await handle?.unseal(value.slice(HANDLE_LENGTH + 1))
  return text === undefined ? undefined : (JSON.parse(text) as Begun)
}

/** A session whose every request would be refused is none. */
async function judgeTokens(
  { accessToken: value }: Tokens,
  inbound: Inbound,
  scope: Scope,
  options: LoginOptions,
): Promise<Principal> {
  const evidence: Evidence = { value, place: { header: 'authorization' }, ambient: true }
  return judging(options, async () => {
    const verdict = await options.judge.verify(evidence, inbound, scope)
    if (!('notMine' in verdict)) return verdict.principal
    throw new GatewayError('invalid_token', { reason: verdict.notMine })
  })
}

/** A refusal is that of the login. */
async function judging<Verdict>(
  { judge }: LoginOptions,
  ask: () => Promise<Verdict>,
): Promise<Verdict> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof GatewayError) || error.status >= 500) throw error
    const why = `schemes.${judge.name} does not take the access token that the issuer gave`
    throw new GatewayError('login_failed', { reason: `${why}: ${error.message}` })
  }
}

function toRecord(
  tokens: Tokens,
  principal: Principal,
  { maxSeconds, now }: LoginOptions,
): SessionRecord {
  const { accessToken, accessUntil, refreshToken, idToken, claims = {} } = tokens
  const named = (name: string) => textsIn([claims[name], principal.claims[name]])
  return {
    accessToken,
    accessUntil,
    since: now(),
    ...(refreshToken !== undefined && { refreshToken }),
    ...(idToken !== undefined && { idToken }),
    names: { sub: named('sub'), sid: named('sid') },
    person: personOf(claims),
    endsAt: now() + maxSeconds,
    begunAt: Math.min(Math.floor(toDouble(principal.claims.iat) ?? now()), now()),
  }
}

function textsIn(values: readonly unknown[]): string[] {
  return [...new Set(values.filter((value) => typeof value === 'string'))]
}

/** Claims about the token and the login (OpenID Connect Core section 2), not about the person. */
const PROTOCOL =
  /^(?:iss|aud|exp|iat|nbf|jti|nonce|auth_time|acr|amr|azp|sid|at_hash|c_hash|s_hash)$/

function personOf(claims: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !PROTOCOL.test(name)))
}

function redirectTo(location: string): Headers {
  return new Headers({ location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
}

function failed(
  reason: string,
  returnTo: string,
  cookie: string | undefined,
  { loginAt }: LoginOptions,
): GatewayError {
  return new GatewayError('login_failed', {
    reason,
    page: page({
      title: 'You are not signed in',
      text: 'Signing in did not come to an end here: it took too long, was used already, or was called off.',
      link: { to: loginAt(returnTo), text: 'Sign in again' },
    }),
    finish: (headers) => {
      if (cookie !== undefined) headers.append('set-cookie', clearCookie(cookie))
    },
  })
}
