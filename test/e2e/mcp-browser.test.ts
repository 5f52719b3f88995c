// MCP clients as people use them, in headless Chromium: the SDK's client finds its way through the gateway to the SDK's
// server with nothing configured but the URL, and a page has one of its own.

import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js'
import { build } from 'esbuild'
import { decodeJwt } from 'jose'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
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

describe.skipIf(!CHROMIUM)('an MCP client in a page', () => {
  it("signs in, lists, calls, streams and asks for more at the gateway's own host", async () => {
    const browser = await chromium.launch({
      executablePath: CHROMIUM ?? '',
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    })
    try {
      const page = await browser.newPage()
      await page.goto(`${world.origin}/page`)
      await ask(page, 'look')
      await page.getByLabel('Name or email').fill('ada')
      await page.getByLabel('Password').fill(PASSWORD)
      await page.getByRole('button', { name: 'Sign in', exact: true }).click()
      await allow(page, ['Use your notes'])
      expect(await ask(page, 'look')).toEqual({
        tools: ['whoami', 'slow'],
        whoami: userId,
        progress: 1,
        hidden: expect.stringContaining('No tool, prompt or resource of this name'),
      })
      // What it has is not enough for this one: the person is asked again, and need not sign in again.
      await ask(page, 'share')
      await allow(page, ['Use your notes', 'Share your notes'])
      expect(await ask(page, 'share')).toBe('shared')
    } finally {
      await browser.close()
    }
  })

  /** Has the page's client do it. Undefined where that leads the person away. */
  async function ask(page: Page, what: 'look' | 'share'): Promise<unknown> {
    await page.addScriptTag({ content: await browserClient() })
    const url = `${world.origin}/mcp`
    const expression = `window.client.${what}(${JSON.stringify(url)})`
    return page.evaluate(expression).catch((error: unknown) => {
      if (!/navigation|destroyed/i.test(String(error))) throw error
    })
  }

  /** The person allows what the client asks for, and comes back to its page. */
  async function allow(page: Page, scopes: readonly string[]): Promise<void> {
    await page.getByRole('heading', { name: 'Allow Page?' }).waitFor()
    for (const scope of scopes) await page.getByText(scope).waitFor()
    await page.getByRole('button', { name: 'Allow', exact: true }).click()
    await page.waitForURL(`${world.origin}/page?*`)
  }

  it('is let in from nowhere else', async () => {
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

  /** What the page runs: the newer SDK, as a bundler puts it into a page; what it knows outlasts the way to the issuer. */
  async function browserClient(): Promise<string> {
    const { outputFiles } = await build({
      stdin: {
        contents: `
          import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client'
          const save = (name) => (value) => sessionStorage.setItem(name, JSON.stringify(value))
          const read = (name) => () => JSON.parse(sessionStorage.getItem(name)) ?? undefined
          const redirectUrl = location.origin + '/page'
          const authProvider = {
            redirectUrl,
            clientMetadata: {
              client_name: 'Page',
              redirect_uris: [redirectUrl],
              grant_types: ['authorization_code', 'refresh_token'],
              response_types: ['code'],
              token_endpoint_auth_method: 'none',
            },
            clientInformation: read('client'),
            saveClientInformation: save('client'),
            tokens: read('tokens'),
            saveTokens: save('tokens'),
            codeVerifier: read('verifier'),
            saveCodeVerifier: save('verifier'),
            discoveryState: read('discovery'),
            saveDiscoveryState: save('discovery'),
            redirectToAuthorization: (url) => location.assign(url),
          }
          /** Not the end of the work, but of the page, which leads to the issuer now. */
          const orLeave = (error) => {
            if (error instanceof UnauthorizedError) return new Promise(() => {})
            throw error
          }
          async function connect(url) {
            const open = () => new StreamableHTTPClientTransport(new URL(url), { authProvider })
            const answer = new URLSearchParams(location.search)
            if (answer.has('code')) {
              await open().finishAuth(answer)
              history.replaceState(null, '', '/page')
            }
            const client = new Client({ name: 'page', version: '1.0.0' })
            await client.connect(open())
            return client
          }
          const work = {
            async look(url) {
              const client = await connect(url)
              const { tools } = await client.listTools()
              const whoami = (await client.callTool({ name: 'whoami' })).content[0].text
              const progress = await new Promise((resolve) => {
                client
                  .callTool({ name: 'slow' }, { onprogress: ({ progress }) => resolve(progress) })
                  .catch(() => {})
              })
              const hidden = await client.callTool({ name: 'hidden' }).catch(String)
              return { tools: tools.map(({ name }) => name), whoami, progress, hidden }
            },
            async share(url) {
              return (await (await connect(url)).callTool({ name: 'share' })).content[0].text
            },
          }
          window.client = {
            look: (url) => work.look(url).catch(orLeave),
            share: (url) => work.share(url).catch(orLeave),
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
