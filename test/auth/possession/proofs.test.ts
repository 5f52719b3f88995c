import { describe, expect, it } from 'vitest'
import { CLOCK_SKEW_SECONDS, MAX_PROOF_LENGTH } from '../../../src/auth/possession/proof.ts'
import { sha256 } from '../../../src/lib/bytes.ts'
import {
  createDpopClient,
  createDpopWorld,
  makeProof,
  type ProofChanges,
} from '../../support/dpop.ts'
import { refusal, START } from '../../support/gateway.ts'
import { createTestKey, encodePart, joinParts, signParts } from '../../support/signing-keys.ts'

const NO = [401, 'invalid_dpop_proof']
const GOOD_ID = 'jti-of-a-good-proof'

describe('a good proof', () => {
  it.each(['ES256', 'ES384', 'ES512', 'EdDSA', 'RS256', 'PS512'] as const)(
    'lets its token in: %s',
    async (alg) => {
      const { sendBound, received } = await createDpopWorld({ alg })
      expect((await sendBound('/')).status).toBe(200)
      expect(received).toHaveLength(1)
    },
  )

  it('is looked for under the scheme DPoP in any case', async () => {
    const { sendProof, proof, token } = await createDpopWorld()
    for (const scheme of ['DPoP', 'dpop', 'DPOP ']) {
      const init = { headers: { authorization: `${scheme} ${token}` } }
      expect((await sendProof('/', await proof(), init)).status).toBe(200)
    }
  })

  it('stays here, as does its token', async () => {
    const { sendBound, received } = await createDpopWorld()
    await sendBound('/')
    const headers = received[0]?.headers
    expect([headers?.get('dpop'), headers?.get('authorization')]).toEqual([null, null])
    expect(headers?.get('x-auth-subject')).toBe('user-1')
  })

  it('is for the address whatever its query and fragment are', async () => {
    const { sendBound } = await createDpopWorld()
    const statuses = [
      (await sendBound('/?a=1')).status,
      (await sendBound('/?a=1', { claims: { htu: 'https://api.test/?b=2#c' } })).status,
    ]
    expect(statuses).toEqual([200, 200])
  })

  it.each([
    ['upper case in scheme and host', 'HTTPS://API.test/a%20b'],
    ['the port of the scheme', 'https://api.test:443/a%20b'],
    ['an empty port', 'https://api.test:/a%20b'],
    ['other escapes', 'https://api.test/%61%20b'],
    ['dot segments', 'https://api.test/x/../a%20b'],
  ])('may have its address in another spelling: %s', async (_what, htu) => {
    const { sendBound } = await createDpopWorld()
    expect((await sendBound('/a%20b', { claims: { htu } })).status).toBe(200)
  })

  it('may leave out the only slash of an address', async () => {
    const { sendBound } = await createDpopWorld()
    expect((await sendBound('/', { claims: { htu: 'https://api.test' } })).status).toBe(200)
  })

  it.each([
    ['60 s ago', -60],
    ['in 30 s', CLOCK_SKEW_SECONDS],
    ['half a second ago', -0.5],
  ])('may have been made %s', async (_when, seconds) => {
    const { sendBound } = await createDpopWorld()
    expect((await sendBound('/', { claims: { iat: START + seconds } })).status).toBe(200)
  })

  it('may have members that nobody knows', async () => {
    const { sendBound } = await createDpopWorld()
    const changes = { header: { kid: 'x' }, claims: { nonce: 'x', extra: { a: 1 } } }
    expect((await sendBound('/', changes)).status).toBe(200)
  })

  it('is good for the method of its request', async () => {
    const { sendProof, proof } = await createDpopWorld()
    const post = await sendProof('/', await proof({ claims: { htm: 'POST' } }), { method: 'POST' })
    const head = await sendProof('/', await proof({ claims: { htm: 'HEAD' } }), { method: 'HEAD' })
    expect([post.status, head.status]).toEqual([200, 200])
  })
})

