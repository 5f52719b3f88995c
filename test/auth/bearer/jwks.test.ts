import { describe, expect, it, vi } from 'vitest'
import type { VerificationKey } from '../../../src/auth/bearer/jwk.ts'
import { createKeySet, type KeySet, type KeySetOptions } from '../../../src/auth/bearer/jwks.ts'
import type { Scope } from '../../../src/lib/scope.ts'
import { createMemoryStore, type MemoryStore, START } from '../../support/gateway.ts'
import { createTestIssuer, type TestIssuer } from '../../support/mint.ts'

interface Isolate extends KeySet {
  /** The kids that a request gets, without waiting for what goes on after its answer. */
  kids(scope?: Scope): Promise<(string | undefined)[]>
  /** The keys that were last shown to whoever looks for a kid; undefined where none were. */
  keysAfterMiss(keyId: string, scope: Scope): Promise<readonly VerificationKey[] | undefined>
}

interface World {
  clock: { now: number }
  issuer: TestIssuer
  store: MemoryStore
  /** For every request that brings no scope of its own. */
  scope: Scope
  startIsolate(options?: Partial<KeySetOptions>): Isolate
  /** Waits for what requests left behind. */
  settle(): Promise<void>
  kids(): Promise<string[]>
}

/** One issuer, one store, a clock that stands still. */
function createWorld(): World {
  const clock = { now: START }
  const now = () => clock.now
  const issuer = createTestIssuer({ now, algs: ['ES256'] })
  const store = createMemoryStore()
  const pending: Promise<unknown>[] = []
  const scope: Scope = {
    deadline: () => new AbortController().signal,
    waitUntil: (promise) => void pending.push(promise),
  }
  return {
    clock,
    issuer,
    store,
    scope,
    startIsolate(options) {
      const { issuer: name, fetch } = issuer
      const common = { issuer: name, jwksUri: undefined, boundAs: undefined, timeoutSeconds: 5 }
      const keySet = createKeySet({ ...common, fetch, store, now, ...options })
      return Object.assign(keySet, {
        kids: async (own = scope) => (await keySet.keys(own)).map(({ keyId }) => keyId),
        async keysAfterMiss(wanted: string, own: Scope) {
          let shown: readonly VerificationKey[] | undefined
          await keySet.refreshAfterMiss(async (keys) => {
            shown = keys
            return keys.find(({ keyId }) => keyId === wanted)
          }, own)
          return shown
        },
      })
    },
    async settle() {
      while (pending.length > 0) await Promise.allSettled(pending.splice(0))
    },
    kids: async () => (await issuer.jwks()).keys.map(({ kid }) => kid as string),
  }
}

/** A world with one isolate that has just fetched its keys. */
async function createWarmWorld() {
  const world = createWorld()
  const isolate = world.startIsolate()
  await isolate.kids()
  await world.settle()
  return { ...world, isolate, known: await world.kids() }
}

/** Whether a promise has settled by itself, once `moment` has come. */
async function isSettledAt(promise: Promise<unknown>, moment: () => boolean): Promise<boolean> {
  let isSettled = false
  const mark = () => {
    isSettled = true
  }
  promise.then(mark, mark)
  await vi.waitUntil(moment)
  await new Promise((resolve) => setTimeout(resolve))
  return isSettled
}

const unavailable = { code: 'issuer_unavailable', options: { retryAfterSeconds: 5 } }

