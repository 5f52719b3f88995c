// MCP from end to end: the SDK's client finds its way through the gateway to the SDK's server, with
// nothing configured but the URL. The person at the browser is headless Chromium.

import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { UnauthorizedError as NewerUnauthorizedError } from '@modelcontextprotocol/client'
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js'
import { build } from 'esbuild'
import { decodeJwt } from 'jose'
import { type Browser, type BrowserContext, chromium } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Person } from '../issuer/world.ts'
import { type Listening, listenOnLoopback } from '../support/listen.ts'
import { Agent } from './mcp/agent.ts'
import { NewerAgent } from './mcp/agent-v2.ts'
import { type McpWorld, startMcpWorld } from './mcp/world.ts'

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (path) => existsSync(path),
)
/** Bundling takes 2 s; a machine that does much else at the same time may need very much longer. */
const START_TIMEOUT_MS = 150_000
const PASSWORD = 'correct horse battery staple'
const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'by hand', version: '1.0.0' },
  },
}

if (!CHROMIUM) console.warn('skipped: MCP clients that sign a person in (no chromium is installed)')

let world: McpWorld
let userId: string
let service: { id: string; secret: string }

beforeAll(async () => {
  world = await startMcpWorld()
  const ada = { command: 'user add', login: 'ada', password: PASSWORD } as const
  userId = (await world.administer<{ id: string }>(ada)).id
  service = await world.administer({ command: 'client add', kind: 'service' })
}, START_TIMEOUT_MS)
afterAll(() => world?.stop())
beforeEach(() => {
  world.notes.received.splice(0)
  world.newerNotes.received.splice(0)
})

