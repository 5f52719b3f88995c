import { testGateway } from '@gatehouse/gateway/testing'
import { expect, test } from 'vitest'
import define from './gateway.config.ts'

const gateway = testGateway(define, {
  ISSUER: 'https://login.acme.example',
  CLIENT_ID: 'shop',
  TENANT_ID: '99999999-2222-3333-4444-555555555555',
  STAFF_CLIENT_ID: '11111111-2222-3333-4444-555555555555',
})

test.each([
  ['customers', [200, 401, 401]],
  ['staff', [200, 200, 401]],
  ['partner', [401, 401, 200]],
])('a token of %s opens its routes, whatever roles it says it has', async (entry, statuses) => {
  const token = await gateway.token(entry, { roles: ['Admin'] })
  const paths = ['/orders/1', '/admin/users', '/partner/orders']
  const answers = await Promise.all(paths.map((path) => gateway.ask(`GET ${path}`, token)))
  expect(answers.map(({ status }) => status)).toEqual(statuses)
})

test('staff without the role may not administer', async () => {
  const token = await gateway.token('staff')
  expect(await gateway.ask('GET /admin/users', token)).toMatchObject({ code: 'forbidden' })
})

test('the services of a partner hear from whom the token is, and see no prefix', async () => {
  const token = await gateway.token('partner', { sub: 'truck-7' })
  const { received } = await gateway.ask('GET /partner/orders', token)
  expect(received?.url).toBe('https://b2b.acme.example/orders')
  expect(received?.headers.get('x-auth-issuer')).toBe('https://sso.partner.example/realms/b2b')
})

test('the status page asks nobody', async () => {
  expect(await gateway.ask('GET /status')).toMatchObject({ status: 200 })
})