describe('the key set of an issuer', () => {
  it('is fetched once by the first of three isolates that start one after another', async () => {
    const { startIsolate, issuer, store, settle, kids } = createWorld()
    for (let count = 0; count < 3; count++) {
      const isolate = startIsolate()
      expect(await isolate.kids()).toEqual(await kids())
      await settle()
    }
    expect(issuer.counters).toMatchObject({ discovery: 1, jwks: 1, unexpected: 0 })
    expect([store.reads, store.writes]).toEqual([3, 1])
  })

  it('is used without a thought until it is 600 s old', async () => {
    const { clock, isolate, issuer, store, settle, known } = await createWarmWorld()
    clock.now += 599
    expect(await isolate.kids()).toEqual(known)
    await settle()
    expect([issuer.counters.jwks, store.reads]).toEqual([1, 1])
  })

  it('is refreshed after the answer once it is 600 s old', async () => {
    const { clock, isolate, issuer, settle, known, kids } = await createWarmWorld()
    await issuer.rotate()
    clock.now += 600
    expect(await isolate.kids()).toEqual(known)
    await settle()
    expect(issuer.counters.jwks).toBe(2)
    expect(await isolate.kids()).toEqual(await kids())
  })

  it('keeps nobody waiting for an issuer that hangs until it is 900 s old', async () => {
    for (const age of [600, 750, 899]) {
      const { clock, isolate, issuer, known } = await createWarmWorld()
      issuer.mode = 'hang'
      clock.now += age
      expect(await isolate.kids()).toEqual(known)
      await vi.waitUntil(() => issuer.counters.jwks === 2)
      expect(await isolate.kids()).toEqual(known)
      issuer.release()
    }
  })

  it('is refreshed before the answer once it is 900 s old', async () => {
    const { clock, isolate, issuer, kids } = await createWarmWorld()
    await issuer.rotate()
    clock.now += 900
    expect(await isolate.kids()).toEqual(await kids())
    expect(issuer.counters.jwks).toBe(2)
  })

  it('is used for a day while the issuer is down, and not longer', async () => {
    const { clock, isolate, issuer, settle, known, scope } = await createWarmWorld()
    issuer.mode = 'unreachable'
    for (const age of [900, 3_600, 86_399]) {
      clock.now = START + age
      expect(await isolate.kids()).toEqual(known)
      await settle()
    }
    clock.now = START + 86_400
    await expect(isolate.keys(scope)).rejects.toMatchObject(unavailable)
  })

  it('is waited for until the deadline once it is 900 s old, then for 300 s by nobody', async () => {
    const { clock, isolate, issuer, scope, known } = await createWarmWorld()
    issuer.mode = 'hang'
    clock.now += 900
    const wait = () => {
      const deadline = new AbortController()
      const kids = isolate.kids({ ...scope, deadline: () => deadline.signal })
      return { kids, end: () => deadline.abort(new Error('deadline')) }
    }
    const first = wait()
    expect(await isSettledAt(first.kids, () => issuer.counters.jwks === 2)).toBe(false)
    first.end()
    expect(await first.kids).toEqual(known)

    clock.now += 299
    expect(await isolate.kids()).toEqual(known)
    await vi.waitUntil(() => issuer.counters.discovery === 2)

    clock.now += 1
    const second = wait()
    expect(await isSettledAt(second.kids, () => issuer.counters.discovery === 3)).toBe(false)
    second.end()
    expect(await second.kids).toEqual(known)
  })

  it('is refreshed in the background at most once in 30 s while the issuer is down', async () => {
    const { clock, isolate, issuer, settle } = await createWarmWorld()
    issuer.mode = 'unreachable'
    clock.now += 600
    for (let second = 0; second < 90; second++, clock.now++) {
      await isolate.kids()
      await isolate.kids()
      await settle()
    }
    expect(issuer.counters.jwks + issuer.counters.discovery).toBe(2 + 3)
  })

  it('is taken from KV at once, also at an age at which it is refreshed', async () => {
    const { clock, issuer, startIsolate, known } = await createWarmWorld()
    issuer.mode = 'hang'
    for (const age of [599, 600, 899]) {
      clock.now = START + age
      expect(await startIsolate().kids()).toEqual(known)
    }
    expect(issuer.counters.jwks).toBe(1)
  })

  it('is refreshed in the background by an isolate that took it from KV', async () => {
    const { clock, issuer, startIsolate, settle, kids } = await createWarmWorld()
    await issuer.rotate()
    clock.now += 600
    const late = startIsolate()
    await late.kids()
    clock.now += 30
    await late.kids()
    await settle()
    expect(await late.kids()).toEqual(await kids())
  })

  it('is taken from KV by an isolate that starts while the issuer is down', async () => {
    const { clock, issuer, startIsolate, known, scope } = await createWarmWorld()
    issuer.mode = 'error'
    for (const age of [900, 86_399]) {
      clock.now = START + age
      expect(await startIsolate().kids()).toEqual(known)
    }
    clock.now = START + 86_400
    await expect(startIsolate().keys(scope)).rejects.toMatchObject(unavailable)
  })

  it('is taken from KV where another isolate has refreshed it', async () => {
    const { clock, isolate, issuer, startIsolate, settle, kids } = await createWarmWorld()
    const other = startIsolate()
    await other.kids()
    await issuer.rotate()
    clock.now += 600
    for (const one of [other, isolate]) {
      await one.kids()
      await settle()
      expect(await one.kids()).toEqual(await kids())
    }
    expect(issuer.counters.jwks).toBe(2)
  })

  it('is written only where it changed or the stored copy is 280 s old', async () => {
    for (const [age, rotates, writes] of [
      [279, false, 1],
      [280, false, 2],
      [279, true, 2],
    ] as const) {
      const { clock, isolate, issuer, store, settle, scope } = await createWarmWorld()
      clock.now += age
      if (rotates) await issuer.rotate()
      await isolate.keysAfterMiss('unknown', scope)
      await settle()
      expect(store.writes).toBe(writes)
    }
  })

  it('keeps a key that is still there, and takes a changed one for another key', async () => {
    const { clock, isolate, issuer, settle, scope } = await createWarmWorld()
    const before = await isolate.keys(scope)
    await issuer.rotate({ overlap: true })
    clock.now += 900
    const after = await isolate.keys(scope)
    await settle()
    expect(after).toHaveLength(2)
    expect(after.includes(before[0] as (typeof after)[number])).toBe(true)
  })

  it('replaces the keys, so that a withdrawn one is gone', async () => {
    const { clock, isolate, issuer, known } = await createWarmWorld()
    await issuer.rotate({ overlap: true })
    issuer.withdraw(known[0] as string)
    clock.now += 900
    expect(await isolate.kids()).not.toContain(known[0])
  })

  it('loses a withdrawn key within 900 s, whatever the isolates have done before', async () => {
    for (const withdrawnAt of [1, 299, 300, 301, 550, 599, 600, 690, 899]) {
      for (const everySeconds of [1, 7, 250, 700, 5_000]) {
        const { clock, isolate, issuer, startIsolate, settle, scope, known } =
          await createWarmWorld()
        const scheduled = startIsolate()
        const late = startIsolate()
        for (let second = 1; second < withdrawnAt + 900; second++) {
          clock.now = START + second
          if (second === withdrawnAt) await issuer.rotate()
          if (second % 300 === 0) await scheduled.refreshOnSchedule(scope)
          if (second % everySeconds === 0) await isolate.kids()
          if (second === withdrawnAt) await late.kids()
          await settle()
        }
        clock.now = START + withdrawnAt + 900
        expect(await isolate.kids()).not.toContain(known[0])
        expect(await late.kids()).not.toContain(known[0])
      }
    }
  })
})

