import { describe, expect, it } from 'vitest'
import type { ClaimLocations } from '../../src/auth/claim-location.ts'
import type { Needs } from '../../src/auth/needs.ts'
import { oidc } from '../../src/auth/presets/oidc.ts'
import { anyOf, type RouteConfig } from '../../src/config/define.ts'
import { checkConfig } from '../../src/config/prepare.ts'
import {
  AUDIENCE,
  createTestGateway,
  ORIGIN,
  refusal,
  START,
  type TestGateway,
} from '../support/gateway.ts'
import { createTestIssuer } from '../support/mint.ts'

type Policy = Pick<RouteConfig, 'scopes' | 'roles' | 'claims' | 'require'>

/** A gateway with one route, and the outcome for a token with the given claims. */
async function gatewayWith(policy: Policy): Promise<TestGateway> {
  return createTestGateway({
    issuer: createTestIssuer({ algs: ['ES256'], now: () => START }),
    routes: [{ path: '/*', to: ORIGIN, ...policy }],
  })
}

async function ask({ send, issuer }: TestGateway, claims: Record<string, unknown>) {
  const token = await issuer.mint(claims)
  return send('/', { headers: { authorization: `Bearer ${token}` } })
}

async function statusesOf(
  policy: Policy,
  table: [claims: Record<string, unknown>, status: number][],
) {
  const gateway = await gatewayWith(policy)
  for (const [claims, status] of table) {
    const response = await ask(gateway, claims)
    expect(response.status, JSON.stringify(claims)).toBe(status)
  }
}

describe('a route that asks for scopes', () => {
  it('lets in who has all of them, wherever they stand', async () => {
    await statusesOf({ scopes: ['orders:read', 'orders:write'] }, [
      [{ scope: 'orders:read orders:write' }, 200],
      [{ scope: 'x orders:write  orders:read y' }, 200],
      [{ scope: undefined, scp: ['orders:read', 'orders:write'] }, 200],
      [{ scope: ['orders:read', 'orders:write'] }, 200],
      [{ scope: undefined, scp: 'orders:read orders:write' }, 200],
      [{ scope: 'orders:read', scp: ['orders:write'] }, 200],
      [{ scope: 'orders:read' }, 403],
      [{ scope: 'orders:read,orders:write' }, 403],
      [{ scope: 'ORDERS:READ orders:write' }, 403],
      [{ scope: 'orders:read\torders:write' }, 403],
      [{ scope: ['orders:read orders:write'] }, 403],
      [{ scope: ['orders:read', ['orders:write']] }, 403],
      [{ scope: { 'orders:read': true, 'orders:write': true } }, 403],
      [{ scope: undefined }, 403],
      [{ scope: '' }, 403],
      [{ scope: null }, 403],
      [{ scope: true }, 403],
    ])
  })

  it('lets in who has any of them where one is enough', async () => {
    await statusesOf({ scopes: anyOf('a', 'b') }, [
      [{ scope: 'a' }, 200],
      [{ scope: 'x b' }, 200],
      [{ scope: 'x' }, 403],
    ])
  })

  it('names every scope that the request needs, so that a client that asks for more loses none', async () => {
    const gateway = await gatewayWith({ scopes: ['a', 'b', 'c'] })
    const response = await ask(gateway, { scope: 'b' })
    expect(response.headers.get('www-authenticate')).toBe(
      'Bearer error="insufficient_scope", scope="a b c"',
    )
    expect(await refusal(response)).toEqual([403, 'insufficient_scope'])
    expect(gateway.received).toEqual([])
  })

  it('names all of them where any one is enough', async () => {
    const response = await ask(await gatewayWith({ scopes: anyOf('a', 'b') }), { scope: 'x' })
    expect(response.headers.get('www-authenticate')).toBe(
      'Bearer error="insufficient_scope", scope="a b"',
    )
  })
})

describe('a route that asks for roles', () => {
  it('lets in who has any of them', async () => {
    await statusesOf({ roles: ['admin', 'billing'] }, [
      [{ roles: ['billing'] }, 200],
      [{ roles: ['x', 'admin'] }, 200],
      [{ roles: 'admin' }, 200],
      [{ roles: 'admin billing' }, 403],
      [{ roles: 'x,admin' }, 403],
      [{ roles: ['Admin'] }, 403],
      [{ roles: [['admin']] }, 403],
      [{ roles: [] }, 403],
      [{ role: 'admin' }, 403],
      [{}, 403],
    ])
  })

  it('says forbidden, without a challenge and without the roles', async () => {
    const gateway = await gatewayWith({ roles: ['admin'] })
    const response = await ask(gateway, { roles: ['user'] })
    expect(response.headers.get('www-authenticate')).toBeNull()
    expect(JSON.stringify(await response.clone().json())).not.toContain('admin')
    expect(await refusal(response)).toEqual([403, 'forbidden'])
    expect(gateway.received).toEqual([])
  })
})

