/** Counts attempts per bucket and fixed window, so that guessing passwords takes longer than it pays. */

/** At most `max` attempts per `windowSeconds`. */
export interface AttemptLimit {
  bucket: string
  max: number
  windowSeconds: number
}

export class Attempts {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /**
   * Counts one attempt in every bucket before its outcome is known, so that parallel guesses count too.
   * Answers 0, or the seconds to wait where a bucket is full; then it counts in none.
   */
  reserve(limits: readonly AttemptLimit[], now: number): number {
    this.#sql.exec('DELETE FROM attempts WHERE expires_at <= ?', now)
    const full = limits.map(({ bucket, max }) => {
      const row = this.#sql
        .exec<{ count: number; expiresAt: number }>(
          'SELECT count, expires_at AS expiresAt FROM attempts WHERE bucket = ?',
          bucket,
        )
        .toArray()[0]
      return row && row.count >= max ? row.expiresAt - now : 0
    })
    const wait = Math.max(0, ...full)
    if (wait > 0) return wait
    for (const { bucket, windowSeconds } of limits) {
      this.#sql.exec(
        `INSERT INTO attempts (bucket, count, expires_at) VALUES (?, 1, ?)
         ON CONFLICT (bucket) DO UPDATE SET count = count + 1`,
        bucket,
        now + windowSeconds,
      )
    }
    return 0
  }

  /** Takes one attempt back: it was no guess. */
  release(bucket: string): void {
    this.#sql.exec('UPDATE attempts SET count = count - 1 WHERE bucket = ? AND count > 0', bucket)
  }

  clear(bucket: string): void {
    this.#sql.exec('DELETE FROM attempts WHERE bucket = ?', bucket)
  }
}
