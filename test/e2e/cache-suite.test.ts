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
  await plain.stop()
  await caching.stop()
  await store.stop()
  await server.stop()
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

/** What is required and not so here, each with the reason. */
const DIFFERENT: Record<string, string> = {
  'age-parse-prefix':
    'its name says stale and it asks for cached; an age that cannot be read counts as stale here',
  'headers-store-Content-Range': 'an answer with Content-Range is never stored',
  'headers-store-Set-Cookie': 'an answer with Set-Cookie is never stored',
  '304-etag-update-response-Content-Range': 'an answer with Content-Range is never stored',
  '304-etag-update-response-Set-Cookie': 'an answer with Set-Cookie is never stored',
  '304-etag-update-response-ETag':
    'a 304 with another ETag is about another answer, which is asked for',
  'partial-use-headers':
    'the setup wants parts to be served from a stored whole; they come from the origin',
  'invalidate-M-SEARCH': 'the method is none that the gateway serves: 501',
  'invalidate-M-SEARCH-cl': 'the method is none that the gateway serves: 501',
  'cc-resp-must-revalidate-stale': 'its second request wants an answer that has just become stale',
}

/** These break the connection to the origin, and the suite takes the 502 of any gateway for a stored answer. */
const ANY_GATEWAY = /^stale-close-/

/** What an optimal cache does, by the reason why this one does not. */
const OPTIONAL: [pattern: RegExp, reason: string][] = [
  [/^heuristic-/, 'an answer that does not say how long is not stored: no guessing'],
  [/^method-POST$/, 'answers to POST are not stored'],
  [
    /^status-(?:\d99|400|50[0234])-fresh$/,
    'errors, and statuses without a meaning, are not stored',
  ],
  [/^vary-normalise-/, 'values of headers are compared as they are written'],
  [/^conditional-lm-fresh-no-lm$/, 'without Last-Modified there is nothing to compare with'],
  [/^invalidate-M-SEARCH/, 'the method is none that the gateway serves'],
  [/^partial-/, 'parts come from the origin'],
  [/^other-set-cookie$/, 'an answer with Set-Cookie is never stored'],
]

const failed = (of: Results, kinds: readonly string[]) =>
  tests
    .filter(({ id, kind = 'required' }) => kinds.includes(kind) && of[id] !== true)
    .map(({ id }) => id)

describe('the suite for HTTP caches', () => {
  it('finds nothing wrong of what RFC 9111 requires, but for what is different on purpose', () => {
    const wrong = failed(results.caching, ['required']).filter((id) => !ANY_GATEWAY.test(id))
    expect(wrong.filter((id) => DIFFERENT[id] === undefined)).toEqual([])
  })

  it('misses of an optimal cache only what has a reason', () => {
    const missed = failed(results.caching, ['optimal'])
    expect(missed.filter((id) => !OPTIONAL.some(([pattern]) => pattern.test(id)))).toEqual([])
  })

  it('never finds a stored answer where nothing is cached', () => {
    const stored = Object.entries(results.plain).filter(
      ([id, result]) =>
        !ANY_GATEWAY.test(id) && result !== true && /comes from cache/.test(result[1]),
    )
    expect(stored.map(([id]) => id)).toEqual([])
  })
})
