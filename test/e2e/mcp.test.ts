// MCP from end to end, without a browser: both lines of the SDK go through the gateway to a server of either era, and the
// person fills in the forms by hand.

import { UnauthorizedError as NewerUnauthorizedError } from '@modelcontextprotocol/client'
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Person } from '../issuer/world.ts'
import { Agent } from './mcp/agent.ts'
import { NewerAgent } from './mcp/agent-v2.ts'
import { INITIALIZE, PASSWORD, START_TIMEOUT_MS, serviceToken } from './mcp/people.ts'
import { type McpWorld, startMcpWorld } from './mcp/world.ts'

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
beforeEach(() => {
  world.notes.received.splice(0)
  world.newerNotes.received.splice(0)
})

describe('rights by tool', () => {
  const LISTED = ['slow', 'whoami']
  const person = () =>
    new Person({
      issuer: world.origin,
      fetch: (url, init) => fetch(url, { redirect: 'manual', ...init }),
    })
  const namesOf = ({ tools }: { tools: { name: string }[] }) =>
    new Set(tools.map(({ name }) => name))

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
    expect(namesOf(await agent.client.listTools())).toEqual(new Set(LISTED))
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
    expect(listed).toEqual(new Set([...LISTED, 'share']))
    for (const headers of server.received) {
      expect(headers).toMatchObject({ 'x-auth-subject': userId, 'x-auth-issuer': world.origin })
      expect(headers).not.toHaveProperty('authorization')
    }
    await agent.client.close()
  })
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
    const response = await initialize(await serviceToken(world, service, '/mcp', 'notes:use'))
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
    const response = await initialize(await serviceToken(world, service, '/billing', 'notes:use'))
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([
      401,
      `Bearer error="invalid_token", scope="notes:use", ${metadata()}`,
    ])
    expect(world.notes.received).toEqual([])
  })

  it('never sees a token without its scope: 403, and the challenge says which', async () => {
    for (const scope of [undefined, 'notes:share']) {
      const response = await initialize(await serviceToken(world, service, '/mcp', scope))
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
