// Tokens and key sets of ten public suites against the gateway in workerd, over HTTP: one route per
// verifier configuration that they need.

import { createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listenOnLoopback } from '../support/listen.ts'
import { createTestIssuer, type TestIssuer } from '../support/mint.ts'
import { rawRequest } from '../support/raw-http.ts'
import { startWorkerd, type Workerd } from '../support/workerd.ts'
import {
  type CorpusCase,
  corpusFolder,
  expected,
  readCorpus,
  shapeOf,
  type World,
} from './corpus.ts'
import { CLOCK_HEADER, type Door } from './door.ts'

const folder = corpusFolder()
if (folder === undefined) {
  console.log('The corpus is skipped: GATEHOUSE_CORPUS names no folder, and the default is absent.')
}

/** Requests under way at a time. */
const CONCURRENCY = 8
/** Claims of a token that has none: no issuer and no audience to configure. */
const NOBODY = 'https://nobody.test'
const ANSWERED = /^[24]\d\d$/

interface Outcome {
  name: string
  status: number
  body: string
}

describe.skipIf(folder === undefined)('the corpus', () => {
  const { cases, worlds, documents } = readCorpus(folder)
  const present = Math.floor(Date.now() / 1_000)
  /** Bodies of key sets by path, as text. */
  const bodies = new Map<string, string>()
  const doors = new Map<string, Door>()
  let issuer: TestIssuer
  let server: Awaited<ReturnType<typeof listenOnLoopback>>
  let worker: Workerd

  beforeAll(async () => {
    server = await listenOnLoopback(
      createServer((request, response) => {
        const body = bodies.get(request.url ?? '')
        response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' })
        response.end(body)
      }),
    )
    for (const world of worlds.values()) bodies.set(`/${world.id}`, bodyOf(world))
    for (const { token, world } of cases) doorFor(token, worldOf(world))
    issuer = createTestIssuer({ issuer: 'https://idp.test', now: () => present })
    for (const [index, { document }] of documents.entries()) {
      bodies.set(documentPath(index), document)
      addDoor(documentPath(index), issuer.issuer, 'gatehouse', documentPath(index))
    }
    for (const [index, { probe }] of documents.entries()) {
      if (probe) doorFor(probe.token, probeWorld(index))
    }
    worker = await startWorkerd({
      entry: 'test/conformance/corpus-worker.ts',
      vars: { DOORS: [...doors.values()] },
    })
  })
  afterAll(async () => {
    await worker.stop()
    await server.stop()
  })

  const worldOf = (id: string) => worlds.get(id) as World
  const documentPath = (index: number) => `/document/${index}`
  const probeWorld = (index: number): World => ({
    id: `document/${index}`,
    iss: null,
    aud: null,
  })

  function addDoor(key: string, iss: string, audience: string | string[], jwksPath: string): Door {
    const door = {
      path: `/door/${doors.size}`,
      issuer: iss,
      audience,
      jwksUri: `http://127.0.0.1:${server.port}${jwksPath}`,
    }
    doors.set(key, door)
    return door
  }

  /** The route of a world; where the world leaves iss or aud open, that of the token's own. */
  function doorFor(token: string, { id, iss, aud }: World): Door {
    const { claims } = shapeOf(token)
    const issuerOfToken = nonEmpty(iss) ?? nonEmpty(claims?.iss) ?? NOBODY
    const audience = audienceOf(aud) ?? audienceOf(claims?.aud) ?? NOBODY
    const key = JSON.stringify([id, issuerOfToken, audience])
    return doors.get(key) ?? addDoor(key, issuerOfToken, audience, `/${id}`)
  }

  async function send(door: Door, token: string, clock: string, name: string): Promise<Outcome> {
    const head = `GET ${door.path} HTTP/1.1\r\nHost: localhost\r\n${CLOCK_HEADER}: ${clock}\r\n`
    const bytes = Buffer.from(`${head}Authorization: Bearer ${token}\r\n\r\n`)
    const { status, body } = await rawRequest(worker.port, bytes)
    return { name, status, body }
  }

  const sendCase = ({ token, world, now = present, suite, id }: CorpusCase) =>
    send(doorFor(token, worldOf(world)), token, `${now}:${now}`, `${suite} ${id}`)

  it('is answered with the right verdict, case by case, and never with a fault', async () => {
    const outcomes = await inParallel(cases, sendCase)
    const wrong: string[] = []
    const excused = new Map<string, number>()
    let accepted = 0
    for (const [index, { status, name, body }] of outcomes.entries()) {
      const entry = cases[index] as CorpusCase
      const { verdict, rule } = expected(entry, worldOf(entry.world))
      const isOutage = status === 503 && !isKeySet(worldOf(entry.world))
      const isRefusal = isOutage || /^4\d\d$/.test(`${status}`)
      const isRight = verdict === 'accept' ? status === 200 : isRefusal
      if (!isRight) wrong.push(`${name}: expected ${verdict}, got ${status} (${entry.why}) ${body}`)
      if (verdict === 'accept') accepted++
      if (rule !== undefined) excused.set(rule, (excused.get(rule) ?? 0) + 1)
    }
    console.log(
      `corpus: ${cases.length} cases in ${worlds.size} worlds (${doors.size} routes), ` +
        `${accepted} accepted; stricter than the source: ${JSON.stringify(Object.fromEntries(excused))}`,
    )
    expect(wrong).toEqual([])
  })

  it('serves every key set document without a fault, and recovers with the next good one', async () => {
    const good = JSON.stringify(await issuer.jwks())
    const own = await issuer.mint({}, { lifetimeSeconds: 3_600 })
    const strangers = [own, ...sample(cases.map(({ token }) => token))]
    const faults: string[] = []
    const isFault = ({ status }: Outcome) => status !== 503 && !ANSWERED.test(`${status}`)
    const indices = [...documents.keys()]
    const door = (index: number) => doors.get(documentPath(index)) as Door
    const name = (index: number) => documents[index]?.id ?? ''
    const ask = (token: string, later: number) =>
      inParallel(indices, (index) =>
        send(door(index), token, `documents:${present + later}`, name(index)),
      )

    for (const token of strangers) {
      const outcomes = await ask(token, 0)
      faults.push(...outcomes.filter((o) => isFault(o) || o.status === 200).map(describeOutcome))
    }
    for (const [index, { probe }] of documents.entries()) {
      if (!probe) continue
      const world = probeWorld(index)
      const now = probe.now ?? present
      const outcome = await send(
        doorFor(probe.token, world),
        probe.token,
        `${now}:${now}`,
        name(index),
      )
      const { verdict } = expected(probe, world)
      const isRight = verdict === 'accept' ? outcome.status === 200 : outcome.status !== 200
      if (isFault(outcome) || !isRight) faults.push(describeOutcome(outcome))
    }
    expect(faults).toEqual([])

    for (const index of indices) bodies.set(documentPath(index), good)
    const recovered = await ask(own, 31)
    expect(recovered.filter(({ status }) => status !== 200).map(describeOutcome)).toEqual([])
  })
})

