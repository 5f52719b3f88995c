// Origins that fail, over real sockets: whatever an origin does, a client gets an answer that says
// whose fault it is, and the next request is served.

import { createServer } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { listenOnLoopback } from '../support/listen.ts'
import { type Origin, startOrigin } from '../support/origin.ts'
import { openRaw, rawRequest } from '../support/raw-http.ts'
import { startWorkerd, type Workerd } from '../support/workerd.ts'

const SCRIPT = `
import { worker } from './src/worker.ts'

const open = { auth: 'public', timeoutSeconds: 0.2 }

export default worker((env) => ({
  schemes: {},
  routes: [
    { ...open, path: '/bound/*', to: env.BINDING },
    { ...open, path: '/closed/*', to: env.CLOSED },
    { ...open, path: '/loop/*', to: env.BINDING },
    { ...open, path: '/*', to: env.ORIGIN },
  ],
}))`

let origin: Origin
let gateway: Workerd

beforeAll(async () => {
  origin = await startOrigin()
  const closed = await listenOnLoopback(createServer())
  await closed.stop()
  gateway = await startWorkerd({
    script: SCRIPT,
    vars: { ORIGIN: origin.url, CLOSED: `http://127.0.0.1:${closed.port}` },
    services: { BINDING: { url: origin.url } },
  })
})
afterAll(() => Promise.all([gateway.stop(), origin.stop()]))
beforeEach(() => {
  origin.release()
  origin.modes.clear()
  origin.requests.length = 0
})

async function ask(target: string, lines: [string, string][] = []) {
  const headers: [string, string][] = [['Host', 'localhost'], ...lines]
  const { status, body } = await rawRequest(gateway.port, { target, headers })
  return [status, status < 400 ? '' : (JSON.parse(body) as { code?: string }).code]
}

const UNREACHABLE = [502, 'origin_unreachable']
const GOOD = [200, '']

describe('an origin', () => {
  for (const path of ['/x', '/bound/x']) {
    for (const mode of ['reset', 'close', 'invalid_http'] as const) {
      it(`behind ${path} in mode ${mode} is 502, and the next request is served`, async () => {
        origin.modes.set(path, mode)
        expect(await ask(path)).toEqual(UNREACHABLE)
        origin.modes.clear()
        expect(await ask(path)).toEqual(GOOD)
      })
    }

    it(`behind ${path} that hangs is 504, is left, and is asked again by the next request`, async () => {
      origin.modes.set(path, 'hang')
      expect(await ask(path)).toEqual([504, 'origin_timeout'])
      expect(await origin.requests[0]?.outcome).toBe('aborted')
      origin.modes.clear()
      expect(await ask(path)).toEqual(GOOD)
    })
  }

  it('that is not there is 502', async () => {
    expect(await ask('/closed/x')).toEqual(UNREACHABLE)
  })

  it('may take longer than the route gives it, once it has begun', async () => {
    origin.modes.set('/x', { events: { count: 8, everyMs: 50 } })
    const headers: [string, string][] = [['Host', 'localhost']]
    const { status, body } = await rawRequest(gateway.port, { target: '/x', headers })
    expect(status).toBe(200)
    expect(body.match(/^data: event \d$/gm)).toHaveLength(8)
  })

  for (const mode of ['reset_mid_body', 'half_body'] as const) {
    it(`that leaves in its answer (${mode}) takes the connection with it: half is not whole`, async () => {
      origin.modes.set('/x', mode)
      const connection = await openRaw(gateway.port)
      connection.send('GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n')
      expect((await connection.readHead()).status).toBe(200)
      await connection.closed()
      expect(connection.rest().byteLength).toBeLessThan(1_000)
      connection.reset()
      origin.modes.clear()
      expect(await ask('/x')).toEqual(GOOD)
    })
  }

  it('may send headers of 64 KiB', async () => {
    origin.modes.set('/x', { huge_headers: { bytes: 65_536 } })
    expect(await ask('/x')).toEqual(GOOD)
  })

  it('that answers before it has read the request is heard', async () => {
    origin.modes.set('/x', (_request, response) => {
      response.writeHead(413, { 'Content-Type': 'application/json', Connection: 'close' })
      response.end('{"code":"origin says no"}')
    })
    const connection = await openRaw(gateway.port)
    connection.send('POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nabc')
    const { status, body } = await connection.read()
    expect([status, body]).toEqual([413, '{"code":"origin says no"}'])
    connection.reset()
  })

  for (const status of ['099', '600', '999', '1000', '20', 'abc']) {
    it(`that answers with status ${status}, which there is not, is 502`, async () => {
      origin.modes.set('/x', ({ socket }) => {
        socket.end(`HTTP/1.1 ${status} What\r\nContent-Length: 0\r\n\r\n`)
      })
      expect(await ask('/x')).toEqual(UNREACHABLE)
      origin.modes.clear()
      expect(await ask('/x')).toEqual(GOOD)
    })
  }

  it('that is the gateway itself is 508', async () => {
    expect(await ask('/x', [['X-Gatehouse-Hops', '5']])).toEqual([508, 'origin_loop'])
    expect(origin.requests).toEqual([])
  })
})
