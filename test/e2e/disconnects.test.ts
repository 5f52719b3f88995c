// Clients that leave in the middle, by RST and by FIN, in every phase and while the gateway waits for
// somebody: what they began ends, and nobody who comes later pays for it.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type GatewayWorker, startGatewayWorker } from '../support/gateway-worker.ts'
import { type SocketIssuer, startIssuer } from '../support/issuer.ts'
import { type Origin, startOrigin } from '../support/origin.ts'
import { type DisconnectPhase, disconnect, type RawRequest } from '../support/raw-http.ts'

const CONFIG = `{
  schemes: {
    main: oidc({
      issuer: env.ISSUER,
      audience: 'gatehouse',
      introspect: { clientId: 'gateway', opaque: true, endpoint: env.INTROSPECTION },
    }),
  },
  routes: [{ path: '/*', to: env.ORIGIN }],
}`

const GOOD = [200, '']
const POLL = { timeout: 20_000, interval: 5 }
const BODY = 'x'.repeat(20_000)

let issuer: SocketIssuer
let origin: Origin
let gateway: GatewayWorker

beforeAll(async () => {
  origin = await startOrigin({
    modes: {
      '/hang': 'hang',
      '/half': 'hang_mid_body',
      '/stream': { stream: { bytes: 4_000_000 } },
      '/sink': 'sink',
    },
  })
})
afterAll(() => origin.stop())

// A gateway and an issuer that have not met.
beforeEach(async () => {
  issuer = await startIssuer({ algs: ['ES256'] })
  const vars = {
    ISSUER: issuer.issuer,
    INTROSPECTION: issuer.introspectionUri,
    ORIGIN: origin.url,
  }
  gateway = await startGatewayWorker({ config: CONFIG, vars })
  return async () => {
    origin.release()
    await gateway.stop()
    await issuer.stop()
  }
})

function request(target: string, token: string, upload = false): RawRequest {
  const headers: [string, string][] = [
    ['Host', `127.0.0.1:${gateway.port}`],
    ['Authorization', `Bearer ${token}`],
  ]
  if (!upload) return { target, headers }
  headers.push(['Content-Length', `${BODY.length}`])
  return { method: 'POST', target, headers, body: BODY }
}

/** Waits until so many calls have reached the issuer. */
function issuerCalled(count: number): Promise<void> {
  return expect.poll(() => issuer.calls.length, POLL).toBeGreaterThanOrEqual(count)
}

describe('a client that leaves by RST', () => {
  it('while the issuer hangs for it, costs the next one nothing', async () => {
    issuer.mode = 'hang'
    const token = await issuer.mint()
    const when = () => issuerCalled(1)
    await disconnect(gateway.port, request('/', token), {
      phase: 'before_response',
      by: 'rst',
      when,
    })
    issuer.mode = 'ok'
    expect(await gateway.show(token)).toEqual(GOOD)
  })

  it('while its unknown kid is looked up, does not take the lookup with it', async () => {
    await gateway.show(await issuer.mint())
    await issuer.rotate()
    const token = await issuer.mint()
    issuer.mode = 'hang'
    const known = issuer.calls.length
    const when = () => issuerCalled(known + 1)
    await disconnect(gateway.port, request('/', token), {
      phase: 'before_response',
      by: 'rst',
      when,
    })
    issuer.mode = 'ok'
    issuer.release()
    // The cooldown has begun: without what the first one asked for, this would be 401 for 30 s.
    await expect.poll(() => gateway.show(token), { timeout: 4_000 }).toEqual(GOOD)
    expect(issuer.counters.jwks).toBe(2)
  })

  it('while its token is introspected, leaves the issuer neither resting nor counted as failed', async () => {
    const token = issuer.mintOpaque()
    issuer.mode = { introspection: 'hang' }
    const when = () => issuerCalled(1)
    await disconnect(gateway.port, request('/', token), {
      phase: 'before_response',
      by: 'rst',
      when,
    })
    issuer.mode = 'ok'
    expect(await gateway.show(token)).toEqual(GOOD)
  })

  it.each([
    ['while the origin hangs', '/hang', 'before_response'],
    ['in the middle of the answer', '/half', 'response_body'],
  ] as const)('%s, is noticed there', async (_, target, phase) => {
    const token = await issuer.mint()
    const arrived = origin.next()
    const when = () => arrived
    await disconnect(gateway.port, request(target, token), { phase, by: 'rst', when })
    expect(await (await arrived).outcome).toBe('aborted')
  })

  it('in the middle of its upload, leaves the origin with a request that is not whole', async () => {
    const token = await issuer.mint()
    await gateway.show(token)
    const arrived = origin.next()
    const upload = request('/sink', token, true)
    const when = () => arrived
    await disconnect(gateway.port, upload, { phase: 'request_body', by: 'rst', when })
    expect(await (await arrived).outcome).toBe('aborted')
  })
})

