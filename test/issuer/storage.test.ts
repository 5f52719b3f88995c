import { decodeProtectedHeader, importJWK, jwtVerify, SignJWT } from 'jose'
import { describe, expect, it, vi } from 'vitest'
import { type Artifact, Artifacts, type Change } from '../../src/issuer/storage/artifacts.ts'
import { Attempts, fleetingAttempts, storedAttempts } from '../../src/issuer/storage/attempts.ts'
import { Clients } from '../../src/issuer/storage/clients.ts'
import { Login } from '../../src/issuer/storage/login.ts'
import { Person, type PersonRecord } from '../../src/issuer/storage/person.ts'
import { SealedBox } from '../../src/issuer/storage/sealed-box.ts'
import {
  hashPassword,
  type Passwords,
  verifyPassword,
  verifySecret,
} from '../../src/issuer/storage/secret-hash.ts'
import {
  PUBLISH_BEFORE_SIGNING_SECONDS,
  SigningKeys,
} from '../../src/issuer/storage/signing-keys.ts'
import { emptySql, memorySql, objectContext, tablesOf } from './sqlite.ts'

// The runtime's own module, of which Node has none.
vi.mock('cloudflare:workers', () => ({ RpcTarget: class {} }))

const NOW = 1_800_000_000
const KEY_SECRET = 'k'.repeat(32)

function code(id: string, grantId = 'grant') {
  const expiresAt = NOW + 60
  return { model: 'AuthorizationCode', id, payload: '{}', grantId, accountId: 'ada', expiresAt }
}

describe('artifacts', () => {
  const save = (artifact: Artifact): Change => ({ do: 'save', artifact })
  const use = (id: string, graceSeconds = 0, model = 'AuthorizationCode'): Change => {
    return { do: 'use', model, id, graceSeconds }
  }

  function setup(...changes: Change[]) {
    const artifacts = new Artifacts(memorySql('artifacts'))
    artifacts.commit(changes, NOW)
    return artifacts
  }

  it('are gone once they expired, whether or not they were purged', () => {
    const artifacts = setup(save(code('a')))
    expect(artifacts.find('AuthorizationCode', 'id', 'a', NOW + 59)).toBeDefined()
    expect(artifacts.find('AuthorizationCode', 'id', 'a', NOW + 60)).toBeUndefined()
    expect(artifacts.nextExpiry()).toBe(NOW + 60)
    artifacts.purge(NOW + 60)
    expect(artifacts.nextExpiry()).toBeNull()
  })

  it('are used once, and a second use ends the grant with all that was issued under it', () => {
    const artifacts = setup(
      save({ model: 'Grant', id: 'grant', payload: '{}' }),
      save(code('a')),
      save({ ...code('r'), model: 'RefreshToken' }),
      save({ ...code('b', 'other'), model: 'RefreshToken' }),
    )
    expect(artifacts.commit([use('a')], NOW)).toBe(true)
    expect(artifacts.find('AuthorizationCode', 'id', 'a', NOW)?.consumedAt).toBe(NOW)
    expect(artifacts.commit([save(code('late')), use('a')], NOW)).toBe(false)
    expect(artifacts.find('Grant', 'id', 'grant', NOW)).toBeUndefined()
    expect(artifacts.find('RefreshToken', 'id', 'r', NOW)).toBeUndefined()
    expect(artifacts.find('AuthorizationCode', 'id', 'late', NOW)).toBeUndefined()
    expect(artifacts.find('RefreshToken', 'id', 'b', NOW)).toBeDefined()
  })

  it('may be used again in their grace, which leaves the first successor as it is', () => {
    const old = { ...code('old'), model: 'RefreshToken' }
    const successor = { ...code('successor'), model: 'RefreshToken' }
    const rotate = (payload: string): Change[] => [
      use('old', 30, 'RefreshToken'),
      save({ ...successor, payload }),
    ]
    const artifacts = setup(save(old))
    expect(artifacts.commit(rotate('{"first":true}'), NOW)).toBe(true)
    expect(artifacts.commit([use('successor', 30, 'RefreshToken')], NOW + 1)).toBe(true)
    expect(artifacts.commit(rotate('{"second":true}'), NOW + 29)).toBe(true)
    expect(artifacts.find('RefreshToken', 'id', 'successor', NOW)).toMatchObject({
      payload: '{"first":true}',
      consumedAt: NOW + 1,
    })
    expect(artifacts.commit(rotate('{}'), NOW + 30)).toBe(false)
    expect(artifacts.find('RefreshToken', 'id', 'successor', NOW)).toBeUndefined()
  })

  it('stay used when they are saved again', () => {
    const artifacts = setup(save(code('a')), use('a'))
    artifacts.commit([use('a'), save(code('a'))], NOW)
    artifacts.commit([save(code('b'))], NOW)
    expect(artifacts.commit([use('b')], NOW)).toBe(true)
    artifacts.commit([save(code('b'))], NOW)
    expect(artifacts.commit([use('b')], NOW)).toBe(false)
  })

  it('are saved once where a second time is a replay', () => {
    const proof = { ...code('a'), model: 'ReplayDetection' }
    const artifacts = setup()
    expect(artifacts.commit([save(proof)], NOW)).toBe(true)
    expect(artifacts.commit([save(proof)], NOW)).toBe(false)
  })
})

