import { describe, expect, it } from 'vitest'
import {
  createKeyWatch,
  KEY_FRESH_SECONDS,
  KEY_STALE_SECONDS,
} from '../../src/issuer/oidc/key-watch.ts'
import type { Snapshot } from '../../src/issuer/storage/directory.ts'

const NOW = 1_800_000_000

function keySet(kids: string[], changesAt: number | null = null, cookieKeys = ['c']): Snapshot {
  return {
    keys: kids.map((kid) => ({ kty: 'RSA', kid })),
    cookieKeys,
    changesAt,
    hasPlaceless: false,
  }
}

function setup() {
  let loads = 0
  const deferred: Promise<unknown>[] = []
  const watch = createKeyWatch(
    (keys) => ({ kids: keys.keys.map(({ kid }) => kid) }),
    (work) => void deferred.push(work),
  )
  const at = (now: number, answer: Snapshot | Error) =>
    watch.current(async () => {
      loads++
      if (answer instanceof Error) throw answer
      return answer
    }, now)
  return { at, loads: () => loads, forget: watch.forget, settled: () => Promise.all(deferred) }
}

describe('what is built from the keys', () => {
  it('is kept without looking, then looked at behind an answer, and as long as they are the same', async () => {
    const { at, loads, settled } = setup()
    const first = await at(NOW, keySet(['a']))
    expect(await at(NOW + KEY_FRESH_SECONDS - 1, keySet(['b']))).toBe(first)
    expect(loads()).toBe(1)
    expect(await at(NOW + KEY_FRESH_SECONDS, keySet(['a']))).toBe(first)
    await settled()
    expect(loads()).toBe(2)
    expect(await at(NOW + KEY_FRESH_SECONDS + 1, keySet(['b']))).toBe(first)
    expect(loads()).toBe(2)
  })

  it('is never older than ten seconds, nor used again where it was just replaced', async () => {
    const { at, forget } = setup()
    await at(NOW, keySet(['a']))
    expect(await at(NOW + KEY_STALE_SECONDS, keySet(['b']))).toEqual({ kids: ['b'] })
    forget()
    expect(await at(NOW + KEY_STALE_SECONDS, keySet(['c']))).toEqual({ kids: ['c'] })
  })

  it.each([
    ['a key is added', keySet(['a', 'b'])],
    ['another key signs', keySet(['b', 'a'])],
    ['the cookie key is another', keySet(['a'], null, ['d'])],
  ])('is built anew when %s', async (_, changed) => {
    const { at } = setup()
    const first = await at(NOW, keySet(['a']))
    expect(await at(NOW + KEY_STALE_SECONDS, changed)).not.toBe(first)
  })

  it('changes on the second that a published key begins to sign', async () => {
    const { at } = setup()
    await at(NOW, keySet(['a', 'b'], NOW + 5))
    expect(await at(NOW + 4, keySet(['b', 'a']))).toEqual({ kids: ['a', 'b'] })
    expect(await at(NOW + 5, keySet(['b', 'a']))).toEqual({ kids: ['b', 'a'] })
  })

  it('outlives a storage that does not answer, unless there was nothing yet', async () => {
    const { at } = setup()
    await expect(at(NOW, new Error('down'))).rejects.toThrow('down')
    const first = await at(NOW, keySet(['a']))
    expect(await at(NOW + KEY_STALE_SECONDS, new Error('down'))).toBe(first)
  })
})
