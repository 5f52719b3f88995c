/**
 * The Durable Object behind the authorization server. One object holds everything it remembers, so a
 * code has one winner and a rotation one order. Objects under other names only hash passwords: that
 * takes long, and must not hold up the rest.
 */

import { DurableObject } from 'cloudflare:workers'
import { type Artifact, Artifacts, type StoredArtifact } from './artifacts.ts'
import { type AttemptLimit, Attempts } from './attempts.ts'
import { type ClientInfo, Clients, type NewClient } from './clients.ts'
import { type Passkey, Passkeys } from './passkeys.ts'
import { createTables } from './schema.ts'
import { SealedBox } from './sealed-box.ts'
import { verifyPassword } from './secret-hash.ts'
import { type KeySet, type SigningKeyInfo, SigningKeys } from './signing-keys.ts'
import { type NewUser, type PasswordRecord, type UserInfo, Users } from './users.ts'

const STORE_NAME = 'issuer'
const HASHERS = 16
const PURGE_PAUSE_MS = 60_000

/** What the objects read of their Worker's environment. */
export interface StorageEnv {
  ISSUER_STORAGE: DurableObjectNamespace<IssuerStorage>
  /** Encrypts the signing keys at rest; at least 32 characters. */
  ISSUER_KEY_SECRET?: string
}

/** The object that holds everything. Take it anew in each request: a stub belongs to one. */
export function storageOf(env: StorageEnv): DurableObjectStub<IssuerStorage> {
  return env.ISSUER_STORAGE.getByName(STORE_NAME)
}

/** One of the objects that only hash passwords; the same account always meets the same one. */
export function hasherOf(env: StorageEnv, account: string): DurableObjectStub<IssuerStorage> {
  let sum = 0
  for (let i = 0; i < account.length; i++) sum = (sum * 31 + account.charCodeAt(i)) >>> 0
  return env.ISSUER_STORAGE.getByName(`hasher-${sum % HASHERS}`)
}

export class IssuerStorage extends DurableObject<StorageEnv> {
  readonly #artifacts: Artifacts
  readonly #clients: Clients
  readonly #users: Users
  readonly #passkeys: Passkeys
  readonly #keys: SigningKeys
  readonly #attempts: Attempts

  constructor(ctx: DurableObjectState, env: StorageEnv) {
    super(ctx, env)
    const { sql } = ctx.storage
    this.#artifacts = new Artifacts(sql)
    this.#clients = new Clients(sql)
    this.#users = new Users(sql)
    this.#passkeys = new Passkeys(sql)
    this.#keys = new SigningKeys(sql, new SealedBox(env.ISSUER_KEY_SECRET))
    this.#attempts = new Attempts(sql)
    createTables(sql)
  }

  async saveArtifact(artifact: Artifact): Promise<void> {
    this.#artifacts.save(artifact)
    await this.#schedulePurge(artifact.expiresAt)
  }

  async saveArtifactOnce(artifact: Artifact): Promise<boolean> {
    const saved = this.#artifacts.saveOnce(artifact)
    await this.#schedulePurge(artifact.expiresAt)
    return saved
  }

  findArtifact(
    model: string,
    column: 'id' | 'uid' | 'user_code',
    value: string,
  ): StoredArtifact | undefined {
    return this.#artifacts.find(model, column, value, nowSeconds())
  }

  consumeArtifact(model: string, id: string): boolean {
    return this.#artifacts.consume(model, id, nowSeconds())
  }

  takeArtifact(model: string, id: string): string | undefined {
    return this.#artifacts.take(model, id, nowSeconds())
  }

  destroyArtifact(model: string, id: string): void {
    this.#artifacts.destroy(model, id)
  }

  revokeByGrant(model: string, grantId: string): void {
    this.#artifacts.revokeByGrant(model, grantId)
  }

  findClient(id: string): string | undefined {
    return this.#clients.find(id)
  }

  /** Stores a client that registered itself; `metadata` is JSON in the names of RFC 7591. */
  async saveClient(metadata: string): Promise<void> {
    await this.#clients.save(JSON.parse(metadata) as Record<string, unknown>, nowSeconds())
  }