describe.skipIf(!CHROMIUM)('an MCP client', () => {
  let browser: Browser
  let app: Listening
  let context: BrowserContext
  let agents: Agent[]

  beforeAll(async () => {
    app = await listenOnLoopback(createServer((_, response) => response.end('you may close this')))
    browser = await chromium.launch({
      executablePath: CHROMIUM ?? '',
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    })
  })
  beforeEach(async () => {
    agents = []
    context = await browser.newContext()
  })
  afterEach(async () => {
    for (const { client } of agents) await client.close()
    await context.close()
  })
  afterAll(async () => {
    await browser?.close()
    await app.stop()
  })

  function newAgent(): Agent {
    const agent = new Agent(`${world.origin}/mcp`, `http://localhost:${app.port}/callback`)
    agents.push(agent)
    return agent
  }

  /** The person signs in where the client sends them, allows what it asks for, and comes back to it. */
  async function consent(agent: Agent): Promise<void> {
    const page = await context.newPage()
    await page.goto(String(agent.authorizationUrl))
    await page.getByLabel('Name or email').fill('ada')
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('heading', { name: 'Allow Example Agent?' }).waitFor()
    await page.getByText('Use your notes').waitFor()
    await page.getByRole('button', { name: 'Allow', exact: true }).click()
    await page.waitForURL(`${agent.redirectUrl}?*`)
    await agent.finish(new URL(page.url()))
  }

  async function connected(): Promise<Agent> {
    const agent = newAgent()
    await expect(agent.connect()).rejects.toBeInstanceOf(UnauthorizedError)
    await consent(agent)
    await agent.connect()
    return agent
  }

  it('finds its way in from the 401 alone, and its tools see who consented', async () => {
    const agent = await connected()
    expect(await agent.call('whoami')).toBe(userId)

    const discovery = [
      'GET /.well-known/oauth-protected-resource/mcp 200',
      'GET /.well-known/oauth-authorization-server 200',
    ]
    expect(agent.steps).toEqual([
      'POST /mcp 401',
      ...discovery,
      'POST /oauth2/register 201',
      ...discovery,
      'POST /oauth2/token 200',
      'POST /mcp 200',
      'POST /mcp 202',
      'GET /mcp 200',
      'POST /mcp 200',
    ])
    expect(Object.fromEntries(agent.authorizationUrl?.searchParams ?? [])).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      resource: `${world.origin}/mcp`,
      scope: 'notes:use',
    })
    expect(decodeJwt(agent.held?.access_token ?? '')).toMatchObject({
      iss: world.origin,
      aud: `${world.origin}/mcp`,
      sub: userId,
      scope: 'notes:use',
    })
    expect(world.notes.received).toHaveLength(4)
    for (const headers of world.notes.received) {
      expect(headers).toMatchObject({
        'x-auth-subject': userId,
        'x-auth-issuer': world.origin,
        'x-auth-scope': 'notes:use',
      })
      expect(headers).not.toHaveProperty('authorization')
    }
  })

  it('gets events when the server sends them, asked for or not', async () => {
    const agent = await connected()
    const progress = Promise.withResolvers<number>()
    const call = agent.call('slow', progress.resolve)
    // The tool does not end before it may, so this has come through ahead of the end.
    expect(await progress.promise).toBe(1)
    world.notes.finish()
    expect(await call).toBe('done')

    const changed = Promise.withResolvers<string>()
    agent.client.setNotificationHandler(ToolListChangedNotificationSchema, ({ method }) => {
      changed.resolve(method)
    })
    world.notes.announce()
    expect(await changed.promise).toBe('notifications/tools/list_changed')
  })

  it('refreshes a token that is no longer good, without the person', async () => {
    const agent = await connected()
    const { held } = agent
    if (held) agent.held = { ...held, access_token: 'spoilt' }
    agent.steps.splice(0)
    expect(await agent.call('whoami')).toBe(userId)
    expect(agent.steps).toEqual([
      'POST /mcp 401',
      'GET /.well-known/oauth-protected-resource/mcp 200',
      'GET /.well-known/oauth-authorization-server 200',
      'POST /oauth2/token 200',
      'POST /mcp 200',
    ])
    expect(agent.held?.refresh_token).not.toBe(held?.refresh_token)
  })

  it('whose token lacks the scope asks the person for it', async () => {
    const agent = newAgent()
    agent.held = { access_token: await serviceToken('/mcp'), token_type: 'Bearer' }
    await expect(agent.connect()).rejects.toBeInstanceOf(UnauthorizedError)
    expect(agent.steps[0]).toBe('POST /mcp 403')
    await consent(agent)
    await agent.connect()
    expect(await agent.call('whoami')).toBe(userId)
  })
})

