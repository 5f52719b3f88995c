import type { Context } from 'oidc-provider/lib/provider.js'
import { describe, expect, it, vi } from 'vitest'
import { type Adapter, createAdapterFactory } from '../../src/issuer/oidc/adapter.ts'
import { type Objects, requestWork } from '../../src/issuer/oidc/request-work.ts'
import { Person } from '../../src/issuer/storage/person.ts'
import { placeOfPerson } from '../../src/issuer/storage/places.ts'
import { emptySql, objectContext } from './sqlite.ts'

// The runtime's own module, of which Node has none.
vi.mock('cloudflare:workers', () => ({ RpcTarget: class {} }))

const SOON = 60
const ADA = '1ac585a0-18fd-45d1-9e7d-6c1ca37baa44'
const ID = `${placeOfPerson(ADA)}${'x'.repeat(43)}`
const OF_ADA = { accountId: ADA, grantId: 'g' }

async function setup(clients: Record<string, Record<string, unknown>> = {}) {
  const now = () => Math.floor(Date.now() / 1000)
  const object = { ...objectContext(emptySql(), 0), now }
  const person = new Person(object)
  const info = { id: ADA, login: 'ada', roles: [], disabled: false, createdAt: 0 }
  await person.adopt({ info, passkeys: [], artifacts: [], used: {} })
  const calls: string[] = []
  let isDown = false
  const fail = () => {
    if (isDown) throw new Error('the object was reset')
  }
  const objects: Objects = {
    async open(_place, model, column, value) {
      calls.push('open')
      fail()
      return person.open(model, column, value)
    },
    async commit(_place, changes) {
      calls.push('commit')
      fail()
      return person.commit(changes)
    },
    person: async () => person.active(),
  }
  const unused = () => {
    throw new Error('not asked for here')
  }
  const visitors = {
    owns: () => false,
    keep: unused,
    remember: () => {},
    recall: () => undefined,
    forget: unused,
    admit: async () => {},
  }
  const adapter = createAdapterFactory({
    clients: { find: async (id) => clients[id], register: unused, remove: unused },
    visitors,
    locate: async () => undefined,
    refreshGraceSeconds: 30,
  })
  /** One request; answers its status. */
  const request = async (use: () => Promise<void>, status = 200, route = 'token') => {
    const response = { remove: () => {} }
    const ctx = { status, response, set: () => {}, oidc: { route } } as unknown as Context
    await requestWork(objects)(ctx, use)
    return ctx.status
  }
  const rows = () => JSON.stringify(object.sql.exec('SELECT * FROM artifacts').toArray())
  const breakDown = () => {
    isDown = true
  }
  return { adapter, request, rows, calls, breakDown }
}