  async addClient(client: NewClient): Promise<{ id: string; secret: string | undefined }> {
    return this.#clients.add(client, nowSeconds())
  }

  listClients(): ClientInfo[] {
    return this.#clients.list()
  }

  async rotateClientSecret(id: string): Promise<string> {
    return this.#clients.rotateSecret(id)
  }

  removeClient(id: string): void {
    this.#clients.remove(id)
    this.#artifacts.destroyClient(id)
  }

  async addUser(user: NewUser): Promise<{ id: string; password: string }> {
    return this.#users.add(user, nowSeconds())
  }

  listUsers(): UserInfo[] {
    return this.#users.list()
  }

  findUser(id: string): UserInfo | undefined {
    return this.#users.findActive(id)
  }

  /** Ends the person's sessions and refresh tokens too. Access tokens end by themselves. */
  disableUser(login: string): void {
    this.#artifacts.destroyAccount(this.#users.disable(login, nowSeconds()))
  }

  /** Sets a new password, removes every passkey, and ends sessions and refresh tokens. */
  async resetUser(login: string, password?: string): Promise<{ password: string }> {
    const reset = await this.#users.reset(login, password)
    this.#artifacts.destroyAccount(reset.id)
    this.#passkeys.removeAllOf(reset.id)
    return { password: reset.password }
  }

  addPasskey(passkey: Passkey): boolean {
    return this.#passkeys.add(passkey)
  }

  findPasskey(id: string): Passkey | undefined {
    return this.#passkeys.find(id)
  }

  listPasskeys(userId: string): Passkey[] {
    return this.#passkeys.listOf(userId)
  }

  countPasskey(id: string, counter: number): void {
    this.#passkeys.count(id, counter)
  }

  removePasskey(id: string, userId: string): void {
    this.#passkeys.remove(id, userId)
  }

  passwordOf(login: string): PasswordRecord | undefined {
    return this.#users.passwordOf(login)
  }

  /** For an object under a hasher's name: it needs nothing that is stored. */
  async checkPassword(password: string, hash: string | undefined): Promise<boolean> {
    return verifyPassword(password, hash)
  }

  reserveAttempt(limits: AttemptLimit[]): number {
    return this.#attempts.reserve(limits, nowSeconds())
  }

  releaseAttempt(bucket: string): void {
    this.#attempts.release(bucket)
  }

  /** A sign-in succeeded: the account starts anew, and the address is charged nothing. */
  forgiveAttempt(accountBucket: string, addressBucket: string): void {
    this.#attempts.clear(accountBucket)
    this.#attempts.release(addressBucket)
  }

  async loadKeys(): Promise<KeySet> {
    return this.#withKeys((now) => this.#keys.load(now))
  }

  listKeys(): SigningKeyInfo[] {
    return this.#keys.list()
  }

  async rotateKeys(options: { retainSeconds: number; immediately: boolean }): Promise<void> {
    await this.#withKeys((now) => this.#keys.rotate(now, options))
  }

  async maintainKeys(options: { maxAgeSeconds: number; retainSeconds: number }): Promise<void> {
    await this.#withKeys((now) => this.#keys.maintain(now, options))
  }

  /** One at a time: two first requests must not make two first keys. */
  async #withKeys<T>(use: (now: number) => Promise<T>): Promise<T> {
    const settled = await this.ctx.blockConcurrencyWhile(async () => {
      const now = nowSeconds()
      // Thrown in here, an error would reset the whole object.
      return Promise.allSettled([this.#keys.prepare(now).then(() => use(now))])
    })
    const [result] = settled
    if (result.status === 'rejected') throw result.reason
    return result.value
  }

  override async alarm(): Promise<void> {
    this.#artifacts.purge(nowSeconds())
    const next = this.#artifacts.nextExpiry()
    if (next !== null) await this.#schedulePurge(next)
  }

  /** What expired is never read; this only frees its space, at most once a minute. */
  async #schedulePurge(expiresAt: number | undefined): Promise<void> {
    if (expiresAt === undefined) return
    const wanted = Math.max(expiresAt * 1000, Date.now() + PURGE_PAUSE_MS)
    const planned = await this.ctx.storage.getAlarm()
    if (planned === null || planned > wanted) await this.ctx.storage.setAlarm(wanted)
  }
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}
