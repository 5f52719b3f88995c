/** The main figure: CPU per request with a verified token, beside what a user would pick instead. */

import { contest, type Entrant, type Line } from '../contest.ts'
import { haproxyVersion, startHaproxy } from '../haproxy.ts'
import { end } from '../processes.ts'
import { assertSameWork } from '../same-work.ts'
import { differences, ratios, spread } from '../stats.ts'
import type { RunningWorker } from '../workerd.ts'
import type { World } from '../world.ts'
import { absolute, atMost, of, type Row } from './row.ts'

const GROUP = 'verify'
const PATH = '/orders/1'

interface Contender {
  name: string
  entry: string
  /** Every request has a token that this process has not seen. */
  firstSeen?: boolean
}

const PASS = 'pass-through'
/** The same process, half a round later: how far the machine lets two equal figures differ. */
const PASS_AGAIN = 'pass-through, measured again'
const REPEATED = 'Gatehouse, repeated token'
const FIRST_SEEN = 'Gatehouse, first-seen token'
const JOSE_FIRST_SEEN = 'jose by hand, first-seen token'
const HAPROXY = 'HAProxy, plain'
const HAPROXY_VERIFY = 'HAProxy, jwt_verify'

const CONTENDERS: Contender[] = [
  { name: REPEATED, entry: 'gatehouse.ts' },
  { name: FIRST_SEEN, entry: 'gatehouse.ts', firstSeen: true },
  { name: 'jose by hand, token cache', entry: 'jose-cached.ts' },
  { name: 'jose by hand', entry: 'jose.ts' },
  { name: JOSE_FIRST_SEEN, entry: 'jose.ts', firstSeen: true },
  { name: 'Hono, cached keys', entry: 'hono-cached.js' },
  { name: 'Hono, as documented', entry: 'hono.js' },
  { name: 'verify-rsa-jwt, keys in KV', entry: 'verify-rsa-jwt.js' },
]

export async function verifyRows(world: World): Promise<Row[]> {
  const servers: RunningWorker[] = []
  const entrants: Entrant[] = []
  const repeated: Line[] = [{ path: PATH, token: world.token }]
  const fresh = await freshLines(world)

  const enter = (name: string, server: RunningWorker, firstSeen = false) => {
    servers.push(server)
    entrants.push({
      name,
      url: server.url,
      pid: server.pid,
      lines: firstSeen ? fresh : () => repeated,
    })
  }
  const passThrough = await world.serve('pass-through', 'pass-through.ts')
  enter(PASS, passThrough)
  for (const [index, { name, entry, firstSeen }] of CONTENDERS.entries()) {
    if (index === CONTENDERS.length / 2) enter(PASS_AGAIN, passThrough)
    const server = await world.serve(`verify-${index}`, entry)
    await assertSameWork(name, server.url, world)
    enter(name, server, firstSeen)
  }
  const haproxy = haproxyVersion()
  if (haproxy === undefined) {
    world.progress('HAProxy is not installed (apt install haproxy): its rows are left out')
  } else {
    const { smallPort: originPort, key, issuerUrl } = world
    const verify = { publicKeyPem: key.publicKeyPem, issuer: issuerUrl }
    enter(HAPROXY, await startHaproxy('haproxy', { originPort }))
    const server = await startHaproxy('haproxy-verify', { originPort, verify })
    await assertSameWork(HAPROXY_VERIFY, server.url, world)
    enter(HAPROXY_VERIFY, server)
  }

  const results = await contest(entrants, world)
  await Promise.all(servers.map(({ child }) => end(child)))

  // Every round's divisor is the mean of its two pass-through figures.
  const again = of(results, PASS_AGAIN).cpu
  const pass = of(results, PASS).cpu.map((cpu, round) => (cpu + (again[round] ?? cpu)) / 2)
  const rows = entrants.map(({ name }): Row => {
    const measured = of(results, name)
    const value = spread(ratios(measured.cpu, pass))
    const row: Row = { group: GROUP, label: name, value, unit: '×', ...absolute(measured) }
    if (name === REPEATED) row.goal = atMost(value, 1.3, '≤ 1.30 × pass-through')
    return row
  })

  const againstJose = spread(ratios(of(results, FIRST_SEEN).cpu, of(results, JOSE_FIRST_SEEN).cpu))
  rows.push({
    group: GROUP,
    label: 'first-seen token: Gatehouse to jose by hand',
    value: againstJose,
    unit: '×',
    goal: atMost(againstJose, 1, '≤ 1.00 × jose by hand'),
  })

  const added = spread(differences(of(results, REPEATED).cpu, pass))
  const row: Row = { group: GROUP, label: 'CPU a repeated token adds', value: added, unit: 'µs' }
  if (haproxy !== undefined) {
    const native = spread(
      differences(of(results, HAPROXY_VERIFY).cpu, of(results, HAPROXY).cpu),
    ).median
    row.goal = atMost(added, native, `below ${native.toFixed(0)} µs, what jwt_verify adds`)
    row.context = haproxy
  }
  rows.push(row)
  return rows
}

/** Tokens that no process has seen: a slice of its own for every round, the same for every contender. */
async function freshLines(world: World): Promise<(round: number) => Line[]> {
  const { rounds, requests, warmUp } = world
  const tokens = await world.tokens(warmUp + rounds * requests)
  const lines = tokens.map((token) => ({ path: PATH, token }))
  return (round) =>
    round === 0
      ? lines.slice(0, warmUp)
      : lines.slice(warmUp + (round - 1) * requests, warmUp + round * requests)
}
