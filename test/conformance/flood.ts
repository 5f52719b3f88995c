// Sends 100,000 requests with random tokens through one gateway and prints what its heap has grown by.
// Run by Node with --expose-gc; nothing listens, nothing is called.

import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { oidc } from '../../src/auth/presets/oidc.ts'
import { createGateway } from '../../src/gateway.ts'
import { createTestKey, encodePart, joinParts, signParts } from '../support/signing-keys.ts'

declare const gc: () => void

const { values } = parseArgs({ options: { requests: { type: 'string', default: '100000' } } })
const requests = Number(values.requests)
/** Caches fill up first; what comes after must not add to them. */
const WARM_UP = Math.floor(requests / 2)
const ORIGIN = 'https://origin.test'

let now = 1_767_225_600
const key = await createTestKey('ES256')
const ISSUER = 'https://idp.test'
const JWKS_URI = `${ISSUER}/jwks`
const INTROSPECTION = `${ISSUER}/introspect`
const introspect = { clientId: 'gw', endpoint: INTROSPECTION, opaque: true }

async function answer({ url }: Request): Promise<Response> {
  if (url === JWKS_URI) return Response.json({ keys: [key.jwk] })
  if (url === INTROSPECTION) return Response.json({ active: false })
  return new Response('{}')
}

const gateway = createGateway(
  {
    schemes: {
      main: oidc({ issuer: ISSUER, audience: 'gatehouse', jwksUri: JWKS_URI, introspect }),
    },
    routes: [{ path: '/*', to: ORIGIN, forward: { 'x-user-email': 'email' } }],
  },
  { now: () => now, log: () => {}, fetch: answer },
)
const context = { waitUntil: (promise: Promise<unknown>) => void promise }

const claimsOf = (id: string) => ({
  iss: ISSUER,
  aud: 'gatehouse',
  sub: id,
  email: `${id}@example.test`,
  exp: now + 300,
})
/** Large ones, so that a cache without a limit shows. */
const FILLING = 'x'.repeat(3_000)
const header = { alg: 'ES256', kid: key.kid }
const good = await signParts(header, claimsOf('nobody'), key)

/** Every kind of token that makes the gateway keep something, or might. */
async function tokenOf(index: number): Promise<string> {
  const id = crypto.randomUUID()
  const kind = index % 40
  if (kind === 0) return joinParts(await signParts(header, { ...claimsOf(id), FILLING }, key))
  if (kind < 3) return joinParts({ ...good, payload: encodePart(claimsOf(id)) })
  if (kind < 10) return joinParts({ ...good, header: encodePart({ ...header, kid: id }) })
  if (kind < 20) return `opaque-${id}-${'x'.repeat(index % 2_000)}`
  return joinParts({ ...good, payload: encodePart(id) })
}

const statuses: Record<number, number> = {}
async function send(index: number): Promise<void> {
  // So slow that the issuer may be asked about every opaque token; keys are refreshed on the way.
  if (index % 100 === 0) now += 1
  const headers = { authorization: `Bearer ${await tokenOf(index)}` }
  const response = await gateway.fetch(
    new Request(`https://api.test/${index}`, { headers }),
    context,
  )
  statuses[response.status] = (statuses[response.status] ?? 0) + 1
  await response.arrayBuffer()
}

/** Deadlines are timers of Node's that hold on to their requests until they are over: five seconds. */
const DEADLINES_MS = 5_500

async function heapBytes(): Promise<number> {
  await delay(DEADLINES_MS)
  for (let index = 0; index < 4; index++) gc()
  return process.memoryUsage().heapUsed
}

for (let index = 0; index < WARM_UP; index++) await send(index)
const before = await heapBytes()
for (let index = WARM_UP; index < requests; index++) await send(index)
const after = await heapBytes()
console.log(JSON.stringify({ requests, statuses, before, after, grown: after - before }))
