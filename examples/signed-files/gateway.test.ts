import { testGateway } from '@gatehouse/gateway/testing'
import { beforeEach, expect, test } from 'vitest'
import define from './gateway.config.ts'

const HOST = 'https://gateway.test'
const ENV = {
  ISSUER: 'https://login.acme.example',
  CLIENT_ID: 'files',
  LINK_KEY: 'A7fPq2Zs9vXk4LmN8bRt6WcY3hJd5GeQ',
}

let now = 1_800_000_000
let downloads = 0
beforeEach(() => {
  downloads = 0
})

const gateway = testGateway(define, ENV, {
  now: () => now,
  service: () => {
    downloads++
    return new Response('%PDF', { headers: { 'cache-control': 'public, max-age=60' } })
  },
})

test('a link opens its file for ten minutes, and no other file', async () => {
  const link = gateway.signedLink('links')
  const url = await link.show(`${HOST}/files/plan.pdf`, new Headers())
  expect(await gateway.ask(`GET ${url}`)).toMatchObject({ status: 200, text: '%PDF' })
  const other = url.replace('plan', 'salaries')
  expect(await gateway.ask(`GET ${other}`)).toMatchObject({ code: 'signature_invalid' })
  now += 600
  expect(await gateway.ask(`GET ${url}`)).toMatchObject({ code: 'signature_expired' })
})

test('two people with two links get one stored file', async () => {
  const one = await gateway.ask('GET /files/a.pdf', gateway.signedLink('links', { ttlSeconds: 60 }))
  const two = await gateway.ask('GET /files/a.pdf', gateway.signedLink('links'))
  expect([one.status, two.status, downloads]).toEqual([200, 200, 1])
})

test('a link only reads, and staff may write too', async () => {
  const link = gateway.signedLink('links')
  expect(await gateway.ask('DELETE /files/a.pdf', link)).toMatchObject({ status: 401 })
  const staff = await gateway.token('staff')
  expect(await gateway.ask('DELETE /files/a.pdf', staff)).toMatchObject({ status: 200 })
})
