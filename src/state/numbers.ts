/**
 * Hands out whole numbers, each once. No feature needs it. It is how a test or an operator sees that a
 * gateway reaches its state Worker, that the state agrees with itself, and that it keeps what it is told.
 */

import { DurableObject } from 'cloudflare:workers'

/** One object for each name. */
export class Numbers extends DurableObject<unknown> {
  readonly #sql: SqlStorage

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env)
    this.#sql = ctx.storage.sql
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS taken (id INTEGER PRIMARY KEY CHECK (id = 1), last INTEGER NOT NULL)',
    )
  }

  /** The next number, beginning with 1. */
  take(): number {
    // One statement, so that nothing can come between reading and writing.
    const { last } = this.#sql
      .exec<{ last: number }>(
        'INSERT INTO taken VALUES (1, 1) ON CONFLICT DO UPDATE SET last = last + 1 RETURNING last',
      )
      .one()
    return last
  }
}
