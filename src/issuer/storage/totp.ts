/** The authenticator app of a person: a sealed secret, and how often it was tried of late. */

interface TotpRow extends Record<string, SqlStorageValue> {
  secret: string
  confirmed: number
  lastStep: number
  tries: number
  triesSince: number
}

const MAX_TRIES = 10
const WINDOW_SECONDS = 900

export class Totp {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  get isOn(): boolean {
    return this.#row()?.confirmed === 1
  }

  /** Replaces a secret that was never confirmed; one that was stays. */
  begin(secret: string): void {
    if (this.isOn) return
    this.#sql.exec('DELETE FROM totp')
    this.#sql.exec('INSERT INTO totp (secret) VALUES (?)', secret)
  }

  pending(): string | undefined {
    const row = this.#row()
    return row?.confirmed === 0 ? row.secret : undefined
  }

  confirm(step: number): void {
    this.#sql.exec('UPDATE totp SET confirmed = 1, last_step = ?', step)
  }

  /** Counts a try and answers what to check it with; undefined where there were too many. */
  try(now: number): { secret: string; lastStep: number } | undefined {
    const row = this.#row()
    if (row?.confirmed !== 1) return undefined
    const isNewWindow = now - row.triesSince >= WINDOW_SECONDS
    if (!isNewWindow && row.tries >= MAX_TRIES) return undefined
    const [tries, since] = isNewWindow ? [1, now] : [row.tries + 1, row.triesSince]
    this.#sql.exec('UPDATE totp SET tries = ?, tries_since = ?', tries, since)
    return { secret: row.secret, lastStep: row.lastStep }
  }

  /** Uses a step up; answers false where it, or a later one, was used before. */
  use(step: number): boolean {
    const query = 'UPDATE totp SET last_step = ?, tries = 0 WHERE last_step < ? RETURNING 1 AS used'
    return this.#sql.exec(query, step, step).toArray().length > 0
  }

  remove(): void {
    this.#sql.exec('DELETE FROM totp')
  }

  #row(): TotpRow | undefined {
    const query = `SELECT secret, confirmed, last_step AS lastStep, tries,
      tries_since AS triesSince FROM totp LIMIT 1`
    return this.#sql.exec<TotpRow>(query).toArray()[0]
  }
}
