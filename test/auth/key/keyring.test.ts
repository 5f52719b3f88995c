import { describe, expect, it } from 'vitest'
import { issueKey } from '../../../src/auth/key/issue.ts'
import { createKeyring } from '../../../src/auth/key/keyring.ts'
import { nameOfKey, writeStoredKey } from '../../../src/auth/key/stored-key.ts'
import { GatewayError } from '../../../src/errors.ts'
import { createMemoryStore, START } from '../../support/gateway.ts'

/** A keyring, a store with one key, a clock, and a deadline that the test decides. */
async function setUp() {
  const clock = { now: START }
  const store = createMemoryStore()
  const { stored } = await issueKey({ owner: 'acme', scopes: [], roles: [] }, START)
  const name = await nameOfKey(stored.id)
  store.entries.set(name, writeStoredKey(stored))
  const keyring = createKeyring(store, () => clock.now)
  const deadline = new AbortController()
  const scope = { deadline: () => deadline.signal, waitUntil: () => {} }
  /** Whose key it is, undefined for nobody's, or the code, reason and Retry-After of a refusal. */
  async function find(id = stored.id) {
    try {
      return (await keyring.find(id, scope))?.owner
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      return [error.code, error.message, error.options.retryAfterSeconds]
    }
  }
  return { clock, store, stored, name, find, deadline }
}

const DOWN = ['issuer_unavailable', 'the store of keys does not answer', 5]
const DAMAGED = ['issuer_unavailable', 'what the store has under the key is no key', 5]
const OTHER = 'x'.repeat(16)

describe('a keyring', () => {
  it('asks KV once in 60 s for a key', async () => {
    const { find, clock, store } = await setUp()
    for (const seconds of [0, 30, 29]) {
      clock.now += seconds
      expect(await find()).toBe('acme')
    }
    expect(store.reads).toBe(1)
    clock.now += 1
    expect(await find()).toBe('acme')
    expect(store.reads).toBe(2)
  })

  it('asks KV once in 10 s for an id that nobody has', async () => {
    const { find, clock, store } = await setUp()
    for (const seconds of [0, 9]) {
      clock.now += seconds
      expect(await find(OTHER)).toBeUndefined()
    }
    expect(store.reads).toBe(1)
    clock.now += 1
    expect(await find(OTHER)).toBeUndefined()
    expect(store.reads).toBe(2)
  })

  it('hears of a revocation within 60 s', async () => {
    const { find, clock, store, name } = await setUp()
    await find()
    store.entries.delete(name)
    clock.now += 59
    expect(await find()).toBe('acme')
    clock.now += 1
    expect(await find()).toBeUndefined()
  })

  it('has no verdict while KV is down at first, whether the key exists or not', async () => {
    const { find, store } = await setUp()
    store.fault = 'throws'
    expect([await find(), await find(OTHER)]).toEqual([DOWN, DOWN])
    store.fault = 'none'
    expect([await find(), await find(OTHER)]).toEqual(['acme', undefined])
  })

  it('goes on with a key for an hour since it was read while KV is down, and asks each 10 s', async () => {
    const { find, clock, store } = await setUp()
    await find()
    store.fault = 'throws'
    const reads = store.reads
    for (const seconds of [60, 9, 1]) {
      clock.now += seconds
      expect(await find()).toBe('acme')
    }
    expect(store.reads - reads).toBe(2)
    clock.now = START + 3_599
    expect(await find()).toBe('acme')
    clock.now = START + 3_600
    expect(await find()).toEqual(DOWN)
  })

  it('waits for a KV that hangs until the deadline of the request', async () => {
    const { find, store, deadline } = await setUp()
    store.fault = 'hangs'
    const found = find()
    deadline.abort(new Error('too late'))
    expect(await found).toEqual(DOWN)
  })

  it('waits a second for a KV that hangs where the key is known', async () => {
    const { find, clock, store } = await setUp()
    await find()
    store.fault = 'hangs'
    clock.now += 60
    // The deadline of the request never comes here, so that something else has ended the wait.
    expect(await find()).toBe('acme')
  })

  it('has no verdict where the value is damaged, also for a key that was known', async () => {
    const { find, clock, store, name } = await setUp()
    await find()
    store.entries.set(name, '{"version":1}')
    clock.now += 60
    expect(await find()).toEqual(DAMAGED)
    expect(await find()).toEqual(DAMAGED)
  })

  it('brings nothing back in an outage that it has heard to be revoked or damaged', async () => {
    for (const value of [undefined, '{}']) {
      const { find, clock, store, name } = await setUp()
      await find()
      if (value === undefined) store.entries.delete(name)
      else store.entries.set(name, value)
      clock.now += 60
      await find()
      store.fault = 'throws'
      clock.now += 10
      expect(await find()).toEqual(DOWN)
    }
  })

  it('takes no key from under the name of another', async () => {
    const { find, store, name } = await setUp()
    store.entries.set(await nameOfKey(OTHER), store.entries.get(name) ?? '')
    expect(await find(OTHER)).toEqual(DAMAGED)
  })

  it('looks up at most 50 new ids in a second, and known keys beside them', async () => {
    const { find, clock, store } = await setUp()
    await find()
    clock.now += 60
    const ids = Array.from({ length: 60 }, (_, index) => String(index).padStart(16, '0'))
    const found = await Promise.all(ids.map(find))
    const busy = ['issuer_unavailable', 'too many unknown keys in this second', 1]
    expect(found.slice(0, 50)).toEqual(Array(50).fill(undefined))
    expect(found.slice(50)).toEqual(Array(10).fill(busy))
    expect(await find()).toBe('acme')
    expect(store.reads).toBe(1 + 50 + 1)
    clock.now += 1
    expect(await find(OTHER)).toBeUndefined()
  })

  it('is not emptied by made-up ids', async () => {
    const { find, clock, store } = await setUp()
    await find()
    for (let index = 0; index < 1_200; index++) {
      if (index % 50 === 0) clock.now += 1
      await find(String(index).padStart(16, '0'))
    }
    const reads = store.reads
    expect(await find()).toBe('acme')
    expect(store.reads).toBe(reads)
  })
})
