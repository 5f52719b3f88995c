/**
 * FusionAuth's Hosted Backend API, for its browser SDKs: the gateway is their `serverUrl`, and any issuer can be behind
 * it. The browser keeps the tokens, in cookies that scripts cannot read; nothing is kept here but the result of a
 * refresh, for 30 seconds.
 */

import * as v from 'valibot'
import { isFromOwnPage } from '../auth/csrf.ts'
import type { Endpoint, Extras, House, SchemeFeature } from '../auth/feature.ts'
import type { Inbound, Scheme } from '../auth/scheme.ts'
import { GatewayError } from '../errors.ts'
import { fetchJson } from '../lib/fetch-json.ts'
import type { Scope } from '../lib/scope.ts'
import { isObject, type JsonObject } from '../lib/strict-json.ts'
import { isSecureUrl } from '../lib/url.ts'
import { options as optionsSchema } from '../options/options.ts'
import { reportIssues } from '../options/schemas.ts'
import { originOf } from '../router.ts'
import { type AtIssuer, asPerson, atIssuer, vouchedBy } from './at-issuer.ts'
import {
  APP_COOKIES,
  clearTokens,
  findAccessToken,
  REFRESH_SECONDS,
  readAppCookie,
  setTokens,
} from './fusionauth-cookies.ts'
import { callbackEndpoint, type LoginOptions, startLogin } from './login.ts'
import { type CommonSessionOptions, checkBeside, commonEntries, commonNames } from './options.ts'
import { withPages } from './page.ts'
import { createRefreshLock } from './refresh-lock.ts'
import { readReturnAddress } from './return-to.ts'
import { createVault } from './vault.ts'

export type FusionAuthAppOptions = CommonSessionOptions

const schema = optionsSchema<FusionAuthAppOptions>(commonEntries, {
  example: "fusionAuthApp({ of: 'main', state: env.STATE, keys: [env.SESSION_KEY] })",
  examples: { of: "'main'", keys: '[env.SESSION_KEY]' },
  otherNames: commonNames,
})

/** The paths `/app/…` and cookies `app.…` that FusionAuth's browser SDKs expect. */
export function fusionAuthApp(options: FusionAuthAppOptions): SchemeFeature {
  return {
    of: (Object(options) as Partial<FusionAuthAppOptions>).of ?? '',
    check(path, to) {
      const { success, issues } = v.safeParse(schema, options)
      if (!success) reportIssues(issues, path, to)
    },
    checkBeside: (path, entries, to) => checkBeside(options, path, entries, to),
    compile: (name, house) => appScheme(name, options, house),
  }
}

function appScheme(name: string, options: FusionAuthAppOptions, house: House): Scheme & Extras {
  const { keys, state } = options
  const { now } = house
  const judge = house.scheme(options.of)
  const issuer = atIssuer(options, house)
  const { client, clientId } = issuer
  const lock = createRefreshLock({ state, vault: createVault(keys, 'app-refresh'), client, now })

  const way: LoginOptions = {
    client,
    logins: createVault(keys, 'login /app'),
    judge,
    cutoff: house.cutoff,
    callback: '/app/callback',
    readReturnTo,
    loginAt: (path) =>
      `/app/login/${encodeURIComponent(clientId)}?${new URLSearchParams({ path })}`,
    maxSeconds: REFRESH_SECONDS,
    now,
    begin: async (record) => setTokens(record, now()),
  }

  /** With the id of the client as last segment, as the API has it, or as a parameter, as the SDKs do. */
  function endpoint(path: string, method: string, handle: Endpoint['handle']): Endpoint {
    return {
      path: `${path}/*`,
      host: undefined,
      methods: [method],
      handle(inbound, scope) {
        const rest = decodeURIComponent(inbound.path.slice(path.length).replace(/^\/|\/$/g, ''))
        if (rest !== '' && rest !== clientId) {
          throw new GatewayError('not_found', { reason: 'the path names another client' })
        }
        return handle(inbound, scope)
      },
    }
  }

  const forPeople = (path: string, handle: Endpoint['handle']) =>
    withPages(endpoint(path, 'GET', handle), '/')

  return {
    name,
    withholds: APP_COOKIES,
    endpoints: [
      forPeople('/app/login', (i, scope) => startLogin(i, {}, scope, way)),
      // Initiating User Registration via OpenID Connect 1.0.
      forPeople('/app/register', (i, scope) => startLogin(i, { prompt: 'create' }, scope, way)),
      callbackEndpoint(way),
      endpoint('/app/refresh', 'POST', async (inbound, scope) => {
        if (!isFromOwnPage(inbound)) throw forged()
        const refreshToken = readAppCookie(inbound, 'refresh')
        if (refreshToken === undefined) throw ended('there is no refresh token')
        const tokens = await lock.refresh(refreshToken, scope)
        if (!tokens) throw ended('the issuer no longer takes the refresh token')
        const kept = tokens.refreshToken ?? refreshToken
        return new Response(null, {
          headers: setTokens({ ...tokens, refreshToken: kept }, now()),
        })
      }),
      endpoint('/app/me', 'GET', (inbound, scope) => tellMe(inbound, scope, judge, issuer, house)),
      forPeople('/app/logout', (inbound, scope) => logOut(inbound, scope, issuer)),
    ],

    find: findAccessToken,
    verify(evidence, inbound, scope) {
      const verdict = judge.verify(evidence, inbound, scope)
      return 'then' in verdict ? verdict.then(asPerson) : asPerson(verdict)
    },
    challenge: (error) =>
      error && error.status !== 401 ? undefined : 'Session login="/app/login/"',
    loginAt: way.loginAt,
  }
}

