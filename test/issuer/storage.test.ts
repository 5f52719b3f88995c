import { decodeProtectedHeader, importJWK, jwtVerify, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { Artifacts } from '../../src/issuer/storage/artifacts.ts'
import { Attempts } from '../../src/issuer/storage/attempts.ts'
import { Clients } from '../../src/issuer/storage/clients.ts'
import { SealedBox } from '../../src/issuer/storage/sealed-box.ts'
import { hashPassword, verifyPassword, verifySecret } from '../../src/issuer/storage/secret-hash.ts'
import {
  PUBLISH_BEFORE_SIGNING_SECONDS,
  SigningKeys,
} from '../../src/issuer/storage/signing-keys.ts'
import { Users } from '../../src/issuer/storage/users.ts'
import { memorySql } from './sqlite.ts'

const NOW = 1_800_000_000
const KEY_SECRET = 'k'.repeat(32)

function code(id: string, grantId = 'grant') {
  const expiresAt = NOW + 60
  return { model: 'AuthorizationCode', id, payload: '{}', grantId, accountId: 'ada', expiresAt }
}

describe('artifacts', () => {
  it('are gone once they expired, whether or not they were purged', () => {
    const artifacts = new Artifacts(memorySql())
    artifacts.save(code('a'))
    expect(artifacts.find('AuthorizationCode', 'id', 'a', NOW + 59)).toBeDefined()
    expect(artifacts.find('AuthorizationCode', 'id', 'a', NOW + 60)).toBeUndefined()
    expect(artifacts.nextExpiry()).toBe(NOW + 60)
    artifacts.purge(NOW + 60)
    expect(artifacts.nextExpiry()).toBeNull()
  })

  it('are consumed once, and a second use ends the grant with all that was issued under it', () => {
    const artifacts = new Artifacts(memorySql())
    const grant = { model: 'Grant', id: 'grant', payload: '{}' }
    artifacts.save(grant)
    artifacts.save(code('a'))
    artifacts.save({ ...code('r'), model: 'RefreshToken' })
    artifacts.save({ ...code('b', 'other'), model: 'RefreshToken' })
    expect(artifacts.consume('AuthorizationCode', 'a', NOW)).toBe(true)
    expect(artifacts.find('AuthorizationCode', 'id', 'a', NOW)?.consumedAt).toBe(NOW)
    expect(artifacts.consume('AuthorizationCode', 'a', NOW)).toBe(false)
    expect(artifacts.find('Grant', 'id', 'grant', NOW)).toBeUndefined()
    expect(artifacts.find('RefreshToken', 'id', 'r', NOW)).toBeUndefined()
    expect(artifacts.find('RefreshToken', 'id', 'b', NOW)).toBeDefined()
  })

  it('stay consumed when they are saved again', () => {
    const artifacts = new Artifacts(memorySql())
    artifacts.save(code('a'))
    artifacts.consume('AuthorizationCode', 'a', NOW)
    artifacts.save(code('a'))
    expect(artifacts.consume('AuthorizationCode', 'a', NOW)).toBe(false)
  })

  it('are saved once where a second time is a replay', () => {
    const artifacts = new Artifacts(memorySql())
    expect(artifacts.saveOnce(code('a'))).toBe(true)
    expect(artifacts.saveOnce(code('a'))).toBe(false)
  })

  it('end with their account, and with their client', () => {
    const artifacts = new Artifacts(memorySql())
    artifacts.save(code('a'))
    artifacts.save({ ...code('b'), accountId: 'bob', clientId: 'web' })
    artifacts.destroyAccount('ada')
    expect(artifacts.find('AuthorizationCode', 'id', 'a', NOW)).toBeUndefined()
    expect(artifacts.find('AuthorizationCode', 'id', 'b', NOW)).toBeDefined()
    artifacts.destroyClient('web')
    expect(artifacts.find('AuthorizationCode', 'id', 'b', NOW)).toBeUndefined()
  })
})

describe('attempts', () => {
  const limits = [
    { bucket: 'account', max: 2, windowSeconds: 900 },
    { bucket: 'address', max: 3, windowSeconds: 900 },
  ]

  it('are refused when one bucket is full, until its window ends', () => {
    const attempts = new Attempts(memorySql())
    expect(attempts.reserve(limits, NOW)).toBe(0)
    expect(attempts.reserve(limits, NOW + 100)).toBe(0)
    expect(attempts.reserve(limits, NOW + 200)).toBe(700)
    expect(attempts.reserve(limits, NOW + 900)).toBe(0)
  })

  it('that are refused count in no bucket', () => {
    const attempts = new Attempts(memorySql())
    attempts.reserve(limits, NOW)
    attempts.reserve(limits, NOW)
    attempts.reserve(limits, NOW)
    expect(attempts.reserve([limits[1] ?? never()], NOW)).toBe(0)
  })

  it('that succeed are given back', () => {
    const attempts = new Attempts(memorySql())
    for (let i = 0; i < 10; i++) {
      expect(attempts.reserve(limits, NOW)).toBe(0)
      attempts.clear('account')
      attempts.release('address')
    }
  })
})

describe('signing keys', () => {
  const retainSeconds = 7200

  it('are one RSA key of 2,048 bits named by its RFC 7638 thumbprint at first', async () => {
    const keys = new SigningKeys(memorySql(), new SealedBox(undefined))
    await keys.prepare(NOW)
    await keys.prepare(NOW)
    const { keys: loaded, cookieKeys, changesAt } = await keys.load(NOW)
    const [key = never()] = loaded
    expect(loaded).toHaveLength(1)
    expect(cookieKeys).toHaveLength(1)
    expect(changesAt).toBeNull()
    expect(key).toMatchObject({ kty: 'RSA', use: 'sig', alg: 'RS256' })
    expect(Buffer.from(key.n ?? '', 'base64url')).toHaveLength(256)
    const { calculateJwkThumbprint } = await import('jose')
    expect(key.kid).toBe(await calculateJwkThumbprint(key))
  })

  it('are published long before they sign, and stay until their last token has ended', async () => {
    const keys = new SigningKeys(memorySql(), new SealedBox(undefined))
    await keys.prepare(NOW)
    const kids = async (now: number) => (await keys.load(now)).keys.map(({ kid }) => kid)
    const [old] = await kids(NOW)
    await keys.rotate(NOW, { retainSeconds, immediately: false })
    const [, fresh] = await kids(NOW)
    const signsFrom = NOW + PUBLISH_BEFORE_SIGNING_SECONDS
    expect(PUBLISH_BEFORE_SIGNING_SECONDS).toBeGreaterThan(900)
    expect((await keys.load(NOW)).changesAt).toBe(signsFrom)
    expect(await kids(signsFrom - 1)).toEqual([old, fresh])
    expect(await kids(signsFrom)).toEqual([fresh, old])
    expect(await kids(signsFrom + retainSeconds - 1)).toEqual([fresh, old])
    expect(await kids(signsFrom + retainSeconds)).toEqual([fresh])
  })

  it('that are replaced twice in a row never leave nothing to sign with', async () => {
    const keys = new SigningKeys(memorySql(), new SealedBox(undefined))
    await keys.prepare(NOW)
    await keys.rotate(NOW, { retainSeconds, immediately: false })
    await keys.rotate(NOW + 10, { retainSeconds, immediately: false })
    for (const now of [NOW + 10, NOW + 1800, NOW + 1810, NOW + 100_000]) {
      const [signer = never()] = (await keys.load(now)).keys
      const token = await new SignJWT({}).setProtectedHeader({ alg: 'RS256' }).sign(signer)
      const { d: _, p: __, q: ___, dp, dq, qi, ...shown } = signer
      await jwtVerify(token, await importJWK(shown, 'RS256'))
      expect(decodeProtectedHeader(token).alg).toBe('RS256')
    }
  })

  it('that leaked, or whose secret was lost, are gone at once, with the key of the cookies', async () => {
    const sql = memorySql()
    const before = new SigningKeys(sql, new SealedBox(KEY_SECRET))
    await before.prepare(NOW)
    const { keys: leaked, cookieKeys } = await before.load(NOW)
    const after = new SigningKeys(sql, new SealedBox('another secret of 32 characters!'))
    await after.rotate(NOW, { retainSeconds, immediately: true })
    await after.prepare(NOW)
    const loaded = await after.load(NOW)
    expect(loaded.keys).toHaveLength(1)
    expect(loaded.keys[0]?.kid).not.toBe(leaked[0]?.kid)
    expect(loaded.cookieKeys).toHaveLength(1)
    expect(loaded.cookieKeys).not.toEqual(cookieKeys)
  })

  it('are replaced by the cron only when they are old enough, and forgotten when retired', async () => {
    const keys = new SigningKeys(memorySql(), new SealedBox(undefined))
    const maxAgeSeconds = 86_400
    await keys.prepare(NOW)
    await keys.maintain(NOW + maxAgeSeconds - 1, { maxAgeSeconds, retainSeconds })
    expect(keys.list()).toHaveLength(1)
    const rotatedAt = NOW + maxAgeSeconds
    await keys.maintain(rotatedAt, { maxAgeSeconds, retainSeconds })
    await keys.maintain(rotatedAt + 1, { maxAgeSeconds, retainSeconds })
    expect(keys.list()).toHaveLength(2)
    const retired = rotatedAt + PUBLISH_BEFORE_SIGNING_SECONDS + retainSeconds
    await keys.maintain(retired, { maxAgeSeconds, retainSeconds })
    expect(keys.list()).toHaveLength(1)
  })

  it('are unreadable at rest, and only with the secret that sealed them', async () => {
    const sql = memorySql()
    const sealed = new SigningKeys(sql, new SealedBox(KEY_SECRET))
    await sealed.prepare(NOW)
    const [key] = (await sealed.load(NOW)).keys
    expect(JSON.stringify(stored(sql))).not.toContain(key?.n)
    await expect(new SigningKeys(sql, new SealedBox(undefined)).load(NOW)).rejects.toThrow(
      'ISSUER_KEY_SECRET is not set',
    )
    await expect(new SigningKeys(sql, new SealedBox('x'.repeat(32))).load(NOW)).rejects.toThrow(
      'under another ISSUER_KEY_SECRET',
    )
  })

  it('that were stored before there was a secret are sealed when there is one', async () => {
    const sql = memorySql()
    const plain = new SigningKeys(sql, new SealedBox(undefined))
    await plain.prepare(NOW)
    const before = await plain.load(NOW)
    expect(JSON.stringify(stored(sql))).toContain(before.keys[0]?.n)
    const sealed = new SigningKeys(sql, new SealedBox(KEY_SECRET))
    await sealed.prepare(NOW)
    expect(JSON.stringify(stored(sql))).not.toContain(before.keys[0]?.n)
    expect(JSON.stringify(stored(sql))).not.toContain(before.cookieKeys[0])
    expect(await sealed.load(NOW)).toEqual(before)
  })

  function stored(sql: SqlStorage): unknown[] {
    return [
      ...sql.exec('SELECT jwk FROM signing_keys').toArray(),
      ...sql.exec('SELECT secret FROM cookie_keys').toArray(),
    ]
  }
})

describe('users', () => {
  it('keep of a password only its hash, and find it by any spelling of the login', async () => {
    const sql = memorySql()
    const users = new Users(sql)
    const { id, password } = await users.add({ login: ' Ada@Example.com' }, NOW)
    expect(JSON.stringify(sql.exec('SELECT * FROM users').toArray())).not.toContain(password)
    const record = users.passwordOf('ADA@example.com ')
    expect(record?.id).toBe(id)
    expect(await verifyPassword(password, record?.hash)).toBe(true)
    expect(await verifyPassword(`${password}!`, record?.hash)).toBe(false)
    await expect(users.add({ login: 'ada@example.com' }, NOW)).rejects.toThrow('already')
  })

  it('that are disabled have no password and no claims until they are reset', async () => {
    const users = new Users(memorySql())
    const { id } = await users.add({ login: 'ada' }, NOW)
    expect(users.findActive(id)).toMatchObject({ login: 'ada', disabled: false })
    expect(users.disable('ada', NOW)).toBe(id)
    expect(users.passwordOf('ada')).toBeUndefined()
    expect(users.findActive(id)).toBeUndefined()
    const { password } = await users.reset('ada')
    expect(await verifyPassword(password, users.passwordOf('ada')?.hash)).toBe(true)
  })

  it('cannot have a short password', async () => {
    await expect(
      new Users(memorySql()).add({ login: 'a', password: '1234567' }, NOW),
    ).rejects.toThrow('at least 8')
  })
})

describe('password hashes', () => {
  it('carry their cost and a salt of their own, and take the password typed as other code points', async () => {
    const first = await hashPassword('Caf\u00e9 42!')
    const second = await hashPassword('Caf\u00e9 42!')
    expect(first).toMatch(/^scrypt\$16384\$8\$5\$[\w-]{22}\$[\w-]{43}$/)
    expect(second).not.toBe(first)
    expect(await verifyPassword('Cafe\u0301 42!', first)).toBe(true)
  })

  it('never match where there is none', async () => {
    expect(await verifyPassword('', undefined)).toBe(false)
  })
})

describe('clients', () => {
  it('keep of a secret only its hash, and show it in no list', async () => {
    const sql = memorySql()
    const clients = new Clients(sql)
    const { secret = never() } = await clients.add({ id: 'svc', kind: 'service' }, NOW)
    expect(JSON.stringify(sql.exec('SELECT * FROM clients').toArray())).not.toContain(secret)
    const { client_secret: hash } = JSON.parse(clients.find('svc') ?? '{}')
    expect(await verifySecret(secret, hash)).toBe(true)
    expect(await verifySecret(`${secret}x`, hash)).toBe(false)
    expect(JSON.stringify(clients.list())).not.toContain(hash)
    const rotated = await clients.rotateSecret('svc')
    const { client_secret: rotatedHash } = JSON.parse(clients.find('svc') ?? '{}')
    expect(await verifySecret(secret, rotatedHash)).toBe(false)
    expect(await verifySecret(rotated, rotatedHash)).toBe(true)
  })

  it('refuse a secret that could be guessed, a missing redirect URI and a second of one name', async () => {
    const clients = new Clients(memorySql())
    const add = (client: Parameters<Clients['add']>[0]) => clients.add(client, NOW)
    await expect(add({ kind: 'service', secret: 'short' })).rejects.toThrow('at least 32')
    await expect(add({ kind: 'web' })).rejects.toThrow('redirect URI')
    for (const uri of ['/callback', 'https://app.example.com/#x']) {
      const client = add({ kind: 'web', redirectUris: [uri] })
      await expect(client).rejects.toThrow('absolute URI without a fragment')
    }
    await add({ id: 'svc', kind: 'service' })
    await expect(add({ id: 'svc', kind: 'service' })).rejects.toThrow('already')
  })
})

function never(): never {
  throw new Error('expected a value')
}
