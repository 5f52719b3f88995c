import { describe, expect, it } from 'vitest'
import { bodyLimit } from '../../src/edge/body-limit.ts'
import { cached } from '../../src/edge/cache/cached.ts'
import { tools } from '../../src/mcp/tools.ts'
import { createTestGateway, ORIGIN, refusal } from '../support/gateway.ts'

const MAX = 1_000
const REFUSED = [413, 'body_too_large']
const limited = bodyLimit({ maxBytes: MAX })

/** What a client sends without saying how long it is. */
function stream(...lengths: number[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const length of lengths) controller.enqueue(new Uint8Array(length).fill(120))
      controller.close()
    },
  })
}

const post = (body: BodyInit, headers: HeadersInit = {}): RequestInit => ({
  method: 'POST',
  body,
  headers,
})

async function gatewayWith(more: object = {}) {
  const lengths: number[] = []
  const gateway = await createTestGateway({
    routes: [{ path: '/*', auth: 'public', to: ORIGIN, bodyLimit: limited, ...more }],
    origin: async (request) => {
      lengths.push((await request.arrayBuffer()).byteLength)
      return new Response('taken')
    },
  })
  return { ...gateway, lengths }
}

describe('a body up to the limit', () => {
  it.each([
    ['with its length', 'x'.repeat(MAX)],
    ['in pieces', stream(1, 400, 599)],
    ['in no bytes at all', ''],
  ])('passes whole, %s', async (_, body) => {
    const { send, lengths } = await gatewayWith()
    expect((await send('/', post(body))).status).toBe(200)
    expect(lengths).toEqual([body === '' ? 0 : MAX])
  })

  it('is none of GET', async () => {
    const { send } = await gatewayWith()
    expect((await send('/')).status).toBe(200)
  })
})

describe('a body beyond the limit', () => {
  it('is refused at once where it says so, and nobody is asked who they are', async () => {
    const { send, received } = await createTestGateway({
      routes: [{ path: '/*', to: ORIGIN, bodyLimit: limited }],
    })
    const response = await send('/', post('x'.repeat(MAX + 1), { 'content-length': `${MAX + 1}` }))
    expect(await response.json()).toMatchObject({
      status: 413,
      code: 'body_too_large',
      detail: 'A body has at most 1000 bytes here.',
    })
    expect(received).toEqual([])
  })

  it.each([
    ['in one piece', [MAX + 1]],
    ['by its last byte', [500, 500, 1]],
    ['in many pieces', Array<number>(50).fill(100)],
  ])('is refused when it gets there, %s', async (_, lengths) => {
    const { send, lengths: arrived, lastEvent } = await gatewayWith()
    expect(await refusal(await send('/', post(stream(...lengths))))).toEqual(REFUSED)
    expect(arrived).toEqual([])
    expect(lastEvent()).toMatchObject({ reason: 'the body has more than 1000 bytes' })
  })

  it.each(['10', '-1', 'many'])('is counted also where it says that it has %s', async (said) => {
    const { send, lengths } = await gatewayWith()
    const body = stream(MAX, MAX)
    const response = await send('/', post(body, { 'content-length': said }))
    expect(response.status).toBeGreaterThanOrEqual(400)
    expect(lengths).toEqual([])
  })

  it('is refused to a handler that reads it, and to one that passes it on', async () => {
    const read = await gatewayWith({
      to: async (request: Request) => new Response(await request.text()),
    })
    expect(await refusal(await read.send('/', post(stream(600, 600))))).toEqual(REFUSED)
    const careless = await gatewayWith({
      to: async (request: Request) => new Response(await request.text().catch(() => 'none')),
    })
    expect(await (await careless.send('/', post(stream(600, 600)))).text()).toBe('none')
  })

  it('is counted too where the gateway reads it itself', async () => {
    const message = (length: number) => {
      const params = { name: 'a', arguments: { filler: 'x'.repeat(length) } }
      return JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params })
    }
    const { send, lengths } = await gatewayWith({ mcp: tools({ call: { a: [] } }) })
    const headers = { 'content-type': 'application/json' }
    const pieces = (text: string) => new Response(text).body as ReadableStream<Uint8Array>
    expect((await send('/', post(pieces(message(100)), headers))).status).toBe(200)
    expect(await refusal(await send('/', post(pieces(message(MAX)), headers)))).toEqual(REFUSED)
    expect(lengths).toHaveLength(1)
  })

  it('makes no stored answer invalid, since nothing was changed', async () => {
    const { send, received, settle } = await createTestGateway({
      routes: [
        {
          path: '/*',
          auth: 'public',
          to: ORIGIN,
          bodyLimit: limited,
          cache: cached({ share: 'everyone' }),
        },
      ],
      origin: async (request) => {
        await request.arrayBuffer()
        return new Response('kept', { headers: { 'cache-control': 'public, max-age=600' } })
      },
    })
    const path = `/kept-${crypto.randomUUID()}`
    await (await send(path)).text()
    await settle()
    expect(await refusal(await send(path, post(stream(600, 600))))).toEqual(REFUSED)
    expect(await (await send(path)).text()).toBe('kept')
    expect(received.filter(({ method }) => method === 'GET')).toHaveLength(1)
  })
})
