import { describe, expect, it } from 'vitest'
import type { StateBinding } from '../../../src/options/state.ts'
import { createDpopWorld, STATE } from '../../support/dpop.ts'
import { AUDIENCE, refusal, START } from '../../support/gateway.ts'
import { createTestIssuer } from '../../support/mint.ts'

const REPLAYED = [401, 'invalid_dpop_proof']

/** A state Worker that does something else, and the calls that it got. */
function stateThat(takeProof: (...args: unknown[]) => unknown) {
  const calls: unknown[][] = []
  const state = {
    fetch: async () => new Response(),
    takeProof(...args: unknown[]) {
      calls.push(args)
      return Promise.resolve(takeProof(...args))
    },
  }
  return { state: state as unknown as StateBinding, calls }
}

describe('a proof', () => {
  it('is taken once', async () => {
    const { sendProof, proof, received, lastEvent } = await createDpopWorld()
    const made = await proof()
    expect((await sendProof('/', made)).status).toBe(200)
    expect(await refusal(await sendProof('/', made))).toEqual(REPLAYED)
    expect(lastEvent()?.reason).toBe('the proof was used before: its jti is known')
    expect(received).toHaveLength(1)
  })

  it('is taken once by all gateways together, however many get it at the same time', async () => {
    const clock = { now: START }
    const issuer = createTestIssuer({ audience: AUDIENCE, now: () => clock.now })
    const one = await createDpopWorld({ issuer, clock })
    const other = await createDpopWorld({ issuer, clock })
    const made = await one.proof()
    const headers = { authorization: `DPoP ${one.token}`, dpop: made }
    const sent = Array.from({ length: 10 }, (_, index) =>
      (index % 2 ? one : other).send('/', { headers }),
    )
    const statuses = (await Promise.all(sent)).map(({ status }) => status)
    expect(statuses.toSorted()).toEqual([200, ...Array(9).fill(401)])
    expect(one.received.length + other.received.length).toBe(1)
  })

  it('is another one with another jti, and with the same jti under another key', async () => {
    const one = await createDpopWorld()
    const other = await createDpopWorld()
    const claims = { jti: crypto.randomUUID() }
    expect((await one.sendBound('/', { claims })).status).toBe(200)
    expect((await other.sendBound('/', { claims })).status).toBe(200)
    expect(await refusal(await one.sendBound('/', { claims }))).toEqual(REPLAYED)
  })

  it('is not remembered where it was refused for something else', async () => {
    const { sendBound } = await createDpopWorld()
    const claims = { jti: crypto.randomUUID() }
    expect((await sendBound('/', { claims: { ...claims, htm: 'PUT' } })).status).toBe(401)
    expect((await sendBound('/', { claims })).status).toBe(200)
  })
})

describe('the memory', () => {
  it('is asked by the thumbprint, with a hash, for as long as the proof would be good and a minute', async () => {
    const { state, calls } = stateThat(() => true)
    const { sendBound, client } = await createDpopWorld({ state, proofMaxAgeSeconds: 100 })
    await sendBound('/', { claims: { jti: 'a', iat: START - 40 } })
    await sendBound('/', { claims: { jti: 'a', iat: START + 30 } })
    // SHA-256 of the letter a.
    const hash = 'ypeBEsobvcr6wjGzmiPcTaeG7_gUfE5yuYB3ha_uSLs'
    expect(calls).toEqual([
      [2, client.thumbprint, hash, 120],
      [2, client.thumbprint, hash, 190],
    ])
  })

  it('is not asked about a token that is refused, or is bound to no key', async () => {
    const { state, calls } = stateThat(() => true)
    const { send, sendWithToken, sendBound } = await createDpopWorld({ state })
    await sendWithToken('/')
    await sendBound('/', { claims: { ath: '' } })
    await send('/', { headers: { authorization: 'DPoP forged', dpop: 'forged' } })
    expect(calls).toEqual([])
  })

  it.each([
    ['fails', () => Promise.reject(new Error('down'))],
    [
      'throws',
      () => {
        throw new Error('down')
      },
    ],
    ['answers something else', () => undefined],
    ['answers a text', () => 'true'],
  ])('that %s is an outage: 503, never a bad proof and never a good one', async (_what, answer) => {
    const { state } = stateThat(answer)
    const { sendBound, received, lastEvent } = await createDpopWorld({ state })
    const response = await sendBound('/')
    expect(response.headers.get('retry-after')).toBe('5')
    expect(await refusal(response)).toEqual([503, 'issuer_unavailable'])
    expect(received).toEqual([])
    expect(lastEvent()?.reason).toMatch(/^the memory of DPoP proofs \(state\) gave no verdict: /)
  })

  it('of an older state Worker is an outage too, and the log says what to deploy', async () => {
    const { state } = stateThat(() => Promise.reject(new RangeError('Deploy state: …')))
    const { sendBound, lastEvent } = await createDpopWorld({ state })
    expect((await sendBound('/')).status).toBe(503)
    expect(lastEvent()?.reason).toContain('RangeError: Deploy state: …')
  })

  it('is waited for no longer than there is time', async () => {
    const { createProofMemory } = await import('../../../src/auth/possession/replay.ts')
    const { state } = stateThat(() => new Promise(() => {}))
    const end = new AbortController()
    const scope = { deadline: () => end.signal, waitUntil: () => {} }
    const taken = createProofMemory(state).take('k', 'p', 60, scope)
    end.abort()
    await expect(taken).rejects.toMatchObject({ code: 'issuer_unavailable' })
  })

  it('is left out only by an ugly name', async () => {
    const { sendProof, proof } = await createDpopWorld({ dangerouslyAllowReplays: true })
    const made = await proof()
    expect((await sendProof('/', made)).status).toBe(200)
    expect((await sendProof('/', made)).status).toBe(200)
  })

  it('is bound where the tests run', () => {
    expect(STATE).toBeDefined()
  })
})
