/** The row that says who a person's object is about. */

import { hasTable } from './schema.ts'
import type { Profile, UserInfo } from './user-info.ts'

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
