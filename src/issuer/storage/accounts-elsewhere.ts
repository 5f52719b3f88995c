/**
 * A person's accounts at other OpenID providers. Their table is made with the first one: people who were
 * added before there were any have none.
 */

import { createTables, hasTable } from './schema.ts'

/** An account there: `iss` and `sub` of its ID tokens. */
export interface AccountElsewhere {
  issuer: string
  subject: string
}

const MAX_ACCOUNTS = 20

export class AccountsElsewhere {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** Answers false where the person has too many. */
  add({ issuer, subject }: AccountElsewhere, now: number): boolean {
    if (this.list().length >= MAX_ACCOUNTS) return false
    createTables(this.#sql, 'elsewhere')
    this.#sql.exec(
      `INSERT INTO elsewhere (issuer, subject, linked_at) VALUES (?, ?, ?)
       ON CONFLICT (issuer, subject) DO NOTHING`,
      issuer,
      subject,
      now,
    )
    return true
  }

  has({ issuer, subject }: AccountElsewhere): boolean {
    return this.list().some((one) => one.issuer === issuer && one.subject === subject)
  }

  list(): AccountElsewhere[] {
    if (!hasTable(this.#sql, 'elsewhere')) return []
    const query = 'SELECT issuer, subject FROM elsewhere ORDER BY linked_at'
    return this.#sql.exec(query).toArray() as unknown as AccountElsewhere[]
  }

  removeAll(): void {
    if (hasTable(this.#sql, 'elsewhere')) this.#sql.exec('DELETE FROM elsewhere')
  }
}
