import { beforeAll, describe, expect, it } from 'vitest'
import { oidc } from '../../src/auth/presets/oidc.ts'
import { ANSWER_ATTACKS } from './introspection.ts'
import {
  AUDIENCE,
  createKeys,
  createWorld,
  defaultClaims,
  ISSUER,
  JWKS_URI,
  type Keys,
  ORIGIN,
  refusal,
  type World,
} from './world.ts'

const ENDPOINT = `${ISSUER}/introspect`

let keys: Keys
beforeAll(async () => {
  keys = await createKeys()
})

/** A world whose issuer answers every question so. */
function answering(answer: () => Response): World {
  const introspect = { clientId: 'gw', clientSecret: 'hush', endpoint: ENDPOINT, opaque: true }
  const main = oidc({ issuer: ISSUER, audience: AUDIENCE, jwksUri: JWKS_URI, introspect })
  const world = createWorld(keys, {
    config: { schemes: { main } },
    routes: [
      { path: '/*', to: ORIGIN },
      { path: '/write', to: ORIGIN, scopes: ['orders:write'] },
    ],
  })
  world.documents.set(ENDPOINT, answer)
  return world
}

describe('an answer of introspection that does not let anybody in', () => {
  for (const { ids, attack, answer, outcome } of ANSWER_ATTACKS)
    it(`${ids}: ${attack}`, async () => {
      const text =
        typeof answer === 'string'
          ? answer
          : JSON.stringify({ active: true, ...defaultClaims(), ...answer })
      const world = answering(() => new Response(text))
      for (const what of ['the first time', 'again']) {
        expect([what, ...(await refusal(await world.sendToken('opaque')))]).toEqual([
          what,
          ...outcome,
        ])
      }
      expect(world.received).toEqual([])
    })

  it('CVE-2021-32701, heimdall 3452: is remembered without what it was good for', async () => {
    const world = answering(() => Response.json({ active: true, ...defaultClaims() }))
    expect((await world.sendToken('opaque', '/read')).status).toBe(200)
    expect(await refusal(await world.sendToken('opaque', '/write'))).toEqual([
      403,
      'insufficient_scope',
    ])
  })

  it('CVE-2026-102267: is not fetched where a redirect points', async () => {
    const location = 'https://evil.test/introspect'
    const world = answering(() => new Response(null, { status: 307, headers: { location } }))
    expect(await refusal(await world.sendToken('opaque'))).toEqual([503, 'issuer_unavailable'])
    expect(world.strayCalls).toEqual([])
  })

  it('CVE-2022-23469, CVE-2022-29266: leaves token and secret out of the log', async () => {
    const world = answering(() => new Response('{"error":"hush opaque-token"}', { status: 401 }))
    await world.sendToken('opaque-token')
    expect(JSON.stringify(world.events)).not.toMatch(/hush|opaque-token/)
  })
})
