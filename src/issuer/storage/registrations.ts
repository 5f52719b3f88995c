/** Which clients registered themselves, and when they were last used: they end with their use. */

const KEPT_SECONDS = 2_592_000
const NOTED_SECONDS = 86_400
const MAX_REGISTRATIONS = 10_000

export class Registrations {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** Takes in those of the time before this list: the library dates what registers itself. */
  adopt(now: number): void {
    this.#sql.exec(
      `INSERT INTO registrations (id, used_at)
       SELECT id, ? FROM clients WHERE json_extract(metadata, '$.client_id_issued_at') IS NOT NULL
       ON CONFLICT (id) DO NOTHING`,
      now,
    )
  }

  /** Throws where there are too many. */
  add(id: string, now: number): void {
    this.purge(now)
    const query = 'SELECT COUNT(*) AS count FROM registrations'
    const { count } = this.#sql.exec<{ count: number }>(query).one()
    if (count >= MAX_REGISTRATIONS) throw new Error('there are too many registered clients')
    this.#sql.exec('INSERT INTO registrations (id, used_at) VALUES (?, ?)', id, now)
  }

  /** Answers whether the client registered itself, and notes its use, once a day at most. */
  use(id: string, now: number): boolean {
    const query = 'SELECT used_at AS usedAt FROM registrations WHERE id = ?'
    const [row] = this.#sql.exec<{ usedAt: number }>(query, id).toArray()
    if (!row) return false
    if (now - row.usedAt >= NOTED_SECONDS) {
      this.#sql.exec('UPDATE registrations SET used_at = ? WHERE id = ?', now, id)
    }
    return true
  }

  remove(id: string): void {
    this.#sql.exec('DELETE FROM registrations WHERE id = ?', id)
  }

  /** Forgets clients that nobody has used for 30 days. */
  purge(now: number): void {
    const unused = 'SELECT id FROM registrations WHERE used_at <= ?'
    this.#sql.exec(`DELETE FROM clients WHERE id IN (${unused})`, now - KEPT_SECONDS)
    this.#sql.exec('DELETE FROM registrations WHERE used_at <= ?', now - KEPT_SECONDS)
  }
}
