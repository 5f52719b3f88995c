// Messages that two readers may read differently, and rules of every shape: nobody calls what they may not.

import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { SchemeFeature } from '../../src/auth/feature.ts'
import type { Principal } from '../../src/auth/principal.ts'
import type { Gateway } from '../../src/gateway.ts'
import type { RuleNeeds, Rules } from '../../src/mcp/options.ts'
import { tools } from '../../src/mcp/tools.ts'
import { headerValue } from '../mcp/world.ts'
import { createGateway } from '../support/watched-gateway.ts'
import { check } from './check.ts'
import { ORIGINS, type Seen } from './mcp-origins.ts'

/** Who is calling stands in a header, so that ten thousand requests need no signature. */
const BY_NAME: SchemeFeature = {
  check: () => {},
  compile: (name) => ({
    name,
    withholds: [],
    find: ({ request }) => {
      const value = request.headers.get('authorization') ?? ''
      return { value, place: { header: 'authorization' }, ambient: false }
    },
    verify: ({ value }) => ({ principal: principalOf(name, JSON.parse(value) as Caller) }),
    challenge: () => 'Bearer',
  }),
}

interface Caller {
  scopes: string[]
  roles: string[]
}

function principalOf(scheme: string, { scopes, roles }: Caller): Principal {
  return {
    kind: 'person',
    subject: 'ada',
    issuer: 'urn:test',
    scheme,
    scopes: new Set(scopes),
    roles,
    claims: {},
    expiresAt: Number.POSITIVE_INFINITY,
  }
}

interface World {
  gateway: Gateway
  seen: Seen[]
  answer: () => Response
}

function createWorld(call: Rules): World {
  const world: World = { seen: [], answer: () => Response.json({}), gateway: undefined as never }
  world.gateway = createGateway(
    {
      schemes: { main: BY_NAME },
      routes: [{ path: '/mcp', to: 'https://origin.test', mcp: tools({ call }) }],
    },
    {
      fetch: async (request) => {
        world.seen.push({ headers: request.headers, text: await request.text() })
        return world.answer()
      },
      log: () => {},
    },
  )
  expect(world.gateway.problems).toEqual([])
  return world
}

function send(world: World, caller: Caller, headers: [string, string][], body: BodyInit) {
  const all = new Headers([
    ['authorization', JSON.stringify(caller)],
    ['content-type', 'application/json'],
  ])
  for (const [name, value] of headers) all.append(name, value)
  const request = new Request('https://api.test/mcp', { method: 'POST', headers: all, body })
  return world.gateway.fetch(request, { waitUntil: () => {} })
}

const caller = fc.record<Caller>({
  scopes: fc.subarray(['notes:read', 'notes:write']),
  roles: fc.subarray(['editor', 'admin']),
})

const VERSION = 'io.modelcontextprotocol/protocolVersion'
const RULES: Rules = {
  status: [],
  notes_read: ['notes:read'],
  notes_write: { anyOf: [{ scopes: ['notes:write'] }, { roles: ['editor'] }] },
  'admin_*': { roles: ['admin'] },
}
/** Of the server; no rule names the last. */
const TOOLS = ['status', 'notes_read', 'notes_write', 'admin_list', 'admin_delete', 'hidden']

/** Written apart from the gateway's own. */
function mayCall({ scopes, roles }: Caller, name: string): boolean {
  if (name === 'status') return true
  if (name === 'notes_read') return scopes.includes('notes:read')
  if (name === 'notes_write') return scopes.includes('notes:write') || roles.includes('editor')
  return name.startsWith('admin_') && roles.includes('admin')
}

const tool = fc.constantFrom(...TOOLS)
const version = fc.constantFrom('2026-07-28', '2025-11-25', '2025-03-26', undefined)

