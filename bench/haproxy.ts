/** HAProxy, plain and with its native jwt_verify: the yardstick outside the Workers runtime. */

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { onTheMeasuredCore } from './cores.ts'
import { pidOf, start } from './processes.ts'
import { AUDIENCE } from './tokens.ts'
import type { RunningWorker } from './workerd.ts'
import { scratch } from './workerd.ts'

export interface HaproxySpec {
  originPort: number
  /** Verifies with this key; without it HAProxy only proxies. */
  verify?: { publicKeyPem: string; issuer: string }
}

const READY_TRIES = 100

/** First line of `haproxy -v`, or undefined when it is not installed. */
export function haproxyVersion(): string | undefined {
  try {
    return execFileSync('haproxy', ['-v'], { encoding: 'utf8' }).split('\n')[0]
  } catch {
    return undefined
  }
}

/** Starts one single-threaded HAProxy in the foreground. */
export async function startHaproxy(name: string, spec: HaproxySpec): Promise<RunningWorker> {
  const folder = scratch(name)
  const port = await freePort()
  const pem = join(folder, 'issuer.pem')
  if (spec.verify !== undefined) writeFileSync(pem, spec.verify.publicKeyPem)
  const file = join(folder, 'haproxy.cfg')
  writeFileSync(file, config(port, spec, pem))
  const [command, args] = onTheMeasuredCore('haproxy', ['-db', '-q', '-f', file])
  const child = start(command, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const url = `http://127.0.0.1:${port}`
  await answers(url)
  return { url, pid: pidOf(child), child, inspectorPort: 0 }
}

function config(port: number, spec: HaproxySpec, pem: string): string {
  return `global
  nbthread 1
  maxconn 1000
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  http-reuse always
frontend gate
  bind 127.0.0.1:${port}
${spec.verify === undefined ? '' : rules(spec.verify.issuer, pem)}  default_backend origin
backend origin
  server origin 127.0.0.1:${spec.originPort}
`
}

function rules(issuer: string, pem: string): string {
  return `  http-request set-var(txn.token) http_auth_bearer
  http-request deny deny_status 401 unless { var(txn.token) -m found }
  http-request set-var(txn.alg) var(txn.token),jwt_header_query('$.alg')
  http-request set-var(txn.iss) var(txn.token),jwt_payload_query('$.iss')
  http-request set-var(txn.aud) var(txn.token),jwt_payload_query('$.aud')
  http-request set-var(txn.exp) var(txn.token),jwt_payload_query('$.exp','int')
  http-request set-var(txn.now) date()
  http-request deny deny_status 401 unless { var(txn.alg) -m str RS256 }
  http-request deny deny_status 401 unless { var(txn.iss) -m str ${issuer} }
  http-request deny deny_status 401 unless { var(txn.aud) -m str ${AUDIENCE} }
  http-request deny deny_status 401 unless { var(txn.exp),sub(txn.now) -m int gt 0 }
  http-request deny deny_status 401 unless { var(txn.token),jwt_verify(txn.alg,"${pem}") -m int 1 }
  http-request del-header authorization
  http-request set-header x-auth-subject %[var(txn.token),jwt_payload_query('$.sub')]
  http-request set-header x-auth-claims %[var(txn.token),word(2,.)]
`
}

async function answers(url: string): Promise<void> {
  for (let tries = 0; tries < READY_TRIES; tries++) {
    try {
      await fetch(url)
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  throw new Error(`nothing listens at ${url}`)
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
