// `npm run explain` says what the gateway does: of the public corpus, and of ten thousand requests that are made up.

import { describe, expect, it } from 'vitest'
import { apiKeys } from '../../src/auth/key/api-keys.ts'
import { issueKey } from '../../src/auth/key/issue.ts'
import { nameOfKey, writeStoredKey } from '../../src/auth/key/stored-key.ts'
import { oidc } from '../../src/auth/presets/oidc.ts'
import { requestTo } from '../../src/cli/explain/arguments.ts'
import { type Explanation, explain } from '../../src/cli/explain/explain.ts'
import { redact } from '../../src/cli/explain/redact.ts'
import { allOf, anyOf, type GatewayConfig, optional } from '../../src/config/define.ts'
import type { RequestEvent } from '../../src/operate/log.ts'
import { corpusFolder, expected, readCorpus, shapeOf } from '../conformance/corpus.ts'
import { createMemoryStore } from '../support/gateway.ts'
import { createTestIssuer } from '../support/mint.ts'
import { createGateway } from '../support/watched-gateway.ts'

const NOW = 1_767_225_600
const ORIGIN = 'https://origin.test'

interface Fate {
  status: number
  code: string | undefined
  reason: string | undefined
  simulated: string | undefined
  origin: [url: string, headers: Record<string, string>] | undefined
}

/** A gateway that lives on, with whatever it remembers; the origin is reached as it always is. */
function live(
  config: GatewayConfig,
  ask: (request: Request) => Promise<Response>,
  clock: { now: number },
) {
  let event: RequestEvent | undefined
  let arrived: Request | undefined
  const gateway = createGateway(config, {
    now: () => clock.now,
    log: (logged) => {
      if (logged.event === 'request') event = logged
    },
    async fetch(request) {
      if (!request.url.startsWith(ORIGIN)) return ask(request)
      arrived = request
      return new Response()
    },
  })
  return async (request: Request): Promise<Fate> => {
    arrived = undefined
    const { status } = await gateway.fetch(request, { waitUntil: () => {} })
    const sent = arrived as Request | undefined
    const headers = (all: Headers) =>
      Object.fromEntries([...all].map(([name, value]) => [name, redact(value, [], name)]))
    return {
      status,
      code: event?.code,
      reason: event?.reason,
      simulated: event?.simulated,
      origin: sent && [sent.url, headers(sent.headers)],
    }
  }
}

function fateOf({ status, code, reason, simulated, origin }: Explanation): Fate {
  const sent = origin?.url === undefined ? undefined : origin
  return {
    status,
    code,
    reason,
    simulated,
    origin: sent && [String(sent.url), { ...sent.headers }],
  }
}

const folder = corpusFolder()
if (folder === undefined) {
  console.log('The corpus is skipped: GATEHOUSE_CORPUS names no folder, and the default is absent.')
}

describe.skipIf(folder === undefined)('explain and the corpus', () => {
  const { cases, worlds } = readCorpus(folder)

  it('agree on every case', async () => {
    const wrong: string[] = []
    let taken = 0
    for (const entry of cases) {
      const world = worlds.get(entry.world)
      if (!world) throw new Error(`no world ${entry.world}`)
      const { claims } = shapeOf(entry.token)
      const texts = (value: unknown) =>
        [value].flat().filter((one): one is string => typeof one === 'string' && one !== '')
      const [issuer = 'https://nobody.test'] = [...texts(world.iss), ...texts(claims?.iss)]
      const audiences = texts(world.aud).length > 0 ? texts(world.aud) : texts(claims?.aud)
      const config: GatewayConfig = {
        schemes: {
          main: oidc({
            issuer,
            audience: audiences.length > 0 ? audiences : 'https://nobody.test',
            jwksUri: 'https://keys.test/jwks',
            clockSkewSeconds: 0,
          }),
        },
        routes: [{ path: '/*', to: ORIGIN }],
      }
      const clock = { now: entry.now ?? Math.floor(Date.now() / 1_000) }
      const body = world.jwks_text ?? JSON.stringify(world.jwks)
      const ask = async () => new Response(body)
      const headers = new Headers({ authorization: `Bearer ${entry.token}` })
      const request = () => requestTo('https://localhost/a', 'GET', headers)
      const explained = await explain(config, request(), {
        fetch: ask,
        store: undefined,
        now: () => clock.now,
      })
      const said = fateOf(explained)
      const done = await live(config, ask, clock)(request())
      const isTaken = expected(entry, world).verdict === 'accept'
      if (isTaken) taken++
      const isSame = JSON.stringify(said) === JSON.stringify(done)
      const isRight = isTaken === (explained.verdict === 'forwarded')
      const checks = explained.shown[0]?.checks ?? []
      const isShown =
        checks.length === 0 || isTaken === checks.every(({ verdict }) => verdict === 'ok')
      if (!isSame || !isRight || !isShown)
        wrong.push(`${entry.suite} ${entry.id}: ${JSON.stringify([said, done])}`)
    }
    console.log(`corpus: explained ${cases.length} cases, ${taken} taken`)
    expect(wrong).toEqual([])
  }, 600_000)
})

/** The same on every run. */
function createChance(seed: number) {
  let state = seed
  return <T>(of: readonly T[]): T => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return of[Math.floor((state / 2 ** 32) * of.length)] as T
  }
}

