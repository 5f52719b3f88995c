import { parseItem } from 'structured-headers'
import { describe, expect, it } from 'vitest'
import { deprecated } from '../../src/edge/deprecation.ts'
import { createTestGateway, ORIGIN } from '../support/gateway.ts'

const PAGE = 'https://docs.acme.example/v1-ends'

const gatewayWith = (options: Parameters<typeof deprecated>[0]) =>
  createTestGateway({
    routes: [
      { path: '/v1/*', to: ORIGIN, deprecated: deprecated(options) },
      { path: '/*', to: ORIGIN },
    ],
    origin: () => new Response('', { headers: { link: '</next>; rel="next"' } }),
  })

const said = ({ headers, status }: Response) => ({
  status,
  deprecation: headers.get('deprecation'),
  sunset: headers.get('sunset'),
  link: headers.get('link'),
})

describe('a route that is old', () => {
  it('says since when, until when, and where that is explained, on answers and refusals', async () => {
    const { send, sendWithToken } = await gatewayWith({
      since: '2026-06-30',
      sunset: '2027-01-01T12:00:00+01:00',
      link: PAGE,
    })
    const link = `<${PAGE}>; rel="deprecation"; type="text/html", <${PAGE}>; rel="sunset"; type="text/html"`
    const old = { deprecation: '@1782777600', sunset: 'Fri, 01 Jan 2027 11:00:00 GMT' }
    const response = await sendWithToken('/v1/orders')
    expect(said(response)).toEqual({ status: 200, ...old, link: `</next>; rel="next", ${link}` })
    expect(said(await send('/v1/orders'))).toEqual({ status: 401, ...old, link })
    const [date] = parseItem(response.headers.get('deprecation') ?? '')
    expect(date).toEqual(new Date('2026-06-30T00:00:00Z'))
  })

  it('says no more than its owner does', async () => {
    const { sendWithToken } = await gatewayWith({ since: '2026-06-30' })
    const link = '</next>; rel="next"'
    const since = { deprecation: '@1782777600', sunset: null, link }
    expect(said(await sendWithToken('/v1/orders'))).toEqual({ status: 200, ...since })
    expect(said(await sendWithToken('/v2/orders'))).toEqual({
      ...since,
      status: 200,
      deprecation: null,
    })
  })
})
