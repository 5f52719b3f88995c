// docs/metrics.md: its columns beside the ones in the code, and its queries run on points of real requests. SQLite
// stands in for Analytics Engine, with three of its functions. All points are of one hour, and all hours are asked for.

import { readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { beforeAll, describe, expect, it } from 'vitest'
import { limit } from '../../src/edge/limit/limit.ts'
import { BLOBS, DOUBLES } from '../../src/operate/metrics/columns.ts'
import { type Dataset, metrics } from '../../src/operate/metrics/metrics.ts'
import { createTestGateway, ORIGIN } from '../support/gateway.ts'

const PAGE = readFileSync('docs/metrics.md', 'utf8')
const QUERIES = [...PAGE.matchAll(/^(\S.*\?)\n\n```sql\n([^`]*)```/gm)].map(
  ([, question = '', query = '']) => [question, query] as const,
)

const columns = [
  ...BLOBS.map(({ name }, index) => [`blob${index + 1}`, name]),
  ...DOUBLES.map(({ name }, index) => [`double${index + 1}`, name]),
]

/** A dataset with the functions that the page uses; each point stands for three. */
function createDataset() {
  const database = new DatabaseSync(':memory:')
  const names = columns.map(([column]) => column)
  database.exec(
    `CREATE TABLE gatehouse (timestamp INTEGER, _sample_interval REAL, index1 TEXT, ${names.join(', ')})`,
  )
  database.function('toStartOfHour', (time) => Number(time) - (Number(time) % 3_600))
  database.aggregate('sumIf', {
    start: 0,
    step: (sum, value, isCounted) => Number(sum) + (isCounted ? Number(value) : 0),
  })
  database.aggregate('quantileWeighted', {
    start: '',
    step: (all, level, value, weight) => `${all}${level},${value},${weight} `,
    result: (all) => {
      const rows = String(all)
        .trim()
        .split(' ')
        .map((row) => row.split(',').map(Number))
      const [[level = 0] = []] = rows
      const sorted = rows
        .flatMap(([, value = 0, weight = 0]) => Array<number>(weight).fill(value))
        .sort((a, b) => a - b)
      return sorted[Math.ceil(level * sorted.length) - 1] ?? null
    },
  })
  const insert = database.prepare(
    `INSERT INTO gatehouse VALUES (7200, 3, ?, ${names.map(() => '?').join(', ')})`,
  )
  const dataset: Dataset = {
    writeDataPoint: ({ indexes = [], blobs = [], doubles = [] }) =>
      insert.run(indexes[0] ?? '', ...blobs, ...doubles),
  }
  const ask = (query: string) =>
    database.prepare(query.replaceAll(/NOW\(\) - INTERVAL '\d+' DAY/g, '0')).all()
  return { dataset, ask }
}

describe('docs/metrics.md', () => {
  let ask: ReturnType<typeof createDataset>['ask']

  beforeAll(async () => {
    const { dataset, ask: asking } = createDataset()
    ask = asking
    let isOver = false
    const binding = { limit: async () => ({ success: !isOver }) }
    // A part that says what the cache would.
    const hits = {
      check: () => {},
      compile: () => ({ finish: () => {}, fields: () => ({ cache: 'hit' }) }),
    }
    const { send, issuer } = await createTestGateway({
      config: { metrics: metrics({ dataset, unitsHeader: 'x-units' }) },
      routes: [
        {
          path: '/orders/*',
          deprecated: hits,
          to: ORIGIN,
          limit: limit({ by: 'client', requests: 1, perSeconds: 10, binding }),
        },
        { path: '/down', to: () => Response.error() },
      ],
      origin: () => {
        return new Response(null, { headers: { 'x-units': '2' } })
      },
    })
    for (const [client, path] of [
      ['app', '/orders/1'],
      ['app', '/orders/2'],
      ['web', '/orders/3'],
      ['web', '/down'],
      [undefined, '/orders/4'],
    ] as const) {
      const token = await issuer.mint({ client_id: client })
      await send(
        path,
        client === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
      )
    }
    isOver = true
    const token = await issuer.mint({ client_id: 'web' })
    await send('/orders/5', { headers: { authorization: `Bearer ${token}` } })
  })

  it('has every column under its name, and no other', () => {
    const rows = PAGE.matchAll(/^\| `((?:blob|double)\d+)` \| `(\w+)` \|/gm)
    expect([...rows].map(([, column, name]) => [column, name])).toEqual(columns)
  })

  it('has the members of a usage event', () => {
    const source = readFileSync('src/operate/metrics/columns.ts', 'utf8')
    const [, body = ''] = /interface Usage \{\n([^}]*)\n\}/.exec(source) ?? []
    const declared = [...body.matchAll(/readonly (\w+):/g)].map(([, name]) => name)
    const [, page = ''] = PAGE.split('## Usage, exactly')
    const told = [...page.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, names]) => names?.match(/\w+/g))
    expect(told).toEqual(declared)
  })

  const orders = '/orders/*'
  const ms = expect.any(Number)
  const ANSWERS: Record<string, unknown[]> = {
    'How much is each route used, and how much of it goes wrong?': [
      { route: orders, requests: 15, refused: 6, failed: 0 },
      { route: '/down', requests: 3, refused: 0, failed: 3 },
    ],
    'When did it go wrong?': [{ hour: 7_200, requests: 18, failing: 3 / 18 }],
    'How long do clients wait?': [{ route: orders, p50: ms, p95: ms, p99: ms }],
    'For which service do they wait?': [
      { origin: 'origin.test', requests: 9, p95: ms },
      { origin: 'handler', requests: 3, p95: ms },
    ],
    'What is refused, where, and why?': [
      { code: 'credential_missing', route: orders, requests: 3 },
      { code: 'origin_unreachable', route: '/down', requests: 3 },
      { code: 'rate_limited', route: orders, requests: 3 },
    ],
    'Which applications use it most?': [
      { client: 'web', requests: 9 },
      { client: 'app', requests: 6 },
    ],
    'What is to be billed to whom?': [
      { client: 'app', key: '', units: 12 },
      { client: 'web', key: '', units: 6 },
    ],
    'Who runs into limits?': [{ client: 'web', route: orders, requests: 3 }],
    'How much does the cache answer?': [{ route: orders, hits: 1 }],
    'How often does a request wait for keys or for the issuer, and how long?': [
      { keys: 'memory', requests: 12, p95: ms },
      { keys: 'issuer', requests: 3, p95: ms },
    ],
  }

  it('has an answer here for each of its ten questions', () => {
    expect(QUERIES.map(([question]) => question)).toEqual(Object.keys(ANSWERS))
    expect(QUERIES).toHaveLength(10)
  })

  it.each(QUERIES)('answers: %s', (question, query) => {
    const rows = ask(query).map((row) => ({ ...row }))
    const expected = ANSWERS[question] ?? []
    expect(rows).toHaveLength(expected.length)
    expect(rows).toEqual(expect.arrayContaining(expected))
  })
})
