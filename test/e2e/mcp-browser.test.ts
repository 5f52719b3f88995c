// MCP clients as people use them, in headless Chromium: the SDK's client finds its way through the gateway to the SDK's
// server with nothing configured but the URL, and a page has one of its own.

import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js'
import { build } from 'esbuild'
import { decodeJwt } from 'jose'
import { type Browser, type BrowserContext, chromium } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Listening, listenOnLoopback } from '../support/listen.ts'
import { Agent } from './mcp/agent.ts'
import { INITIALIZE, PASSWORD, START_TIMEOUT_MS, serviceToken } from './mcp/people.ts'
import { type McpWorld, startMcpWorld } from './mcp/world.ts'

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (path) => existsSync(path),
)

if (!CHROMIUM) console.warn('skipped: MCP clients in a browser (no chromium is installed)')

let world: McpWorld
let userId: string
let service: { id: string; secret: string }

beforeAll(async () => {
  world = await startMcpWorld()
  const ada = { command: 'user add', login: 'ada', password: PASSWORD } as const
  userId = (await world.administer<{ id: string }>(ada)).id
  service = await world.administer({ command: 'client add', kind: 'service' })
}, START_TIMEOUT_MS)
afterAll(() => world.stop())
beforeEach(() => void world.notes.received.splice(0))

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
    agent.held = { access_token: await serviceToken(world, service, '/mcp'), token_type: 'Bearer' }
    await expect(agent.connect()).rejects.toBeInstanceOf(UnauthorizedError)
    expect(agent.steps[0]).toBe('POST /mcp 403')
    await consent(agent)
    await agent.connect()
    expect(await agent.call('whoami')).toBe(userId)
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
      const token = await serviceToken(world, service, '/mcp', 'notes:use')
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
        authorization: `Bearer ${await serviceToken(world, service, '/mcp', 'notes:use')}`,
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
