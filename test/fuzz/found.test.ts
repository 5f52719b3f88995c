// What the properties have found, one test each, so that it is tried every time.

import { beforeAll, describe, expect, it } from 'vitest'
import { createKeys, createWorld, type Keys, ORIGIN } from '../attacks/world.ts'
import { createGateway } from '../support/watched-gateway.ts'

let keys: Keys
beforeAll(async () => {
  keys = await createKeys()
})

describe('found by fuzzing', () => {
  it.each([
    ['text', 'https://idp.test'],
    ['options', { issuer: 'https://idp.test', audience: 'x' }],
    ['half a preset', { issuer: 'https://idp.test', check: '', compile: '' }],
  ])('an issuer that is %s and not made by a preset is a problem, not a crash', (_, issuer) => {
    const gateway = createGateway({ schemes: { main: issuer }, routes: [] } as never, {
      log: () => {},
    })
    expect(gateway.problems).toContain(
      'schemes.main: must be made by a preset: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID })',
    )
  })

  it.each(['"', 'close,', 'a b', '@'])(
    'an answer whose Connection header says %j is no fault of the gateway',
    async (connection) => {
      const world = createWorld(keys, {
        routes: [{ path: '/', to: ORIGIN, auth: 'public' }],
        origin: () => new Response('{}', { headers: { connection } }),
      })
      const response = await world.send('/')
      expect([response.status, response.headers.get('connection')]).toEqual([200, null])
    },
  )
})