describe('attempts', () => {
  const limits = [
    { bucket: 'account', max: 2, windowSeconds: 900 },
    { bucket: 'address', max: 3, windowSeconds: 900 },
  ]
  const [, address = never()] = limits

  describe.each([
    ['that are stored', () => storedAttempts(memorySql('attempts'))],
    ['that leave no trace', fleetingAttempts],
  ])('%s', (_, store) => {
    it('are refused when one bucket is full, until its window ends', () => {
      const attempts = new Attempts(store())
      expect(attempts.reserve(limits, NOW)).toBe(0)
      expect(attempts.reserve(limits, NOW + 100)).toBe(0)
      expect(attempts.reserve(limits, NOW + 200)).toBe(700)
      expect(attempts.reserve(limits, NOW + 900)).toBe(0)
    })

    it('count in no bucket when they are refused', () => {
      const attempts = new Attempts(store())
      attempts.reserve(limits, NOW)
      attempts.reserve(limits, NOW)
      attempts.reserve(limits, NOW)
      expect(attempts.reserve([address], NOW)).toBe(0)
    })

    it('are given back when they succeed', () => {
      const attempts = new Attempts(store())
      for (let i = 0; i < 10; i++) {
        expect(attempts.reserve(limits, NOW)).toBe(0)
        attempts.release(['account', 'address'])
      }
    })
  })
})

describe('signing keys', () => {
  const retainSeconds = 7200

  it('are one RSA key of 2,048 bits named by its RFC 7638 thumbprint at first', async () => {
    const keys = new SigningKeys(memorySql('directory'), new SealedBox(undefined))
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
    const keys = new SigningKeys(memorySql('directory'), new SealedBox(undefined))
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
    const keys = new SigningKeys(memorySql('directory'), new SealedBox(undefined))
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
    const sql = memorySql('directory')
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
    const keys = new SigningKeys(memorySql('directory'), new SealedBox(undefined))
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
    const sql = memorySql('directory')
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
    const sql = memorySql('directory')
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

describe('a person', () => {
  const ada: PersonRecord = {
    info: {
      id: '1ac585a0-18fd-45d1-9e7d-6c1ca37baa44',
      login: 'ada',
      roles: ['ops'],
      disabled: false,
      createdAt: NOW,
    },
    passkeys: [],
    artifacts: [{ do: 'save', artifact: code('a') }],
    used: {},
  }
  const context = () => objectContext(emptySql(), NOW)

  it('that is disabled has no claims and nothing issued, and gets nothing until enabled', async () => {
    const person = new Person(context())
    await person.adopt(ada)
    expect(person.open('AuthorizationCode', 'id', 'a')).toMatchObject({
      found: { id: 'a' },
      person: { login: 'ada' },
    })
    expect(person.disable().disabled).toBe(true)
    expect(person.open('AuthorizationCode', 'id', 'a')).toEqual({
      found: undefined,
      grants: [],
      person: undefined,
    })
    expect(await person.commit([{ do: 'save', artifact: code('b') }])).toBe(false)
    person.enable()
    expect(person.open('AuthorizationCode', 'id', 'b').found).toBeUndefined()
    expect(await person.commit([{ do: 'save', artifact: code('b') }])).toBe(true)
  })

  it('that does not exist is nobody, and asking for them leaves no trace', async () => {
    const object = context()
    const person = new Person(object)
    expect(person.active()).toBeUndefined()
    expect(person.open('Session', 'id', 'x').found).toBeUndefined()
    expect(await person.commit([{ do: 'save', artifact: code('b') }])).toBe(false)
    expect(tablesOf(object.sql)).toEqual([])
  })
})

describe('a login', () => {
  const from = { address: 'somewhere' }
  const context = () => objectContext(emptySql(), NOW)

  it('keeps of a password only its hash', async () => {
    const object = context()
    const login = new Login(object)
    const password = await login.claim('ada', 'id')
    expect(JSON.stringify(object.sql.exec('SELECT * FROM login').toArray())).not.toContain(password)
    expect(await login.check(password, from)).toEqual({ personId: 'id' })
    expect(await login.check(`${password}!`, from)).toEqual({})
    await expect(login.claim('ada', 'another')).rejects.toThrow('already')
  })

  it('cannot have a short password', async () => {
    await expect(new Login(context()).claim('a', 'id', '1234567')).rejects.toThrow('at least 8')
  })

  const quick: Passwords = {
    hash: async (password) => `hash of ${password}`,
    verify: async (password, stored) => stored === `hash of ${password}`,
  }

  it('that nobody has limits guesses like any other, and leaves no trace', async () => {
    const object = context()
    const login = new Login(object, quick)
    for (let i = 0; i < 10; i++) expect(await login.check('guess', from)).toEqual({})
    expect(await login.check('guess', from)).toEqual({ retryAfterSeconds: 900 })
    expect(tablesOf(object.sql)).toEqual([])
  })

  it('is not closed to a device that knows it when strangers have guessed', async () => {
    const login = new Login(context(), quick)
    const password = await login.claim('ada', 'id')
    for (let i = 0; i < 100; i++) {
      await login.check('guess', { address: `bot ${i % 10}` })
    }
    expect(await login.check(password, from)).toEqual({ retryAfterSeconds: 900 })
    const device = { ...from, device: 'laptop' }
    expect(await login.check(password, device)).toEqual({ personId: 'id' })
    login.unlock()
    expect(await login.check(password, from)).toEqual({ personId: 'id' })
  })

  it('limits the guesses of a device as well', async () => {
    const login = new Login(context(), quick)
    const password = await login.claim('ada', 'id')
    const device = { ...from, device: 'laptop' }
    for (let i = 0; i < 20; i++) await login.check('guess', device)
    expect(await login.check(password, device)).toEqual({ retryAfterSeconds: 900 })
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
    const sql = memorySql('directory')
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
    const clients = new Clients(memorySql('directory'))
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
