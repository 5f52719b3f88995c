import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { apiKeys } from '../../../src/auth/key/api-keys.ts'
import { issueKey, rotateKey } from '../../../src/auth/key/issue.ts'
import { nameOfKey, writeStoredKey } from '../../../src/auth/key/stored-key.ts'
import { oidc } from '../../../src/auth/presets/oidc.ts'
import { allOf, anyOf, type RouteConfig } from '../../../src/config/define.ts'
import { claims } from '../../../src/upstream/claims-handler.ts'
import { createKeyWorld, OWNER } from '../../support/api-keys.ts'
import {
  AUDIENCE,
  createMemoryStore,
  createTestGateway,
  ORIGIN,
  refusal,
  START,
} from '../../support/gateway.ts'

const DETAILS = { scopes: ['orders:read', 'orders:write'], roles: ['partner'] }
const INVALID = [401, 'api_key_invalid']

/** The gateway's own headers that the origin got. */
const toldOf = (request: Request | undefined) =>
  Object.fromEntries([...(request?.headers ?? [])].filter(([name]) => name.startsWith('x-auth-')))

describe('an API key', () => {
  it('tells the service whose it is and what it may, and shows itself to nobody', async () => {
    const { sendKey, key, received, lastEvent } = await createKeyWorld(DETAILS)
    expect((await sendKey(key.text)).status).toBe(200)
    const [request] = received
    const { id } = key.stored
    expect(toldOf(request)).toEqual({
      'x-auth-subject': OWNER,
      'x-auth-issuer': 'urn:gatehouse:keys',
      'x-auth-scope': 'orders:read orders:write',
      'x-auth-roles': 'partner',
      'x-auth-claims': Buffer.from(
        JSON.stringify({
          iss: 'urn:gatehouse:keys',
          sub: OWNER,
          jti: id,
          iat: START,
          scope: 'orders:read orders:write',
          roles: ['partner'],
        }),
      ).toString('base64url'),
    })
    expect(JSON.stringify([...(request?.headers ?? [])])).not.toContain(key.text)
    expect(lastEvent()).toMatchObject({ issuer: 'urn:gatehouse:keys', scheme: 'keys', keyId: id })
    expect(JSON.stringify(lastEvent())).not.toContain(key.text.split('_')[2])
  })

  it('shows its claims, expiry included, with active true', async () => {
    const expires = START + 600
    const { sendKey, key } = await createKeyWorld(
      { expires },
      { routes: [{ path: '/api/claims', to: claims }] },
    )
    expect(await (await sendKey(key.text, '/api/claims')).json()).toEqual({
      iss: 'urn:gatehouse:keys',
      sub: OWNER,
      jti: key.stored.id,
      iat: START,
      exp: expires,
      active: true,
    })
  })

  it('is held to the scopes and roles of a route', async () => {
    const routes: RouteConfig[] = [
      { path: '/read', to: ORIGIN, scopes: ['orders:read'], roles: ['partner'] },
      { path: '/admin', to: ORIGIN, scopes: ['admin'] },
      { path: '/staff', to: ORIGIN, roles: ['staff'] },
    ]
    const { sendKey, key } = await createKeyWorld(DETAILS, { routes })
    expect((await sendKey(key.text, '/read')).status).toBe(200)
    const denied = await sendKey(key.text, '/admin')
    expect(denied.headers.get('www-authenticate')).toBeNull()
    expect(await refusal(denied)).toEqual([403, 'insufficient_scope'])
    expect(await refusal(await sendKey(key.text, '/staff'))).toEqual([403, 'forbidden'])
  })

  it('is read in the header of the owner’s choice, and as ApiKey in Authorization', async () => {
    const world = await createKeyWorld()
    const schemes = { keys: apiKeys({ store: world.keys, header: 'x-acme-key' }) }
    const { send, received } = await createTestGateway({ config: { schemes } })
    const { text } = world.key
    const statusWith = async (headers: Record<string, string>) =>
      (await send('/', { headers })).status
    expect(await statusWith({ 'x-acme-key': text })).toBe(200)
    expect(await statusWith({ authorization: `ApiKey ${text}` })).toBe(200)
    expect(await statusWith({ authorization: `apikey  ${text}` })).toBe(200)
    expect(await statusWith({ 'x-acme-key': text, authorization: `ApiKey ${text}` })).toBe(200)
    for (const { headers } of received) {
      expect([headers.get('x-acme-key'), headers.get('authorization')]).toEqual([null, null])
    }
    expect(await statusWith({ 'x-api-key': text })).toBe(401)
    expect(await statusWith({ authorization: `Bearer ${text}` })).toBe(401)
    expect((await send(`/?api_key=${text}`)).status).toBe(401)
    expect(received).toHaveLength(4)
  })

  it('is kept from services on public routes too', async () => {
    const routes: RouteConfig[] = [
      { path: '/*', to: ORIGIN },
      { path: '/public', to: ORIGIN, auth: 'public' },
    ]
    const { sendKey, key, received } = await createKeyWorld({}, { routes })
    await sendKey(key.text, '/public')
    expect(received[0]?.headers.get('x-api-key')).toBeNull()
  })

  it('is one of several ways in: the 401 names each, with its header', async () => {
    const { keys } = await createKeyWorld()
    const { send } = await createTestGateway({
      config: {
        schemes: {
          main: oidc({ issuer: 'https://idp.test', audience: AUDIENCE }),
          keys: apiKeys({ store: keys }),
        },
      },
      routes: [{ path: '/*', auth: anyOf('main', 'keys'), to: ORIGIN }],
    })
    expect((await send('/')).headers.get('www-authenticate')).toBe(
      'Bearer, ApiKey header="x-api-key"',
    )
    const bad = await send('/', { headers: { 'x-api-key': 'x' } })
    expect(bad.headers.get('www-authenticate')).toBe(
      'Bearer, ApiKey header="x-api-key", error="api_key_invalid"',
    )
  })

  it('is a second layer on a token: both have to be good, and the first named speaks', async () => {
    const { keys, key } = await createKeyWorld(DETAILS)
    const { send, sendWithToken, received } = await createTestGateway({
      config: {
        schemes: {
          main: oidc({ issuer: 'https://idp.test', audience: AUDIENCE }),
          keys: apiKeys({ store: keys }),
        },
      },
      routes: [{ path: '/*', auth: allOf('main', 'keys'), to: ORIGIN }],
    })
    const headers = { 'x-api-key': key.text }
    expect((await sendWithToken('/', { headers })).status).toBe(200)
    expect(toldOf(received[0])).toMatchObject({ 'x-auth-issuer': 'https://idp.test' })
    expect(toldOf(received[0])['x-auth-roles']).not.toBe('partner')
    expect(await refusal(await send('/', { headers }))).toEqual([401, 'credential_missing'])
    expect(await refusal(await sendWithToken('/'))).toEqual([401, 'credential_missing'])
    const wrong = await sendWithToken('/', { headers: { 'x-api-key': 'gk_x' } })
    expect(await refusal(wrong)).toEqual(INVALID)
  })

  it('may be rotated with an overlap: the secret before works until it ends', async () => {
    const { sendKey, key, keep, clock, lastEvent } = await createKeyWorld()
    const next = await rotateKey(key.stored, 600, START)
    await keep(next.stored)
    const statuses = async () => [
      (await sendKey(key.text)).status,
      (await sendKey(next.text)).status,
    ]
    expect(await statuses()).toEqual([200, 200])
    clock.now = START + 599
    expect(await statuses()).toEqual([200, 200])
    clock.now = START + 600
    expect(await statuses()).toEqual([401, 200])
    await sendKey(key.text)
    expect(lastEvent()?.reason).toBe(
      `the key ${key.stored.id} was rotated, and this is its old secret`,
    )
  })
})