describe('a token that others accept', () => {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { iss: 'https://idp.test', aud: 'a', exp: 2_000_000_000 }
  const ruleFor = (header: object, more: object, world: Partial<World> = {}) => {
    const token = `${part(header)}.${part({ ...claims, ...more })}.c2lnbmF0dXJl`
    return expected({ expect: 'accept', token }, { id: 'w', iss: null, aud: null, ...world }).rule
  }

  it('is refused where it is too long', () => {
    expect(ruleFor({ alg: 'ES256' }, { f: 'x'.repeat(8_000) })).toBe(
      'it has more than 8,192 characters',
    )
    expect(ruleFor({ alg: 'ES256' }, {})).toBeUndefined()
  })

  it('is refused where every RSA key that may have signed it is too small or too large', () => {
    const keyOf = (bits: number, kid: string) => {
      const bytes = Buffer.alloc(Math.ceil(bits / 8), 0xff)
      bytes[0] = 0xff >> ((8 - (bits % 8)) % 8)
      return { kty: 'RSA', e: 'AQAB', n: bytes.toString('base64url'), kid }
    }
    for (const [bits, isRefused] of [
      [2_047, true],
      [2_048, false],
      [8_192, false],
      [8_193, true],
    ] as const) {
      const jwks = { keys: [keyOf(bits, 'a'), keyOf(4_096, 'b')] }
      const rule = ruleFor({ alg: 'RS256', kid: 'a' }, {}, { jwks })
      expect([bits, rule !== undefined]).toEqual([bits, isRefused])
      expect(ruleFor({ alg: 'PS256' }, {}, { jwks })).toBeUndefined()
      expect(ruleFor({ alg: 'ES256', kid: 'a' }, {}, { jwks })).toBeUndefined()
    }
  })
})

function bodyOf({ jwks, jwks_text: text }: World): string {
  return text ?? JSON.stringify(jwks)
}

/** Without keys there is no verdict, and 503 says so. */
function isKeySet(world: World): boolean {
  try {
    return Array.isArray((JSON.parse(bodyOf(world)) as { keys?: unknown }).keys)
  } catch {
    return false
  }
}

function nonEmpty(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function audienceOf(value: unknown): string | string[] | undefined {
  if (!Array.isArray(value)) return nonEmpty(value)
  const names = value.filter((name): name is string => nonEmpty(name) !== undefined)
  return names.length > 0 ? names : undefined
}

/** A few of many, spread evenly. */
function sample<T>(all: readonly T[], count = 10): T[] {
  const step = Math.max(1, Math.floor(all.length / count))
  return all.filter((_, index) => index % step === 0).slice(0, count)
}

async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const queue = items.entries()
  const drain = async () => {
    for (const [index, item] of queue) results[index] = await work(item)
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, drain))
  return results
}

function describeOutcome({ name, status, body }: Outcome): string {
  return `${name}: ${status} ${body}`
}
