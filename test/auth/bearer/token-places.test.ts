import { describe, expect, it } from 'vitest'
import { oidc } from '../../../src/auth/presets/oidc.ts'
import type { RouteConfig } from '../../../src/config/define.ts'
import { judge } from '../../../src/config/owners-file.ts'
import {
  AUDIENCE,
  createTestGateway,
  ORIGIN,
  refusal,
  START,
  type TestGateway,
} from '../../support/gateway.ts'
import { createTestIssuer } from '../../support/mint.ts'

const NAME = 'access-token'
const HEADER = 'sec-websocket-protocol'
const tokenFrom = [{ subprotocol: NAME }, { dangerouslyQuery: 'access_token' }]

interface World extends TestGateway {
  token: string
  other: string
}

/** The origin takes every WebSocket, and selects `selected` where it was offered. */
async function world(selected?: string, routes?: readonly RouteConfig[]): Promise<World> {
  const issuer = createTestIssuer({ audience: AUDIENCE, now: () => START })
  const gateway = await createTestGateway({
    issuer,
    config: { schemes: { main: oidc({ issuer: issuer.issuer, audience: AUDIENCE, tokenFrom }) } },
    ...(routes && { routes }),
    origin({ headers }) {
      if (headers.get('upgrade') !== 'websocket') return Response.json({})
      const { 0: client, 1: server } = new WebSocketPair()
      server.accept()
      const isOffered = selected !== undefined && headers.get(HEADER)?.includes(selected)
      const chosen = isOffered ? { [HEADER]: selected } : {}
      return new Response(null, { status: 101, webSocket: client, headers: chosen })
    },
  })
  return { ...gateway, token: await issuer.mint(), other: await issuer.mint({ sub: 'user-2' }) }
}

const upgrade = (offer: string, more: Record<string, string> = {}) => ({
  headers: { upgrade: 'websocket', [HEADER]: offer, ...more },
})

describe('a token in Sec-WebSocket-Protocol', () => {
  it('opens a WebSocket, and what selects it is the name without the token', async () => {
    const { send, received, token } = await world()
    const response = await send('/a', upgrade(`${NAME}, ${NAME}.${token}`))
    expect([response.status, response.headers.get(HEADER)]).toEqual([101, NAME])
    expect(
      received.map(({ headers }) => [headers.get('x-auth-subject'), headers.get(HEADER)]),
    ).toEqual([['user-1', null]])
  })

  it('leaves the selection to the origin, which sees the other subprotocols alone', async () => {
    const { send, received, token } = await world('chat')
    const response = await send('/a', upgrade(`${NAME}, ${NAME}.${token}, soap,chat`))
    expect([response.status, response.headers.get(HEADER)]).toEqual([101, 'chat'])
    expect(received[0]?.headers.get(HEADER)).toBe('soap, chat')
    const none = await send('/a', upgrade(`${NAME}.${token}, soap, ${NAME}`))
    expect(none.headers.get(HEADER)).toBe(NAME)
  })

  it('selects nothing that was not offered, and never the token', async () => {
    const { send, token } = await world()
    const response = await send('/a', upgrade(`${NAME}.${token}`))
    expect([response.status, response.headers.get(HEADER)]).toEqual([101, null])
    const authorization = `Bearer ${token}`
    const plain = await send('/a', upgrade('chat', { authorization }))
    expect([plain.status, plain.headers.get(HEADER)]).toEqual([101, null])
  })

  it('was sent by somebody, so that the page may be of any origin', async () => {
    const { send, token } = await world()
    const page = { origin: 'https://app.test', 'sec-fetch-site': 'cross-site' }
    const response = await send('/a', upgrade(`${NAME}, ${NAME}.${token}`, page))
    expect(response.status).toBe(101)
  })

  it('is one credential where the same token stands elsewhere too, and two are refused', async () => {
    const { send, token, other, received } = await world()
    const authorization = `Bearer ${token}`
    const same = await send('/a', upgrade(`${NAME}, ${NAME}.${token}`, { authorization }))
    expect([same.status, same.headers.get(HEADER)]).toEqual([101, NAME])
    const two = await send('/a', upgrade(`${NAME}.${other}`, { authorization }))
    expect(await refusal(two)).toEqual([400, 'multiple_credentials'])
    const twice = await send('/a', upgrade(`${NAME}.${token}, ${NAME}.${other}`))
    expect(await refusal(twice)).toEqual([400, 'multiple_credentials'])
    expect(received).toHaveLength(1)
  })

  it('is 401 where it is bad or missing', async () => {
    const { send, token } = await world()
    const bad = await send('/a', upgrade(`${NAME}, ${NAME}.${token}x`))
    expect(await refusal(bad)).toEqual([401, 'invalid_token'])
    for (const offer of [NAME, `${NAME}., ${NAME}`, `${NAME}x.${token}`, 'chat']) {
      const missing = await send('/a', upgrade(offer))
      expect(await refusal(missing)).toEqual([401, 'credential_missing'])
    }
  })

  it('counts for nothing where no WebSocket is opened, and reaches no origin all the same', async () => {
    const { send, sendWithToken, received, token } = await world()
    const headers = { [HEADER]: `${NAME}.${token}, chat` }
    expect(await refusal(await send('/a', { headers }))).toEqual([401, 'credential_missing'])
    expect((await sendWithToken('/a', { headers })).status).toBe(200)
    expect(received[0]?.headers.get(HEADER)).toBe('chat')
  })

  it('reaches the origin where the route keeps the header', async () => {
    const route = { path: '/*', to: ORIGIN, keep: [HEADER] }
    const { send, received, token } = await world(undefined, [route])
    const offer = `${NAME}, ${NAME}.${token}`
    expect((await send('/a', upgrade(offer))).status).toBe(101)
    expect(received[0]?.headers.get(HEADER)).toBe(offer)
  })
})

