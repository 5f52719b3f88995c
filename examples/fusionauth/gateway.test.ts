import { testGateway } from '@gatehouse/gateway/testing'
import { expect, test } from 'vitest'
import define from './gateway.config.ts'

const APPLICATION = '3c219e58-ed0e-4b18-ad48-f4f92793ae32'

const gateway = testGateway(define, {
  FUSIONAUTH_URL: 'https://auth.acme.example',
  TENANT_ISSUER: 'acme.example',
  CLIENT_ID: APPLICATION,
})

test('a customer may make change, and only a teller may panic', async () => {
  const customer = await gateway.token('main', { roles: ['customer'] })
  const teller = await gateway.token('main', { roles: ['teller'] })
  expect(await gateway.ask('GET /make-change?total=5', customer)).toMatchObject({ status: 200 })
  expect(await gateway.ask('POST /panic', customer)).toMatchObject({ code: 'forbidden' })
  expect(await gateway.ask('POST /panic', teller)).toMatchObject({ status: 200 })
})

test('who has signed in, and is not registered for the application, may nothing', async () => {
  const stranger = await gateway.token('main', { applicationId: undefined, roles: ['teller'] })
  expect(await gateway.ask('GET /api/claims', stranger)).toMatchObject({
    code: 'forbidden',
    reason: 'the user is not registered for the application',
  })
})

test('an id token opens nothing', async () => {
  const idToken = await gateway.token('main', { tty: 'id', roles: ['teller'] })
  expect(await gateway.ask('GET /api/claims', idToken)).toMatchObject({ code: 'invalid_token' })
})
