// What of `every` the gateway's own addresses have: pages, floods and request ids do not stop at an owner's routes.

import { describe, expect, it } from 'vitest'
import { cors } from '../../src/edge/cors.ts'
import { limit } from '../../src/edge/limit/limit.ts'
import { protectedResource } from '../../src/edge/resource-metadata.ts'
import { tracing } from '../../src/operate/tracing.ts'
import type { StateBinding } from '../../src/options/state.ts'
import { assertion } from '../../src/upstream/assertion/assertion.ts'
import { ASSERTION_KEY } from '../support/assertion-keys.ts'
import { createTestGateway, ORIGIN, refusal } from '../support/gateway.ts'

const KEYS = '/.well-known/gatehouse/jwks.json'
const METADATA = '/.well-known/oauth-protected-resource'
const PAGE = 'https://app.test'

const route = {
  path: '/*',
  to: ORIGIN,
  assertion: assertion({ keys: [ASSERTION_KEY] }),
  resource: protectedResource(),
}

/** Counts by address, and lets so many pass. */
function limitOf(passing: number) {
  let left = passing
  const binding = { limit: async () => ({ success: left-- > 0 }) }
  return limit({ by: 'address', requests: 100, perSeconds: 60, binding })
}

describe('an address of the gateway itself', () => {
  it('can be read by the pages that cors of every lets in, and asked about first', async () => {
    const { send } = await createTestGateway({
      config: { every: { cors: cors({ origins: [PAGE] }) }, routes: [route] },
    })
    const from = (origin: string) => send(KEYS, { headers: { origin } })
    expect((await from(PAGE)).headers.get('access-control-allow-origin')).toBe(PAGE)
    expect((await from('https://evil.test')).headers.get('access-control-allow-origin')).toBeNull()
    const asked = await send(KEYS, {
      method: 'OPTIONS',
      headers: { origin: PAGE, 'access-control-request-method': 'GET' },
    })
    expect([asked.status, asked.headers.get('access-control-allow-methods')]).toEqual([204, 'GET'])
  })

  it('is for the pages of every origin where it says so, whatever cors says', async () => {
    const { send } = await createTestGateway({
      config: { every: { cors: cors({ origins: [PAGE] }) }, routes: [route] },
    })
    const headers = { origin: 'https://client.test', 'access-control-request-method': 'GET' }
    for (const method of ['GET', 'OPTIONS']) {
      const response = await send(METADATA, { method, headers })
      expect([method, response.headers.get('access-control-allow-origin')]).toEqual([method, '*'])
    }
  })

  it('is within the limit by address of every, and each is counted for itself', async () => {
    const { send } = await createTestGateway({
      config: { every: { limit: limitOf(1) }, routes: [route] },
    })
    expect((await send(KEYS)).status).toBe(200)
    expect(await refusal(await send(KEYS))).toEqual([429, 'rate_limited'])
  })

  it('has what is every’s, and nothing of the route that it belongs to', async () => {
    const { send } = await createTestGateway({
      routes: [{ ...route, cors: cors({ origins: [PAGE] }), limit: limitOf(0) }],
    })
    const response = await send(KEYS, { headers: { origin: PAGE } })
    expect(response.status).toBe(200)
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
  })

  it('says the id of a request where every has trace', async () => {
    const { send, lastEvent } = await createTestGateway({
      config: { every: { trace: tracing() }, routes: [route] },
    })
    const { headers } = await send(KEYS, { headers: { 'x-request-id': 'mine' } })
    expect([headers.get('x-request-id'), lastEvent()?.id]).toEqual(['mine', 'mine'])
  })
})

describe('a 429 by address', () => {
  it('says the id of the request where the route has trace', async () => {
    const { send } = await createTestGateway({
      routes: [{ path: '/*', to: ORIGIN, trace: tracing(), limit: limitOf(0) }],
    })
    const response = await send('/', { headers: { 'x-request-id': 'mine' } })
    expect([response.status, response.headers.get('x-request-id')]).toEqual([429, 'mine'])
    expect(await response.json()).toMatchObject({ instance: 'urn:gatehouse:request:mine' })
  })
})

describe('a limit by address that nothing can count', () => {
  const state = {
    fetch: async () => new Response(),
    takeRequests: () => Promise.reject(new Error('no such Worker')),
  } as unknown as StateBinding
  const one = { by: 'address', requests: 100, perSeconds: 60, state, name: 'flood' } as const

  it('is in the log also where the request is refused before its caller is known', async () => {
    const { send, lastEvent } = await createTestGateway({
      routes: [{ path: '/*', to: ORIGIN, limit: limit(one) }],
    })
    await send('/')
    expect(lastEvent()).toMatchObject({
      code: 'credential_missing',
      limitFailure: 'flood: no such Worker',
    })
  })

  it('is named with the others that failed', async () => {
    const { sendWithToken, lastEvent } = await createTestGateway({
      routes: [
        { path: '/*', to: ORIGIN, limit: limit(one, { ...one, by: 'subject', name: 'caller' }) },
      ],
    })
    await sendWithToken('/')
    expect(lastEvent()).toMatchObject({
      status: 200,
      limitFailure: 'flood: no such Worker; caller: no such Worker',
    })
  })
})