describe('roles', () => {
  async function statusOf(rolesClaim: ClaimLocations, claims: Record<string, unknown>) {
    const issuer = createTestIssuer({ algs: ['ES256'], now: () => START })
    const main = oidc({ issuer: issuer.issuer, audience: AUDIENCE, rolesClaim })
    const gateway = await createTestGateway({
      issuer,
      config: { schemes: { main } },
      routes: [{ path: '/*', to: ORIGIN, roles: ['admin'] }],
    })
    return (await ask(gateway, claims)).status
  }

  it('may be the members of an object, where they say something', async () => {
    for (const [grant, status] of [
      [{ 286701: 'acme.example' }, 200],
      [true, 200],
      [{}, 403],
      [false, 403],
      [null, 403],
      [0, 403],
      ['', 403],
      ['no', 403],
      [1, 403],
      [[], 403],
    ] as const) {
      expect([grant, await statusOf('r', { r: { admin: grant, other: true } })]).toEqual([
        grant,
        status,
      ])
    }
  })

  it('may stand in several places, which add up', async () => {
    const places = [['realm', 'roles'], ['groups'], ['map']]
    expect(await statusOf(places, { realm: { roles: ['x'] }, groups: ['admin'] })).toBe(200)
    expect(await statusOf(places, { realm: { roles: ['admin'] } })).toBe(200)
    expect(await statusOf(places, { map: { admin: true } })).toBe(200)
    expect(await statusOf(places, { roles: ['admin'], realm: ['admin'] })).toBe(403)
    expect(await statusOf(['realm', 'roles'], { realm: { roles: ['admin'] } })).toBe(200)
  })

  it('that are forwarded are named once', async () => {
    const issuer = createTestIssuer({ algs: ['ES256'], now: () => START })
    const rolesClaim = [['a'], ['b']]
    const main = oidc({ issuer: issuer.issuer, audience: AUDIENCE, rolesClaim })
    const gateway = await createTestGateway({ issuer, config: { schemes: { main } } })
    await ask(gateway, { a: ['x', 'y'], b: ['y', 'z'] })
    expect(gateway.received[0]?.headers.get('x-auth-roles')).toBe('x,y,z')
  })

  it('that were left out because of their number are told from none, in the log alone', async () => {
    const gateway = await gatewayWith({ claims: { groups: 'g' } })
    const overage = '; the token leaves groups out because there are too many of them (overage)'
    for (const [claims, more] of [
      [{}, ''],
      [{ _claim_names: { groups: 'src1' }, _claim_sources: { src1: {} } }, overage],
      [{ hasgroups: true }, overage],
      [{ _claim_names: 'groups' }, ''],
    ] as const) {
      const response = await ask(gateway, claims)
      expect(await refusal(response)).toEqual([403, 'forbidden'])
      expect(gateway.lastEvent()?.reason).toBe(
        `the claim groups has none of the values that the route asks for${more}`,
      )
    }
  })
})

