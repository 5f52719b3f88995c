/** The row that says who a person's object is about. */

import { hasTable } from './schema.ts'
import type { Profile, UserInfo } from './user-info.ts'

/** What of a person can be changed; what is left out stays. */
export interface PersonChange extends Profile {
  login?: string
  roles?: string[]
}

interface PersonRow extends Record<string, SqlStorageValue> {
  id: string
  login: string
  profile: string
  roles: string
  disabledAt: number | null
  createdAt: number
}

/** False for an object that nobody has been put into. */
export function personExists(sql: SqlStorage): boolean {
  return hasTable(sql, 'person')
}

export function readPerson(sql: SqlStorage): UserInfo | undefined {
  if (!personExists(sql)) return undefined
  const query = `SELECT id, login, profile, roles, disabled_at AS disabledAt,
    created_at AS createdAt FROM person LIMIT 1`
  const [row] = sql.exec<PersonRow>(query).toArray()
  if (!row) return undefined
  const { id, login, profile, roles, disabledAt, createdAt } = row
  return {
    id,
    login,
    ...(JSON.parse(profile) as Profile),
    roles: JSON.parse(roles) as string[],
    disabled: disabledAt !== null,
    createdAt,
  }
}

/** The person; undefined where there is none, or they are disabled. */
export function activePerson(sql: SqlStorage): UserInfo | undefined {
  const info = readPerson(sql)
  return info?.disabled ? undefined : info
}

/** A person who is there already is kept. */
export function putPerson(sql: SqlStorage, info: UserInfo, now: number): void {
  const { id, login, roles, disabled, createdAt, ...profile } = info
  sql.exec(
    `INSERT INTO person (id, login, profile, roles, disabled_at, created_at)
     VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
    id,
    login,
    JSON.stringify(profile),
    JSON.stringify(roles),
    disabled ? now : null,
    createdAt,
  )
}

/** A new mail address is not verified, unless the change says so. */
export function changePerson(sql: SqlStorage, before: UserInfo, change: PersonChange): void {
  const { login, roles, ...profile } = change
  const { name, email, emailVerified } = before
  const isNewEmail = profile.email !== undefined && profile.email !== email
  const merged = {
    ...{ name, email, emailVerified },
    ...(isNewEmail && { emailVerified: false }),
    ...profile,
  }
  sql.exec(
    'UPDATE person SET login = ?, profile = ?, roles = ?',
    login ?? before.login,
    JSON.stringify(merged),
    JSON.stringify(roles ?? before.roles),
  )
}

/** `at` is in Unix seconds; null enables them. */
export function setDisabled(sql: SqlStorage, at: number | null): void {
  sql.exec('UPDATE person SET disabled_at = ?', at)
}