describe('rights by tool', () => {
  const LISTED = ['slow', 'whoami']
  const person = () =>
    new Person({
      issuer: world.origin,
      fetch: (url, init) => fetch(url, { redirect: 'manual', ...init }),
    })
  const namesOf = ({ tools }: { tools: { name: string }[] }) => tools.map(({ name }) => name)

  /** Both lines of the SDK, with a person who fills in the forms by hand. */
  const agents = {
    'the older SDK': () => ({
      agent: new Agent(`${world.origin}/mcp`, 'http://localhost:33419/callback'),
      unauthorized: UnauthorizedError,
      server: world.notes,
    }),
    'the newer SDK': () => ({
      agent: new NewerAgent(`${world.origin}/mcp`),
      unauthorized: NewerUnauthorizedError,
      server: world.notes,
    }),
    'the newer SDK in revision 2026-07-28': () => ({
      agent: new NewerAgent(`${world.origin}/newer`, '2026-07-28'),
      unauthorized: NewerUnauthorizedError,
      server: world.newerNotes,
    }),
  }

  it.each(Object.entries(agents))('are what %s sees, and steps up for', async (_, create) => {
    // It registers itself, with the scope of the first challenge.
    const { agent, unauthorized, server } = create()
    const signIn = async () => {
      const url = agent.authorizationUrl?.href ?? ''
      await agent.finish(new URL(await person().authorize(url, 'ada', PASSWORD)))
    }
    await expect(agent.connect()).rejects.toBeInstanceOf(unauthorized)
    await signIn()
    await agent.connect()
    expect(namesOf(await agent.client.listTools()).sort()).toEqual(LISTED)
    expect(await agent.call('whoami')).toBe(userId)
    const progress = Promise.withResolvers<number>()
    const slow = agent.call('slow', progress.resolve)
    // The tool does not end before it may, so this has come through ahead of the end.
    expect(await progress.promise).toBe(1)
    server.finish()
    expect(await slow).toBe('done')
    const received = server.received.length
    // The older SDK refreshes, where it can, and is then no further: a refresh brings no scope.
    if (agent instanceof Agent && agent.held) delete agent.held.refresh_token
    await expect(agent.call('hidden')).rejects.toThrow(/No tool, prompt or resource of this name/)
    await expect(agent.call('share')).rejects.toBeInstanceOf(unauthorized)
    expect(server.received).toHaveLength(received)
    expect(agent.authorizationUrl?.searchParams.get('scope')?.split(' ')).toEqual(
      expect.arrayContaining(['notes:use', 'notes:share']),
    )
    await signIn()
    expect(await agent.call('share')).toBe('shared')
    const listed = namesOf(await agent.client.listTools())
    expect(listed.sort()).toEqual(['share', 'slow', 'whoami'])
    for (const headers of server.received) {
      expect(headers).toMatchObject({ 'x-auth-subject': userId, 'x-auth-issuer': world.origin })
      expect(headers).not.toHaveProperty('authorization')
    }
    await agent.client.close()
  })
})

type UseNotes = (url: string, token: string) => Promise<unknown>