describe('a route that requires one of several', () => {
  const either = { require: anyOf({ scopes: ['orders:read'] }, { roles: ['auditor', 'admin'] }) }

  it('lets in who meets any of them, whatever its kind', async () => {
    await statusesOf(either, [
      [{ scope: 'orders:read' }, 200],
      [{ scope: 'x', roles: ['admin'] }, 200],
      [{ scope: 'orders:read', roles: ['admin'] }, 200],
      [{ scope: 'x', roles: ['user'] }, 403],
    ])
    const both = anyOf<Needs>({ scopes: anyOf('a', 'b'), claims: { org: 'x' } }, { roles: ['r'] })
    await statusesOf({ require: both }, [
      [{ scope: 'b', org: 'x' }, 200],
      [{ scope: 'b', org: 'y' }, 403],
      [{ scope: 'c', org: 'x' }, 403],
      [{ scope: 'c', roles: ['r'] }, 200],
    ])
  })

  it('asks for what it asks for elsewhere too', async () => {
    await statusesOf({ ...either, claims: { org: 'x' } }, [
      [{ scope: 'orders:read', org: 'x' }, 200],
      [{ scope: 'orders:read', org: 'y' }, 403],
      [{ scope: 'x', org: 'x' }, 403],
    ])
  })

  it('says what a client can do about it: ask for the scope, beside those it has', async () => {
    for (const [policy, scope] of [
      [either, 'orders:read'],
      [{ require: anyOf<Needs>({ roles: ['r'] }, { scopes: ['a'] }), scopes: ['b'] }, 'b a'],
    ] as const) {
      const response = await ask(await gatewayWith(policy), { scope: 'b' })
      expect(response.headers.get('www-authenticate')).toBe(
        `Bearer error="insufficient_scope", scope="${scope}"`,
      )
    }
    const response = await ask(
      await gatewayWith({ require: anyOf({ roles: ['a'] }, { claims: { b: 1 } }) }),
      {},
    )
    expect(await refusal(response)).toEqual([403, 'forbidden'])
  })

  it('is checked as anything else in the file', () => {
    const check = (require: unknown) =>
      checkConfig({
        schemes: { main: oidc({ issuer: 'https://idp.test', audience: 'a' }) },
        routes: [{ path: '/', to: ORIGIN, require }],
      })
    expect(check({ anyOf: [] })).toEqual([
      "routes[0] (/).require.anyOf: is an empty list. Name at least one, for example anyOf({ scopes: ['orders:read'] }, { roles: ['auditor'] }), or take this option out",
    ])
    expect(check({ anyOf: [{}] })).toEqual([
      "routes[0] (/).require.anyOf[0]: asks for nothing, so that every token would do. Write what to ask for, for example { roles: ['auditor'] }, or take it out",
    ])
    expect(check({ anyOf: [{ roles: [] }, { scope: ['a'] }] })).toEqual([
      "routes[0] (/).require.anyOf[0].roles: is an empty list. Name at least one, for example ['admin', 'editor'], or take this option out",
      'routes[0] (/).require.anyOf[1].scope: is not an option. Did you mean scopes?',
    ])
    expect(check({ roles: ['a'] })).toEqual([
      "routes[0] (/).require: must be anyOf({ scopes: ['orders:read'] }, { roles: ['auditor'] }). What every caller needs stands in scopes, roles and claims themselves",
    ])
    expect(check({ anyOf: [{ roles: undefined }] })).toHaveLength(1)
  })
})

describe('a route that asks for claims', () => {
  it('lets in who has each of them with one of its values', async () => {
    await statusesOf({ claims: { org: ['a', 'b'], verified: true, level: 2 } }, [
      [{ org: 'a', verified: true, level: 2 }, 200],
      [{ org: ['x', 'b'], verified: true, level: [1, 2] }, 200],
      [{ org: 'a', verified: true }, 403],
      [{ org: 'a', verified: 'true', level: 2 }, 403],
      [{ org: 'a', verified: true, level: '2' }, 403],
      [{ org: 'c', verified: true, level: 2 }, 403],
      [{ org: { a: true }, verified: true, level: 2 }, 403],
      [{ org: [['a']], verified: true, level: 2 }, 403],
      [{ org: null, verified: true, level: 2 }, 403],
    ])
  })

  it('takes names literally', async () => {
    await statusesOf({ claims: { 'a.b': 'x' } }, [
      [{ 'a.b': 'x' }, 200],
      [{ a: { b: 'x' } }, 403],
    ])
  })
})

describe('policies', () => {
  it('all have to be met', async () => {
    await statusesOf({ scopes: ['a'], roles: ['r'], claims: { c: 1 } }, [
      [{ scope: 'a', roles: ['r'], c: 1 }, 200],
      [{ scope: 'b', roles: ['r'], c: 1 }, 403],
      [{ scope: 'a', roles: ['s'], c: 1 }, 403],
      [{ scope: 'a', roles: ['r'], c: 2 }, 403],
    ])
  })

  it('are decided anew for a token that was proven on another route', async () => {
    const { send, issuer } = await createTestGateway({
      routes: [
        { path: '/open/*', to: ORIGIN },
        { path: '/admin/*', to: ORIGIN, roles: ['admin'] },
        { path: '/write/*', to: ORIGIN, scopes: ['write'] },
      ],
    })
    const headers = { authorization: `Bearer ${await issuer.mint()}` }
    expect((await send('/open/', { headers })).status).toBe(200)
    expect(await refusal(await send('/admin/', { headers }))).toEqual([403, 'forbidden'])
    expect(await refusal(await send('/write/', { headers }))).toEqual([403, 'insufficient_scope'])
    expect((await send('/open/', { headers })).status).toBe(200)
  })
})
