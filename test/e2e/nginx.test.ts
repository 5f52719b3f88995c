// nginx with its defaults as an origin, where Debian's package is installed: the strictest limit on headers
// that is common. Whatever the gateway says of a caller gets through; what would not is left out and logged.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as later } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MAX_HEADER_LENGTH } from '../../src/upstream/claims.ts'
import { ASSERTION_KEY } from '../support/assertion-keys.ts'
import { type GatewayWorker, startGatewayWorker } from '../support/gateway-worker.ts'
import { type SocketIssuer, startIssuer } from '../support/issuer.ts'
import { listenOnLoopback } from '../support/listen.ts'

const BINARY = '/usr/sbin/nginx'
const isThere = existsSync(BINARY)
if (!isThere) {
  console.warn(`The nginx suite is skipped: ${BINARY} is missing: install Debian's nginx-light.`)
}

const CONFIG = `{
  schemes: { main: oidc({ issuer: env.ISSUER, audience: 'gatehouse', maxTokenLength: 16384 }) },
  every: {
    assertion: assertion({ keys: [env.KEY], claims: ['note', 'roles'] }),
    trace: tracing(),
  },
  routes: [{ path: '/*', to: env.ORIGIN, forward: { 'x-user-note': 'note' } }],
}`

describe.skipIf(!isThere)('nginx', () => {
  let folder: string
  let nginx: ChildProcess
  let origin: string
  let issuer: SocketIssuer
  let gateway: GatewayWorker

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-nginx-'))
    const free = await listenOnLoopback(createServer())
    await free.stop()
    origin = `http://127.0.0.1:${free.port}`
    const file = join(folder, 'nginx.conf')
    await writeFile(
      file,
      `daemon off; pid ${folder}/pid; error_log ${folder}/error.log; events {}
       http {
         access_log off;
         client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
         fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
         server { listen 127.0.0.1:${free.port}; location / { return 200 "subject=$http_x_auth_subject"; }
           location /assertion { return 200 "$http_x_auth_assertion"; } }
       }`,
    )
    nginx = spawn(BINARY, ['-p', folder, '-c', file], { stdio: 'ignore' })
    while ((await fetch(origin).catch(() => undefined)) === undefined) await later(20)
    issuer = await startIssuer({ algs: ['ES256'] })
    const vars = { ISSUER: issuer.issuer, ORIGIN: origin, KEY: ASSERTION_KEY }
    gateway = await startGatewayWorker({ config: CONFIG, vars })
  })
  afterAll(async () => {
    await Promise.all([gateway.stop(), issuer.stop()])
    nginx.kill()
    await once(nginx, 'exit')
    await rm(folder, { recursive: true, force: true })
  })

  it('takes every header that the gateway sends, the longest included', async () => {
    const note = 'x'.repeat(MAX_HEADER_LENGTH)
    const roles = ['r'.repeat(MAX_HEADER_LENGTH)]
    for (const claims of [{ note }, { roles }, { note: `${note}x` }, { roles: [...roles, 'r'] }]) {
      const token = await issuer.mint(claims)
      const { status, body } = await gateway.send('/', token)
      expect([status, body]).toEqual([200, 'subject=user-1'])
    }
  })

  it('takes the longest assertion and the longest trace', async () => {
    // An assertion grows by four characters for three of a claim; the last ones here are left out.
    const lengths: number[] = []
    for (let length = 4_500; length <= 5_100; length += 60) {
      const token = await issuer.mint({ note: 'x'.repeat(length), roles: undefined })
      const state = Array.from({ length: 15 }, (_, i) => `k${i}=${'v'.repeat(250)}`).join()
      const headers: [string, string][] = [
        ['traceparent', `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`],
        ['tracestate', state],
        ['X-Request-Id', 'x'.repeat(128)],
      ]
      const { status, body } = await gateway.send('/assertion', token, { headers })
      expect(status).toBe(200)
      lengths.push(body.length)
    }
    const sent = lengths.filter((length) => length > 0)
    expect(Math.max(...sent)).toBeGreaterThan(MAX_HEADER_LENGTH - 100)
    expect(Math.max(...sent)).toBeLessThanOrEqual(MAX_HEADER_LENGTH)
  })

  it('would refuse a header that is longer still, which is why there is a limit', async () => {
    const ask = async (length: number) =>
      (await fetch(origin, { headers: { 'x-auth-claims': 'x'.repeat(length) } })).status
    expect(await ask(MAX_HEADER_LENGTH)).toBe(200)
    expect(await ask(8_192)).toBe(400)
  })
})
