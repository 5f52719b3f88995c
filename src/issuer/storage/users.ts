/** The people who sign in. Of a password only its hash is kept. */

import { hashPassword, randomSecret } from './secret-hash.ts'

/** What an administrator says about a person. */
export interface NewUser {
  /** What the person types to sign in; compared without regard to case. */
  login: string
  /** At least 8 characters. Default: 22 random ones. */
  password?: string
  name?: string
  email?: string
  /** The `roles` claim of tokens issued for this person. */
  roles?: string[]
}

/** A person as an administrator sees them. */
export interface UserInfo {
  /** The `sub` of their tokens; never changes and is never given to anyone else. */
  id: string
  login: string
  name?: string
  email?: string
  roles: string[]
  disabled: boolean
  /** Unix seconds. */
  createdAt: number
}

/** What checking a password needs. */
export interface PasswordRecord {
  id: string
  hash: string | undefined
}

interface UserRow extends Record<string, SqlStorageValue> {
  id: string
  login: string
  passwordHash: string | null
  profile: string
  roles: string
  disabledAt: number | null
  createdAt: number
}

const MIN_PASSWORD_LENGTH = 8
const SELECT = `SELECT id, login, password_hash AS passwordHash, profile, roles,
  disabled_at AS disabledAt, created_at AS createdAt FROM users`

export class Users {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** Adds a person and answers the only copy of their password. Throws where the login is taken. */
  async add(user: NewUser, now: number): Promise<{ id: string; password: string }> {
    const login = normalizeLogin(user.login)
    if (!login || login.length > 254) throw new Error('a login has 1 to 254 characters')
    const password = checkPassword(user.password ?? randomSecret().slice(0, 22))
    const hash = await hashPassword(password)
    if (this.#byLogin(login)) throw new Error(`there already is a user "${login}"`)
    const id = crypto.randomUUID()
    const profile = {
      ...(user.name && { name: user.name }),
      ...(user.email && { email: user.email }),
    }
    this.#sql.exec(
      `INSERT INTO users (id, login, password_hash, profile, roles, created_at)
       VALUES (?, ?, ?, ?, ?, ?)`,
      id,
      login,
      hash,
      JSON.stringify(profile),
      JSON.stringify(user.roles ?? []),
      now,
    )
    return { id, password }
  }

  list(): UserInfo[] {
    return this.#sql.exec<UserRow>(`${SELECT} ORDER BY login`).toArray().map(infoOf)
  }

  /** The person behind a `sub`; undefined where they are unknown or disabled. */
  findActive(id: string): UserInfo | undefined {
    const row = this.#sql.exec<UserRow>(`${SELECT} WHERE id = ?`, id).toArray()[0]
    return row && row.disabledAt === null ? infoOf(row) : undefined
  }

  /** What is needed to check a password; undefined where nobody active has this login. */
  passwordOf(login: string): PasswordRecord | undefined {
    const row = this.#byLogin(normalizeLogin(login))
    if (!row || row.disabledAt !== null) return undefined
    return { id: row.id, hash: row.passwordHash ?? undefined }
  }

  /** Answers the person's id, for everything of theirs that has to end with it. */
  disable(login: string, now: number): string {
    const { id } = this.#required(login)
    this.#sql.exec('UPDATE users SET disabled_at = ? WHERE id = ?', now, id)
    return id
  }

  /** Sets a new password, enables the person again, and answers the only copy. */
  async reset(login: string, password?: string): Promise<{ id: string; password: string }> {
    const { id } = this.#required(login)
    const fresh = checkPassword(password ?? randomSecret().slice(0, 22))
    const hash = await hashPassword(fresh)
    this.#sql.exec('UPDATE users SET password_hash = ?, disabled_at = NULL WHERE id = ?', hash, id)
    return { id, password: fresh }
  }

  #required(login: string): UserRow {
    const row = this.#byLogin(normalizeLogin(login))
    if (!row) throw new Error(`there is no user "${login}"`)
    return row
  }

  #byLogin(login: string): UserRow | undefined {
    return this.#sql.exec<UserRow>(`${SELECT} WHERE login = ?`, login).toArray()[0]
  }
}

/** One spelling per login: what two people could take for the same name is the same name. */
export function normalizeLogin(login: string): string {
  return login.normalize('NFKC').trim().toLowerCase()
}

function checkPassword(password: string): string {
  if (password.length < MIN_PASSWORD_LENGTH) {
    throw new Error(`a password needs at least ${MIN_PASSWORD_LENGTH} characters`)
  }
  return password
}

function infoOf(row: UserRow): UserInfo {
  const { id, login, profile, roles, disabledAt, createdAt } = row
  return {
    id,
    login,
    ...(JSON.parse(profile) as { name?: string; email?: string }),
    roles: JSON.parse(roles) as string[],
    disabled: disabledAt !== null,
    createdAt,
  }
}
