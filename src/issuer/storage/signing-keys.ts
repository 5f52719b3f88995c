/**
 * The RSA keys that sign tokens, and the key that signs cookies. A new signing key is published first
 * and signs only when every verifier had time to fetch it; an old one stays published until the last
 * token it signed has ended.
 */

import { calculateJwkThumbprint, type JWK } from 'jose'
import type { SealedBox } from './sealed-box.ts'
import { randomSecret } from './secret-hash.ts'

/** A verifier keeps a key set for 900 s, and each isolate of ours notices a new key within 60 s. */
export const PUBLISH_BEFORE_SIGNING_SECONDS = 1800

/** The private key set: the key that signs now comes first. */
export interface KeySet {
  keys: JWK[]
  cookieKeys: string[]
  /** Unix seconds at which the order or the content changes by itself; null where it does not. */
  changesAt: number | null
}

/** A signing key without its private part. */
export interface SigningKeyInfo {
  kid: string
  /** Unix seconds. */
  signsFrom: number
  /** Unix seconds at which it leaves the key set; null for one that is still to be replaced. */
  retiresAt: number | null
}

interface KeyRow extends Record<string, SqlStorageValue> {
  kid: string
  jwk: string
  signsFrom: number
  retiresAt: number | null
}

export class SigningKeys {
  readonly #sql: SqlStorage
  readonly #box: SealedBox

  constructor(sql: SqlStorage, box: SealedBox) {
    this.#sql = sql
    this.#box = box
  }

  /** Makes the first keys, and seals what was stored before there was a secret. */
  async prepare(now: number): Promise<void> {
    if (this.list().length === 0) await this.#generate(now)
    if (this.#sql.exec('SELECT id FROM cookie_keys').toArray().length === 0) {
      const secret = await this.#box.seal(randomSecret())
      this.#sql.exec('INSERT INTO cookie_keys (id, secret) VALUES (?, ?)', 'current', secret)
    }
    await this.#sealPlain('signing_keys', 'kid', 'jwk')
    await this.#sealPlain('cookie_keys', 'id', 'secret')
  }

  list(): SigningKeyInfo[] {
    return this.#rows().map(({ kid, signsFrom, retiresAt }) => ({ kid, signsFrom, retiresAt }))
  }

  async load(now: number): Promise<KeySet> {
    const rows = this.#rows().filter(({ retiresAt }) => retiresAt === null || retiresAt > now)
    const signer = rows.findLast(({ signsFrom }) => signsFrom <= now)
    const ordered = [...rows].sort((a, b) => Number(b === signer) - Number(a === signer))
    const keys = await Promise.all(
      ordered.map(async ({ jwk }) => JSON.parse(await this.#box.open(jwk)) as JWK),
    )
    const cookieRows = this.#sql
      .exec<{ secret: string }>('SELECT secret FROM cookie_keys')
      .toArray()
    const cookieKeys = await Promise.all(cookieRows.map(({ secret }) => this.#box.open(secret)))
    const changes = rows
      .flatMap(({ signsFrom, retiresAt }) => [signsFrom, retiresAt])
      .filter((at): at is number => at !== null && at > now)
    return { keys, cookieKeys, changesAt: changes.length ? Math.min(...changes) : null }
  }

  /**
   * Publishes a new key that takes over later. `retainSeconds` is how long the last token of the old
   * one may live. `immediately` is for keys that leaked, or that a lost ISSUER_KEY_SECRET sealed: new
   * ones serve at once and the old ones are gone, which fails every token and session they signed.
   */
  async rotate(
    now: number,
    { retainSeconds, immediately }: { retainSeconds: number; immediately: boolean },
  ): Promise<void> {
    if (immediately) {
      this.#sql.exec('DELETE FROM signing_keys')
      this.#sql.exec('DELETE FROM cookie_keys')
    }
    const signsFrom = immediately ? now : now + PUBLISH_BEFORE_SIGNING_SECONDS
    this.#sql.exec(
      'UPDATE signing_keys SET retires_at = ? WHERE retires_at IS NULL',
      signsFrom + retainSeconds,
    )
    await this.#generate(signsFrom)
  }

  /** Rotates where the newest key is older than `maxAgeSeconds`, and forgets the retired ones. */
  async maintain(
    now: number,
    { maxAgeSeconds, retainSeconds }: { maxAgeSeconds: number; retainSeconds: number },
  ): Promise<void> {
    this.#sql.exec('DELETE FROM signing_keys WHERE retires_at <= ?', now)
    const newest = Math.max(...this.list().map(({ signsFrom }) => signsFrom))
    if (now - newest >= maxAgeSeconds) {
      await this.rotate(now, { retainSeconds, immediately: false })
    }
  }

  async #generate(signsFrom: number): Promise<void> {
    const pair = await crypto.subtle.generateKey(
      {
        name: 'RSASSA-PKCS1-v1_5',
        modulusLength: 2048,
        publicExponent: new Uint8Array([1, 0, 1]),
        hash: 'SHA-256',
      },
      true,
      ['sign', 'verify'],
    )
    const {
      key_ops: _,
      ext: __,
      ...jwk
    } = (await crypto.subtle.exportKey('jwk', (pair as CryptoKeyPair).privateKey)) as JWK
    const kid = await calculateJwkThumbprint(jwk)
    const sealed = await this.#box.seal(JSON.stringify({ ...jwk, kid, use: 'sig', alg: 'RS256' }))
    this.#sql.exec(
      'INSERT INTO signing_keys (kid, jwk, signs_from) VALUES (?, ?, ?)',
      kid,
      sealed,
      signsFrom,
    )
  }

  #rows(): KeyRow[] {
    return this.#sql
      .exec<KeyRow>(
        `SELECT kid, jwk, signs_from AS signsFrom, retires_at AS retiresAt
         FROM signing_keys ORDER BY signs_from`,
      )
      .toArray()
  }

  async #sealPlain(
    table: 'signing_keys' | 'cookie_keys',
    idColumn: string,
    column: string,
  ): Promise<void> {
    const rows = this.#sql
      .exec<{ id: string; text: string }>(
        `SELECT ${idColumn} AS id, ${column} AS text FROM ${table}`,
      )
      .toArray()
    for (const { id, text } of rows) {
      if (!this.#box.wouldSeal(text)) continue
      const sealed = await this.#box.seal(text)
      this.#sql.exec(`UPDATE ${table} SET ${column} = ? WHERE ${idColumn} = ?`, sealed, id)
    }
  }
}