/** The same text, as somebody may have spelled it. */
const spelled = (text: string) =>
  fc.constantFrom(
    text,
    text,
    text,
    text.toUpperCase(),
    `${text} `,
    ` ${text}`,
    `${text}\u0000`,
    text.replace(/[a-z]/g, (char) => String.fromCodePoint(char.charCodeAt(0) + 0xfee0)),
    text.replace('s', '\u017f'),
    text.replace('k', '\u212a'),
    `${text}\u200d`,
    `=?base64?${btoa(text)}?=`,
    text.charAt(0).toUpperCase() + text.slice(1),
  )
const spelledTool = tool.chain(spelled)
const key = (name: string) =>
  fc
    .oneof({ weight: 6, arbitrary: fc.constant(name) }, { weight: 1, arbitrary: spelled(name) })
    .chain((text) =>
      fc.constantFrom(
        JSON.stringify(text),
        JSON.stringify(text),
        JSON.stringify(text),
        `"\\u${text.charCodeAt(0).toString(16).padStart(4, '0')}${JSON.stringify(text.slice(1)).slice(1)}`,
      ),
    )

const members = (...list: fc.Arbitrary<string>[]) =>
  fc
    .tuple(
      fc.tuple(...list),
      fc.array(fc.oneof(...list), { maxLength: 2 }),
      fc.constantFrom('', '', '', '', ','),
    )
    .chain(([own, more, end]) =>
      fc
        .shuffledSubarray([...own, ...more], { minLength: Math.max(1, own.length - 1) })
        .map((all) => `{${all.join(',')}${end}}`),
    )
const member = (name: string, value: fc.Arbitrary<string>) =>
  fc.tuple(key(name), value).map(([left, right]) => `${left}:${right}`)
const text = (value: fc.Arbitrary<string>) => value.map((one) => JSON.stringify(one))

const params = members(
  member('name', text(spelledTool)),
  member('arguments', fc.constantFrom('{}', '{"name":"hidden"}')),
  fc.oneof(
    { weight: 5, arbitrary: member('_meta', fc.constant(`{"${VERSION}":"2026-07-28"}`)) },
    { weight: 1, arbitrary: member('uri', text(tool)) },
    { weight: 1, arbitrary: member('__proto__', members(member('name', text(tool)))) },
  ),
)
const method = fc.oneof(
  { weight: 9, arbitrary: fc.constant('tools/call') },
  { weight: 1, arbitrary: fc.constantFrom('ping', 'tools/list', 'notifications/progress') },
  { weight: 1, arbitrary: spelled('tools/call') },
)
const message = members(
  fc.constant('"jsonrpc":"2.0"'),
  fc.constantFrom('"id":1', '"id":1', '"id":1', '"id":null', '"x":1'),
  member('method', text(method)),
  member('params', params),
)
/** Whole and good, or put together of parts that may be too many, too few or misspelled. */
const body = fc.oneof(
  tool.map((name) =>
    JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name } }),
  ),
  message,
  message,
  message.map((one) => `[${one}]`),
  message.map((one) => `/**/${one}`),
  fc.tuple(message, message).map((two) => two.join('\n')),
)
const sentHeaders = fc
  .record({
    version,
    method: fc.option(method, { nil: undefined }),
    names: fc.array(spelledTool, { maxLength: 2 }),
  })
  .map(({ version: spoken, method: said, names }) => [
    ...(spoken === undefined ? [] : [['mcp-protocol-version', spoken] as [string, string]]),
    ...(said === undefined ? [] : [['mcp-method', headerValue(said)] as [string, string]]),
    ...names.map((name): [string, string] => ['mcp-name', headerValue(name)]),
  ])
/** With the headers that go with a good body, so that not everything is refused for them. */
const pair = fc.oneof(
  fc.record({ headers: sentHeaders, body }),
  fc.record({ headers: fc.constant<[string, string][]>([]), body }),
  tool.chain((name) =>
    fc.record({
      headers: fc.constant<[string, string][]>([
        ['mcp-protocol-version', '2026-07-28'],
        ['mcp-method', 'tools/call'],
        ['mcp-name', name],
      ]),
      body: fc.oneof(
        fc.constant(
          JSON.stringify({
            jsonrpc: '2.0',
            id: 1,
            method: 'tools/call',
            params: { name, _meta: { [VERSION]: '2026-07-28' } },
          }),
        ),
        body,
      ),
    }),
  ),
)

