// Keys that change without a new name: sets without kid, and sets that use a kid again.

import { describe, expect, it } from 'vitest'
import { type OidcOptions, oidc } from '../../../src/auth/presets/oidc.ts'
import { AUDIENCE, createTestGateway, refusal, START } from '../../support/gateway.ts'
import { createTestIssuer } from '../../support/mint.ts'
import { createTestKey, joinParts, signParts, type TestKey } from '../../support/signing-keys.ts'

const ISSUER = 'https://idp.test'

/** A gateway whose issuer publishes `keys`, each under `kid` or under none, and whose clock a test moves. */
async function world(kid?: string, options: Partial<OidcOptions> = {}) {
  const published: TestKey[] = [await createTestKey('ES256')]
  const issuer = createTestIssuer({ issuer: ISSUER, audience: AUDIENCE, now: () => START })
  issuer.jwks = async () => ({ keys: [] })
  let isDown = false
  let fetches = 0
  const own = {
    ...issuer,
    async fetch(request: Request) {
      if (request.url !== issuer.jwksUri) return issuer.fetch(request)
      fetches++
      if (isDown) throw new Error('down')
      const keys = published.map(({ jwk: { kid: _, ...jwk } }) => (kid ? { ...jwk, kid } : jwk))
      return Response.json({ keys })
    },
  }
  const entry = oidc({ issuer: ISSUER, audience: AUDIENCE, jwksUri: issuer.jwksUri, ...options })
  const gateway = await createTestGateway({
    issuer: own as typeof issuer,
    config: { schemes: { main: entry } },
  })
  let count = 0
  return {
    ...gateway,
    published,
    fetches: () => fetches,
    setDown: () => (isDown = true),
    /** `200`, or the code of the refusal, of a fresh token. */
    async show(key: TestKey) {
      const claims = { iss: ISSUER, aud: AUDIENCE, jti: `${count++}`, exp: START + 100_000 }
      const header = { alg: 'ES256', ...(kid && { kid }) }
      const token = joinParts(await signParts(header, claims, key))
      const response = await gateway.send('/', { headers: { authorization: `Bearer ${token}` } })
      await gateway.settle()
      return response.status === 200 ? 200 : (await refusal(response))[1]
    },
  }
}

describe.each([undefined, 'again'])('a new key (kid: %s)', (kid) => {
  it('is fetched when no key at hand verifies', async () => {
    const { published, show, fetches, clock } = await world(kid)
    const [old, next] = [published[0] as TestKey, await createTestKey('ES256')]
    expect(await show(old)).toBe(200)
    published.splice(0, 1, next)
    clock.now += 1
    expect(await show(next)).toBe(200)
    expect(fetches()).toBe(2)
    // The old one has left the set; to say so costs nothing until the cooldown is over.
    expect(await show(old)).toBe('invalid_token')
    expect(fetches()).toBe(2)
  })

  it('is fetched once in 30 s, however many signatures do not fit', async () => {
    const { published, show, fetches, clock, store } = await world(kid)
    const stranger = await createTestKey('ES256')
    await show(published[0] as TestKey)
    const reads = store.reads
    for (let second = 0; second < 30; second++, clock.now++) {
      expect(await show(stranger)).toBe('invalid_token')
    }
    expect([fetches(), store.reads - reads]).toEqual([2, 1])
    await show(stranger)
    expect([fetches(), store.reads - reads]).toEqual([3, 2])
  })

  it('is found in the store where another isolate has fetched it', async () => {
    const first = await world(kid)
    const next = await createTestKey('ES256')
    await first.show(first.published[0] as TestKey)
    const second = await world(kid)
    await second.show(second.published[0] as TestKey)
    first.published.splice(0, 1, next)
    first.clock.now += 1
    await first.show(next)
    for (const [name, value] of first.store.entries) second.store.entries.set(name, value)
    second.clock.now += 2
    expect(await second.show(next)).toBe(200)
    expect(second.fetches()).toBe(1)
  })

  it('that cannot be fetched leaves the verdict of the keys at hand: nobody is asked about the token', async () => {
    let asked = 0
    const { published, show, setDown, issuer, clock } = await world(kid, {
      introspect: { clientId: 'gw', endpoint: `${ISSUER}/oauth2/introspect` },
    })
    issuer.onIntrospection = () => {
      asked++
      return Response.json({ active: true })
    }
    expect(await show(published[0] as TestKey)).toBe(200)
    setDown()
    clock.now += 1
    expect(await show(await createTestKey('ES256'))).toBe('invalid_token')
    expect(asked).toBe(0)
  })
})