describe('explain and the gateway', () => {
  it('agree on 10,000 requests that are made up', async () => {
    const clock = { now: NOW }
    const now = () => clock.now
    const issuer = createTestIssuer({ now, algs: ['ES256'] })
    const partner = createTestIssuer({ issuer: 'https://partner.test', now, algs: ['ES256'] })
    const store = createMemoryStore()
    const keys = await Promise.all(
      [['orders:read'], []].map(async (scopes) => {
        const { text, stored } = await issueKey({ owner: 'acme', scopes, roles: [] }, NOW)
        store.entries.set(await nameOfKey(stored.id), writeStoredKey(stored))
        return text
      }),
    )
    const config: GatewayConfig = {
      hosts: ['api.test', 'b.test'],
      schemes: {
        main: oidc({
          issuer: issuer.issuer,
          audience: 'gatehouse',
          tokenFrom: [{ cookie: 'session' }],
        }),
        partner: oidc({ issuer: partner.issuer, audience: 'gatehouse' }),
        keys: apiKeys({ store }),
      },
      routes: [
        { path: '/orders/*', auth: 'main', to: ORIGIN, scopes: ['orders:read'], stripPrefix: true },
        { path: '/orders/:id', auth: 'main', to: `${ORIGIN}/base`, methods: ['GET'] },
        {
          path: '/any/*',
          auth: anyOf('main', 'partner', 'keys'),
          to: ORIGIN,
          forward: { 'x-org': 'org' },
        },
        { path: '/both', auth: allOf('main', 'keys'), to: ORIGIN },
        { path: '/maybe', auth: optional('main'), to: ORIGIN, keep: ['x_legacy'] },
        { path: '/try', auth: 'main', to: ORIGIN, roles: ['admin'], dangerouslySimulate: true },
        { path: '/open', auth: 'public', to: ORIGIN },
        {
          path: '/open',
          host: 'b.test',
          auth: 'partner',
          to: ORIGIN,
          claims: { org: ['acme', 'beta'] },
        },
      ],
    }
    const tokens: (string | undefined)[] = [undefined, 'opaque', 'a.b', 'eyJhbGciOiJub25lIn0.e30.']
    for (const one of [issuer, partner]) {
      for (const claims of [
        {},
        { scope: undefined },
        { aud: 'other' },
        { exp: NOW - 1 },
        { exp: NOW - 60 },
        { nbf: NOW + 60 },
        { iss: 'https://idp.test/' },
        { roles: ['admin'], org: 'acme' },
        { cnf: { jkt: 'x' } },
        { exp: undefined },
      ]) {
        tokens.push(await one.mint(claims))
      }
      tokens.push(
        await one.mint({}, { key: 'foreign' }),
        await one.mint({}, { header: { kid: 'x' } }),
      )
      tokens.push(
        await one.mint({}, { header: { typ: 'dpop+jwt' } }),
        await one.mint({}, { unsigned: true }),
      )
    }
    const ask = async (request: Request) =>
      (request.url.startsWith(issuer.issuer) ? issuer : partner).fetch(request)
    const send = live(config, ask, clock)
    const pick = createChance(20_261_130)
    const wrong: unknown[] = []
    const seen = new Map<string, number>()
    for (let index = 0; index < 10_000; index++) {
      const host = pick(['api.test', 'api.test', 'b.test', 'c.test', 'API.test:443'])
      const path = pick([
        '/orders/1',
        '/ORDERS/1/x',
        '/orders',
        '/any/x',
        '/both',
        '/maybe',
        '/try',
        '/open',
        '/Open',
        '/open/',
        '/none',
        '/a//b',
        '/orders/%2e%2e/open',
        '/any/%2f',
      ])
      const scheme = pick(['https', 'https', 'https', 'https', 'http'])
      const headers = new Headers()
      const token = pick(tokens)
      if (token !== undefined) {
        const prefix = pick(['Bearer ', 'Bearer ', 'Bearer ', 'bearer  ', 'Basic '])
        if (pick([true, true, false])) headers.set('authorization', prefix + token)
        else headers.set('cookie', `session=${token}; a=b`)
      }
      const key = pick([undefined, undefined, ...keys, 'gh_bad'])
      if (key !== undefined) headers.set('x-api-key', key)
      for (const name of ['x_legacy', 'x-auth-subject', 'x-gatehouse-hops', 'sec-fetch-site']) {
        if (pick([true, false, false]))
          headers.set(name, pick(['1', '9', 'cross-site', 'same-origin']))
      }
      const method = pick(['GET', 'GET', 'GET', 'HEAD', 'POST', 'DELETE', 'REPORT', 'TRACE'])
      const request = () => requestTo(`${scheme}://${host}${path}?q=${index}`, method, headers)
      const explained = await explain(config, request(), { fetch: ask, store: undefined, now })
      const said = fateOf(explained)
      const done = await send(request())
      const name = done.code ?? (done.simulated === undefined ? 'forwarded' : 'simulated')
      seen.set(name, (seen.get(name) ?? 0) + 1)
      if (JSON.stringify(said) !== JSON.stringify(done))
        wrong.push([request().url, method, said, done])
    }
    console.log(`explained: ${JSON.stringify(Object.fromEntries(seen))}`)
    expect(wrong.slice(0, 3)).toEqual([])
    expect([...seen.keys()].sort((a, b) => a.localeCompare(b))).toEqual([
      'api_key_invalid',
      'credential_missing',
      'csrf',
      'forbidden',
      'forwarded',
      'host_unknown',
      'https_required',
      'insufficient_scope',
      'invalid_token',
      'method_not_allowed',
      'multiple_credentials',
      'not_found',
      'origin_loop',
      'path_ambiguous',
      'simulated',
    ])
  }, 600_000)
})
