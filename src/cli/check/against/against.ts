/** `npm run check -- --against REF`: which requests are judged otherwise by the file as it is now. */

import { judge } from '../../../config/owners-file.ts'
import type { Fetch } from '../../../lib/fetch.ts'
import type { Environment } from '../file.ts'
import { toTable } from '../routes.ts'
import { type Comparison, compare, type Difference } from './compare.ts'
import { differences, importText } from './other-file.ts'

/** Compares two texts of the file. Throws a TypeError where one of them is no sound config. */
export async function against(
  before: string,
  after: string,
  { env }: Pick<Environment, 'env'>,
  now = Math.floor(Date.now() / 1_000),
): Promise<Comparison> {
  const outside: { fetch: Fetch } = {
    fetch: () => Promise.reject(new Error('nobody is asked yet')),
  }
  const kept = new Map<string, string>()
  const given = standIns(env, kept, (request) => outside.fetch(request))
  const [then, later] = await Promise.all(
    [before, after].map(async (text, index) => {
      const which = index === 0 ? 'The other file' : 'The file as it is now'
      const exported = await importText(text)
      if ('problem' in exported) throw new TypeError(`${which}: ${exported.problem}`)
      const { config, problems } = judge(exported.define, given)
      if (!config) throw new TypeError(`${which} has problems: ${problems.join('; ')}`)
      return config
    }),
  )
  if (!then || !later) throw new TypeError('There are not two files')
  return compare(then, later, { changes: differences(before, after), kept, now, outside })
}

/** Nothing outside is reached, and both files get the same. */
function standIns(
  env: Readonly<Record<string, unknown>>,
  kept: ReadonlyMap<string, string>,
  fetch: Fetch,
): Record<string, unknown> {
  const store = {
    get: async (name: string) => kept.get(name) ?? null,
    put: async () => {},
  }
  const entries = Object.entries(env).map(([name, value]) => {
    const { fetch: own, get } = Object(value)
    if (typeof get === 'function') return [name, store]
    if (typeof own !== 'function') return [name, value]
    const read = (of: object, key: string | symbol) =>
      key === 'fetch' ? fetch : Reflect.get(of, key)
    return [name, new Proxy(value as object, { get: read })]
  })
  return Object.fromEntries(entries)
}

/** Lines for stdout. */
export function comparisonToText({ differences: found, probes }: Comparison): string[] {
  if (found.length === 0) return [`No request is judged otherwise, of ${probes} that were tried.`]
  return toTable<Difference>(found, {
    request: ({ request }) => request,
    'sent by': ({ caller }) => caller,
    before: ({ before }) => before,
    now: ({ after }) => after,
    requests: ({ requests }) => String(requests),
  })
}
