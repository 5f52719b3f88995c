// Ways around the gateway that a review of its request path found, each closed by a change of its own.

import { beforeAll, describe, expect, it } from 'vitest'
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
