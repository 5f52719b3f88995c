import { testGateway } from '@gatehouse/gateway/testing'
import { expect, test } from 'vitest'
import define from './gateway.config.ts'

const HOST = 'https://gateway.test'
const HTML = { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } }

const gateway = testGateway(define, {
  ISSUER: 'https://login.acme.example',
  CLIENT_ID: 'orders',
  ORIGIN: 'https://orders.acme.example',
})

test('a browser gets a page, with status and challenge of the refusal', async () => {
  const { status, headers, text } = await gateway.ask(new Request(`${HOST}/`, HTML))
  expect([status, headers.get('content-type')]).toEqual([401, 'text/html; charset=utf-8'])
  expect(headers.get('www-authenticate')).toBe('Bearer')
  expect(headers.get('cache-control')).toBe('no-store')
  expect(text).toContain('<h1>Please sign in first.</h1>')
})

test('the page has nothing of the request in it', async () => {
  const { text } = await gateway.ask(new Request(`${HOST}/%3Cscript%3Ealert(1)?<script>`, HTML))
  expect(text.toLowerCase()).not.toContain('script')
})

test('a program gets JSON in the shape of the API', async () => {
  const { status, headers, text } = await gateway.ask('GET /')
  expect([status, headers.get('content-type')]).toEqual([401, 'application/json'])
  expect(JSON.parse(text)).toEqual({
    error: {
      status: 401,
      reason: 'CREDENTIAL_MISSING',
      message: expect.any(String),
      id: expect.stringMatching(/^urn:uuid:/),
    },
  })
})
