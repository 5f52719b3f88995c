/** The yardstick outside the Workers runtime: HAProxy, which verifies every time and has no cache. */

import { difference } from '../contest.ts'
import { haproxyVersion, startHaproxy } from '../haproxy.ts'
import { repeatedLines, requestContest } from '../requests.ts'
import { briefly, type World } from '../world.ts'
import { atMost, type Row } from './row.ts'
import { checked, entering, GATE, PASS, toPassThrough } from './verify.ts'

const PLAIN = 'HAProxy, plain'
const VERIFY = 'HAProxy, jwt_verify'

/** What the checks add to a request here and there. No rows where HAProxy is not installed. */
export async function haproxyRows(world: World): Promise<Row[]> {
  const version = haproxyVersion()
  if (version === undefined) {
    world.progress('HAProxy is not installed (apt install haproxy): its rows are left out')
    return []
  }
  const { smallPort: originPort, key, issuerUrl } = world
  const verify = { publicKeyPem: key.publicKeyPem, issuer: issuerUrl }
  const enter = entering(world, repeatedLines(world))
  const results = await requestContest(briefly(world), [
    enter(PASS, 'pass-through.ts'),
    enter(GATE, 'gatehouse.ts'),
    enter(PLAIN, () => startHaproxy('haproxy', { originPort })),
    await checked(
      world,
      enter(VERIFY, () => startHaproxy('haproxy-verify', { originPort, verify })),
    ),
  ])
  const row = toPassThrough('haproxy', results)
  const added = difference(results, GATE, PASS)
  const native = Math.round(difference(results, VERIFY, PLAIN).median)
  return [
    row(PLAIN),
    row(VERIFY),
    {
      group: 'haproxy',
      label: 'CPU a repeated token adds to pass-through',
      value: added,
      unit: 'µs',
      goal: atMost(added, native, `≤ ${native} µs, what jwt_verify adds to HAProxy`),
      context: version,
    },
  ]
}
