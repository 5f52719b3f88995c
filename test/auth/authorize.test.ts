import { describe, expect, it } from 'vitest'
import { anyOf, type RouteConfig } from '../../src/config/define.ts'
import { createTestGateway, ORIGIN, refusal, START, type TestGateway } from '../support/gateway.ts'
import { createTestIssuer } from '../support/mint.ts'

type Policy = Pick<RouteConfig, 'scopes' | 'roles' | 'claims'>

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

  it('names the scopes that are missing', async () => {
    const gateway = await gatewayWith({ scopes: ['a', 'b', 'c'] })
    const response = await ask(gateway, { scope: 'b' })
    expect(response.headers.get('www-authenticate')).toBe(
      'Bearer error="insufficient_scope", scope="a c"',
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
      [{ roles: { admin: true } }, 403],
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
