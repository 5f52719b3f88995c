/**
 * The issuer and the KV store of every contender, in a process of their own.
 * Publishes the key set given on the command line; counts what it is asked.
 */

import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

const spec = JSON.parse(process.argv[2] ?? '{}') as { jwks: object }
const counts = { keySet: 0, discovery: 0, kvReads: 0, kvWrites: 0 }
const store = new Map<string, Buffer>()

const issuerPort = await listen((request, response) => {
  const path = request.url ?? '/'
  response.setHeader('content-type', 'application/json')
  if (path === '/counts') {
    response.end(JSON.stringify(counts))
  } else if (path === '/.well-known/jwks.json') {
    counts.keySet++
    response.end(JSON.stringify(spec.jwks))
  } else if (path.startsWith('/.well-known/')) {
    counts.discovery++
    const issuer = `http://${request.headers.host}`
    response.end(
      JSON.stringify({
        issuer,
        jwks_uri: `${issuer}/.well-known/jwks.json`,
        authorization_endpoint: `${issuer}/oauth2/authorize`,
        token_endpoint: `${issuer}/oauth2/token`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
      }),
    )
  } else {
    response.writeHead(404).end('{}')
  }
})

// workerd's KV protocol: GET, PUT and DELETE of /<key>?urlencoded=true; a missing key is 404.
const kvPort = await listen(async (request, response) => {
  const key = (request.url ?? '/').split('?')[0] ?? '/'
  if (request.method === 'PUT') {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    counts.kvWrites++
    store.set(key, Buffer.concat(parts))
    response.end()
  } else if (request.method === 'DELETE') {
    counts.kvWrites++
    store.delete(key)
    response.end()
  } else {
    counts.kvReads++
    const value = store.get(key)
    if (value === undefined) response.writeHead(404).end()
    else response.end(value)
  }
})

console.log(JSON.stringify({ issuerPort, kvPort }))
process.stdin.resume().once('close', () => process.exit())

function listen(listener: RequestListener): Promise<number> {
  const server = createServer({ keepAliveTimeout: 60_000 }, listener)
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}
