import { describe, expect, it } from 'vitest'
import { apiKeys } from '../../src/auth/key/api-keys.ts'
import { oidc } from '../../src/auth/presets/oidc.ts'
import { anyOf, type GatewayConfig, type RouteConfig } from '../../src/config/define.ts'
import { requestLog } from '../../src/operate/request-log.ts'
import { createKeyWorld } from '../support/api-keys.ts'
import { AUDIENCE, createTestGateway, ORIGIN, refusal, START } from '../support/gateway.ts'

const SIMULATED = { path: '/*', to: ORIGIN, dangerouslySimulate: true } satisfies RouteConfig
const simulated = (route: Partial<RouteConfig> = {}, config: Partial<GatewayConfig> = {}) =>
  createTestGateway({
    routes: [{ ...SIMULATED, ...route }],
    config: { log: requestLog({ subject: 'plain' }), ...config },
  })

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

/** What the origin got that the gateway says about a caller. */
const toldOf = ({ headers }: Request) => [...headers.keys()].filter((name) => /^x-auth-/.test(name))

describe('a route whose rules are tried out', () => {
  it('lets through who has shown nothing, as nobody, and logs what it would have said', async () => {
    const { send, received, lastEvent } = await simulated({ forward: { 'x-user': 'sub' } })
    const response = await send('/a', {
      headers: { 'x-auth-subject': 'admin', 'x-user': 'admin', x_auth_subject: 'admin' },
    })
    expect(response.status).toBe(200)
    expect(response.headers.get('www-authenticate')).toBeNull()
    const [request] = received
    expect(request && toldOf(request)).toEqual([])
    expect(JSON.stringify([...(request?.headers ?? [])])).not.toContain('admin')
    expect(lastEvent()).toMatchObject({
      status: 200,
      code: undefined,
      simulated: 'credential_missing',
      reason: 'nothing was sent that schemes.main reads',
      scheme: 'main',
      subject: undefined,
    })
  })

  it('lets a bad token through with the token, which the service judges itself', async () => {
    const { send, issuer, received, clock, lastEvent } = await simulated()
    const token = await issuer.mint()
    clock.now = START + 86_400
    await send('/a', bearer(token))
    await send('/a', bearer('forged'))
    const shown = received.map(({ headers }) => headers.get('authorization'))
    expect(shown).toEqual([`Bearer ${token}`, 'Bearer forged'])
    expect(received.flatMap(toldOf)).toEqual([])
    expect(lastEvent()).toMatchObject({ simulated: 'invalid_token', status: 200 })
  })

  it('lets somebody without a right through as nobody, and logs who it was', async () => {
    for (const [needs, code] of [
      [{ scopes: ['admin'] }, 'insufficient_scope'],
      [{ roles: ['admin'] }, 'forbidden'],
      [{ claims: { org: 'acme' } }, 'forbidden'],
    ] as const) {
      const { sendWithToken, received, lastEvent } = await simulated(needs)
      expect((await sendWithToken('/a')).status).toBe(200)
      expect(received.flatMap(toldOf)).toEqual([])
      expect(received[0]?.headers.get('authorization')).toMatch(/^Bearer /)
      expect(lastEvent()).toMatchObject({ simulated: code, subject: 'user-1', scheme: 'main' })
    }
  })

  it('is as any other for who would not be refused: the token stays here', async () => {
    const { sendWithToken, received, lastEvent } = await simulated()
    await sendWithToken('/a')
    expect(received[0]?.headers.get('authorization')).toBeNull()
    expect(received[0]?.headers.get('x-auth-subject')).toBe('user-1')
    expect(lastEvent()).not.toHaveProperty('simulated')
  })

  it('shows the service what its own schemes read, wherever it stands, and no other credential', async () => {
    const places = [{ header: 'cf-access-jwt-assertion' }, { cookie: 'token' }]
    const { keys, key } = await createKeyWorld()
    const { send, received } = await createTestGateway({
      config: {
        schemes: {
          main: oidc({ issuer: 'https://idp.test', audience: AUDIENCE, tokenFrom: places }),
          keys: apiKeys({ store: keys }),
        },
      },
      routes: [
        { ...SIMULATED, path: '/main', auth: 'main' },
        { ...SIMULATED, path: '/keys', auth: 'keys' },
        { ...SIMULATED, path: '/both', auth: anyOf('main', 'keys') },
        { ...SIMULATED, path: '/kept', auth: 'keys', keep: ['x_legacy'] },
      ],
    })
    const headers = {
      'cf-access-jwt-assertion': 'a',
      'cf-ray': 'b',
      cookie: 'token=a; theme=d',
      'x-api-key': key.text.slice(0, -1),
      x_legacy: 'e',
    }
    for (const path of ['/main', '/keys', '/kept']) await send(path, { headers })
    const seen = received.map((request) =>
      ['cf-access-jwt-assertion', 'cf-ray', 'cookie', 'x-api-key', 'x_legacy'].map((name) =>
        request.headers.get(name),
      ),
    )
    const { 'x-api-key': shown } = headers
    expect(seen).toEqual([
      ['a', null, 'token=a; theme=d', null, null],
      [null, null, 'theme=d', shown, null],
      [null, null, 'theme=d', shown, 'e'],
    ])
  })

  it('never reads through a cache', async () => {
    const { send, received } = await simulated()
    await send('/a')
    expect(received[0]?.cf).toMatchObject({ cacheTtl: -1 })
  })

  it('leaves an outage what it is, and every refusal that is not about the caller', async () => {
    const { send, sendWithToken, issuer } = await simulated({ methods: ['GET', 'POST'] })
    issuer.mode = 'unreachable'
    expect(await refusal(await sendWithToken('/a'))).toEqual([503, 'issuer_unavailable'])
    expect(await refusal(await send('/a', bearer('a, Bearer b')))).toEqual([
      400,
      'multiple_credentials',
    ])
    expect(await refusal(await send('/a%2fb'))).toEqual([400, 'path_ambiguous'])
    expect(await refusal(await send('/a', { method: 'DELETE' }))).toEqual([
      405,
      'method_not_allowed',
    ])
    expect(await refusal(await send('http://api.test/a'))).toEqual([403, 'https_required'])
    expect(await refusal(await send('/a', { headers: { 'x-gatehouse-hops': '5' } }))).toEqual([
      508,
      'origin_loop',
    ])
  })

  it('leaves a request that a page elsewhere has made refused', async () => {
    const main = oidc({
      issuer: 'https://idp.test',
      audience: AUDIENCE,
      tokenFrom: [{ cookie: 'token' }],
    })
    const { send, issuer, received } = await simulated({}, { schemes: { main } })
    const headers = { cookie: `token=${await issuer.mint()}`, origin: 'https://evil.test' }
    expect(await refusal(await send('/a', { method: 'POST', headers }))).toEqual([403, 'csrf'])
    expect(received).toEqual([])
  })

  it('does not end a connection of a caller that is nobody', async () => {
    let opened: WebSocket | null = null
    const { send } = await createTestGateway({
      routes: [SIMULATED],
      origin: () => {
        const { 0: webSocket, 1: server } = new WebSocketPair()
        server.accept()
        opened = webSocket
        return new Response(null, { status: 101, webSocket })
      },
    })
    const { webSocket } = await send('/', { headers: { upgrade: 'websocket' } })
    expect(webSocket).toBe(opened)
    webSocket?.accept()
    webSocket?.close()
  })
})

describe('a gateway whose rules are tried out', () => {
  it('is one on every route that does not say otherwise, but where it answers itself', async () => {
    const { send, lastEvent } = await createTestGateway({
      config: { dangerouslySimulate: true },
      routes: [
        { path: '/*', to: ORIGIN },
        { path: '/closed', to: ORIGIN, dangerouslySimulate: false },
        { path: '/public', to: ORIGIN, auth: 'public' },
        { path: '/handler', to: () => new Response('secret') },
      ],
    })
    expect((await send('/a')).status).toBe(200)
    expect(lastEvent()).toHaveProperty('simulated')
    expect((await send('/closed')).status).toBe(401)
    expect((await send('/public')).status).toBe(200)
    expect(lastEvent()).not.toHaveProperty('simulated')
    expect((await send('/handler')).status).toBe(401)
  })
})
