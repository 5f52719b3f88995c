// Ways around the gateway that a review of its request path found, each closed by a change of its own.

import { beforeAll, describe, expect, it, vi } from 'vitest'
import { createRouter, readLocation } from '../../src/router.ts'
import { createKeys, createWorld, type Keys, ORIGIN } from './world.ts'

let keys: Keys
beforeAll(async () => {
  keys = await createKeys()
})

describe('the method of a request', () => {
  it('is not turned into GET by an upgrade: workerd opens every WebSocket with GET', async () => {
    const methods = ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'GET']
    const world = createWorld(keys, {
      routes: [{ path: '/*', to: ORIGIN, auth: 'public', methods }],
    })
    for (const method of methods)
      await world.send('/', { method, headers: { upgrade: 'websocket' } })

    const upgraded = world.received.filter(({ headers }) => headers.has('upgrade'))
    expect(world.received.map(({ method }) => method)).toEqual(methods)
    expect(upgraded.map(({ method }) => method)).toEqual(['GET'])
  })
})

describe('a path of 8,000 segments', () => {
  it('is looked up as often as a short one', () => {
    const common = { host: undefined, methods: new Set(['GET']), allowsAmbiguousPath: false }
    const router = createRouter([
      { ...common, path: '/*', isPublic: true },
      { ...common, path: '/a/a/b', isPublic: false },
    ])
    const reads = vi.spyOn(Map.prototype, 'get')
    const readsFor = (path: string) => {
      reads.mockClear()
      router.match('GET', readLocation(`https://api.test${path}`))
      return reads.mock.calls.length
    }
    try {
      expect(readsFor('/a'.repeat(8_000))).toBe(readsFor('/a/a/c'))
    } finally {
      reads.mockRestore()
    }
  })
})
