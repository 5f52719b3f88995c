import { describe, expect, it } from 'vitest'
import { createKeyWatch, KEY_CHECK_SECONDS } from '../../src/issuer/oidc/key-watch.ts'
import type { KeySet } from '../../src/issuer/storage/signing-keys.ts'

const NOW = 1_800_000_000

function keySet(kids: string[], changesAt: number | null = null, cookieKeys = ['c']): KeySet {
  return { keys: kids.map((kid) => ({ kty: 'RSA', kid })), cookieKeys, changesAt }
}

function setup() {
  let loads = 0
  const watch = createKeyWatch((keys) => ({ kids: keys.keys.map(({ kid }) => kid) }))
  const at = (now: number, answer: KeySet | Error) =>
    watch.current(async () => {
      loads++
      if (answer instanceof Error) throw answer
      return answer
    }, now)
  return { at, loads: () => loads }
}

describe('what is built from the keys', () => {
  it('is kept for a minute without looking, and as long as they stay the same', async () => {
    const { at, loads } = setup()
    const first = await at(NOW, keySet(['a']))
    expect(await at(NOW + KEY_CHECK_SECONDS - 1, keySet(['b']))).toBe(first)
    expect(loads()).toBe(1)
    expect(await at(NOW + KEY_CHECK_SECONDS, keySet(['a']))).toBe(first)
    expect(loads()).toBe(2)
  })

  it.each([
    ['a key is added', keySet(['a', 'b'])],
    ['another key signs', keySet(['b', 'a'])],
    ['the cookie key is another', keySet(['a'], null, ['d'])],
  ])('is built anew when %s', async (_, changed) => {
    const { at } = setup()
    const first = await at(NOW, keySet(['a']))
    expect(await at(NOW + KEY_CHECK_SECONDS, changed)).not.toBe(first)
  })

  it('changes on the second that a published key begins to sign', async () => {
    const { at } = setup()
    await at(NOW, keySet(['a', 'b'], NOW + 10))
    expect(await at(NOW + 9, keySet(['b', 'a']))).toEqual({ kids: ['a', 'b'] })
    expect(await at(NOW + 10, keySet(['b', 'a']))).toEqual({ kids: ['b', 'a'] })
  })

  it('outlives a storage that does not answer, unless there was nothing yet', async () => {
    const { at } = setup()
    await expect(at(NOW, new Error('down'))).rejects.toThrow('down')
    const first = await at(NOW, keySet(['a']))
    expect(await at(NOW + KEY_CHECK_SECONDS, new Error('down'))).toBe(first)
  })
})