describe('the KV of the platform', () => {
  it('is where a key is found, and no longer when it was taken out', async () => {
    const { key } = await createKeyWorld()
    const name = await nameOfKey(key.stored.id)
    await env.STORE.put(name, writeStoredKey(key.stored))
    const schemes = { keys: apiKeys({ store: env.STORE }) }
    const { send, clock } = await createTestGateway({ config: { schemes } })
    const status = async () => (await send('/', { headers: { 'x-api-key': key.text } })).status
    expect(await status()).toBe(200)
    await env.STORE.delete(name)
    clock.now += 60
    expect(await status()).toBe(401)
  })
})

describe('an old secret', () => {
  it('is not good for longer than its key', async () => {
    const { sendKey, key, keep, clock } = await createKeyWorld({ expires: START + 100 })
    await keep((await rotateKey(key.stored, 600, START)).stored)
    clock.now = START + 99
    expect((await sendKey(key.text)).status).toBe(200)
    clock.now = START + 100
    expect((await sendKey(key.text)).status).toBe(401)
  })
})

describe('a new secret', () => {
  it('is heard of 10 s after the key was last read, although the key is known', async () => {
    const { sendKey, key, keep, keys, clock } = await createKeyWorld()
    expect((await sendKey(key.text)).status).toBe(200)
    const next = await rotateKey(key.stored, 600, START)
    await keep(next.stored)
    clock.now = START + 9
    expect((await sendKey(next.text)).status).toBe(401)
    expect(keys.reads).toBe(1)
    clock.now = START + 10
    expect((await sendKey(next.text)).status).toBe(200)
    expect((await sendKey(key.text)).status).toBe(200)
    expect(keys.reads).toBe(2)
  })

  it('is no bad one while the store cannot be asked', async () => {
    const { sendKey, key, keys, clock } = await createKeyWorld()
    await sendKey(key.text)
    keys.fault = 'throws'
    clock.now = START + 10
    const next = await rotateKey(key.stored, 600, START)
    for (const reads of [2, 2]) {
      expect(await refusal(await sendKey(next.text))).toEqual([503, 'issuer_unavailable'])
      expect(keys.reads).toBe(reads)
    }
    expect((await sendKey(key.text)).status).toBe(200)
  })
})

