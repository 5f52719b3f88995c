// How often somebody may call a tool.

import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { limit } from '../../src/edge/limit/limit.ts'
import type { LimitOptions } from '../../src/edge/limit/options.ts'
import type { StateBinding } from '../../src/options/state.ts'
import { createMcpGateway, type Sent } from './world.ts'

const { STATE } = env as unknown as { STATE: StateBinding }
const HOUR = 3_600

const options = (more: Partial<LimitOptions>): LimitOptions => ({
  ...{ by: 'subject', requests: 1, perSeconds: HOUR, state: STATE },
  ...more,
})

const call = (name: string, as: Record<string, unknown> = {}): Sent => ({
  method: 'tools/call',
  params: { name, arguments: {} },
  as,
})

async function gatewayWith(...limits: LimitOptions[]) {
  // Each test counts for itself: the state Worker is one for all.
  const names = limits.map((one, index) => ({ ...one, name: `${index}-${crypto.randomUUID()}` }))
  const { ask, received } = await createMcpGateway({
    mcp: { call: { status: [], render: [], 'draw_*': [], admin: { roles: ['admin'] } } },
    route: { limit: limit(...names) },
  })
  return { received, statusOf: async (sent: Sent) => (await ask(sent)).status }
}

describe('a limit by tool', () => {
  it('counts calls of the tools that it names together, and nothing else', async () => {
    const { statusOf, received } = await gatewayWith(options({ tools: ['render', 'draw_*'] }))
    expect(await statusOf(call('render'))).toBe(200)
    expect(await statusOf(call('draw_line'))).toBe(429)
    expect(await statusOf(call('status'))).toBe(200)
    expect(await statusOf({ method: 'tools/list' })).toBe(200)
    expect(received).toHaveLength(3)
  })

  it("counts each tool by itself with 'each', by the names of the rules", async () => {
    const { statusOf } = await gatewayWith(options({ tools: 'each' }))
    expect(await statusOf(call('render'))).toBe(200)
    expect(await statusOf(call('status'))).toBe(200)
    expect(await statusOf(call('draw_line'))).toBe(200)
    expect(await statusOf(call('draw_circle'))).toBe(429)
    expect(await statusOf(call('render'))).toBe(429)
  })

  it('counts each caller for itself', async () => {
    const { statusOf } = await gatewayWith(options({ tools: ['render'] }))
    expect(await statusOf(call('render', { sub: 'ada' }))).toBe(200)
    expect(await statusOf(call('render', { sub: 'bob' }))).toBe(200)
    expect(await statusOf(call('render', { sub: 'ada' }))).toBe(429)
  })

  it('counts by address too', async () => {
    const { statusOf } = await gatewayWith(options({ by: 'address', tools: ['render'] }))
    const from = (address: string) => ({
      ...call('render'),
      headers: { 'cf-connecting-ip': address },
    })
    expect(await statusOf(from('192.0.2.1'))).toBe(200)
    expect(await statusOf(from('192.0.2.2'))).toBe(200)
    expect(await statusOf(from('192.0.2.1'))).toBe(429)
  })

  it('counts calls that are refused, so that trying costs what calling does', async () => {
    const { statusOf } = await gatewayWith(options({ tools: ['admin', 'other'], requests: 2 }))
    expect(await statusOf(call('admin'))).toBe(403)
    expect(await statusOf(call('no_such_tool'))).toBe(400)
    expect(await statusOf(call('admin', { roles: ['admin'] }))).toBe(429)
    expect(await statusOf(call('no_such_tool'))).toBe(429)
  })

  it('stands beside a limit for all requests, which also counts what cannot be read', async () => {
    const all = options({ requests: 3 })
    const { statusOf } = await gatewayWith(all, options({ tools: ['render'] }))
    expect(await statusOf({ ...call('render'), body: '{' })).toBe(400)
    expect(await statusOf(call('render'))).toBe(200)
    expect(await statusOf(call('render'))).toBe(429)
    expect(await statusOf(call('status'))).toBe(429)
  })

  it('tells a client of both, and not of what the server says', async () => {
    const limits = [
      { ...options({ requests: 9 }), name: `all-${crypto.randomUUID()}` },
      { ...options({ requests: 5, tools: 'each' as const }), name: `t-${crypto.randomUUID()}` },
    ]
    const { ask } = await createMcpGateway({
      mcp: { call: { render: [] } },
      route: { limit: limit(...limits) },
      origin: () => Response.json({}, { headers: { 'ratelimit-policy': '"theirs";q=1;w=1' } }),
    })
    const policyOf = async (sent: Sent) => (await ask(sent)).headers.get('ratelimit-policy')
    expect(await policyOf(call('render'))).toBe(
      limits.map(({ name, requests }) => `"${name}";q=${requests};w=${HOUR}`).join(', '),
    )
    expect(await policyOf({ method: 'ping', version: '2025-11-25' })).toBe(
      `"${limits[0]?.name}";q=9;w=${HOUR}`,
    )
  })
})
