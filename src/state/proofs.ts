/**
 * Remembers which DPoP proofs of one key were used (RFC 9449 section 11.1), each for as long as it would be good, so
 * that none is taken twice. It keeps hashes and times, and nothing at all once they are over.
 */

import { DurableObject } from 'cloudflare:workers'

/** Of one key at once: what an object of this kind can take in two minutes, and some megabytes. */
export const MAX_PROOFS = 100_000
/** So often what is over is forgotten, at the most. */
const CLEAN_MS = 60_000

/** One object for each key, by its thumbprint: it starts near the client that uses it first. */
export class Proofs extends DurableObject<unknown> {
  readonly #sql: SqlStorage
  readonly #now: () => number
  /** Undefined while there is no table. */
  #count: number | undefined
  /** When what is over is forgotten next; undefined where that is not known. */
  #alarmAt: number | undefined

  /** `now` in milliseconds. */
  constructor(ctx: DurableObjectState, env: unknown, now = Date.now) {
    super(ctx, env)
    this.#sql = ctx.storage.sql
    this.#now = now
  }

  /**
   * Whether a proof is new. It then is remembered for so many seconds, on this object's own clock.
   * @throws RangeError where there are too many
   */
  async take(proof: string, seconds: number): Promise<boolean> {
    const count = this.#open()
    if (count >= MAX_PROOFS) throw new RangeError(`the key has ${count} proofs at once`)
    const forgetAt = this.#now() + seconds * 1_000
    // One statement, so that nothing can come between looking and writing.
    const taken = this.#sql.exec(
      'INSERT INTO proofs VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING 1',
      proof,
      forgetAt,
    )
    if (taken.toArray().length === 0) return false
    this.#count = count + 1
    if (this.#alarmAt === undefined) await this.#wakeAt(forgetAt)
    return true
  }

  /** Forgets what is over, and itself when nothing is left. */
  override async alarm(): Promise<void> {
    this.#open()
    this.#alarmAt = undefined
    this.#sql.exec('DELETE FROM proofs WHERE forget_at <= ?', this.#now())
    const { count, next } = this.#sql
      .exec<{ count: number; next: number | null }>(
        'SELECT count(*) AS count, min(forget_at) AS next FROM proofs',
      )
      .one()
    if (next === null) {
      this.#count = undefined
      await this.ctx.storage.deleteAll()
      return
    }
    this.#count = count
    await this.#wakeAt(next)
  }

  /** Unless something else wakes it before. */
  async #wakeAt(time: number): Promise<void> {
    this.#alarmAt = Math.max(time, this.#now() + CLEAN_MS)
    const { storage } = this.ctx
    if ((await storage.getAlarm()) === null) await storage.setAlarm(this.#alarmAt)
  }

  #open(): number {
    if (this.#count !== undefined) return this.#count
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS proofs (proof TEXT PRIMARY KEY, forget_at INTEGER NOT NULL) WITHOUT ROWID',
    )
    this.#count = this.#sql
      .exec<{ count: number }>('SELECT count(*) AS count FROM proofs')
      .one().count
    return this.#count
  }
}
