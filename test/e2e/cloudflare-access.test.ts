// A team of Cloudflare Access on this machine, curl as cloudflared runs it, and the local runtime's simulation of
// Access in front of a Worker (wrangler's access.dev). Not run on Cloudflare.

import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestHarness } from 'wrangler'
import {
  ADA,
  AUD,
  mintAccess,
  OTHER_AUD,
  PERSON,
  SERVICE,
  SERVICE_TOKEN,
  teamCerts,
} from '../support/access.ts'
import { listenOnLoopback } from '../support/listen.ts'
import { type Echo, type Origin, startOrigin } from '../support/origin.ts'
import { deployedCompatibility } from '../support/worker-bundle.ts'

type Harness = ReturnType<typeof createTestHarness>

const IDENTITY = {
  email: 'ada@acme.example',
  user_uuid: ADA,
  groups: [{ id: 'g-1', name: 'Engineers' }],
}
const now = () => Math.floor(Date.now() / 1_000)
const mint = (claims: Record<string, unknown>) => mintAccess(claims, { now: now() })

let origin: Origin
let team: { port: number; stop(): Promise<void> }
let open: Harness
let guarded: Harness
let url: string

/** A gateway of its own process, with or without Access in front. */
function harness(access?: { aud: string; identity?: Record<string, unknown> }): Harness {
  const { date, flags } = deployedCompatibility()
  const config = {
    name: 'gatehouse-access',
    main: './test/e2e/access/gateway.ts',
    compatibility_date: date,
    compatibility_flags: flags,
    vars: { AUD, ORIGIN: origin.url, TEAM_SERVER: `http://127.0.0.1:${team.port}` },
    ...(access && { access: { dev: access } }),
  }
  return createTestHarness({ workers: [{ config }] })
}

beforeAll(async () => {
  origin = await startOrigin()
  const server = createServer(async (request, response) => {
    response.setHeader('content-type', 'application/json')
    if (request.url === '/cdn-cgi/access/certs') {
      response.end(JSON.stringify(await teamCerts()))
    } else if (request.url === '/cdn-cgi/access/get-identity') {
      const isKnown = request.headers.cookie?.startsWith('CF_Authorization=eyJ') === true
      response.statusCode = isKnown ? 200 : 401
      response.end(JSON.stringify(isKnown ? IDENTITY : { err: 'no session' }))
    } else {
      response.statusCode = 404
      response.end('{}')
    }
  })
  team = await listenOnLoopback(server)
  open = harness()
  guarded = harness({ aud: AUD, identity: IDENTITY })
  url = (await open.listen()).url.href
  await guarded.listen()
}, 120_000)

afterAll(async () => {
  await open.close()
  await guarded.close()
  await team.stop()
  await origin.stop()
})

/** What `cloudflared access curl` runs. */
async function curl(...args: string[]): Promise<readonly [status: number, body: string]> {
  const { stdout } = await promisify(execFile)('curl', ['-s', '-w', '\n%{http_code}', ...args])
  const at = stdout.lastIndexOf('\n')
  return [Number(stdout.slice(at + 1)), stdout.slice(0, at)]
}

function headersIn(body: string): Record<string, string> {
  const { headers } = JSON.parse(body) as Echo
  return Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]))
}

describe('a gateway that Access does not stand in front of', () => {
  it('takes cf-access-token from curl, also to change something', async () => {
    const token = await mint(PERSON)
    const header = `cf-access-token: ${token}`
    const [status, body] = await curl('-X', 'POST', '-d', 'a=1', '-H', header, `${url}orders`)
    expect(status).toBe(200)
    const headers = headersIn(body)
    expect(body).not.toContain(token)
    expect([headers['x-auth-subject'], headers['x-user-email'], headers['x-auth-roles']]).toEqual([
      ADA,
      'ada@acme.example',
      'Engineers',
    ])
  })

  it('takes a service token by its name, and refuses what is not for it', async () => {
    const show = async (claims: Record<string, unknown>) =>
      curl('-H', `cf-access-token: ${await mint(claims)}`, url)
    const [status, body] = await show(SERVICE_TOKEN)
    expect([status, headersIn(body)['x-auth-subject']]).toEqual([200, SERVICE])
    expect((await show({ ...PERSON, aud: [OTHER_AUD] }))[0]).toBe(401)
    expect((await show({ ...PERSON, type: 'org' }))[0]).toBe(401)
    expect((await show({ ...PERSON, iss: 'https://evil.cloudflareaccess.com' }))[0]).toBe(401)
    expect((await curl(url))[0]).toBe(401)
  })
})

describe('a Worker that Access guards, as the local runtime simulates it', () => {
  const send = (init: RequestInit = {}) =>
    (guarded.fetch as unknown as (url: string, init: RequestInit) => Promise<Response>)(
      '/orders',
      init,
    )

  it('knows the person from ctx.access, and the origin gets nothing of how', async () => {
    const response = await send()
    expect(response.status).toBe(200)
    const headers = headersIn(await response.text())
    expect([headers['x-auth-subject'], headers['x-user-email'], headers['x-auth-roles']]).toEqual([
      ADA,
      'ada@acme.example',
      'Engineers',
    ])
    expect(Object.keys(headers).filter((name) => /^(?:mf|cf-access)-/.test(name))).toEqual([])
  })

  it('is no door for a page elsewhere', async () => {
    const response = await send({ method: 'POST', headers: { origin: 'https://evil.test' } })
    expect([response.status, await response.json()]).toMatchObject([403, { code: 'csrf' }])
  })
})
