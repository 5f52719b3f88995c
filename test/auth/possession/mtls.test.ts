// What Cloudflare writes into request.cf is put there by the test: no local runtime asks for a certificate.

import { describe, expect, it } from 'vitest'
import { type MtlsOptions, mtls } from '../../../src/auth/possession/mtls.ts'
import { oidc } from '../../../src/auth/presets/oidc.ts'
import { createDpopWorld } from '../../support/dpop.ts'
import { AUDIENCE, createTestGateway, refusal, START } from '../../support/gateway.ts'
import { createTestIssuer } from '../../support/mint.ts'

/** SHA-256 of the letter a, in place of a certificate's bytes. */
const HEX = 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb'
const THUMBPRINT = 'ypeBEsobvcr6wjGzmiPcTaeG7_gUfE5yuYB3ha_uSLs'
const SHOWN = {
  certPresented: '1',
  certVerified: 'SUCCESS',
  certRevoked: '0',
  certFingerprintSHA256: HEX,
}
const NO = [401, 'invalid_token']

async function start(options: MtlsOptions = {}) {
  const issuer = createTestIssuer({ audience: AUDIENCE, now: () => START })
  const main = oidc({ issuer: issuer.issuer, audience: AUDIENCE, possession: [mtls(options)] })
  const world = await createTestGateway({ issuer, config: { schemes: { main } } })
  const show = async (claims: Record<string, unknown>, tlsClientAuth?: unknown) =>
    world.send('/', {
      headers: { authorization: `Bearer ${await issuer.mint(claims)}` },
      ...(tlsClientAuth !== undefined && { cf: { tlsClientAuth } as never }),
    })
  return { ...world, show }
}

const BOUND = { cnf: { 'x5t#S256': THUMBPRINT } }

describe('a token that is bound to a certificate', () => {
  it('is taken from the client that has shown that certificate', async () => {
    const { show } = await start()
    expect((await show(BOUND, SHOWN)).status).toBe(200)
    const upper = { ...SHOWN, certFingerprintSHA256: HEX.toUpperCase() }
    expect((await show(BOUND, upper)).status).toBe(200)
  })

  it.each([
    ['no certificate is known of', undefined],
    ['none was shown', { ...SHOWN, certPresented: '0' }],
    ['another was shown', { ...SHOWN, certFingerprintSHA256: HEX.replace('c', 'd') }],
    ['it was not verified', { ...SHOWN, certVerified: 'NONE' }],
    ['its verification failed', { ...SHOWN, certVerified: 'FAILED:self signed certificate' }],
    ['it is revoked', { ...SHOWN, certRevoked: '1' }],
    ['its fingerprint is none', { ...SHOWN, certFingerprintSHA256: '' }],
  ])('is refused where %s', async (_what, shown) => {
    const { show, received } = await start()
    expect(await refusal(await show(BOUND, shown))).toEqual(NO)
    expect(received).toEqual([])
  })

  it('is refused where the claim is no text', async () => {
    const { show } = await start()
    for (const value of [null, 1, [THUMBPRINT], '']) {
      expect(await refusal(await show({ cnf: { 'x5t#S256': value } }, SHOWN))).toEqual(NO)
    }
  })

  it('is judged with every request', async () => {
    const { send, issuer } = await start()
    const headers = { authorization: `Bearer ${await issuer.mint(BOUND)}` }
    const cf = { tlsClientAuth: SHOWN } as never
    expect((await send('/', { headers, cf })).status).toBe(200)
    expect(await refusal(await send('/', { headers }))).toEqual(NO)
  })

  it('may be bound to a DPoP key too, and then both are wanted', async () => {
    const { client, issuer, send } = await createDpopWorld({ certificates: {} })
    const { makeProof } = await import('../../support/dpop.ts')
    const token = await issuer.mint({ cnf: { jkt: client.thumbprint, 'x5t#S256': THUMBPRINT } })
    const show = async (scheme: string, cf?: unknown) => {
      const headers = { authorization: `${scheme} ${token}`, dpop: await makeProof(client, token) }
      return (await send('/', { headers, ...(cf !== undefined && { cf: cf as never }) })).status
    }
    const cf = { tlsClientAuth: SHOWN }
    expect([await show('DPoP', cf), await show('DPoP'), await show('Bearer', cf)]).toEqual([
      200, 401, 401,
    ])
  })
})

describe('a token that is bound to no certificate', () => {
  it('is taken, unless every token has to be bound', async () => {
    expect((await (await start()).show({})).status).toBe(200)
    const { show } = await start({ required: true })
    expect(await refusal(await show({}, SHOWN))).toEqual(NO)
    expect((await show(BOUND, SHOWN)).status).toBe(200)
  })
})
