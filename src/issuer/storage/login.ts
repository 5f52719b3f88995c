/**
 * The object of one login: whose it is, the hash of the password, and the guesses of late. It also
 * does the hashing, so that whoever guesses at one login holds up nobody but that login. A login that
 * nobody has costs the same work and is never written.
 */

import { RpcTarget } from 'cloudflare:workers'
import { hash } from 'node:crypto'
import { type AttemptLimit, Attempts, fleetingAttempts, storedAttempts } from './attempts.ts'
import { type Note, Notes } from './notes.ts'
import type { ObjectContext } from './object-context.ts'
import { createTables, hasTable } from './schema.ts'
import { type Passwords, randomSecret, scryptPasswords } from './secret-hash.ts'

const WINDOW_SECONDS = 900
/** From one address, from one device that has signed in before, and from all strangers together. */
const MAX_FROM_ADDRESS = 10
const MAX_FROM_DEVICE = 20
const MAX_FROM_STRANGERS = 100
const MIN_PASSWORD_LENGTH = 8

/** Who tries a password. */
export interface Guesser {
  /** A name for the network address. */
  address: string
  /** A device from which this login was used before; it is not counted with strangers. */
  device?: string
}

/** Neither member: the password is wrong, or the login is nobody's. */
export interface PasswordCheck {
  /** Whose password it is. */
  personId?: string
  /** There were too many attempts; this one was not looked at. */
  retryAfterSeconds?: number
}

/** Whose login it is. */
export interface LoginOwner {
  personId: string
  passwordHash: string | null
  /** Changes with the password, and tells nothing of it. */
  mark: string
}

interface LoginRow {
  login: string
  personId: string
  passwordHash: string | null
}

export class Login extends RpcTarget {
  readonly #object: ObjectContext
  readonly #passwords: Passwords
  #lockedAt = Number.NEGATIVE_INFINITY
  readonly #fleeting = new Attempts(fleetingAttempts())
  readonly #stored: Attempts
  readonly #notes: Notes

  constructor(object: ObjectContext, passwords: Passwords = scryptPasswords) {
    super()
    this.#object = object
    this.#passwords = passwords
    this.#notes = new Notes(object.sql)
    this.#stored = new Attempts(storedAttempts(object.sql))
  }

  /** Gives the login to a person. Answers the password it has now, or throws where it is taken. */
  async claim(login: string, personId: string, password?: string): Promise<string> {
    const chosen = checkPassword(password ?? randomSecret().slice(0, 22))
    await this.take(login, personId, await this.#passwords.hash(chosen))
    return chosen
  }

  /** Gives the login to a person with a hash made before; null for somebody without a password. */
  async take(login: string, personId: string, passwordHash: string | null): Promise<void> {
    const row = this.#row()
    if (row && row.personId !== personId) throw new Error(`there already is a user "${login}"`)
    createTables(this.#object.sql, 'login')
    this.#object.sql.exec(
      `INSERT INTO login (login, person_id, password_hash) VALUES (?, ?, ?)
       ON CONFLICT (login) DO NOTHING`,
      login,
      personId,
      passwordHash,
    )
  }

  /** Whose login it is, with the hash, for a move to another login; undefined where it is nobody's. */
  owner(): LoginOwner | undefined {
    const row = this.#row()
    if (!row) return undefined
    const { personId, passwordHash } = row
    return { personId, passwordHash, mark: hash('sha256', passwordHash ?? '', 'base64url') }
  }

  /** When it was locked. */
  notes(): Note[] {
    return this.#row() ? this.#notes.list() : []
  }

  /** Checks a password after counting the attempt. */
  async check(password: string, guesser: Guesser): Promise<PasswordCheck> {
    const row = this.#row()
    const attempts = row ? this.#stored : this.#fleeting
    const limits = limitsOf(guesser)
    const retryAfterSeconds = attempts.reserve(limits, this.#object.now())
    if (retryAfterSeconds > 0) {
      this.#noteLock(row)
      return { retryAfterSeconds }
    }
    const matches = await this.#passwords.verify(password, row?.passwordHash ?? undefined)
    if (!row || !matches) return {}
    this.#stored.release(limits.map(({ bucket }) => bucket))
    return { personId: row.personId }
  }

  /** Sets a password and answers it. Throws where the login is nobody's. */
  async setPassword(password?: string): Promise<string> {
    if (!this.#row()) throw new Error('there is no such login')
    const chosen = checkPassword(password ?? randomSecret().slice(0, 22))
    const hash = await this.#passwords.hash(chosen)
    this.#object.sql.exec('UPDATE login SET password_hash = ?', hash)
    this.#stored.clear()
    return chosen
  }

  /** Forgets the guesses of late. */
  unlock(): void {
    if (this.#row()) this.#stored.clear()
    this.#fleeting.clear()
  }

  async release(): Promise<void> {
    await this.#object.erase()
  }

  /** Once while it lasts, not for every further guess. */
  #noteLock(row: LoginRow | undefined): void {
    const at = this.#object.now()
    if (!row || at - this.#lockedAt < WINDOW_SECONDS) return
    this.#lockedAt = at
    this.#notes.add({ at, what: 'locked', detail: row.login })
  }

  #row(): LoginRow | undefined {
    if (!hasTable(this.#object.sql, 'login')) return undefined
    const query =
      'SELECT login, person_id AS personId, password_hash AS passwordHash FROM login LIMIT 1'
    return this.#object.sql.exec(query).toArray()[0] as LoginRow | undefined
  }
}

function limitsOf({ address, device }: Guesser): AttemptLimit[] {
  const windowSeconds = WINDOW_SECONDS
  if (device !== undefined)
    return [{ bucket: `device:${device}`, max: MAX_FROM_DEVICE, windowSeconds }]
  return [
    { bucket: `address:${address}`, max: MAX_FROM_ADDRESS, windowSeconds },
    { bucket: 'strangers', max: MAX_FROM_STRANGERS, windowSeconds },
  ]
}

function checkPassword(password: string): string {
  if (password.length < MIN_PASSWORD_LENGTH) {
    throw new Error(`a password needs at least ${MIN_PASSWORD_LENGTH} characters`)
  }
  return password
}
