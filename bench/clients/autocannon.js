/**
 * Sends a fixed number of requests with autocannon; prints the same figures as wrk.lua.
 * JavaScript, because it imports a peer that is installed only when the benchmark runs.
 */

import { readFileSync } from 'node:fs'
import autocannon from 'autocannon'

const spec = JSON.parse(process.argv[2])
const lines = readFileSync(spec.file, 'utf8').trimEnd().split('\n')
let sent = 0

const started = performance.now()
const result = await autocannon({
  url: spec.url,
  connections: Math.min(spec.connections, spec.requests),
  amount: spec.requests,
  timeout: 10,
  requests: [
    {
      setupRequest: (request) => {
        const [path, token] = lines[sent++ % lines.length].split('\t')
        const headers = token === '' ? {} : { authorization: `Bearer ${token}` }
        return { ...request, path, headers }
      },
    },
  ],
})

console.log(
  JSON.stringify({
    requests: result['2xx'],
    seconds: (performance.now() - started) / 1000,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    failures: result.non2xx + result.errors + result.timeouts,
  }),
)
