/**
 * People with browsers: they sign in at the issuer, the gateway keeps their tokens, and the browser has nothing but a
 * cookie (RFC 10017 section 6.1).
 */

import type { Endpoint, Extras, House, OAuthIssuer, SchemeFeature } from '../auth/feature.ts'
import type { Inbound, NotMine, Place, Scheme, Verified } from '../auth/scheme.ts'
import { GatewayError } from '../errors.ts'
import type { Scope } from '../lib/scope.ts'
import { accountEndpoints } from './account.ts'
import { backchannelEndpoint } from './backchannel.ts'
import { createClient, type SessionClient } from './client.ts'
import { clearCookie, cookiePlaces, cookieValue, setCookie } from './cookie.ts'
import { createKeeper, type Keeper } from './keeper.ts'
import { callbackEndpoint, type LoginOptions, startLogin } from './login.ts'
import {
  type CommonSessionOptions,
  checkBeside,
  checkSessions,
  type SessionsOptions,
} from './options.ts'
import { withPage } from './page.ts'
import { isOwnPath, readReturnTo } from './return-to.ts'
import { createRevoke, type Revoke } from './revocation.ts'
import { createServer, type Server } from './server.ts'
import { createVault } from './vault.ts'

const DEFAULTS = {
  path: '/auth',
  cookie: '__Host-session',
  idleSeconds: 3_600,
  maxSeconds: 43_200,
  afterLogout: '/',
}

/** Login, callback, refresh and logout at the gateway, for the people of the issuer of another entry. */
export function sessions(options: SessionsOptions): SchemeFeature {
  return {
    of: (Object(options) as Partial<SessionsOptions>).of ?? '',
    check: (path, to) => checkSessions(options, path, to),
    checkBeside: (path, entries, to) => checkBeside(options, path, entries, to),
    compile: (name, house) => sessionScheme(name, { ...DEFAULTS, ...options }, house),
  }
}

/** What the entry `of` says, and how its issuer is asked. */
export interface AtIssuer {
  readonly issuer: OAuthIssuer
  readonly clientId: string
  readonly server: Server
  readonly client: SessionClient
  readonly revoke: Revoke
}

export function atIssuer(options: CommonSessionOptions, house: House): AtIssuer {
  const issuer = house.oauth(options.of)
  if (!issuer) throw new TypeError('sessions are of no entry that takes tokens')
  const { clientSecret, scopes, resource, parameters = {} } = options
  const { clientAuthentication = issuer.clientAuthentication } = options
  const clientId = options.clientId ?? issuer.audiences?.[0] ?? ''
  const server = createServer(issuer, options.tokenOrigin, house)
  const client = createClient(server, {
    clientId,
    clientSecret,
    clientAuthentication,
    scopes,
    resource,
    parameters,
    now: house.now,
  })
  return { issuer, clientId, server, client, revoke: createRevoke(issuer, server, client) }
}

type Compiled = SessionsOptions & typeof DEFAULTS

function sessionScheme(name: string, options: Compiled, house: House): Scheme & Extras {
  const { cookie, keys, state, idleSeconds, maxSeconds, afterLogout } = options
  const { now } = house
  const judge = house.scheme(options.of)
  const { issuer, clientId, client, revoke } = atIssuer(options, house)
  const at = (end: string) => `${options.path}/${end}`
  // No two entries have one path, so that what one of them has made is good for no other one.
  const vault = createVault(keys, `session ${options.path}`)
  const login = at('login')
  const keeper = createKeeper({ state, vault, client, issuer, cookie, login, idleSeconds, now })
  const place: Place = { cookie }
  const read = ({ request }: Inbound) => readOne(request.headers, cookie)

  const loginAt = (path: string) => `${login}?${new URLSearchParams({ return_to: path })}`
  const way: LoginOptions = {
    client,
    logins: createVault(keys, `login ${options.path}`),
    judge,
    callback: at('callback'),
    readReturnTo: ({ location }) => readReturnTo(location.search, 'return_to'),
    loginAt,
    maxSeconds,
    now,
    async begin(record, inbound, scope) {
      const value = await keeper.begin(record, scope)
      // Never under an id that was there before: somebody else may know that one.
      endBefore(inbound, cookie, keeper, scope)
      return new Headers({ 'set-cookie': setCookie(cookie, value) })
    },
  }
  const start: Endpoint = {
    path: login,
    host: undefined,
    methods: ['GET'],
    handle: (inbound, scope) => startLogin(inbound, {}, scope, way),
  }
  const account = accountEndpoints({
    keeper,
    client,
    revoke,
    paths: { me: at('me'), refresh: at('refresh'), logout: at('logout') },
    cookie,
    afterLogout,
    read,
  })
  const backchannel = backchannelEndpoint({
    path: at('backchannel-logout'),
    issuer,
    keySet: judge.keySet,
    clientId,
    state,
    now,
  })

  async function verifyAnew(value: string, inbound: Inbound, scope: Scope) {
    const { accessToken } = await keeper.find(value, scope).catch((error: unknown) => {
      throw withPage(error, here(inbound))
    })
    return asPerson(
      await judge.verify({ value: accessToken, place, ambient: true }, inbound, scope),
    )
  }

  return {
    name,
    withholds: cookiePlaces(cookie),
    endpoints: [start, callbackEndpoint(way), ...account, backchannel],

    find(inbound) {
      const value = read(inbound)
      return value === undefined ? undefined : { value, place, ambient: true }
    },

    verify({ value }, inbound, scope) {
      const known = keeper.recall(value, scope)
      if (!known) return verifyAnew(value, inbound, scope)
      const evidence = { value: known.accessToken, place, ambient: true }
      const verdict = judge.verify(evidence, inbound, scope)
      return 'then' in verdict ? verdict.then(asPerson) : asPerson(verdict)
    },

    loginAt,

    challenge: (error) => (error && error.status !== 401 ? undefined : `Session login="${login}"`),
  }
}

/** There is a person at the browser, whatever the token says: so pages elsewhere are looked out for. */
export function asPerson(verdict: Verified | NotMine): Verified | NotMine {
  if ('notMine' in verdict || verdict.principal.kind === 'person') return verdict
  return { ...verdict, principal: { ...verdict.principal, kind: 'person' } }
}

/** The address that a person has gone to. */
function here({ location: { rawPath, search } }: Inbound): string {
  const path = rawPath + search
  return isOwnPath(path) ? path : '/'
}

function readOne(headers: Headers, cookie: string): string | undefined {
  const value = cookieValue(headers, cookie)
  if (value === undefined || typeof value === 'string') return value
  throw new GatewayError('session_invalid', {
    reason: 'the cookie is there with several values',
    isAmbient: true,
    finish: (answer) => answer.append('set-cookie', clearCookie(cookie)),
  })
}

function endBefore({ request }: Inbound, cookie: string, keeper: Keeper, scope: Scope): void {
  const before = cookieValue(request.headers, cookie)
  for (const value of [before ?? []].flat()) {
    scope.waitUntil(keeper.end(value, scope).catch(() => {}))
  }
}
