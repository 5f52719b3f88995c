/** Counts attempts per bucket and fixed window, so that guessing passwords takes longer than it pays. */

/** At most `max` attempts per `windowSeconds`. */
export interface AttemptLimit {
  bucket: string
  max: number
  windowSeconds: number
}

interface Count extends Record<string, SqlStorageValue> {
  count: number
  /** Unix seconds at which the window ends. */
  expiresAt: number
}

/** Where counts are kept. */
export interface AttemptStore {
  read(bucket: string): Count | undefined
  add(bucket: string, expiresAt: number): void
  release(bucket: string): void
  clear(): void
  purge(now: number): void
}

export class Attempts {
  readonly #store: AttemptStore

  constructor(store: AttemptStore) {
    this.#store = store
  }

  /**
   * Counts one attempt in every bucket before its outcome is known, so that parallel guesses count too.
   * Answers 0, or the seconds to wait where a bucket is full; then it counts in none.
   */
  reserve(limits: readonly AttemptLimit[], now: number): number {
    this.#store.purge(now)
    const wait = limits.map(({ bucket, max }) => {
      const row = this.#store.read(bucket)
      return row && row.count >= max ? row.expiresAt - now : 0
    })
    const longest = Math.max(0, ...wait)
    if (longest > 0) return longest
    for (const { bucket, windowSeconds } of limits) this.#store.add(bucket, now + windowSeconds)
    return 0
  }

  /** Takes one attempt back: it was no guess. */
  release(buckets: readonly string[]): void {
    for (const bucket of buckets) this.#store.release(bucket)
  }

  /** Forgets every count. */
  clear(): void {
    this.#store.clear()
  }
}

/** Counts that outlive the object's rest. Its table has to exist. */
export function storedAttempts(sql: SqlStorage): AttemptStore {
  return {
    read: (bucket) =>
      sql
        .exec<Count>('SELECT count, expires_at AS expiresAt FROM attempts WHERE bucket = ?', bucket)
        .toArray()[0],
    add: (bucket, expiresAt) => {
      sql.exec(
        `INSERT INTO attempts (bucket, count, expires_at) VALUES (?, 1, ?)
         ON CONFLICT (bucket) DO UPDATE SET count = count + 1`,
        bucket,
        expiresAt,
      )
    },
    release: (bucket) => {
      sql.exec('UPDATE attempts SET count = count - 1 WHERE bucket = ? AND count > 0', bucket)
    },
    clear: () => void sql.exec('DELETE FROM attempts'),
    purge: (now) => void sql.exec('DELETE FROM attempts WHERE expires_at <= ?', now),
  }
}

/** Counts that end with the object's rest: for what must leave no trace. */
export function fleetingAttempts(): AttemptStore {
  const counts = new Map<string, { count: number; expiresAt: number }>()
  return {
    read: (bucket) => counts.get(bucket),
    add: (bucket, expiresAt) => {
      const known = counts.get(bucket)
      if (known) known.count++
      else counts.set(bucket, { count: 1, expiresAt })
    },
    release: (bucket) => {
      const known = counts.get(bucket)
      if (known && known.count > 0) known.count--
    },
    clear: () => counts.clear(),
    purge: (now) => {
      for (const [bucket, { expiresAt }] of counts) if (expiresAt <= now) counts.delete(bucket)
    },
  }
}