describe('a WebSocket that a key has opened', () => {
  function origin(): Response {
    const { 0: webSocket, 1: server } = new WebSocketPair()
    server.accept()
    return new Response(null, { status: 101, webSocket })
  }

  /** Opens one a moment before the 10th second, and waits for its end. */
  async function endOf(details: { expires?: number }, isRotated: boolean): Promise<CloseEvent> {
    const { sendKey, key, keep, clock } = await createKeyWorld(details, { origin })
    if (isRotated) await keep((await rotateKey(key.stored, 10, START)).stored)
    clock.now = START + 9.95
    const { webSocket } = await sendKey(key.text, '/', { headers: { upgrade: 'websocket' } })
    return new Promise((resolve) => {
      webSocket?.addEventListener('close', resolve)
      webSocket?.accept()
    })
  }

  it('ends when the key expires, or its secret does', async () => {
    const ends = [await endOf({ expires: START + 10 }, false), await endOf({}, true)]
    const expired = [1008, 'the credential has expired']
    expect(ends.map(({ code, reason }) => [code, reason])).toEqual([expired, expired])
  })

  it('is passed on as it is where the key has no end', async () => {
    let opened: WebSocket | null = null
    const world = await createKeyWorld(
      {},
      {
        origin: () => {
          const response = origin()
          opened = response.webSocket
          return response
        },
      },
    )
    const headers = { upgrade: 'websocket' }
    const { webSocket } = await world.sendKey(world.key.text, '/', { headers })
    expect(webSocket).toBe(opened)
    webSocket?.accept()
    webSocket?.close()
  })
})

const nobody = { owner: OWNER, scopes: [], roles: [] }
const { stored, text } = await issueKey(nobody, START)
const other = await issueKey(nobody, START)
const rotated = await rotateKey(stored, 0, START)
const NO_KEY = 'what was sent is no key: another form, or a wrong checksum'
const UNKNOWN = 'no key has the id: it was never made, or was revoked'

