// One case: requests in steps, those of one step at once, and an origin that answers each as it is told. Every answer
// that was not made for its request is held against the model.

import { type Asked, type Change, type Said, whyNot } from './cache-model.ts'
import { knownBy, notModified, tellsOf, whole } from './cache-origin.ts'
import { type Ask, askedOf, hasCopy, requestOf, type Step } from './cache-requests.ts'
import type { Caller as Credential, World } from './cache-world.ts'

/** Answers that came from the cache, so that a test can see that it had something to judge. */
export interface Tally {
  readonly given: Map<string, number>
  /** Those that another caller had brought. */
  ofOthers: number
}

const CHANGES = ['POST', 'PUT', 'DELETE', 'PATCH']

/** Throws where the cache has done what it must not. Credentials and cookies of a case have `secret` in them. */
export async function runCase(
  world: World,
  credentials: readonly Credential[],
  steps: readonly Step[],
  tally: Tally,
): Promise<void> {
  const said: Said[] = []
  const changes: Change[] = []
  const calls = new Map<string, { status: number; id: number; order: number }[]>()
  const running = new Map<string, { ask: Ask; asked: Asked }>()
  const pending: Promise<unknown>[] = []
  let order = 0
  let ids = 0
  let asks = 0
  world.entries.clear()
  world.clock.now = 1_767_225_600

  world.origin = async (request) => {
    const name = request.headers.get('x-ask') ?? ''
    const { ask, asked } = running.get(name) as { ask: Ask; asked: Asked }
    const { answer } = ask
    const travel = async () => {
      for (let turn = 0; turn < answer.turns; turn++) await Promise.resolve()
    }
    await travel()
    const at = world.clock.now
    const note = (status: number, id: number) =>
      calls.get(name)?.push({ status, id, order: ++order })
    if (answer.isDown) {
      note(500, 0)
      throw new Error('down')
    }
    const known = knownBy(request.headers)
    if (known !== undefined && answer.validates !== 'no' && request.method !== 'POST') {
      note(304, known)
      const tells = answer.validates === 'bare' ? {} : tellsOf(answer)
      const { hasCookie } = answer
      const earlier = said.filter(({ id }) => id === known)
      said.push(...earlier.map((one) => ({ ...one, asked, at, order, hasCookie, ...tells })))
      await travel()
      return notModified(answer, known, at)
    }
    const id = ++ids
    note(answer.status, id)
    const { status, isStream, length } = answer
    const isEmpty = status === 204 || request.method === 'HEAD'
    const bytes = isEmpty ? 0 : answer.bytes
    const isWhole = isEmpty || length === 'true' || length === 'none'
    said.push({ id, asked, at, order, status, isStream, bytes, isWhole, ...tellsOf(answer) })
    await travel()
    return whole(answer, id, at, isEmpty)
  }

  async function perform(ask: Ask): Promise<void> {
    const name = `${++asks}`
    const asked = askedOf(ask, credentials)
    running.set(name, { ask, asked })
    calls.set(name, [])
    const startedAt = ++order
    const at = world.clock.now
    const request = requestOf(ask, name, world)
    const response = await world.gateway.fetch(request, {
      waitUntil: (promise) => void pending.push(promise),
    })
    const own = [...(calls.get(name) ?? [])]
    const text = await response.text().catch(() => undefined)
    const isChange = CHANGES.includes(ask.method) && response.status < 400
    if (isChange) changes.push({ asked, doneAt: own[0]?.order ?? order, knownAt: ++order })
    if (response.status === 500 && !own.some(({ status }) => status === 500)) {
      throw new Error(`the gateway failed: ${text}`)
    }
    const location = response.headers.get('content-location')
    const body = /^#(\d+):/.exec(text ?? '')?.[1]
    const id = /^\/answers\/(\d+)$/.exec(location ?? '')?.[1]
    if (body !== undefined && body !== id) throw new Error(`body ${body} has the headers of ${id}`)
    if (id === undefined) return
    const isOwn = own.some((call) => call.id === Number(id) && call.status !== 304)
    const is304 = response.status === 304
    if (isOwn || (is304 && own.some(({ status }) => status === 304))) return
    judge({ asked, ask, id: Number(id), at, startedAt, own, response })
    const by = `${ask.share} ${ask.way}`
    tally.given.set(by, (tally.given.get(by) ?? 0) + 1)
    const isOfOthers = said
      .filter((one) => one.id === Number(id))
      .every(({ asked: from }) => from.callers?.[0]?.subject !== asked.callers?.[0]?.subject)
    if (isOfOthers) tally.ofOthers++
  }

  function judge({ asked, ask, id, at, startedAt, own, response }: Judged): void {
    const moment = {
      at,
      order: startedAt,
      isValidated: own.some((call) => call.status === 304 && call.id === id),
      hasFailed: own.some(({ status }) => [500, 502, 503, 504].includes(status)),
    }
    const reasons = said
      .filter((one) => one.id === id)
      // What the origin says now was not stored before.
      .filter((one) => !own.some((call) => call.order === one.order))
      .map((one) => whyNot(one, asked, moment, changes))
    if (reasons.every((reason) => reason !== undefined)) {
      throw new Error(
        `${ask.method} was given answer ${id}: ${[...new Set(reasons)].join(', or ')}`,
      )
    }
    if (response.headers.has('set-cookie') && !moment.isValidated) {
      throw new Error('a cookie came from the cache')
    }
    if (response.status === 304 && !hasCopy(ask.headers, id)) {
      throw new Error(`304 to somebody who does not have ${id}`)
    }
  }

  for (const { wait, asks: together } of steps) {
    world.clock.now += wait
    const outcomes = await Promise.allSettled(together.map(perform))
    while (pending.length > 0) await Promise.allSettled(pending.splice(0))
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  }
  for (const { headers } of world.entries.values()) {
    const about = (headers.get('x-gatehouse-stored') ?? '').replace(/-/g, '+').replace(/_/g, '/')
    if (atob(about).includes('secret')) throw new Error('a credential was stored')
  }
}

interface Judged {
  readonly asked: Asked
  readonly ask: Ask
  readonly id: number
  readonly at: number
  readonly startedAt: number
  readonly own: readonly { status: number; id: number; order: number }[]
  readonly response: Response
}
