import { describe, expect, it } from 'vitest'
import { issueKey, rotateKey } from '../../../src/auth/key/issue.ts'
import { readKeyText } from '../../../src/auth/key/key-text.ts'
import {
  explainDetails,
  hashOfKey,
  nameOfKey,
  readStoredKey,
  type StoredKey,
  writeStoredKey,
} from '../../../src/auth/key/stored-key.ts'
import { START } from '../../support/gateway.ts'

const DETAILS = { owner: 'acme', scopes: ['orders:read'], roles: ['partner'], expires: START + 60 }
const { stored, text } = await issueKey(DETAILS, START)

describe('a key that is kept', () => {
  it('has a hash of its secret, and nothing else of it', async () => {
    const shown = readKeyText(text)
    expect(stored).toEqual({
      version: 1,
      id: shown?.id,
      hash: shown && (await hashOfKey(shown)),
      ...DETAILS,
      created: START,
    })
    expect(writeStoredKey(stored)).not.toContain(shown?.secret)
  })

  it('has another name and another hash than every other key, also one with the same secret', async () => {
    const [one, two] = [
      { id: 'a'.repeat(16), secret: 'c'.repeat(32) },
      { id: 'b'.repeat(16), secret: 'c'.repeat(32) },
    ]
    expect(await nameOfKey(one.id)).toMatch(/^key:[\w-]{43}$/)
    expect(await nameOfKey(one.id)).not.toBe(await nameOfKey(two.id))
    expect(await hashOfKey(one)).not.toBe(await hashOfKey(two))
  })

  it('is read back, before and after a rotation', async () => {
    const rotated = (await rotateKey(stored, 60, START + 1)).stored
    for (const key of [stored, rotated]) {
      expect(readStoredKey(writeStoredKey(key), key.id)).toEqual(key)
    }
  })

  const value = writeStoredKey(stored)
  const changed = (change: object) => JSON.stringify({ ...stored, ...change })
  const without = (name: keyof StoredKey) => {
    const { [name]: _, ...rest } = stored
    return JSON.stringify(rest)
  }

  it.each([
    ['nothing', ''],
    ['no JSON', 'key'],
    ['a list', '[]'],
    ['half of it', value.slice(0, -9)],
    ['a member twice', value.replace('{', '{"owner":"root",')],
    ['a member that is not known', changed({ admin: true })],
    ['a later version', changed({ version: 2 })],
    ['no owner', without('owner')],
    ['an empty owner', changed({ owner: '' })],
    ['an owner with a line break', changed({ owner: 'a\nb' })],
    ['no hash', without('hash')],
    ['an empty hash', changed({ hash: '' })],
    ['a hash that is no text', changed({ hash: null })],
    ['no scopes', without('scopes')],
    ['scopes as one text', changed({ scopes: 'a b' })],
    ['a scope with a space', changed({ scopes: ['a b'] })],
    ['roles that are no list', changed({ roles: { admin: true } })],
    ['an expiry that is text', changed({ expires: '2027-01-01' })],
    ['an expiry that is nothing', changed({ expires: null })],
    ['an expiry that is a fraction', changed({ expires: 1.5 })],
    ['a previous secret without an end', changed({ previous: { hash: stored.hash } })],
    ['the id of another key', changed({ id: 'x'.repeat(16) })],
    ['more than 16,384 characters', value + ' '.repeat(16_385)],
    ['more than 100 scopes', changed({ scopes: Array.from({ length: 101 }, (_, i) => `s${i}`) })],
  ])('is not %s', (_, other) => {
    expect(readStoredKey(other, stored.id)).toBeUndefined()
  })

  it('has details that are explained where they are wrong', () => {
    expect(explainDetails(DETAILS)).toEqual([])
    expect(explainDetails({ owner: '', scopes: ['a b'], roles: ['\u0000'] })).toEqual([
      'owner: must not be empty',
      'owner: must not have control characters',
      'scopes: must be a scope, without spaces, quotes and backslashes',
      'roles: must not have control characters',
    ])
  })
})

describe('a rotation', () => {
  it('gives the same key another secret, and the one before an end', async () => {
    const rotated = await rotateKey(stored, 600, START + 10)
    expect(rotated.text).not.toBe(text)
    expect(readKeyText(rotated.text)?.id).toBe(stored.id)
    expect(rotated.stored).toEqual({
      ...stored,
      hash: expect.not.stringMatching(stored.hash),
      rotated: START + 10,
      previous: { hash: stored.hash, until: START + 610 },
    })
  })

  it('keeps no secret but the last one, and none where there is no overlap', async () => {
    const once = await rotateKey(stored, 600, START)
    const twice = await rotateKey(once.stored, 600, START)
    expect(twice.stored.previous?.hash).toBe(once.stored.hash)
    expect((await rotateKey(twice.stored, 0, START)).stored.previous).toBeUndefined()
  })
})
