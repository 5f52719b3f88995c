/**
 * People with browsers: they sign in at the issuer, the gateway keeps their tokens, and the browser has nothing but a
 * cookie (RFC 10017 section 6.1).
 */

import type { Endpoint, Extras, House, SchemeFeature } from '../auth/feature.ts'
import type { Inbound, Place, Scheme } from '../auth/scheme.ts'
import { GatewayError } from '../errors.ts'
import type { Scope } from '../lib/scope.ts'
import { accountEndpoints } from './account.ts'
import { asPerson, atIssuer, vouchedBy } from './at-issuer.ts'
import { backchannelEndpoint } from './backchannel.ts'
import { clearCookie, cookiePlaces, cookieValue, setCookie } from './cookie.ts'
import { createKeeper, type Keeper } from './keeper.ts'
import { callbackEndpoint, type LoginOptions, startLogin } from './login.ts'
import { checkBeside, checkSessions, type SessionsOptions } from './options.ts'
import { withPage } from './page.ts'
import { isOwnPath, readReturnTo } from './return-to.ts'
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
  const keeper = createKeeper({
    state,
    vault,
    client,
    issuer,
    clientId,
    cookie,
    login,
    idleSeconds,
    now,
  })
  const place: Place = { cookie }
  const read = ({ request }: Inbound) => readOne(request.headers, cookie)

  const loginAt = (path: string) => `${login}?${new URLSearchParams({ return_to: path })}`
  const way: LoginOptions = {
    client,
    logins: createVault(keys, `login ${options.path}`),
    judge,
    cutoff: house.cutoff,
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
    async vouch(accessToken, inbound, scope) {
      const evidence = { value: accessToken, place, ambient: true }
      await vouchedBy(judge, evidence, inbound, scope, house)
    },
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

    async cutOff(issuers, cut) {
      // An entry may take tokens of several, and another entry those of one of them.
      const { issuers: own = [issuer.issuer] } = issuer
      if (own.some((each) => issuers.includes(each))) await keeper.cutOff(cut)
    },

    challenge: (error) => (error && error.status !== 401 ? undefined : `Session login="${login}"`),
  }
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