describe('a key that is not good', () => {
  it.each([
    ['a wrong checksum', `${text.slice(0, -1)}${text.endsWith('0') ? '1' : '0'}`, NO_KEY, 0],
    ['another form', 'sk_live_1234567890', NO_KEY, 0],
    ['16 KiB', `gk_${'a'.repeat(16_384)}`, NO_KEY, 0],
    ['an id that nobody has', other.text, UNKNOWN, 1],
    ['another secret', rotated.text, `the secret is not that of the key ${stored.id}`, 1],
  ])('is 401 with %s', async (_, sent, reason, reads) => {
    const { sendKey, keep, keys, received, lastEvent } = await createKeyWorld()
    await keep(stored)
    const response = await sendKey(sent)
    expect(response.headers.get('www-authenticate')).toBe(
      'ApiKey header="x-api-key", error="api_key_invalid"',
    )
    expect(await refusal(response)).toEqual(INVALID)
    expect(lastEvent()).toMatchObject({ reason, scheme: 'keys', subject: undefined })
    expect(keys.reads).toBe(reads)
    expect(received).toEqual([])
  })

  it('is 401 from the second of its expiry on', async () => {
    const { sendKey, key, clock, lastEvent } = await createKeyWorld({ expires: START + 30 })
    clock.now = START + 29
    expect((await sendKey(key.text)).status).toBe(200)
    clock.now = START + 30
    expect(await refusal(await sendKey(key.text))).toEqual(INVALID)
    expect(lastEvent()?.reason).toBe(`the key ${key.stored.id} has expired`)
  })

  it('is 401 within 60 s of its revocation', async () => {
    const { sendKey, key, keys, clock } = await createKeyWorld()
    expect((await sendKey(key.text)).status).toBe(200)
    keys.entries.clear()
    clock.now += 60
    expect(await refusal(await sendKey(key.text))).toEqual(INVALID)
  })

  it('is 401 where Authorization has nothing after ApiKey, and missing where the header is empty', async () => {
    const { send } = await createKeyWorld()
    const codeOf = async (headers: Record<string, string>) => refusal(await send('/', { headers }))
    expect(await codeOf({ authorization: 'ApiKey' })).toEqual(INVALID)
    expect(await codeOf({ 'x-api-key': '' })).toEqual([401, 'credential_missing'])
    expect(await codeOf({ authorization: 'ApiKeys x' })).toEqual([401, 'credential_missing'])
  })

  it('is 400 where there are two, in one header or in two places', async () => {
    const { send, key } = await createKeyWorld()
    for (const headers of [
      { 'x-api-key': `${key.text}, ${other.text}` },
      { 'x-api-key': key.text, authorization: `ApiKey ${other.text}` },
      { authorization: `ApiKey ${key.text}, ApiKey ${other.text}` },
    ]) {
      const response = await send('/', { headers })
      expect(await refusal(response)).toEqual([400, 'multiple_credentials'])
    }
  })
})

describe('a store that cannot be asked', () => {
  const UNAVAILABLE = [503, 'issuer_unavailable']

  it('is 503 with Retry-After at first, never 401, and says why in the log', async () => {
    const { sendKey, key, keys, lastEvent } = await createKeyWorld()
    keys.fault = 'throws'
    const response = await sendKey(key.text)
    expect(response.headers.get('retry-after')).toBe('5')
    expect(response.headers.get('www-authenticate')).toBeNull()
    expect(await refusal(response)).toEqual(UNAVAILABLE)
    expect(lastEvent()?.reason).toBe('the store of keys does not answer: KV is down')
  })

  it('is no obstacle for an hour to a key that was used before', async () => {
    const { sendKey, key, keys, clock } = await createKeyWorld()
    await sendKey(key.text)
    keys.fault = 'throws'
    clock.now = START + 3_599
    expect((await sendKey(key.text)).status).toBe(200)
    clock.now = START + 3_600
    expect(await refusal(await sendKey(key.text))).toEqual(UNAVAILABLE)
  })

  it('keeps no key alive past its expiry', async () => {
    const { sendKey, key, keys, clock } = await createKeyWorld({ expires: START + 100 })
    await sendKey(key.text)
    keys.fault = 'throws'
    clock.now = START + 100
    expect(await refusal(await sendKey(key.text))).toEqual(INVALID)
  })

  it('is waited for 5 s at the most', async () => {
    const { sendKey, key, keys } = await createKeyWorld()
    keys.fault = 'hangs'
    expect(await refusal(await sendKey(key.text))).toEqual(UNAVAILABLE)
  }, 10_000)

  it('is one that answers with something else, too', async () => {
    const { sendKey, key, keys } = await createKeyWorld()
    for (const name of keys.entries.keys()) keys.entries.set(name, '{}')
    expect(await refusal(await sendKey(key.text))).toEqual(UNAVAILABLE)
  })
})

describe('the options of apiKeys', () => {
  const problemsOf = async (options: unknown) => {
    const schemes = { keys: apiKeys(options as Parameters<typeof apiKeys>[0]) }
    return (await createTestGateway({ config: { schemes } })).gateway.problems
  }

  it('need a store and no more', async () => {
    const store = createMemoryStore()
    expect(await problemsOf({ store })).toEqual([])
    expect(await problemsOf({ store, header: 'x-acme-key' })).toEqual([])
  })
})