describe('a proof is refused', () => {
  const CASES: Record<string, ProofChanges> = {
    'with another typ': { header: { typ: 'JWT' } },
    'with the typ of an access token': { header: { typ: 'at+jwt' } },
    'without typ': { header: { typ: undefined } },
    'with the algorithm none': { header: { alg: 'none' } },
    'with a shared secret': { header: { alg: 'HS256' } },
    'with an algorithm that is not of its key': { header: { alg: 'RS256' } },
    'with the algorithm of another curve': { header: { alg: 'ES384' } },
    'without jwk': { header: { jwk: undefined } },
    'with a jwk that is a text': { header: { jwk: 'x' } },
    'with a symmetric jwk': { header: { jwk: { kty: 'oct', k: 'eA' } } },
    'with an extension': { header: { crit: ['b64'], b64: true } },
    'with another method': { claims: { htm: 'POST' } },
    'with its method in lower case': { claims: { htm: 'get' } },
    'without htm': { claims: { htm: undefined } },
    'with another path': { claims: { htu: 'https://api.test/other' } },
    'with another host': { claims: { htu: 'https://other.test/' } },
    'with another scheme': { claims: { htu: 'http://api.test/' } },
    'with another port': { claims: { htu: 'https://api.test:8443/' } },
    'with the port of another scheme': { claims: { htu: 'https://api.test:80/' } },
    'with a name before the host': { claims: { htu: 'https://api.test@other.test/' } },
    'with a path alone': { claims: { htu: '/' } },
    'without htu': { claims: { htu: undefined } },
    'with htu in a list': { claims: { htu: ['https://api.test/'] } },
    'with an iat that is too old': { claims: { iat: START - 61 } },
    'with an iat in the future': { claims: { iat: START + CLOCK_SKEW_SECONDS + 1 } },
    'with iat as text': { claims: { iat: String(START) } },
    'without iat': { claims: { iat: undefined } },
    'with the hash of another token': { claims: { ath: 'x'.repeat(43) } },
    'without ath': { claims: { ath: undefined } },
    'without jti': { claims: { jti: undefined } },
    'with an empty jti': { claims: { jti: '' } },
    'with a jti that is a number': { claims: { jti: 1 } },
    'with a jti of 257 characters': { claims: { jti: 'j'.repeat(257) } },
  }

  it.each(Object.entries(CASES))('%s', async (_what, changes) => {
    const { sendBound, received } = await createDpopWorld()
    expect(await refusal(await sendBound('/', changes))).toEqual(NO)
    expect(received).toEqual([])
  })

  it('with the private part of its key, also where that is right', async () => {
    const { jose, ...world } = { jose: await import('jose'), ...(await createDpopWorld()) }
    const { privateKey, publicKey } = await jose.generateKeyPair('ES256', { extractable: true })
    const jwk = await jose.exportJWK(privateKey)
    const thumbprint = await jose.calculateJwkThumbprint(jwk)
    const key = { ...(await createTestKey('ES256')), privateKey }
    const token = await world.issuer.mint({ cnf: { jkt: thumbprint } })
    const show = async (shown: typeof jwk) => {
      const proof = await makeProof({ key, jwk: shown, thumbprint }, token)
      return world.sendProof('/', proof, { headers: { authorization: `DPoP ${token}` } })
    }
    expect(await refusal(await show(jwk))).toEqual(NO)
    expect((await show(await jose.exportJWK(publicKey))).status).toBe(200)
  })

  it('that another key has signed', async () => {
    const { sendBound } = await createDpopWorld()
    const signer = await createTestKey('ES256')
    expect(await refusal(await sendBound('/', { signer }))).toEqual(NO)
  })

  it('that another key has signed, also when the key of its header is known', async () => {
    const { sendBound } = await createDpopWorld()
    expect((await sendBound('/')).status).toBe(200)
    const signer = await createTestKey('ES256')
    expect(await refusal(await sendBound('/', { signer }))).toEqual(NO)
  })

  it('of an algorithm that the owner does not allow', async () => {
    const { sendBound } = await createDpopWorld({ algorithms: ['EdDSA'] })
    expect(await refusal(await sendBound('/'))).toEqual(NO)
  })

  it('that is no JWT, is longer than it may be, or has a repeated member', async () => {
    const { sendProof, proof, client, token } = await createDpopWorld()
    const good = await proof()
    const text = JSON.stringify({
      jti: GOOD_ID,
      htm: 'GET',
      htu: 'https://api.test/',
      iat: START,
      ath: await sha256(token),
    })
    const head = { typ: 'dpop+jwt', alg: client.key.alg, jwk: client.jwk }
    const twice = await signParts(head, text.replace('{', '{"jti":"x",'), client.key)
    const once = await signParts(head, text, client.key)
    const padded = { ...head, pad: 'x'.repeat(MAX_PROOF_LENGTH) }
    const long = await signParts(padded, text, client.key)
    const nested = { ...once, header: encodePart('[]') }
    for (const bad of [
      'nonsense',
      '',
      `${good}.x`,
      `${good}=`,
      joinParts(twice),
      joinParts(long),
      joinParts(nested),
    ]) {
      expect(await refusal(await sendProof('/', bad)), bad.slice(-20)).toEqual(NO)
    }
    expect((await sendProof('/', joinParts(once))).status).toBe(200)
  })

  it('with its path in another case', async () => {
    const { sendBound } = await createDpopWorld()
    const changes = { claims: { htu: 'https://api.test/Orders' } }
    expect(await refusal(await sendBound('/orders', changes))).toEqual(NO)
    expect((await sendBound('/Orders', changes)).status).toBe(200)
  })

  it('that is one of two', async () => {
    const { sendProof, proof, lastEvent } = await createDpopWorld()
    const [one, other] = [await proof(), await proof()]
    expect(await refusal(await sendProof('/', `${one}, ${other}`))).toEqual(NO)
    expect(await refusal(await sendProof('/', `${one}, ${one}`))).toEqual(NO)
    expect(lastEvent()?.reason).toBe('there is more than one proof')
  })

  it('that is not there', async () => {
    const { send, token } = await createDpopWorld()
    const response = await send('/', { headers: { authorization: `DPoP ${token}` } })
    expect(await refusal(response)).toEqual(NO)
  })

  it('of another client for its own token, with what a thief has', async () => {
    const { sendProof, token, lastEvent } = await createDpopWorld()
    const thief = await createDpopClient()
    const response = await sendProof('/', await makeProof(thief, token))
    expect(await refusal(response)).toEqual([401, 'invalid_token'])
    expect(lastEvent()?.reason).toBe(
      'the token is bound to another key than the proof is made with',
    )
  })
})
