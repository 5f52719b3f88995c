import { testGateway } from '@gatehouse/gateway/testing'
import { expect, test } from 'vitest'
import define from './gateway.config.ts'

let now = 1_800_000_000
const gateway = testGateway(define, {}, { now: () => now })

test('a key may do what its scopes say, and the service hears whose it is', async () => {
  const reader = await gateway.apiKey('partners', { owner: 'acme', scopes: ['stock:read'] })
  const { status, received } = await gateway.ask('GET /stock/7', reader)
  expect([status, received?.headers.get('x-auth-subject')]).toEqual([200, 'acme'])
  expect(received?.headers.has('x-api-key')).toBe(false)
  expect(await gateway.ask('POST /orders', reader)).toMatchObject({ code: 'insufficient_scope' })
})

test('without a key, or with one that nobody was given, there is nothing', async () => {
  expect(await gateway.ask('GET /stock/7')).toMatchObject({ code: 'credential_missing' })
  const headers = { 'x-api-key': 'gk_0000000000000000_00000000000000000000000000000000000' }
  const guess = new Request('https://gateway.test/stock/7', { headers })
  expect(await gateway.ask(guess)).toMatchObject({ status: 401 })
})

test('the 61st request of a minute has to wait, and another partner has not', async () => {
  const busy = await gateway.apiKey('partners', { owner: 'busy', scopes: ['stock:read'] })
  const other = await gateway.apiKey('partners', { owner: 'other', scopes: ['stock:read'] })
  for (let count = 0; count < 60; count++) await gateway.ask('GET /stock/7', busy)
  const refused = await gateway.ask('GET /stock/7', busy)
  expect([refused.code, refused.headers.get('retry-after')]).toEqual(['rate_limited', '1'])
  expect(await gateway.ask('GET /stock/7', other)).toMatchObject({ status: 200 })
  now += 1
  expect(await gateway.ask('GET /stock/7', busy)).toMatchObject({ status: 200 })
})
