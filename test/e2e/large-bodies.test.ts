// Bodies far larger than what a Worker may hold in memory: they arrive whole, and the process that
// carries them does not grow with them. Memory is read from /proc, where there is one.

import { createHash } from 'node:crypto'
import { type IncomingMessage, request } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GatewayWorker, startGatewayWorker } from '../support/gateway-worker.ts'
import { type SocketIssuer, startIssuer } from '../support/issuer.ts'
import { type Origin, startOrigin } from '../support/origin.ts'
import { openRaw, requestBytes } from '../support/raw-http.ts'

const CONFIG = `{
  schemes: { main: oidc({ issuer: env.ISSUER, audience: 'gatehouse' }) },
  routes: [{ path: '/*', to: env.ORIGIN }],
}`

const MB = 1_000_000
const MAX_GROWTH = 16 * 1_024 * 1_024
const SAMPLE_EVERY_MS = 20

let issuer: SocketIssuer
let origin: Origin
let gateway: GatewayWorker
let token: string

beforeAll(async () => {
  issuer = await startIssuer({ algs: ['ES256'] })
  origin = await startOrigin({
    modes: {
      '/sink': 'sink',
      '/warm': { stream: { bytes: 20 * MB } },
      '/stream': { stream: { bytes: 200 * MB } },
    },
  })
  const vars = { ISSUER: issuer.issuer, ORIGIN: origin.url }
  gateway = await startGatewayWorker({ config: CONFIG, vars })
  token = await issuer.mint()
  // What the process needs for any body at all, it has from now on.
  await upload(20 * MB, true)
  await download('/warm')
  if (gateway.rssBytes() === undefined) console.warn('no /proc here: memory is not measured')
})
afterAll(async () => {
  await gateway.stop()
  await origin.stop()
  await issuer.stop()
})

function* chunks(bytes: number): Generator<Buffer> {
  for (let left = bytes, n = 0; left > 0; left -= 100_000, n++) {
    yield Buffer.alloc(Math.min(left, 100_000), `chunk ${n} `)
  }
}

async function upload(bytes: number, withLength: boolean): Promise<unknown> {
  const headers = {
    authorization: `Bearer ${token}`,
    ...(withLength && { 'content-length': bytes }),
  }
  const outgoing = request(`${gateway.url}/sink`, { method: 'POST', headers })
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve).once('error', reject)
  })
  await pipeline(Readable.from(chunks(bytes)), outgoing)
  let text = ''
  for await (const chunk of await response) text += String(chunk)
  return JSON.parse(text)
}

async function download(path: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` }
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(gateway.url + path, { headers })
      .once('response', resolve)
      .once('error', reject)
      .end()
  })
  let bytes = 0
  for await (const chunk of response) bytes += (chunk as Buffer).byteLength
  return bytes
}

/** Runs something and answers by how much the process was larger at its largest; 0 where unknown. */
async function growthDuring(work: () => Promise<void>): Promise<number> {
  const before = gateway.rssBytes() ?? 0
  let most = before
  const sample = () => {
    most = Math.max(most, gateway.rssBytes() ?? 0)
  }
  const timer = setInterval(sample, SAMPLE_EVERY_MS)
  try {
    await work()
    sample()
    return most - before
  } finally {
    clearInterval(timer)
  }
}

describe('a large body', () => {
  it.each([
    ['with a length', true],
    ['in chunks', false],
  ])('of 100 MB goes up %s, byte for byte, in small memory', async (_, withLength) => {
    const hash = createHash('sha256')
    for (const chunk of chunks(100 * MB)) hash.update(chunk)
    const growth = await growthDuring(async () => {
      const sha256 = hash.digest('hex')
      expect(await upload(100 * MB, withLength)).toEqual({ bytes: 100 * MB, sha256 })
    })
    const framing = withLength
      ? ['Content-Length', `${100 * MB}`]
      : ['Transfer-Encoding', 'chunked']
    expect(origin.requests.at(-1)?.headers).toContainEqual(framing)
    expect(growth).toBeLessThanOrEqual(MAX_GROWTH)
  })

  it('of 200 MB comes down whole, in small memory', async () => {
    const growth = await growthDuring(async () => {
      expect(await download('/stream')).toBe(200 * MB)
    })
    expect(growth).toBeLessThanOrEqual(MAX_GROWTH)
  })

  it('waits for a client that stops reading, and is not kept in memory meanwhile', async () => {
    const connection = await openRaw(gateway.port)
    const growth = await growthDuring(async () => {
      const headers: [string, string][] = [
        ['Host', `127.0.0.1:${gateway.port}`],
        ['Authorization', `Bearer ${token}`],
      ]
      connection.send(requestBytes(gateway.port, { target: '/stream', headers }))
      await connection.readHead()
      connection.pause()
      // Another 20 MB pass in the meantime: time enough to fill any buffer.
      expect(await download('/warm')).toBe(20 * MB)
    })
    connection.reset()
    expect(growth).toBeLessThanOrEqual(MAX_GROWTH)
  })
})
