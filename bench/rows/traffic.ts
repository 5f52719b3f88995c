/** What each part for traffic costs where it is on: a request with a repeated token, against the same route without. */

import { ASSERTION_KEY } from '../../test/support/assertion-keys.ts'
import { ratio } from '../contest.ts'
import { repeatedLines, requestContest } from '../requests.ts'
import type { World } from '../world.ts'
import { absolute, type Row } from './row.ts'

const WITHOUT = 'none'
const PARTS = ['cors', 'limit, state', 'limit, binding', 'cache, hit', 'assertion', 'trace']

export async function trafficRows(world: World): Promise<Row[]> {
  const callers = [WITHOUT, ...PARTS].map((name) => ({
    name,
    recipe: () => world.serve('traffic.ts', { vars: { PART: name, ASSERTION_KEY } }),
    lines: repeatedLines(world),
  }))
  const results = await requestContest(world, callers)
  return PARTS.map((name) => ({
    group: 'traffic',
    label: `a repeated token, with ${name} ÷ without`,
    value: ratio(results, name, WITHOUT),
    unit: '×',
    ...absolute(results, name),
  }))
}
