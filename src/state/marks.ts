/**
 * Marks that cut an issuer's tokens off. This object alone writes them, one after the other, so that two pieces of
 * news at once lose none, and numbers each change, so that a gateway reads only what is new to it.
 */

import { DurableObject } from 'cloudflare:workers'

/** More would be more than an isolate should hold. */
const MAX_MARKS = 20_000
/** As operate/revocation/marks.ts has it. */
const EVERYBODY = '[]'
const DAY_MS = 86_400_000

type Row = { name: string; before: number; until: number }

/** One object for each issuer. */
export class Marks extends DurableObject<unknown> {
  readonly #sql: SqlStorage

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env)
    this.#sql = ctx.storage.sql
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS marks (
        name TEXT PRIMARY KEY, before INTEGER NOT NULL, until INTEGER NOT NULL, version INTEGER NOT NULL
      );
      CREATE INDEX IF NOT EXISTS by_version ON marks (version);
      CREATE INDEX IF NOT EXISTS by_end ON marks (until);
      CREATE TABLE IF NOT EXISTS last (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL);
      INSERT OR IGNORE INTO last VALUES (1, 0);
      CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY, until INTEGER NOT NULL);
    `)
  }

  /**
   * Keeps marks for `keepSeconds` after their moment. Answers how many of them said something new. `now` in Unix
   * seconds is that of the gateway, as are the moments.
   */
  async keep(
    marks: readonly { name: string; before: number }[],
    keepSeconds: number,
    now: number,
  ): Promise<number> {
    const changed = this.ctx.storage.transactionSync(() => {
      this.#forget(now)
      let count = 0
      for (const { name, before } of marks) count += this.#move(name, before, before + keepSeconds)
      this.#boundAll()
      return count
    })
    if ((await this.ctx.storage.getAlarm()) === null) {
      await this.ctx.storage.setAlarm(Date.now() + DAY_MS)
    }
    return changed
  }

  /** What has changed since a version; all of it since 0. */
  since(version: number): { version: number; marks: Row[] } {
    const last = this.#sql.exec<{ version: number }>('SELECT version FROM last').one()
    const rows = this.#sql.exec<Row>(
      'SELECT name, before, until FROM marks WHERE version > ? ORDER BY version',
      version,
    )
    return { ...last, marks: [...rows] }
  }

  /** Whether something is told for the first time in `keepSeconds`. `now` in Unix seconds. */
  firstTime(id: string, keepSeconds: number, now: number): boolean {
    this.#sql.exec('DELETE FROM seen WHERE until <= ?', now)
    const { rowsWritten } = this.#sql.exec(
      'INSERT OR IGNORE INTO seen VALUES (?, ?)',
      id,
      now + keepSeconds,
    )
    return rowsWritten > 0
  }

  /** Objects whose marks have all ended keep nothing. */
  override async alarm(): Promise<void> {
    this.#forget(Math.floor(Date.now() / 1_000))
    const { left } = this.#sql.exec<{ left: number }>('SELECT count(*) AS left FROM marks').one()
    if (left > 0) await this.ctx.storage.setAlarm(Date.now() + DAY_MS)
  }

  /** Forward alone: an older moment changes nothing. */
  #move(name: string, before: number, until: number): number {
    const { version } = this.#sql.exec<{ version: number }>('SELECT version FROM last').one()
    const { rowsWritten } = this.#sql.exec(
      `INSERT INTO marks VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT DO UPDATE SET before = max(before, ?2), until = max(until, ?3), version = ?4
       WHERE ?2 > before OR ?3 > until`,
      name,
      before,
      until,
      version + 1,
    )
    if (rowsWritten === 0) return 0
    this.#sql.exec('UPDATE last SET version = ?', version + 1)
    return 1
  }

  #forget(now: number): void {
    this.#sql.exec('DELETE FROM marks WHERE until <= ?', now)
    this.#sql.exec('DELETE FROM seen WHERE until <= ?', now)
  }

  /** Instead of forgetting one, everybody has to get a new token. */
  #boundAll(): void {
    const all = this.#sql
      .exec<{ count: number; before: number; until: number }>(
        'SELECT count(*) AS count, max(before) AS before, max(until) AS until FROM marks',
      )
      .one()
    if (all.count <= MAX_MARKS) return
    this.#sql.exec('DELETE FROM marks WHERE name <> ?', EVERYBODY)
    this.#move(EVERYBODY, all.before, all.until)
  }
}