describe('an issuer that was never reachable', () => {
  it('is unavailable, and left alone for 5 s', async () => {
    const { startIsolate, issuer, clock, scope } = createWorld()
    issuer.mode = 'unreachable'
    const isolate = startIsolate()
    await expect(isolate.keys(scope)).rejects.toMatchObject(unavailable)
    clock.now += 4
    await expect(isolate.keys(scope)).rejects.toMatchObject(unavailable)
    expect(issuer.counters.discovery).toBe(1)
    clock.now += 1
    await expect(isolate.keys(scope)).rejects.toMatchObject(unavailable)
    expect(issuer.counters.discovery).toBe(2)
    clock.now += 5
    issuer.mode = 'ok'
    expect(await isolate.kids()).toHaveLength(1)
  })

  it('is unavailable whatever it answers instead of keys', async () => {
    for (const endpoint of ['discovery', 'jwks'] as const) {
      for (const mode of [
        'error',
        'not_found',
        'redirect',
        'html',
        'huge',
        'endless',
        'half',
      ] as const) {
        const { startIsolate, issuer, store, scope, settle } = createWorld()
        issuer.mode = { [endpoint]: mode }
        const keys = startIsolate().keys(scope)
        await expect(keys, `${endpoint} ${mode}`).rejects.toMatchObject(unavailable)
        await settle()
        expect(store.writes).toBe(0)
      }
    }
  })

  it('is unavailable at the deadline where it hangs', async () => {
    const { startIsolate, issuer, scope } = createWorld()
    issuer.mode = 'hang'
    const deadline = new AbortController()
    const keys = startIsolate().keys({ ...scope, deadline: () => deadline.signal })
    expect(await isSettledAt(keys, () => issuer.counters.discovery === 1)).toBe(false)
    deadline.abort(new Error('deadline'))
    await expect(keys).rejects.toMatchObject(unavailable)
  })
})

