import { describe, expect, it } from 'vitest'
import { blockPage } from '../../examples/refusals/block-page.ts'
import define from '../../examples/refusals/gateway.config.ts'
import { ownJson } from '../../examples/refusals/own-json.ts'
import { AUDIENCE, createTestGateway, ORIGIN } from '../support/gateway.ts'

const BROWSER = { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } }
const typeOf = ({ headers }: Response) => headers.get('content-type')

describe('the example of a page', () => {
  it('is what a browser gets, with status and challenge of the refusal', async () => {
    const { send } = await createTestGateway({ config: { refusal: blockPage } })
    const response = await send('/', BROWSER)
    expect([response.status, typeOf(response)]).toEqual([401, 'text/html; charset=utf-8'])
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.text()).toContain('<h1>Please sign in first.</h1>')
  })

  it('has nothing of the request in it', async () => {
    const { send } = await createTestGateway({ config: { refusal: blockPage } })
    const text = await (await send('/%3Cscript%3Ealert(1)?<script>', BROWSER)).text()
    expect(text.toLowerCase()).not.toContain('script')
  })

  it('leaves programs the problem document', async () => {
    const { send } = await createTestGateway({ config: { refusal: blockPage } })
    expect(typeOf(await send('/'))).toBe('application/problem+json')
  })
})

describe('the example of own JSON', () => {
  it('has the shape of the API', async () => {
    const { send } = await createTestGateway({ config: { refusal: ownJson } })
    const response = await send('/')
    expect([response.status, typeOf(response)]).toEqual([401, 'application/json'])
    expect(await response.json()).toEqual({
      error: {
        status: 401,
        reason: 'CREDENTIAL_MISSING',
        message: expect.any(String),
        id: expect.stringMatching(/^urn:uuid:/),
      },
    })
  })
})

describe('the example of both', () => {
  it('is sound, and answers each in its way', async () => {
    const config = define({ ISSUER: 'https://idp.test', CLIENT_ID: AUDIENCE, ORIGIN })
    const { gateway, send } = await createTestGateway({ config })
    expect(gateway.problems).toEqual([])
    const types = [typeOf(await send('/', BROWSER)), typeOf(await send('/'))]
    expect(types).toEqual(['text/html; charset=utf-8', 'application/json'])
  })
})