describe.skipIf(!CHROMIUM)('an MCP client in a page', () => {
  it("lists, calls and streams from the gateway's own host, and from nowhere else", async () => {
    const browser = await chromium.launch({
      executablePath: CHROMIUM ?? '',
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    })
    try {
      const page = await browser.newPage()
      await page.goto(`${world.origin}/page`)
      await page.addScriptTag({ content: await browserClient() })
      const token = await serviceToken('/mcp', 'notes:use')
      const seen = await page.evaluate(
        ([url, bearer]) => (globalThis as unknown as { useNotes: UseNotes }).useNotes(url, bearer),
        [`${world.origin}/mcp`, token] as const,
      )
      expect(seen).toEqual({
        tools: ['whoami', 'slow'],
        whoami: service.id,
        progress: 1,
        hidden: expect.stringContaining('No tool, prompt or resource of this name'),
      })
    } finally {
      await browser.close()
    }
    const response = await fetch(`${world.origin}/mcp`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await serviceToken('/mcp', 'notes:use')}`,
        'content-type': 'application/json',
        origin: 'http://evil.localhost',
      },
      body: JSON.stringify(INITIALIZE),
    })
    expect(response.status).toBe(403)
  })

  /** What the page runs: the newer SDK, as a bundler puts it into a page. */
  async function browserClient(): Promise<string> {
    const { outputFiles } = await build({
      stdin: {
        contents: `
          import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
          window.useNotes = async (url, token) => {
            const client = new Client({ name: 'page', version: '1.0.0' })
            const requestInit = { headers: { authorization: 'Bearer ' + token } }
            await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }))
            const { tools } = await client.listTools()
            const whoami = (await client.callTool({ name: 'whoami' })).content[0].text
            const progress = await new Promise((resolve) => {
              client
                .callTool({ name: 'slow' }, { onprogress: ({ progress }) => resolve(progress) })
                .catch(() => {})
            })
            const hidden = await client.callTool({ name: 'hidden' }).catch(String)
            return { tools: tools.map(({ name }) => name), whoami, progress, hidden }
          }`,
        resolveDir: process.cwd(),
      },
      bundle: true,
      write: false,
      format: 'iife',
      platform: 'browser',
      logLevel: 'silent',
    })
    return outputFiles[0]?.text ?? ''
  }
})

describe('an MCP client of the newer SDK', () => {
  /** Its person needs no browser here: the forms are filled in by hand. */
  async function connected(): Promise<NewerAgent> {
    const agent = new NewerAgent(`${world.origin}/mcp`)
    await expect(agent.connect()).rejects.toBeInstanceOf(NewerUnauthorizedError)
    const person = new Person({
      issuer: world.origin,
      fetch: (url, init) => fetch(url, { redirect: 'manual', ...init }),
    })
    const url = agent.authorizationUrl?.href ?? ''
    await agent.finish(await person.authorize(url, 'ada', PASSWORD))
    await agent.connect()
    return agent
  }

  it('finds its way in from the 401 alone, and its tools see who consented', async () => {
    const agent = await connected()
    expect(await agent.call('whoami')).toBe(userId)
    expect(Object.fromEntries(agent.authorizationUrl?.searchParams ?? [])).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      resource: `${world.origin}/mcp`,
      // It asks for a refresh token by itself, because the server says that it gives one for it.
      scope: 'notes:use offline_access',
    })
    expect(decodeJwt(agent.held?.access_token ?? '')).toMatchObject({
      iss: world.origin,
      aud: `${world.origin}/mcp`,
      sub: userId,
      scope: 'notes:use',
    })
    for (const headers of world.notes.received) {
      expect(headers).toMatchObject({ 'x-auth-subject': userId, 'x-auth-issuer': world.origin })
      expect(headers).not.toHaveProperty('authorization')
    }
    await agent.client.close()
  })

  it('refreshes a token that is no longer good, without the person', async () => {
    const agent = await connected()
    const { held } = agent
    if (held) agent.held = { ...held, access_token: 'spoilt' }
    expect(await agent.call('whoami')).toBe(userId)
    expect(agent.held?.refresh_token).not.toBe(held?.refresh_token)
    await agent.client.close()
  })
})

describe('the MCP server', () => {
  const metadata = () =>
    `resource_metadata="${world.origin}/.well-known/oauth-protected-resource/mcp"`

  it('is open to a service that has a token of its own', async () => {
    const response = await initialize(await serviceToken('/mcp', 'notes:use'))
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    expect(await response.text()).toContain('"serverInfo":{"name":"notes"')
    expect(world.notes.received).toMatchObject([{ 'x-auth-subject': service.id }])
  })

  it('never sees a request without a token: 401, and the challenge says where to get one', async () => {
    const response = await initialize()
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([
      401,
      `Bearer scope="notes:use", ${metadata()}`,
    ])
    expect(world.notes.received).toEqual([])
  })

  it('never sees a token for another resource: 401', async () => {
    const response = await initialize(await serviceToken('/billing', 'notes:use'))
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([
      401,
      `Bearer error="invalid_token", scope="notes:use", ${metadata()}`,
    ])
    expect(world.notes.received).toEqual([])
  })

  it('never sees a token without its scope: 403, and the challenge says which', async () => {
    for (const scope of [undefined, 'notes:share']) {
      const response = await initialize(await serviceToken('/mcp', scope))
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([
        403,
        `Bearer error="insufficient_scope", scope="notes:use", ${metadata()}`,
      ])
    }
    expect(world.notes.received).toEqual([])
  })
})

function initialize(token?: string): Promise<Response> {
  return fetch(`${world.origin}/mcp`, {
    method: 'POST',
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
    },
    body: JSON.stringify(INITIALIZE),
  })
}

/** An access token of the service itself, for the resource at this path. */
async function serviceToken(path: string, scope?: string): Promise<string> {
  const response = await fetch(`${world.origin}/oauth2/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${service.id}:${service.secret}`)}` },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      resource: world.origin + path,
      ...(scope !== undefined && { scope }),
    }),
  })
  return ((await response.json()) as { access_token: string }).access_token
}
