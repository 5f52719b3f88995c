/**
 * Sends or takes bodies of a given size over keep-alive connections; prints how long it took.
 * `bytesPerSecond` makes it a slow reader.
 */

import { Agent, type IncomingMessage, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

interface Spec {
  url: string
  token: string
  /** Bytes to send with each request; 0 for none. */
  upload: number
  count: number
  concurrency: number
  bytesPerSecond?: number
}

const spec = JSON.parse(process.argv[2] ?? '') as Spec
const body = Buffer.alloc(spec.upload, 'x')
const agent = new Agent({ keepAlive: true, maxSockets: spec.concurrency })
let left = spec.count

const started = performance.now()
await Promise.all(Array.from({ length: spec.concurrency }, worker))
console.log(JSON.stringify({ seconds: (performance.now() - started) / 1000 }))
process.exit()

async function worker(): Promise<void> {
  while (left > 0) {
    left--
    await once()
  }
}

function once(): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      spec.url,
      {
        agent,
        method: 'POST',
        headers: { authorization: `Bearer ${spec.token}`, 'content-length': body.length },
        ...(spec.upload === 0 && { method: 'GET', headers: authorization() }),
      },
      (response) => {
        if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`))
        drain(response).then(resolve, reject)
      },
    )
    outgoing.once('error', reject)
    outgoing.end(body)
  })
}

async function drain(response: IncomingMessage): Promise<void> {
  const begun = performance.now()
  let bytes = 0
  for await (const chunk of response) {
    bytes += (chunk as Buffer).length
    if (spec.bytesPerSecond === undefined) continue
    const aheadMs = (bytes / spec.bytesPerSecond) * 1000 - (performance.now() - begun)
    if (aheadMs > 5) await sleep(aheadMs)
  }
}

function authorization(): Record<string, string> {
  return { authorization: `Bearer ${spec.token}` }
}
