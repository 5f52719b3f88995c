import { testGateway } from '@gatehouse/gateway/testing'
import { expect, test } from 'vitest'
import define from './gateway.config.ts'

const gateway = testGateway(define, {
  ISSUER: 'https://login.acme.example',
  CLIENT_ID: 'orders',
  ORIGIN: 'https://orders.acme.example',
})

test('a token may read its claims, and nobody else may', async () => {
  const ada = await gateway.token('main', { sub: 'ada' })
  expect(await gateway.ask('GET /api/claims', ada)).toMatchObject({ status: 200 })
  expect(await gateway.ask('GET /api/claims')).toMatchObject({ code: 'credential_missing' })
})

test('a token for another API opens nothing', async () => {
  const stray = await gateway.token('main', { aud: 'another-api' })
  expect(await gateway.ask('GET /orders/1', stray)).toMatchObject({ code: 'invalid_token' })
})

test('the service hears who is calling', async () => {
  const ada = await gateway.token('main', { sub: 'ada' })
  const { received } = await gateway.ask('GET /orders/1', ada)
  expect(received?.headers.get('x-auth-subject')).toBe('ada')
})
