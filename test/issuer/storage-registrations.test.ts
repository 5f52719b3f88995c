import { describe, expect, it } from 'vitest'
import { Clients } from '../../src/issuer/storage/clients.ts'
import { Registrations } from '../../src/issuer/storage/registrations.ts'
import { memorySql } from './sqlite.ts'

const NOW = 1_800_000_000
const DAY = 86_400

describe('registrations', () => {
  const metadata = { client_name: 'Agent', redirect_uris: ['https://agent.example/cb'] }

  async function registered(id: string) {
    const sql = memorySql('directory')
    const clients = new Clients(sql)
    const registrations = new Registrations(sql)
    registrations.add(id, NOW)
    await clients.save({ client_id: id, ...metadata }, NOW)
    return { sql, clients, registrations }
  }

  it('end when nobody has used them for 30 days, and only they do', async () => {
    const { clients, registrations } = await registered('agent')
    await clients.add({ id: 'own', kind: 'service' }, NOW - 365 * DAY)
    expect(registrations.use('own', NOW)).toBe(false)
    registrations.purge(NOW + 30 * DAY - 1)
    expect(clients.list().map(({ id }) => id)).toEqual(['agent', 'own'])
    registrations.purge(NOW + 30 * DAY)
    expect(clients.list().map(({ id }) => id)).toEqual(['own'])
    expect(registrations.use('agent', NOW + 30 * DAY)).toBe(false)
  })

  it('go on with their use, which is noted once a day', async () => {
    const { sql, clients, registrations } = await registered('agent')
    const usedAt = () => sql.exec('SELECT used_at FROM registrations').one().used_at
    expect(registrations.use('agent', NOW + DAY - 1)).toBe(true)
    expect(usedAt()).toBe(NOW)
    expect(registrations.use('agent', NOW + 20 * DAY)).toBe(true)
    expect(usedAt()).toBe(NOW + 20 * DAY)
    registrations.purge(NOW + 50 * DAY - 1)
    expect(clients.list()).toHaveLength(1)
  })

  it('are at most 10,000, and have room again when old ones end', async () => {
    const { sql, registrations } = await registered('agent')
    sql.exec(`WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
      INSERT INTO registrations (id, used_at) SELECT 'agent ' || i, ${NOW + 1} FROM n`)
    expect(() => registrations.add('more', NOW + 1)).toThrow('too many registered clients')
    registrations.add('more', NOW + 30 * DAY)
    expect(() => registrations.add('and more', NOW + 30 * DAY)).toThrow('too many')
  })
})
