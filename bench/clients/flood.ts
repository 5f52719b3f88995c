/**
 * Sends tokens that are all different and all bad: half name a key that does not exist, half carry a
 * signature that is not theirs. Every answer has to be 401.
 */

import { randomBytes } from 'node:crypto'
import { Agent, request } from 'node:http'

interface Spec {
  url: string
  /** A valid token, whose claims the bad ones copy. */
  token: string
  count: number
  concurrency: number
}

const spec = JSON.parse(process.argv[2] ?? '') as Spec
const [header = '', payload = '', signature = ''] = spec.token.split('.')
const agent = new Agent({ keepAlive: true, maxSockets: spec.concurrency })
let left = spec.count
let others = 0

await Promise.all(
  Array.from({ length: spec.concurrency }, async () => {
    while (left-- > 0) if ((await status(badToken(left % 2 === 0))) !== 401) others++
  }),
)
console.log(JSON.stringify({ others }))
process.exit()

function badToken(unknownKey: boolean): string {
  const random = randomBytes(16).toString('hex')
  const bad = `${random}${signature.slice(random.length)}`
  if (!unknownKey) return `${header}.${payload}.${bad}`
  const named = JSON.stringify({ alg: 'RS256', typ: 'JWT', kid: random })
  return `${Buffer.from(named).toString('base64url')}.${payload}.${bad}`
}

function status(token: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` }
    const outgoing = request(spec.url, { agent, headers }, (response) => {
      response.resume()
      response.once('end', () => resolve(response.statusCode ?? 0))
    })
    outgoing.once('error', reject)
    outgoing.end()
  })
}
