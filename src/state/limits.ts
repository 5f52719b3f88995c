/**
 * Counts requests by key, exactly and for the whole world: all of one key come to one object. Keys are hashes. What is
 * used is written before it is granted, so an object that leaves memory forgets nothing.
 */

import { DurableObject } from 'cloudflare:workers'
import type { Granted, TakeRequests } from '../options/state-contract.ts'
import { take } from './gcra.ts'

/** Keys whose limit is whole again are forgotten this often. */
const SWEEP_MS = 60_000

/** One object for each shard. */
export class Limits extends DurableObject<unknown> {
  readonly #sql: SqlStorage
  readonly #now: () => number
  #willSweep: boolean = false

  constructor(ctx: DurableObjectState, env: unknown, now = () => Date.now()) {
    super(ctx, env)
    this.#now = now
    this.#sql = ctx.storage.sql
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS used (key TEXT PRIMARY KEY, at INTEGER NOT NULL, level INTEGER NOT NULL, whole INTEGER NOT NULL) WITHOUT ROWID',
    )
  }

  /** Nothing is waited for between reading and writing, so nothing can come between them. */
  take({ key, requests, periodMs, enough, want }: TakeRequests): Granted {
    const [row] = this.#sql
      .exec<{ atMs: number; level: number }>(
        'SELECT at AS atMs, level FROM used WHERE key = ?',
        key,
      )
      .toArray()
    const { used, ...outcome } = take(row, this.#now(), { requests, periodMs }, enough, want)
    if (outcome.granted === 0) return outcome
    this.#sql.exec(
      'INSERT OR REPLACE INTO used VALUES (?, ?, ?, ?)',
      key,
      used.atMs,
      used.level,
      used.atMs + outcome.resetMs,
    )
    this.#sweepLater()
    return outcome
  }

  override async alarm(): Promise<void> {
    this.#willSweep = false
    this.#sql.exec('DELETE FROM used WHERE whole <= ?', this.#now())
    const { rest } = this.#sql.exec<{ rest: number }>('SELECT count(*) AS rest FROM used').one()
    if (rest > 0) this.#sweepLater()
  }

  /** One that was set before the object left memory stays: put off with each return, it would never ring. */
  #sweepLater(): void {
    if (this.#willSweep) return
    this.#willSweep = true
    void this.#setAlarm()
  }

  async #setAlarm(): Promise<void> {
    const { storage } = this.ctx
    if ((await storage.getAlarm()) === null) await storage.setAlarm(this.#now() + SWEEP_MS)
  }
}