describe('the adapter', () => {
  it.each(['AuthorizationCode', 'AccessToken', 'RefreshToken', 'PushedAuthorizationRequest'])(
    'stores of an %s only the hash of its value',
    async (model) => {
      const { adapter, request, rows } = await setup()
      const payload = { jti: ID, kind: model, ...OF_ADA }
      const store = adapter(model)
      await request(() => store.upsert(ID, payload, SOON))
      expect(rows()).not.toContain(ID)
      await request(async () => {
        expect(await store.find(ID)).toEqual(payload)
        expect(await store.find(ID.replace('x', 'y'))).toBeUndefined()
        await store.destroy(ID)
      })
      await request(async () => expect(await store.find(ID)).toBeUndefined())
    },
  )

  it('refuses the second of two who both found a code unused', async () => {
    const { adapter, request } = await setup()
    const codes = adapter('AuthorizationCode')
    await request(() => codes.upsert(ID, OF_ADA, SOON))
    const redeem = () =>
      request(async () => {
        expect(await codes.find(ID)).toEqual({ jti: ID, ...OF_ADA })
        await codes.consume(ID)
      })
    expect(await Promise.all([redeem(), redeem()])).toEqual([200, 400])
  })

  it('says of a used code when it was used', async () => {
    const { adapter, request } = await setup()
    const codes = adapter('AuthorizationCode')
    await request(() => codes.upsert(ID, OF_ADA, SOON))
    await request(() => codes.consume(ID))
    await request(async () => {
      expect(await codes.find(ID)).toMatchObject({ consumed: expect.any(Number) })
    })
  })

  it('says of a refresh token in its grace nothing of the kind', async () => {
    const { adapter, request } = await setup()
    const tokens = adapter('RefreshToken')
    await request(() => tokens.upsert(ID, OF_ADA, SOON))
    await request(() => tokens.consume(ID))
    await request(async () => expect(await tokens.find(ID)).not.toHaveProperty('consumed'))
  })

  it('uses nothing up in a token request that fails, and still revokes', async () => {
    const { adapter, request } = await setup()
    const codes = adapter('AuthorizationCode')
    const read = async () => {
      let found: Awaited<ReturnType<Adapter['find']>>
      await request(async () => {
        found = await codes.find(ID)
      })
      return found
    }
    const place = placeOfPerson(ADA)
    const grantId = `${place}${'g'.repeat(43)}`
    await request(() => codes.upsert(ID, { accountId: ADA, grantId }, SOON))
    await request(() => codes.consume(ID), 400)
    expect(await read()).not.toHaveProperty('consumed')
    await request(() => codes.revokeByGrantId(grantId), 400)
    expect(await read()).toBeUndefined()
  })

  it('asks an object twice at most: once to read, once to write', async () => {
    const { adapter, request, calls } = await setup()
    await request(() => adapter('RefreshToken').upsert(ID, OF_ADA, SOON))
    calls.length = 0
    await request(async () => {
      await adapter('RefreshToken').find(ID)
      await adapter('RefreshToken').consume(ID)
      await adapter('AccessToken').upsert(ID, OF_ADA, SOON)
      await adapter('RefreshToken').upsert(ID.replace('x', 'y'), OF_ADA, SOON)
    })
    expect(calls).toEqual(['open', 'commit'])
  })

  it('says of an object that does not answer that it may be tried again', async () => {
    const { adapter, request, breakDown } = await setup()
    const tokens = adapter('RefreshToken')
    await request(() => tokens.upsert(ID, OF_ADA, SOON))
    breakDown()
    await request(async () => {
      const reading = tokens.find(ID)
      await expect(reading).rejects.toMatchObject({
        error: 'temporarily_unavailable',
        statusCode: 503,
      })
    })
    expect(await request(() => tokens.upsert(ID, OF_ADA, SOON))).toBe(503)
  })

  it('refuses the second of two who both pushed the same proof', async () => {
    const { adapter, request } = await setup()
    const push = () => request(() => adapter('ReplayDetection').upsert(ID, {}, SOON))
    expect(await Promise.all([push(), push()])).toEqual([200, 400])
  })

  it('finds nothing of a client that is gone, or was added again since', async () => {
    const clients: Record<string, Record<string, unknown>> = { app: { client_id_issued_at: 1000 } }
    const { adapter, request } = await setup(clients)
    const store = adapter('Grant')
    const find = async () => {
      let found: unknown
      await request(async () => {
        found = await store.find(ID)
      })
      return found
    }
    const payload = { jti: ID, accountId: ADA, clientId: 'app', iat: 1000 }
    await request(() => store.upsert(ID, payload, SOON))
    expect(await find()).toEqual(payload)
    clients.app = { client_id_issued_at: 1001 }
    expect(await find()).toBeUndefined()
    delete clients.app
    expect(await find()).toBeUndefined()
  })

  it.each(['PushedAuthorizationRequest', 'DeviceCode'])(
    'keeps no %s that is long',
    async (model) => {
      const { adapter, request } = await setup()
      const push = (length: number) =>
        request(() => adapter(model).upsert(ID, { ...OF_ADA, params: 'x'.repeat(length) }, SOON))
      expect(await push(8000)).toBe(200)
      await expect(push(8192)).rejects.toMatchObject({ error: 'invalid_request' })
    },
  )

  it('finds a session by the id that its sign-ins know', async () => {
    const { adapter, request } = await setup()
    const sessions = adapter('Session')
    const uid = ID.replace('x', 'u')
    await request(() => sessions.upsert(ID, { jti: ID, uid, accountId: ADA }, SOON))
    await request(async () => {
      expect(await sessions.findByUid(uid)).toMatchObject({ jti: ID, accountId: ADA })
    })
  })
})
