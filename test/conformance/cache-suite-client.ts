/**
 * The client of the suite `http-cache-tests` (cache-suite.ts starts it): `node cache-suite-client.ts FOLDER URL`. It
 * prints what came of each test, `[id, kind, depends on, true or what went wrong]`, as JSON. A process of its own,
 * because the suite keeps its results in its modules.
 */

import { request as send } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

const PAUSE_MS = 500
/** Tests at once: more, and a busy machine refuses connections. */
const TOGETHER = 50

interface Suite {
  readonly id: string
  readonly tests: {
    readonly id: string
    readonly name: string
    readonly kind?: string
    readonly depends_on?: string[]
    readonly browser_only?: boolean
  }[]
}

const [folder = '', url = ''] = process.argv.slice(2)
const load = (file: string) => import(pathToFileURL(`${folder}/${file}`).href)
const { runTests, getResults } = await load('client/runner.mjs')
const suites = [
  ...(await load('tests/index.mjs')).default,
  (await load('tests/surrogate-control.mjs')).default,
] as Suite[]
await runTests(suites, later, false, url, TOGETHER)
const results = getResults() as Record<string, true | [kind: string, message: string]>
const rows = suites.flatMap(({ id: suite, tests }) =>
  tests
    .filter(({ browser_only }) => !browser_only)
    .map(({ id, name, kind = 'required', depends_on: dependsOn = [] }) => {
      return { id, suite, name, kind, dependsOn, result: results[id] }
    }),
)
process.stdout.write(JSON.stringify(rows))

/** What is stored is there a moment after its answer, and a client of the suite asks again in the same moment. */
async function later(...request: Parameters<typeof fetch>): Promise<object> {
  await setTimeout(PAUSE_MS)
  return fetch(...request)
}

/** A request as it is written, on a connection of its own: no client's own cache, header or redirect. */
function fetch(
  target: string,
  {
    method = 'GET',
    headers = [],
    body,
  }: { method?: string; headers?: [string, string][]; body?: string } = {},
): Promise<object> {
  return new Promise((resolve, reject) => {
    const sent: Record<string, string | string[]> = {}
    for (const [name, value] of headers) {
      const known = sent[name]
      sent[name] = known === undefined ? `${value}` : [known, `${value}`].flat()
    }
    const outgoing = send(target, { method, headers: sent, agent: false }, (incoming) => {
      const got = new Headers()
      for (let at = 0; at < incoming.rawHeaders.length; at += 2) {
        got.append(incoming.rawHeaders[at] ?? '', incoming.rawHeaders[at + 1] ?? '')
      }
      const chunks: Buffer[] = []
      incoming.on('data', (chunk) => chunks.push(chunk))
      incoming.on('error', reject)
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode,
          statusText: incoming.statusMessage,
          headers: got,
          text: async () => Buffer.concat(chunks).toString(),
        }),
      )
    })
    outgoing.setTimeout(20_000, () => outgoing.destroy(new Error('no answer in 20 seconds')))
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
