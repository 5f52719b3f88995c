import { describe, expect, it } from 'vitest'
import { type AdapterStorage, createAdapterFactory } from '../../src/issuer/oidc/adapter.ts'
import { type Artifact, Artifacts } from '../../src/issuer/storage/artifacts.ts'
import { memorySql } from './sqlite.ts'

const SOON = 60

function setup() {
  const sql = memorySql()
  const artifacts = new Artifacts(sql)
  const now = () => Math.floor(Date.now() / 1000)
  const storage = {
    saveArtifact: async (artifact: Artifact) => artifacts.save(artifact),
    saveArtifactOnce: async (artifact: Artifact) => artifacts.saveOnce(artifact),
    findArtifact: async (...[model, column, value]: Parameters<AdapterStorage['findArtifact']>) =>
      artifacts.find(model, column, value, now()),
    consumeArtifact: async (model: string, id: string) => artifacts.consume(model, id, now()),
    destroyArtifact: async (model: string, id: string) => artifacts.destroy(model, id),
  } as unknown as AdapterStorage
  const rows = () => JSON.stringify(sql.exec('SELECT * FROM artifacts').toArray())
  return { adapter: createAdapterFactory(() => storage), rows }
}

describe('the adapter', () => {
  it.each(['AuthorizationCode', 'AccessToken', 'RefreshToken', 'ClientCredentials'])(
    'stores of an %s only the hash of its value',
    async (model) => {
      const { adapter, rows } = setup()
      const payload = { jti: 'the-value', kind: model, grantId: 'g' }
      await adapter(model).upsert('the-value', payload, SOON)
      expect(rows()).not.toContain('the-value')
      expect(await adapter(model).find('the-value')).toEqual(payload)
      expect(await adapter(model).find('another')).toBeUndefined()
      await adapter(model).destroy('the-value')
      expect(await adapter(model).find('the-value')).toBeUndefined()
    },
  )

  it('refuses the second of two who both found a code unused', async () => {
    const codes = setup().adapter('AuthorizationCode')
    await codes.upsert('code', { grantId: 'g' }, SOON)
    expect(await codes.find('code')).toEqual({ jti: 'code', grantId: 'g' })
    await codes.consume('code')
    await expect(codes.consume('code')).rejects.toMatchObject({ error: 'invalid_grant' })
  })

  it('says of a used code when it was used', async () => {
    const codes = setup().adapter('AuthorizationCode')
    await codes.upsert('code', {}, SOON)
    await codes.consume('code')
    expect(await codes.find('code')).toEqual({ jti: 'code', consumed: expect.any(Number) })
  })

  it('refuses the second of two who both pushed the same proof', async () => {
    const proofs = setup().adapter('ReplayDetection')
    await proofs.upsert('proof', { jti: 'proof' }, SOON)
    await expect(proofs.upsert('proof', { jti: 'proof' }, SOON)).rejects.toMatchObject({
      error: 'invalid_grant',
    })
  })

  it('refuses the second use of a pushed request in the words of that endpoint', async () => {
    const requests = setup().adapter('PushedAuthorizationRequest')
    await requests.upsert('request', {}, SOON)
    await requests.consume('request')
    await expect(requests.consume('request')).rejects.toMatchObject({
      error: 'invalid_request_uri',
    })
  })

  it('finds a session by the id that its tokens know', async () => {
    const sessions = setup().adapter('Session')
    await sessions.upsert('cookie', { jti: 'cookie', uid: 'session', accountId: 'ada' }, SOON)
    expect(await sessions.findByUid('session')).toMatchObject({ jti: 'cookie', accountId: 'ada' })
  })
})
