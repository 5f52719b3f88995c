// Two users whose ids differ beyond 2^53 stay two: in headers, in policies, before handlers, and in what
// introspection says.

import { describe, expect, it } from 'vitest'
import { oidc } from '../../src/auth/presets/oidc.ts'
import { anyOf, type RouteConfig } from '../../src/config/define.ts'
import { checkConfig } from '../../src/config/prepare.ts'
import { claims as claimsHandler } from '../../src/upstream/claims-handler.ts'
import { AUDIENCE, createTestGateway, ORIGIN, START } from '../support/gateway.ts'
import { createTestIssuer } from '../support/mint.ts'

const ONE = '281674916028284929'
const TWO = '281674916028284931'

async function world(route: Omit<RouteConfig, 'path' | 'to'> = {}) {
  const issuer = createTestIssuer({ audience: AUDIENCE, now: () => START, algs: ['ES256'] })
  const introspect = { clientId: 'gw', opaque: true }
  const gateway = await createTestGateway({
    issuer,
    config: {
      schemes: { main: oidc({ issuer: issuer.issuer, audience: AUDIENCE, introspect }) },
    },
    routes: [
      { path: '/claims', to: claimsHandler },
      { path: '/*', to: ORIGIN, ...route },
    ],
  })
  const payload = (members: string) =>
    `{"iss":"${issuer.issuer}","aud":"${AUDIENCE}","sub":"u","exp":${START + 60},${members}}`
  const send = (token: string, path: string) =>
    gateway.send(path, { headers: { authorization: `Bearer ${token}` } })
  return {
    ...gateway,
    /** Of a signed token, then of an opaque one that introspection says the same of. */
    async ask(members: string, path = '/'): Promise<[Response, Response]> {
      issuer.onIntrospection = () => new Response(`{"active":true,${payload(members).slice(1)}`)
      const token = await issuer.mint({}, { payloadText: payload(members) })
      return [
        await send(token, path),
        await send(`opaque-${members.length}-${members}`.replace(/[^\w-]/g, '.'), path),
      ]
    },
  }
}

describe('a number beyond 2^53', () => {
  it('goes into headers with its digits, alone, in lists and in objects', async () => {
    const { ask, received } = await world({
      forward: { 'x-id': 'id', 'x-list': 'list', 'x-deep': ['deep', 'id'], 'x-whole': 'deep' },
    })
    for (const id of [ONE, TWO]) {
      received.length = 0
      await ask(`"id":${id},"list":[1,${id},-${id}],"deep":{"id":${id}}`)
      expect(received).toHaveLength(2)
      for (const { headers } of received) {
        expect(headers.get('x-id')).toBe(id)
        expect(headers.get('x-list')).toBe(`1,${id},-${id}`)
        expect(headers.get('x-deep')).toBe(id)
        expect(decodeURIComponent(headers.get('x-whole') ?? '')).toBe(`{"id":${id}}`)
        const all = Buffer.from(headers.get('x-auth-claims') ?? '', 'base64url').toString()
        expect(all).toContain(`"id":${id},"list":[1,${id},-${id}],"deep":{"id":${id}}`)
      }
    }
  })

  it('is shown with its digits by /api/claims', async () => {
    const { ask } = await world()
    for (const response of await ask(`"id":${ONE},"list":[${TWO}]`, '/claims')) {
      expect(await response.text()).toContain(`"id":${ONE},"list":[${TWO}]`)
    }
  })

  it('meets a policy with its own digits, and no other one', async () => {
    const wanted = BigInt(ONE)
    for (const route of [
      { claims: { id: wanted } },
      { require: anyOf({ claims: { id: [wanted] } }) },
    ]) {
      const { ask } = await world(route)
      for (const [members, status] of [
        [`"id":${ONE}`, 200],
        [`"id":[1,${ONE}]`, 200],
        [`"id":${TWO}`, 403],
        [`"id":[${TWO},"${ONE}"]`, 403],
        [`"id":"${ONE}"`, 403],
        [`"id":${ONE}.5`, 403],
        [`"id":{"id":${ONE}}`, 403],
      ] as const) {
        const statuses = (await ask(members)).map((response) => response.status)
        expect(statuses, members).toEqual([status, status])
      }
    }
  })

  it('is nothing that a smaller number of a policy equals, and a small bigint is a number', async () => {
    const { ask } = await world({ claims: { id: [7n, 8] } })
    for (const [id, status] of [
      ['7', 200],
      ['7.0', 200],
      ['8', 200],
      [ONE, 403],
    ] as const) {
      expect((await ask(`"id":${id}`))[0].status).toBe(status)
    }
  })

  it('is no time, and a time with more digits than a double has is one', async () => {
    const { ask } = await world()
    for (const [members, status] of [
      [`"nbf":${START}.123456789012345`, 200],
      [`"nbf":${ONE}`, 401],
      ['"nbf":1e400', 401],
    ] as const) {
      expect((await ask(members))[0].status, members).toBe(status)
    }
  })

  it('cannot be meant by a number in the owner’s file, which is another one by then', () => {
    const config = (id: unknown) => ({
      schemes: { main: oidc({ issuer: 'https://idp.test', audience: 'a' }) },
      routes: [{ path: '/', to: ORIGIN, claims: { id } }],
    })
    const text =
      'is a whole number beyond 2^53, which is another one by now. Write it with n at its end, for example 281674916028284929n'
    expect(checkConfig(config(Number(ONE)))).toEqual([`routes[0] (/).claims.id: ${text}`])
    expect(checkConfig(config([1, Number(ONE)]))).toEqual([`routes[0] (/).claims.id[1]: ${text}`])
    expect(checkConfig(config(BigInt(ONE)))).toEqual([])
    expect(checkConfig(config(0.5))).toEqual([])
  })
})
