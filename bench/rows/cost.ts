/**
 * What a fleet of isolates asks of its issuer and of KV, counted: these are the figures that are billed,
 * and they do not depend on the machine.
 */

import { randomUUID } from 'node:crypto'
import { type Counts, Fleet } from '../fleet.ts'
import { mint } from '../tokens.ts'
import type { World } from '../world.ts'
import { atMost, exactly, type Row } from './row.ts'

const GROUP = 'cost'
const ISOLATES = 50
const HOUR = 3_600
const FLEETS = [10, ISOLATES]
const FLEETS_FULL = [...FLEETS, 200]
/** Isolates come and go: each of them lives for so long. */
const LIFE_SECONDS = 900
const STEP_SECONDS = 15

export async function costRows(world: World): Promise<Row[]> {
  const rows: Row[] = []
  const scenario = async (name: string, run: () => Promise<Row[]>) => {
    world.progress(`fleet: ${name}`)
    rows.push(...(await run()))
  }
  await scenario('cold start', coldStart)
  for (const isolates of world.full ? FLEETS_FULL : FLEETS) {
    await scenario(`an hour of ${isolates} isolates`, () => steadyState(isolates))
  }
  await scenario('rotation', rotation)
  await scenario('outage', outage)
  await scenario('flood of random key ids', flood)
  await scenario('introspection', introspection)
  return rows
}

/** All isolates start together: with an empty KV, and with what the schedule has stored. */
async function coldStart(): Promise<Row[]> {
  const empty = new Fleet({ isolates: ISOLATES })
  const token = await empty.token()
  await empty.everyone(() => token)
  const stored = await warmFleet(ISOLATES)
  const warm = await stored.token()
  await stored.everyone(() => warm)
  return [
    fetches(`${ISOLATES} isolates start together, KV empty`, empty.counts),
    fetches(`${ISOLATES} isolates start together, keys in KV`, stored.counts),
  ]
}

/** An hour of traffic while isolates come and go. */
async function steadyState(isolates: number): Promise<Row[]> {
  const fleet = await warmFleet(isolates)
  const token = await fleet.token()
  let replaced = 0
  for (let passed = 0; passed < HOUR; passed += STEP_SECONDS) {
    for (; replaced < (passed * isolates) / LIFE_SECONDS; replaced++)
      fleet.replace(replaced % isolates)
    await fleet.everyone(() => token)
    await fleet.advance(STEP_SECONDS)
  }
  const { counts } = fleet
  const per600 = exactly((counts.issuerFetches * 600) / HOUR)
  const waited = exactly(counts.waited)
  return [
    {
      group: GROUP,
      label: `steady state, ${isolates} isolates: issuer fetches per 600 s`,
      value: per600,
      unit: '',
      goal: atMost(per600, 1, '≤ 1 per 600 s'),
      context: `${described(counts)} in an hour, ${replaced} isolates started`,
      figures: numbers(counts),
    },
    {
      group: GROUP,
      label: `steady state, ${isolates} isolates: requests that waited for the issuer`,
      value: waited,
      unit: '',
      goal: atMost(waited, 0, 'none'),
      context: statuses(counts),
    },
  ]
}

/** The issuer changes its key; tokens of the new one arrive everywhere at once, every second. */
async function rotation(): Promise<Row[]> {
  const fleet = await warmFleet(ISOLATES)
  const before = await fleet.token()
  await fleet.everyone(() => before)
  forget(fleet.counts)
  fleet.rotate('key-2')
  const token = await fleet.token()
  for (let second = 0; second < 120; second++) {
    await fleet.everyone(() => token)
    await fleet.advance(1)
  }
  return [fetches(`rotation, ${ISOLATES} isolates, 120 s of tokens with the new key`, fleet.counts)]
}

/** The issuer is down for an hour. */
async function outage(): Promise<Row[]> {
  const fleet = await warmFleet(ISOLATES)
  const token = await fleet.token()
  await fleet.everyone(() => token)
  forget(fleet.counts)
  fleet.takeIssuerDown()
  for (let passed = 0; passed < HOUR; passed += STEP_SECONDS) {
    await fleet.everyone(() => token)
    await fleet.advance(STEP_SECONDS)
  }
  return [fetches(`outage of an hour, ${ISOLATES} isolates`, fleet.counts)]
}

/** Every isolate gets tokens that name keys which do not exist, ten a second for a minute. */
async function flood(): Promise<Row[]> {
  const fleet = await warmFleet(ISOLATES)
  const token = await fleet.token()
  await fleet.everyone(() => token)
  forget(fleet.counts)
  for (let second = 0; second < 60; second++) {
    for (let times = 0; times < 10; times++) {
      const bad = await mint(fleet.key, fleet.claims(), randomUUID())
      await fleet.everyone(() => bad)
    }
    await fleet.advance(1)
  }
  return [fetches(`random key ids, ${ISOLATES} isolates, a minute`, fleet.counts)]
}

/** Opaque tokens: each isolate sees twenty of them, every 15 s for ten minutes. */
async function introspection(): Promise<Row[]> {
  const fleet = new Fleet({ isolates: ISOLATES, introspect: true })
  await fleet.schedule()
  await fleet.advance(120)
  forget(fleet.counts)
  for (let passed = 0; passed < 600; passed += STEP_SECONDS) {
    for (let user = 0; user < 20; user++) await fleet.everyone(() => `opaque-token-of-user-${user}`)
    await fleet.advance(STEP_SECONDS)
  }
  const { counts } = fleet
  const calls = exactly((counts.introspections * 60) / 600 / ISOLATES / 20)
  const label = 'opaque tokens: introspections per minute, isolate and token'
  const context = `${counts.introspections} for ${counts.requests} requests; ${statuses(counts)}`
  return [{ group: GROUP, label, value: calls, unit: '', context, figures: numbers(counts) }]
}

/** The schedule has run a while ago, and every location sees what it stored. */
async function warmFleet(isolates: number): Promise<Fleet> {
  const fleet = new Fleet({ isolates })
  await fleet.schedule()
  await fleet.advance(120)
  forget(fleet.counts)
  return fleet
}

function fetches(label: string, counts: Counts): Row {
  const context = `${described(counts)}; ${counts.waited} requests waited; ${statuses(counts)}`
  const value = exactly(counts.issuerFetches)
  const figures = numbers(counts)
  return { group: GROUP, label: `${label}: issuer fetches`, value, unit: '', context, figures }
}

function described({ issuerFetches, kvReads, kvWrites }: Counts): string {
  return `${issuerFetches} fetches, ${kvReads} KV reads, ${kvWrites} KV writes`
}

function numbers({ byStatus: _, ...counts }: Counts): Record<string, number> {
  return counts
}

function statuses({ byStatus, requests }: Counts): string {
  const parts = Object.entries(byStatus).map(([status, count]) => `${count} × ${status}`)
  return `${requests} requests: ${parts.join(', ')}`
}

function forget(counts: Counts): void {
  Object.assign(counts, {
    issuerFetches: 0,
    introspections: 0,
    kvReads: 0,
    kvWrites: 0,
    requests: 0,
    waited: 0,
    byStatus: {},
  })
}
