// The suite `http-cache-tests` (https://cache-tests.fyi) against a gateway on workerd that caches, against one that
// does not, and against its own server.

import { execFile } from 'node:child_process'
import { createServer, type RequestListener } from 'node:http'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CacheStore, startCache } from '../support/cache.ts'
import { type Results, type SuiteTest, suiteTests } from '../support/cache-suite.ts'
import { type Listening, listenOnLoopback } from '../support/listen.ts'
import { startWorkerd, type Workerd } from '../support/workerd.ts'

const script = `
  import { cached } from './src/edge/cache/cached.ts'
  import { createGateway } from './src/gateway.ts'

  let gateway
  const config = ({ ORIGIN, CACHED }) => ({
    schemes: {},
    routes: [
      { path: '/*', auth: 'public', to: ORIGIN, keep: ['authorization'], ...(CACHED && { cache: cached({ share: 'everyone' }) }) },
    ],
  })
  export default {
    // It answers when what is to be stored is stored, so that the next request of a test finds it.
    async fetch(request, env) {
      gateway ??= createGateway(() => config(env), { log: () => {} })
      const pending = []
      const response = await gateway.fetch(request, { waitUntil: (work) => pending.push(work) })
      const body = response.body && (await response.arrayBuffer())
      await Promise.allSettled(pending)
      return new Response(body, response)
    },
  }`

let server: Listening
let store: CacheStore
let caching: Workerd
let plain: Workerd
let results: Record<'direct' | 'plain' | 'caching', Results>
let tests: SuiteTest[]

beforeAll(async () => {
  tests = await suiteTests()
  server = await listenOnLoopback(createServer(await suiteHandler()))
  store = await startCache()
  const ORIGIN = `http://127.0.0.1:${server.port}`
  caching = await startWorkerd({ script, vars: { ORIGIN, CACHED: 'yes' }, cache: store })
  plain = await startWorkerd({ script, vars: { ORIGIN } })
  const [direct, without, cachedResults] = await Promise.all([
    runSuite(ORIGIN),
    runSuite(plain.url),
    runSuite(caching.url),
  ])
  results = { direct, plain: without, caching: cachedResults }
}, 120_000)
afterAll(async () => {
  await plain?.stop()
  await caching?.stop()
  await store?.stop()
  await server?.stop()
})

/** The suite's own server, on loopback alone. */
async function suiteHandler(): Promise<RequestListener> {
  const handlers = new Map<
    string,
    (segments: string[], ...rest: Parameters<RequestListener>) => void
  >()
  for (const name of ['config', 'state', 'test']) {
    const { default: handle } = await import(`http-cache-tests/server/handle-${name}.mjs`)
    handlers.set(name, handle)
  }
  return (request, response) => {
    const [, name = '', ...segments] = (request.url ?? '').split('?')[0]?.split('/') ?? []
    const handle = handlers.get(name)
    if (handle) handle(segments, request, response)
    else response.writeHead(404).end()
  }
}

async function runSuite(base: string): Promise<Results> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--no-warnings', 'test/support/cache-suite.ts', base],
    { maxBuffer: 10_000_000 },
  )
  return JSON.parse(stdout) as Results
}

const failed = (of: Results, ids: readonly string[]) => ids.filter((id) => of[id] !== true)

describe('the suite for HTTP caches', () => {
  it('finds nothing wrong that RFC 9111 requires', () => {
    if (process.env['SHOW'])
      console.log(
        JSON.stringify(
          failed(
            results.caching,
            tests.map(({ id }) => id),
          ).map((id) => [
            tests.find((t) => t.id === id)?.kind ?? 'required',
            id,
            results.caching[id],
            results.plain[id],
            results.direct[id],
          ]),
          null,
          0,
        ).replaceAll('],[', '],\n['),
      )
    const required = tests.filter(({ kind = 'required' }) => kind === 'required')
    expect(
      failed(
        results.caching,
        required.map(({ id }) => id),
      ),
    ).toEqual([])
  })
})