/** How careless servers compare a name with their own. */
const COMPARED: readonly ((name: string) => string)[] = [
  (name) => name,
  (name) => name.trim(),
  (name) => name.split('\u0000', 1)[0] ?? '',
  (name) => name.toLowerCase(),
  (name) =>
    name
      .normalize('NFKC')
      .toLowerCase()
      .replace(/[^a-z_]/g, ''),
]

describe('a message', () => {
  let world: World
  beforeAll(() => {
    world = createWorld(RULES)
  })

  it('makes no server, however it reads, execute what the caller may not call', async () => {
    let passed = 0
    const stopped = new Map<string, number>()
    await check(
      20_000,
      fc.asyncProperty(caller, pair, async (who, { headers, body: sent }) => {
        world.seen.length = 0
        const response = await send(world, who, headers, sent)
        expect(response.status).toBeLessThan(500)
        const would = { headers: new Headers(headers), text: sent }
        for (const origin of ORIGINS.keys()) {
          if (bypasses(origin, would, who)) stopped.set(origin, (stopped.get(origin) ?? 0) + 1)
        }
        const [seen] = world.seen
        if (!seen) return
        passed++
        expect(seen.text).toBe(sent)
        for (const origin of ORIGINS.keys()) {
          expect([origin, bypasses(origin, seen, who)]).toEqual([origin, false])
        }
      }),
    )
    // Otherwise nothing would have been tried.
    expect(passed).toBeGreaterThan(1_000)
    expect(Math.min(...stopped.values())).toBeGreaterThan(1_000)
    expect(stopped.size).toBe(ORIGINS.size)
  })
})

function bypasses(origin: string, seen: Seen, who: Caller): boolean {
  const executed = ORIGINS.get(origin)?.(seen) ?? []
  return executed
    .filter(({ method: asked }) => COMPARED.some((compare) => compare(asked) === 'tools/call'))
    .some(({ name }) =>
      COMPARED.some((compare) => TOOLS.includes(compare(name)) && !mayCall(who, compare(name))),
    )
}

describe('a set of rules', () => {
  const names = ['a', 'ab', 'abc', 'AB', 'b', 'b_c', 'b_C', 'ｂ_c', '*', '__proto__', 'toString']
  const pattern = fc.constantFrom(...names, 'a*', 'ab*', 'AB*', 'b_*', 'B*', '*', 'x*')
  const needs = fc.constantFrom<RuleNeeds>(
    [],
    ['notes:read'],
    ['notes:read', 'notes:write'],
    { roles: ['admin'] },
    { anyOf: [{ scopes: ['notes:write'] }, { roles: ['editor'] }] },
  )
  const rules = fc
    .array(fc.tuple(pattern, needs), { minLength: 1, maxLength: 6 })
    .map((list) => Object.fromEntries(list) as Rules)
    .filter((set) => Object.keys(set).length > 0)

  it('lists a tool exactly where it lets the caller call it', async () => {
    let listedSome = 0
    await check(
      1_000,
      fc.asyncProperty(rules, caller, async (set, who) => {
        const world = createWorld(set)
        const list = { jsonrpc: '2.0', id: 1, result: { tools: names.map((name) => ({ name })) } }
        world.answer = () => Response.json(list)
        const ask = (asked: string, given: object = {}) =>
          send(
            world,
            who,
            [],
            JSON.stringify({ jsonrpc: '2.0', id: 1, method: asked, params: given }),
          )
        const { result } = (await (await ask('tools/list')).json()) as typeof list
        const listed = result.tools.map(({ name }) => name)
        const callable: string[] = []
        for (const name of names) {
          if ((await ask('tools/call', { name })).status === 200) callable.push(name)
        }
        expect(listed).toEqual(callable)
        if (listed.length > 0 && listed.length < names.length) listedSome++
      }),
    )
    expect(listedSome).toBeGreaterThan(200)
  })
})