describe('a kid that is not in the key set', () => {
  it('costs one KV read and one fetch in 30 s', async () => {
    const { clock, isolate, issuer, store, settle, scope } = await createWarmWorld()
    const reads = store.reads
    for (let second = 0; second < 30; second++, clock.now++) {
      const keys = await isolate.keysAfterMiss('unknown', scope)
      expect(keys === undefined).toBe(second > 0)
      await settle()
    }
    expect([issuer.counters.jwks, store.reads - reads]).toEqual([2, 1])
    expect(await isolate.keysAfterMiss('unknown', scope)).toBeDefined()
    expect([issuer.counters.jwks, store.reads - reads]).toEqual([3, 2])
  })

  it('costs no more where the fetch fails', async () => {
    const { clock, isolate, issuer, store, scope } = await createWarmWorld()
    const reads = store.reads
    issuer.mode = 'unreachable'
    await expect(isolate.keysAfterMiss('unknown', scope)).rejects.toMatchObject(unavailable)
    clock.now += 29
    expect(await isolate.keysAfterMiss('unknown', scope)).toBeUndefined()
    expect([issuer.counters.jwks, store.reads - reads]).toEqual([2, 1])
    clock.now += 1
    await expect(isolate.keysAfterMiss('unknown', scope)).rejects.toMatchObject(unavailable)
  })

  it('is found at the issuer after a rotation', async () => {
    const { isolate, issuer, scope, kids } = await createWarmWorld()
    await issuer.rotate()
    const [kid] = await kids()
    const keys = await isolate.keysAfterMiss(kid as string, scope)
    expect(keys?.map(({ keyId }) => keyId)).toEqual([kid])
  })

  it('is found in KV where another isolate has fetched it', async () => {
    const { clock, isolate, issuer, startIsolate, scope, settle, kids } = await createWarmWorld()
    const other = startIsolate()
    await other.kids()
    await issuer.rotate()
    const [kid] = await kids()
    clock.now += 1
    await other.keysAfterMiss(kid as string, scope)
    await settle()
    expect(issuer.counters.jwks).toBe(2)
    const keys = await isolate.keysAfterMiss(kid as string, scope)
    expect(keys?.map(({ keyId }) => keyId)).toEqual([kid])
    expect(issuer.counters.jwks).toBe(2)
  })
})