/** `redirect_uri` as the SDKs send it, or `path` from a page of ours; `state` is given back. */
function readReturnTo({ location }: Inbound): string {
  const query = new URLSearchParams(location.search)
  const origin = originOf(location)
  const path = query.get('path')
  if (path !== null) query.set('redirect_uri', URL.parse(path, origin)?.href ?? '')
  const to = readReturnAddress(`${query}`, 'redirect_uri', origin)
  const state = query.get('state')
  if (state === null) return to
  const url = new URL(to, origin)
  url.searchParams.set('state', state)
  return readReturnAddress(`redirect_uri=${encodeURIComponent(url.href)}`, 'redirect_uri', origin)
}

/** What the issuer says about the person, or where it says nothing to this token, what the token says. */
async function tellMe(
  inbound: Inbound,
  scope: Scope,
  judge: Scheme,
  { server }: AtIssuer,
  house: House,
): Promise<Response> {
  const evidence = findAccessToken(inbound)
  if (!evidence) throw new GatewayError('session_invalid', { reason: 'there is no access token' })
  const { claims } = await vouchedBy(judge, evidence, inbound, scope, house)
  const signal = scope.deadline()
  const { userinfo_endpoint: address } = await server.metadata(signal)
  const asked = isSecureUrl(address) && (await askUserinfo(address, evidence.value, signal, server))
  const person = asked && asked.sub === claims.sub ? asked : claims
  return Response.json(person, { headers: { 'cache-control': 'no-store' } })
}

async function askUserinfo(
  address: string,
  token: string,
  signal: AbortSignal,
  { fetch }: AtIssuer['server'],
): Promise<JsonObject | undefined> {
  const init = { headers: { authorization: `Bearer ${token}` } }
  const answer = await fetchJson(address, { fetch, signal, maxBytes: 65_536, init }).catch(() => {})
  return answer?.status === 200 && isObject(answer.body) ? answer.body : undefined
}

async function logOut(
  inbound: Inbound,
  scope: Scope,
  { client, revoke }: AtIssuer,
): Promise<Response> {
  const { request, location } = inbound
  // The SDKs go there by a link. A page elsewhere could too, and only a browser says which it was.
  const site = request.headers.get('sec-fetch-site')
  if (site !== 'same-origin' && site !== 'none') throw forged()
  const origin = originOf(location)
  const name = ['post_logout_redirect_uri', 'redirect_uri'].find((each) =>
    new URLSearchParams(location.search).has(each),
  )
  const back = origin + readReturnAddress(location.search, name ?? 'redirect_uri', origin)
  const refreshToken = readAppCookie(inbound, 'refresh')
  if (refreshToken !== undefined) {
    const accessToken = readAppCookie(inbound, 'access')
    scope.waitUntil(revoke({ refreshToken, accessToken }).catch(() => {}))
  }
  const url = await client
    .logoutUrl(readAppCookie(inbound, 'id'), back, scope.deadline())
    .catch(() => undefined)
  const headers = new Headers({ location: url?.href ?? back, 'cache-control': 'no-store' })
  clearTokens(headers)
  return new Response(null, { status: 302, headers })
}

function forged(): GatewayError {
  return new GatewayError('csrf', { reason: 'the request comes from another origin' })
}

/** 400, which tells the SDKs that the person has to sign in again. */
function ended(reason: string): GatewayError {
  return new GatewayError('login_failed', { reason, finish: clearTokens })
}
