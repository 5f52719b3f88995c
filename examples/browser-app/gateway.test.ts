import { testGateway } from '@gatehouse/gateway/testing'
import { expect, test } from 'vitest'
import define from './gateway.config.ts'

const HOST = 'https://gateway.test'

const gateway = testGateway(define, {
  ISSUER: 'https://login.acme.example',
  CLIENT_ID: 'app',
  CLIENT_SECRET: 'a-secret-of-the-client',
  SESSION_KEY: 'kQ3vT8zL1mN5xR7wB2cY9dF4gH6jP0sA',
})

test('whoever opens a page is sent to sign in, and comes back to it', async () => {
  const page = new Request(`${HOST}/account/orders`, {
    headers: { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', accept: 'text/html' },
  })
  const { status, headers } = await gateway.ask(page)
  expect([status, headers.get('location')]).toEqual([
    302,
    '/auth/login?return_to=%2Faccount%2Forders',
  ])
  const ada = await gateway.session('people', { sub: 'ada' })
  expect(await gateway.ask('GET /account/orders', ada)).toMatchObject({ status: 200 })
})

test('the API takes the cookie of a page, and the token of a program', async () => {
  const ada = await gateway.session('people', { sub: 'ada' })
  const { received } = await gateway.ask('POST /api/orders', ada)
  expect(received?.headers.get('x-auth-subject')).toBe('ada')
  expect(received?.headers.get('cookie')).toBeNull()
  const program = await gateway.token('main')
  expect(await gateway.ask('POST /api/orders', program)).toMatchObject({ status: 200 })
})

test('a page elsewhere cannot use the cookie', async () => {
  const ada = await gateway.session('people')
  const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
  const forged = new Request(`${HOST}/api/orders`, { method: 'POST', headers })
  expect(await gateway.ask(forged, ada)).toMatchObject({ code: 'csrf' })
})
