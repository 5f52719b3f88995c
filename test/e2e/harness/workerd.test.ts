// The test harness itself: what the other real-socket tests rely on must be true.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestIssuer } from '../../support/mint.ts'
import { type Echo, type Origin, startOrigin } from '../../support/origin.ts'
import { disconnect, openRaw, rawRequest } from '../../support/raw-http.ts'
import { values } from '../../support/raw-response.ts'
import { startWorkerd, type Workerd } from '../../support/workerd.ts'

// Shows what a Worker sees, and passes on what begins with /to-origin.
const MIRROR = `
  import { base64url } from 'jose'
  export default {
    async scheduled({ cron, scheduledTime }, env) {
      await env.STORE.put('cron', cron + ' ' + scheduledTime)
    },
    async fetch(request: Request, env) {
      if (request.url.includes('/to-origin')) return fetch(env.ORIGIN + '/to-origin', request)
      if (request.url.endsWith('/log')) console.log('one log line')
      if (request.url.endsWith('/rpc')) return Response.json(await env.LIMIT.limit({ key: 'k' }))
      if (request.url.endsWith('/service')) return env.SERVICE.fetch(request)
      if (request.url.endsWith('/http')) return env.HTTP.fetch(request)
      return Response.json({
        url: request.url,
        path: new URL(request.url).pathname,
        headers: [...request.headers],
        vars: [env.TEXT, env.JSON, base64url.encode('bundled')],
      })
    },
  }`

interface Mirrored {
  url: string
  path: string
  headers: [string, string][]
  vars: unknown[]
}

const TEXT = 'quote " backslash \\ newline \n é \u0001'