describe('the stored copy', () => {
  /** The stored entry with members set over it. */
  async function withEntry(change: (entry: Record<string, unknown>) => unknown) {
    const world = await createWarmWorld()
    const [key, value] = [...world.store.entries][0] as [string, string]
    const changed = change(JSON.parse(value))
    world.store.entries.set(key, typeof changed === 'string' ? changed : JSON.stringify(changed))
    return world
  }

  const bad: Record<string, (entry: Record<string, unknown>) => unknown> = {
    empty: () => '',
    'no JSON': () => '\u0000{',
    null: () => null,
    'an array': (entry) => [entry],
    'of another issuer': (entry) => ({ ...entry, issuer: 'https://evil.test' }),
    'without issuer': ({ issuer: _, ...entry }) => entry,
    'from the future': (entry) => ({ ...entry, fetchedAt: START + 6 }),
    'discovered in the future': (entry) => ({ ...entry, discoveredAt: START + 6 }),
    'without a time': ({ fetchedAt: _, ...entry }) => entry,
    'with a time in text': (entry) => ({ ...entry, fetchedAt: `${START}` }),
    'with half a second': (entry) => ({ ...entry, fetchedAt: START - 0.5 }),
    'with keys from plain http': (entry) => ({ ...entry, jwksUri: 'http://idp.test/keys' }),
    'with keys from nowhere': (entry) => ({ ...entry, jwksUri: 'keys' }),
    'without a document': ({ document: _, ...entry }) => entry,
    'with a document that is no key set': (entry) => ({ ...entry, document: { keys: {} } }),
    'a day old': (entry) => ({ ...entry, fetchedAt: START - 86_400 }),
  }
  for (const [what, change] of Object.entries(bad)) {
    it(`is a miss where it is ${what}`, async () => {
      const { startIsolate, issuer, known } = await withEntry(change)
      expect(await startIsolate().kids()).toEqual(known)
      expect(issuer.counters.jwks).toBe(2)
    })
  }

  it('may be from a clock that is 5 s ahead', async () => {
    const { startIsolate, issuer, known } = await withEntry((entry) => ({
      ...entry,
      fetchedAt: START + 5,
    }))
    expect(await startIsolate().kids()).toEqual(known)
    expect(issuer.counters.jwks).toBe(1)
  })

  it('is judged key by key like an answer of the issuer', async () => {
    const { startIsolate, known } = await withEntry((entry) => {
      const { keys } = entry.document as { keys: object[] }
      const secret = { kty: 'oct', k: 'c2VjcmV0', kid: 'secret', alg: 'HS256' }
      return { ...entry, document: { keys: [secret, ...keys] } }
    })
    expect(await startIsolate().kids()).toEqual(known)
  })

  it('is a miss for an owner who has written another address for the keys', async () => {
    const { startIsolate, issuer } = await createWarmWorld()
    await startIsolate({ jwksUri: issuer.jwksUri }).kids()
    expect(issuer.counters).toMatchObject({ discovery: 1, jwks: 2 })
  })

  it('is not that of an entry whose binding may lead elsewhere', async () => {
    const { startIsolate, issuer, settle } = await createWarmWorld()
    for (const boundAs of ['one', 'two']) {
      await startIsolate({ boundAs }).kids()
      await settle()
      await startIsolate({ boundAs }).kids()
    }
    expect(issuer.counters.jwks).toBe(3)
  })

  it('is named by issuer and address, never by what they contain', async () => {
    const { store } = await createWarmWorld()
    expect([...store.entries.keys()]).toEqual([expect.stringMatching(/^jwks:[\w-]{43}$/)])
  })

  it('is not needed', async () => {
    for (const store of [undefined, 'throws', 'hangs'] as const) {
      const world = createWorld()
      if (store) world.store.fault = store
      const isolate = world.startIsolate(store === undefined ? { store } : {})
      expect(await isolate.kids()).toEqual(await world.kids())
      expect(await isolate.kids()).toEqual(await world.kids())
      expect(world.issuer.counters.jwks).toBe(1)
    }
  })

  it('is kept for a day', async () => {
    const options: unknown[] = []
    const { startIsolate, settle } = createWorld()
    const store = {
      get: async () => null,
      put: async (_key: string, _value: string, option: unknown) => void options.push(option),
    }
    await startIsolate({ store }).kids()
    await settle()
    expect(options).toEqual([{ expirationTtl: 86_400 }])
  })
})

describe('the scheduled refresh', () => {
  it('asks the issuer once in 600 s at the most, and lets no request wait for it', async () => {
    const { clock, issuer, store, startIsolate, settle, scope } = createWorld()
    const isolates = [startIsolate(), startIsolate(), startIsolate()]
    const fetchedAt: number[] = []
    let waited = 0
    for (let second = 0; second < 7_200; second += 10, clock.now += 10) {
      const before = issuer.counters.jwks
      if (second % 300 === 0) await startIsolate().refreshOnSchedule(scope)
      if (issuer.counters.jwks > before) fetchedAt.push(second)
      await settle()
      for (const isolate of isolates) {
        const counted = issuer.counters.jwks
        await isolate.kids()
        if (issuer.counters.jwks > counted) waited++
        await settle()
      }
    }
    expect(fetchedAt).toEqual([
      0, 600, 1_200, 1_800, 2_400, 3_000, 3_600, 4_200, 4_800, 5_400, 6_000, 6_600,
    ])
    expect(issuer.counters.jwks).toBe(fetchedAt.length)
    expect(waited).toBe(0)
    expect(store.writes).toBe(fetchedAt.length)
  })

  it('leaves a copy alone that is younger than 550 s', async () => {
    const { clock, startIsolate, issuer, scope } = await createWarmWorld()
    clock.now += 549
    await startIsolate().refreshOnSchedule(scope)
    expect(issuer.counters.jwks).toBe(1)
    clock.now += 1
    await startIsolate().refreshOnSchedule(scope)
    expect(issuer.counters.jwks).toBe(2)
  })

  it('says so where the issuer is down', async () => {
    const { startIsolate, issuer, scope } = createWorld()
    issuer.mode = 'unreachable'
    await expect(startIsolate().refreshOnSchedule(scope)).rejects.toMatchObject(unavailable)
  })

  it('needs no schedule: isolates that share a store fetch once in 600 s all the same', async () => {
    const { clock, issuer, startIsolate, settle } = createWorld()
    const isolates = [startIsolate(), startIsolate(), startIsolate()]
    for (let second = 0; second < 3_600; second += 10, clock.now += 10) {
      for (const isolate of isolates) {
        await isolate.kids()
        await settle()
      }
    }
    expect(issuer.counters.jwks).toBe(6)
  })
})

