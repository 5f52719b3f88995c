import { describe, expect, it } from 'vitest'
import { claims } from '../src/upstream/claims-handler.ts'
import { createTestGateway, refusal } from './support/gateway.ts'

describe('the gateway', () => {
  it('answers 401 with a bare challenge where no credential was sent', async () => {
    const { send } = await createTestGateway()
    const response = await send('/orders')
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
    expect(await response.json()).toEqual({
      type: 'urn:gatehouse:error:credential_missing',
      title: 'A credential is required',
      status: 401,
      code: 'credential_missing',
      detail: 'Send an access token in the header "Authorization: Bearer <token>".',
      instance: expect.stringMatching(/^urn:uuid:/),
    })
  })

  it('shows verified claims with active true', async () => {
    const { sendWithToken } = await createTestGateway({
      routes: [{ path: '/api/claims', to: claims }],
    })
    const response = await sendWithToken('/api/claims')
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ active: true, sub: 'user-1' })
  })

  it('forwards with identity headers and without the token', async () => {
    const { sendWithToken, received } = await createTestGateway()
    const response = await sendWithToken('/orders?x=1', { headers: { 'x-auth-subject': 'admin' } })
    expect(response.status).toBe(200)
    expect(received[0]?.url).toBe('https://origin.test/orders?x=1')
    expect(received[0]?.headers.get('x-auth-subject')).toBe('user-1')
    expect(received[0]?.headers.get('authorization')).toBeNull()
  })

  it('refuses a tampered token', async () => {
    const { send, issuer } = await createTestGateway()
    const token = await issuer.mint({}, { key: 'foreign' })
    expect(
      await refusal(await send('/', { headers: { authorization: `Bearer ${token}` } })),
    ).toEqual([401, 'invalid_token'])
  })
})
