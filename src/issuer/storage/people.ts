/** The list of people, for administrators: a copy, kept by the commands that change somebody. */

import type { UserInfo } from './user-info.ts'

export class People {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  put(info: UserInfo): void {
    this.#sql.exec(
      `INSERT INTO people (id, login, info) VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET login = excluded.login, info = excluded.info`,
      info.id,
      info.login,
      JSON.stringify(info),
    )
  }

  remove(id: string): void {
    this.#sql.exec('DELETE FROM people WHERE id = ?', id)
  }

  /** Letters of ASCII are compared without regard to case, and no others. */
  findByEmail(email: string): UserInfo[] {
    const query = `SELECT info FROM people WHERE login = ?1 COLLATE NOCASE
      OR json_extract(info, '$.email') = ?1 COLLATE NOCASE LIMIT 2`
    return this.#sql
      .exec<{ info: string }>(query, email)
      .toArray()
      .map(({ info }) => JSON.parse(info) as UserInfo)
  }

  list(): UserInfo[] {
    return this.#sql
      .exec<{ info: string }>('SELECT info FROM people ORDER BY login')
      .toArray()
      .map(({ info }) => JSON.parse(info) as UserInfo)
  }
}