describe('a client that only says that it will send no more', () => {
  it('still gets its whole answer', async () => {
    const token = await issuer.mint()
    const how = { phase: 'before_response', by: 'fin' } as const
    const connection = await disconnect(gateway.port, request('/stream', token), how)
    const { status, bytes } = await connection.read()
    connection.reset()
    expect([status, bytes.byteLength]).toEqual([200, 4_000_000])
  })
})

describe('a thousand clients that leave', () => {
  const PHASES: [DisconnectPhase, string, boolean][] = [
    ['request_headers', '/sink', true],
    ['request_body', '/sink', true],
    ['before_response', '/hang', false],
    ['response_body', '/half', false],
    ['response_body', '/stream', false],
  ]

  it('in every phase, by RST and FIN, leave the gateway as it was', async () => {
    const token = await issuer.mint()
    expect(await gateway.show(token)).toEqual(GOOD)
    for (let round = 0; round < 20; round++) {
      origin.requests.length = 0
      const phases = Array.from({ length: 5 }, () => PHASES).flat()
      const leaving = phases.flatMap(([phase, target, upload]) =>
        (['rst', 'fin'] as const).map(async (by) => {
          // Not before all of them have got as far as the origin.
          const when = () =>
            expect.poll(() => origin.requests.length, POLL).toBeGreaterThanOrEqual(50)
          const how = { phase, by, when, timeoutMs: 20_000 }
          const connection = await disconnect(gateway.port, request(target, token, upload), how)
          if (by === 'fin') connection.reset()
        }),
      )
      await Promise.all(leaving)
      // workerd takes no notice of FIN: what it began for these goes on for as long as the origin hangs.
      origin.release()
      if (round % 5 === 4) expect(await gateway.show(token)).toEqual(GOOD)
    }
    expect(await gateway.show(await issuer.mint())).toEqual(GOOD)
    expect(await gateway.show('x.y')).toEqual([401, 'invalid_token'])
    const upload = await gateway.send('/sink', token, {
      method: 'POST',
      headers: [['Content-Length', `${BODY.length}`]],
      body: BODY,
    })
    expect(JSON.parse(upload.body)).toMatchObject({ bytes: BODY.length })
    expect(issuer.counters).toMatchObject({ discovery: 1, jwks: 1 })
  })

  it('while the issuer hangs for each of them, leave nobody with a dead promise', async () => {
    const token = await issuer.mint()
    issuer.mode = 'hang'
    for (let round = 0; round < 10; round++) {
      const leaving = Array.from({ length: 10 }, () => {
        const when = () => issuerCalled(10 * (round + 1))
        const how = { phase: 'before_response', by: 'rst', when, timeoutMs: 20_000 } as const
        return disconnect(gateway.port, request('/', token), how)
      })
      await Promise.all(leaving)
    }
    issuer.mode = 'ok'
    issuer.release()
    for (let n = 0; n < 5; n++) expect(await gateway.show(token)).toEqual(GOOD)
  })
})
