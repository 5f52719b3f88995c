/** The memory of proofs with a clock that a test moves, and that can be told to forget. */

import { WorkerEntrypoint } from 'cloudflare:workers'
import { Proofs } from '../../src/state/proofs.ts'

let ahead = 0

export class LaterProofs extends Proofs {
  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env, () => Date.now() + ahead * 1_000)
  }

  /** So many seconds later, as if the alarm had rung; what then is kept, and whether it will ring again. */
  async later(seconds: number): Promise<{ tables: number; rows: number; isSet: boolean }> {
    ahead += seconds
    await this.alarm()
    const { sql } = this.ctx.storage
    const tables = sql
      .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE name = 'proofs'")
      .toArray().length
    const rows =
      tables === 0
        ? 0
        : sql.exec<{ rows: number }>('SELECT count(*) AS rows FROM proofs').one().rows
    return { tables, rows, isSet: (await this.ctx.storage.getAlarm()) !== null }
  }

  /** Puts in so many at once, without taking them. */
  fill(count: number): void {
    this.ctx.storage.sql.exec(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
       INSERT INTO proofs SELECT 'filled-' || i, ${Date.now() + 3_600_000} FROM n`,
    )
  }
}

export class Objects extends WorkerEntrypoint {
  object(name: string) {
    const { LaterProofs: proofs } = this.ctx.exports as unknown as {
      LaterProofs: DurableObjectNamespace<LaterProofs>
    }
    return proofs.getByName(name)
  }

  take(name: string, proof: string, seconds: number) {
    return this.object(name).take(proof, seconds)
  }

  later(name: string, seconds: number) {
    return this.object(name).later(seconds)
  }

  fill(name: string, count: number) {
    return this.object(name).fill(count)
  }
}

export default { fetch: () => new Response(null, { status: 404 }) } satisfies ExportedHandler
