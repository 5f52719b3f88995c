import { describe, expect, it } from 'vitest'
import {
  CLIENT_STALE_SECONDS,
  createClientSource,
  type LoadedClient,
} from '../../src/issuer/oidc/client-source.ts'

const NOW = 1_800_000_000

function setup() {
  let now = NOW
  let loads = 0
  const deferred: Promise<unknown>[] = []
  const source = createClientSource(
    () => now,
    (work) => void deferred.push(work),
  )
  const at = (time: number, answer: LoadedClient | Error) => {
    now = time
    return source.find('web', async () => {
      loads++
      if (answer instanceof Error) throw answer
      return answer
    })
  }
  return { at, loads: () => loads, forget: source.forget, settled: () => Promise.all(deferred) }
}

describe('a client that an isolate knows', () => {
  const old = { metadata: 'old' }
  const fresh = { metadata: 'fresh' }

  it('is not looked up again for half a minute, and then behind an answer', async () => {
    const { at, loads, settled } = setup()
    expect(await at(NOW, old)).toBe('old')
    expect(await at(NOW + 29, fresh)).toBe('old')
    expect(loads()).toBe(1)
    expect(await at(NOW + 30, fresh)).toBe('old')
    await settled()
    expect(await at(NOW + 31, fresh)).toBe('fresh')
  })

  it('is never older than a minute, nor used again where it was just changed', async () => {
    const { at, forget } = setup()
    await at(NOW, old)
    expect(await at(NOW + CLIENT_STALE_SECONDS, fresh)).toBe('fresh')
    forget()
    expect(await at(NOW + CLIENT_STALE_SECONDS, old)).toBe('old')
  })

  it('is used while the directory is down, however long', async () => {
    const { at } = setup()
    await expect(at(NOW, new Error('down'))).rejects.toThrow('down')
    await at(NOW, old)
    expect(await at(NOW + 86_400, new Error('down'))).toBe('old')
  })

  it('that is a document is kept for its time, and a day where its host is down', async () => {
    const { at, loads } = setup()
    await at(NOW, { ...old, seconds: 600 })
    expect(await at(NOW + 599, fresh)).toBe('old')
    expect(loads()).toBe(1)
    expect(await at(NOW + 600, new Error('down'))).toBe('old')
    await expect(at(NOW + 86_401, new Error('down'))).rejects.toThrow('down')
  })

  it('and does not exist is asked for again soon', async () => {
    const { at } = setup()
    expect(await at(NOW, { metadata: undefined })).toBeUndefined()
    expect(await at(NOW + 4, fresh)).toBeUndefined()
    expect(await at(NOW + 5, fresh)).toBe('fresh')
  })
})