describe('discovery', () => {
  it('is refused where the document names another issuer', async () => {
    for (const other of ['https://idp.test/', 'https://IDP.test', 'https://evil.test', undefined]) {
      const { startIsolate, issuer, scope } = createWorld()
      issuer.metadata = { issuer: other }
      await expect(startIsolate().keys(scope)).rejects.toMatchObject(unavailable)
      expect(issuer.counters.jwks).toBe(0)
    }
  })

  it('is refused where it names no address that would be asked', async () => {
    for (const uri of ['http://idp.test/keys', 'file:///keys', '/keys', 7, undefined]) {
      const { startIsolate, issuer, scope } = createWorld()
      issuer.metadata = { jwks_uri: uri }
      await expect(startIsolate().keys(scope)).rejects.toMatchObject(unavailable)
      expect(issuer.counters).toMatchObject({ jwks: 0, unexpected: 0 })
    }
  })

  it('stays on the origin of the issuer where all goes through a binding', async () => {
    for (const uri of ['https://keys.test/jwks', 'https://idp.test:8443/jwks']) {
      const { startIsolate, issuer, scope } = createWorld()
      issuer.metadata = { jwks_uri: uri, introspection_endpoint: uri }
      await expect(startIsolate({ boundAs: 'main' }).keys(scope)).rejects.toMatchObject(unavailable)
      expect(issuer.counters.unexpected).toBe(0)
    }
  })

  it('may name keys on another origin otherwise', async () => {
    const { startIsolate, issuer } = createWorld()
    issuer.metadata = { jwks_uri: 'https://keys.test/jwks' }
    const seen: string[] = []
    const fetch = async (request: Request) => {
      seen.push(request.url)
      return request.url === 'https://keys.test/jwks'
        ? Response.json(await issuer.jwks())
        : issuer.fetch(request)
    }
    expect(await startIsolate({ fetch }).kids()).toHaveLength(1)
    expect(seen).toEqual([
      'https://idp.test/.well-known/openid-configuration',
      'https://keys.test/jwks',
    ])
  })

  it('is below the path of the issuer', async () => {
    const clock = { now: START }
    const issuer = createTestIssuer({ issuer: 'https://idp.test/tenant/', algs: ['ES256'] })
    const isolate = createWorld().startIsolate({
      issuer: issuer.issuer,
      fetch: issuer.fetch,
      now: () => clock.now,
    })
    expect(await isolate.kids()).toHaveLength(1)
    expect(issuer.counters.discovery).toBe(1)
  })

  it('is repeated once a day, not with every refresh', async () => {
    const { clock, isolate, issuer, settle } = await createWarmWorld()
    for (let age = 600; age < 86_400; age += 600) {
      clock.now = START + age
      await isolate.kids()
      await settle()
    }
    expect(issuer.counters).toMatchObject({ discovery: 1, jwks: 144 })
    clock.now = START + 86_400
    await isolate.kids()
    await settle()
    expect(issuer.counters.discovery).toBe(2)
  })

  it('is repeated after a failure, because the keys may have moved', async () => {
    const { clock, isolate, issuer, settle } = await createWarmWorld()
    issuer.mode = { jwks: 'not_found' }
    clock.now += 600
    await isolate.kids()
    await settle()
    clock.now += 30
    issuer.mode = 'ok'
    await isolate.kids()
    await settle()
    expect(issuer.counters).toMatchObject({ discovery: 2, jwks: 3 })
  })

  it('is not asked where the owner has written the address of the keys', async () => {
    const { startIsolate, issuer } = createWorld()
    expect(await startIsolate({ jwksUri: issuer.jwksUri }).kids()).toHaveLength(1)
    expect(issuer.counters).toMatchObject({ discovery: 0, jwks: 1 })
  })
})
