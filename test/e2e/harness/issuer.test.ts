// The test harness itself: what the other real-socket tests rely on must be true.

import { createRemoteJWKSet, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { startIssuer } from '../../support/issuer.ts'
import type { IssuerMode } from '../../support/issuer-faults.ts'
import { createTestIssuer } from '../../support/mint.ts'
import { rawRequest } from '../../support/raw-http.ts'
import { values } from '../../support/raw-response.ts'

describe('issuer', () => {
  it('publishes keys that verify what it mints, in every algorithm', async () => {
    const algs = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const
    const issuer = await startIssuer({ algs: [...algs], path: '/tenant' })
    const keys = createRemoteJWKSet(new URL(issuer.jwksUri))
    const expected = { issuer: issuer.issuer, audience: 'gatehouse', typ: 'at+jwt' }
    for (const alg of algs) {
      const token = await issuer.mint({ role: 'a', scope: undefined }, { alg })
      const { payload, protectedHeader } = await jwtVerify(token, keys, expected)
      expect(protectedHeader.alg).toBe(alg)
      expect(payload).toMatchObject({ iss: issuer.issuer, sub: 'user-1', role: 'a' })
      expect(payload).not.toHaveProperty('scope')
      const forged = issuer.mint({}, { alg, key: 'foreign', header: { kid: protectedHeader.kid } })
      await expect(jwtVerify(await forged, keys, expected)).rejects.toThrow(/kid|signature|key/)
    }
    expect(issuer.calls).toContain('GET /tenant/.well-known/jwks.json')
    await issuer.stop()
  })

  it('signs what should never verify: lies in the header, HMAC, none, raw text', async () => {
    const issuer = createTestIssuer({ now: () => 1_800_000_000 })
    const header = async (options: Parameters<typeof issuer.mintParts>[1]) =>
      Buffer.from((await issuer.mintParts({}, options)).header, 'base64url').toString()
    const kid = (await issuer.jwks()).keys[0]?.kid
    expect(await header({ header: { alg: 'HS256', typ: undefined } })).toBe(
      JSON.stringify({ alg: 'HS256', kid }),
    )
    expect(await header({ secret: 'public key' })).toContain('"alg":"HS256"')
    expect(await header({ headerText: '{"alg":"a","alg":"b"}' })).toBe('{"alg":"a","alg":"b"}')
    expect(await issuer.mint({}, { unsigned: true })).toMatch(/\.$/)
    const { payload } = await issuer.mintParts({}, { payloadText: 'no JSON' })
    expect(Buffer.from(payload, 'base64url').toString()).toBe('no JSON')
  })

  it('rotates with and without overlap, withdraws, and can still sign with an old key', async () => {
    const issuer = createTestIssuer({ algs: ['ES256'] })
    const kids = async () => (await issuer.jwks()).keys.map(({ kid }) => kid ?? '')
    const [first = ''] = await kids()
    await issuer.rotate({ overlap: true })
    const [, second = ''] = await kids()
    expect(await kids()).toEqual([first, second])
    issuer.withdraw(first)
    expect(await kids()).toEqual([second])
    await issuer.rotate()
    expect(await kids()).not.toContain(second)
    const old = (await issuer.mint({}, { key: first })).split('.')[0] ?? ''
    expect(Buffer.from(old, 'base64url').toString()).toContain(first)
  })

  it('introspects what it minted until it is revoked or expires', async () => {
    let clock = 1_800_000_000
    const issuer = createTestIssuer({ now: () => clock, algs: ['ES256'] })
    const ask = async (token: string) => {
      const body = new URLSearchParams({ token })
      const answer = await issuer.fetch(issuer.introspectionUri, { method: 'POST', body })
      return ((await answer.json()) as { active: boolean }).active
    }
    const [opaque, signed] = [issuer.mintOpaque(), await issuer.mint()]
    const forged = await issuer.mint({}, { key: 'foreign' })
    expect([await ask(opaque), await ask(signed), await ask(forged)]).toEqual([true, true, false])
    issuer.revoke(signed)
    expect([await ask(opaque), await ask(signed)]).toEqual([true, false])
    clock += 300
    expect(await ask(opaque)).toBe(false)
    await expect(issuer.fetch('https://elsewhere.test/')).rejects.toThrow('unexpected GET')
    expect(issuer.counters).toEqual({ discovery: 0, jwks: 0, introspection: 6, unexpected: 1 })
  })

  it('breaks on the wire as it is told', async () => {
    const issuer = await startIssuer({ algs: ['ES256'] })
    const { pathname } = new URL(issuer.jwksUri)
    const get = (target = pathname, timeoutMs = 5000) =>
      rawRequest(issuer.port, { target, headers: [['Host', 'x']] }, { timeoutMs })
    const within = (mode: IssuerMode) => {
      issuer.mode = { jwks: mode }
    }
    within('error')
    expect((await get()).status).toBe(500)
    within('html')
    expect((await get()).body).toContain('<!doctype html>')
    within('unreachable')
    await expect(get()).rejects.toThrow('ended before')
    within('half')
    await expect(get()).rejects.toThrow('ended before')
    within('hang')
    await expect(get(pathname, 20)).rejects.toThrow('within 20 ms')
    within('huge')
    const huge = await get()
    expect(huge.bytes.byteLength).toBeGreaterThan(1024 * 1024)
    expect(JSON.parse(huge.body)).toEqual(await issuer.jwks())
    within('redirect')
    const [location = ''] = values((await get()).headers, 'location')
    expect((await get(new URL(location).pathname + new URL(location).search)).status).toBe(200)
    within({ delayMs: 1 })
    expect((await get()).status).toBe(200)
    issuer.metadata = { issuer: 'https://evil.test' }
    const discovery = await get('/.well-known/openid-configuration')
    expect(JSON.parse(discovery.body)).toMatchObject({ issuer: 'https://evil.test' })
    expect((await get('/nothing')).status).toBe(404)
    expect(issuer.counters).toMatchObject({ discovery: 1, jwks: 9 })
    await issuer.stop()
  })
})