describe('workerd behind a raw socket', () => {
  let origin: Origin
  let worker: Workerd<'STORE'>

  beforeAll(async () => {
    origin = await startOrigin()
    worker = await startWorkerd({
      script: MIRROR,
      vars: { TEXT, JSON: { a: [1] }, ORIGIN: origin.url, ABSENT: undefined },
      kv: ['STORE'],
      protoHeader: 'X-Test-Proto',
      services: {
        SERVICE: {
          script: 'export default { fetch: (r, env) => new Response(env.NAME + " " + r.url) }',
          vars: { NAME: 'other' },
        },
        HTTP: { url: origin.url },
        LIMIT: {
          script: `import { WorkerEntrypoint } from 'cloudflare:workers'
            export class Limit extends WorkerEntrypoint { limit({ key }) { return { key } } }
            export default {}`,
          entrypoint: 'Limit',
        },
      },
    })
  })
  afterAll(async () => {
    await worker.stop()
    await origin.stop()
  })

  const mirror = async (target: string, headers: [string, string][] = []): Promise<Mirrored> => {
    const { body } = await rawRequest(worker.port, {
      target,
      headers: [['Host', 'gw'], ...headers],
    })
    return JSON.parse(body) as Mirrored
  }

  it.each(['/a/%2e%2e/b', '/a/../b', '/a\\..\\b', '//x', '/a;/../b', '/a?', '/a%00b'])(
    'shows the Worker the target %s as the client sent it',
    async (target) => {
      expect((await mirror(target)).url).toBe(`http://gw${target}`)
    },
  )

  it('refuses a blank in the target, as workerd does', async () => {
    expect((await rawRequest(worker.port, { target: '/a b' })).status).toBe(400)
  })

  it('keeps duplicate header lines apart on the way through', async () => {
    const headers: [string, string][] = [
      ['Host', 'gw'],
      ['X-Dup', '1'],
      ['x-dup', '2'],
      ['X_Dup', '3'],
    ]
    const { body } = await rawRequest(worker.port, { target: '/to-origin', headers })
    const echoed = (JSON.parse(body) as Echo).headers
    expect(values(echoed, 'x-dup')).toEqual(['1', '2'])
    expect(values(echoed, 'x_dup')).toEqual(['3'])
  })

  it('binds vars as text or JSON and bundles imports', async () => {
    expect((await mirror('/')).vars).toEqual([TEXT, { a: [1] }, 'YnVuZGxlZA'])
  })

  it('takes the scheme of the URL from the header it was told', async () => {
    const { url, headers } = await mirror('/x', [['X-Test-Proto', 'https']])
    expect(url).toBe('https://gw/x')
    expect(values(headers, 'x-test-proto')).toEqual([])
  })

  it('binds another Worker, an entrypoint with methods, and a server', async () => {
    const get = (target: string) => rawRequest(worker.port, { target })
    expect((await get('/service')).body).toBe(`other http://127.0.0.1:${worker.port}/service`)
    expect((await get('/rpc')).body).toBe('{"key":"k"}')
    expect(JSON.parse((await get('/a/%2e%2e/http')).body)).toMatchObject({ url: '/a/%2e%2e/http' })
  })

  it('fires the scheduled handler', async () => {
    expect(await worker.scheduled('*/5 * * * *', 1000)).toBe('ok')
    expect(worker.kv.STORE.text('cron')).toBe('*/5 * * * * 1000')
  })

  it('gives log lines as they come', async () => {
    await rawRequest(worker.port, { target: '/log' })
    expect(await worker.logLine(/one log/)).toBe('one log line')
  })

  it('measures the memory of the process', ({ skip }) => {
    if (process.platform !== 'linux') skip('no /proc on this system')
    expect(worker.rssBytes()).toBeGreaterThan(10_000_000)
  })

  it('tells the origin of a client that left', async () => {
    origin.modes.set('/to-origin', 'hang')
    const arrival = origin.next()
    await disconnect(
      worker.port,
      { target: '/to-origin' },
      { phase: 'before_response', by: 'rst', when: () => arrival },
    )
    expect(await (await arrival).outcome).toBe('aborted')
    origin.modes.clear()
  })

  it('stops with a request hanging, and rejects what cannot start', async () => {
    const hung = await startWorkerd({
      script: 'export default { fetch: () => new Promise(() => {}) }',
    })
    const connection = await openRaw(hung.port)
    connection.send('GET / HTTP/1.1\r\nHost: gw\r\n\r\n')
    await hung.stop()
    await connection.closed()
    expect(() => process.kill(hung.pid, 0)).toThrow('ESRCH')
    await expect(startWorkerd({ script: 'export default {}; nope()' })).rejects.toThrow('nope')
    await expect(startWorkerd({ script: 'export default {' })).rejects.toThrow('end of file')
  })

  it('ends the test of a Worker whose log has a token', async () => {
    const telling = await startWorkerd({
      script: `export default {
        fetch(request) {
          console.log(request.headers.get('authorization'))
          return new Response()
        }
      }`,
    })
    const token = await (await createTestIssuer({ algs: ['ES256'] })).mint()
    await fetch(telling.url, { headers: { authorization: token.split('.')[2] ?? '' } })
    await expect(telling.stop()).rejects.toThrow('the log of a Worker has what a client showed')
  })

  it('ends when the process that started it is killed', async () => {
    const module = fileURLToPath(new URL('../../support/workerd.ts', import.meta.url).href)
    const source = `import { startWorkerd } from ${JSON.stringify(module)}
      const { port } = await startWorkerd({ script: 'export default { fetch: () => new Response() }' })
      console.log(port)`
    const parent = spawn(process.execPath, ['--input-type=module-typescript', '-e', source], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(parent.stdout, 'data')) as [Buffer]
    const port = Number(line.toString())
    expect(await rawRequest(port, { target: '/' })).toMatchObject({ status: 200 })
    parent.kill('SIGKILL')
    const ended = () => openRaw(port).then(({ reset }) => reset(), String)
    await expect.poll(ended, { timeout: 5000 }).toContain('ECONNREFUSED')
  })
})