describe('a token in the query', () => {
  it('is taken, and the origin gets the rest of the query byte by byte', async () => {
    const { send, received, events, token } = await world()
    const response = await send(`/a?x=%20+1&access_token=${token}&y`)
    expect(response.status).toBe(200)
    expect(received.map(({ url }) => url)).toEqual([`${ORIGIN}/a?x=%20+1&y`])
    expect(JSON.stringify(events)).not.toContain(token)
  })

  it('is out of what a function and a binding get, and of what they get on a public route', async () => {
    const seen: string[] = []
    const to = ({ url }: Request) => {
      seen.push(url)
      return new Response()
    }
    const binding = { fetch: async (request: Request) => to(request) }
    const { send, token } = await world(undefined, [
      { path: '/function', to },
      { path: '/binding', to: binding },
      { path: '/public', auth: 'public', to },
    ])
    for (const path of ['/function', '/binding', '/public']) {
      expect((await send(`${path}?access%5Ftoken=${token}&a=1`)).status).toBe(200)
    }
    expect(seen).toEqual(
      ['/function', '/binding', '/public'].map((path) => `https://api.test${path}?a=1`),
    )
  })

  it('is 400 where there are two, 401 where it is bad, and nothing where it is empty', async () => {
    const { send, token, other } = await world()
    const two = await send(`/a?access_token=${token}&access_token=${other}`)
    expect(await refusal(two)).toEqual([400, 'multiple_credentials'])
    const headers = { authorization: `Bearer ${other}` }
    const beside = await send(`/a?access_token=${token}`, { headers })
    expect(await refusal(beside)).toEqual([400, 'multiple_credentials'])
    expect(await refusal(await send('/a?access_token=a%20b'))).toEqual([401, 'invalid_token'])
    expect(await refusal(await send('/a?access_token='))).toEqual([401, 'credential_missing'])
    expect(await refusal(await send(`/a?Access_Token=${token}`))).toEqual([
      401,
      'credential_missing',
    ])
  })

  it('is warned about, where the file is checked', () => {
    const { problems, warnings } = judge(
      () => ({
        schemes: { main: oidc({ issuer: 'https://idp.test', audience: 'a', tokenFrom }) },
        routes: [{ path: '/*', to: ORIGIN }],
      }),
      {},
    )
    expect(problems).toEqual([])
    expect(warnings).toEqual([
      'schemes.main.tokenFrom[1].dangerouslyQuery: lets tokens stand in addresses, which are logged, shared and kept in histories. Take it out unless callers can send a token nowhere else',
    ])
  })
})
