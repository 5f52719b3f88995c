/** The counts of limits with a clock that a test moves, and what is kept of them. */

import { WorkerEntrypoint } from 'cloudflare:workers'
import { Limits } from '../../src/state/limits.ts'

let ahead = 0

export class LaterLimits extends Limits {
  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env, () => Date.now() + ahead)
  }

  /** When it sweeps, in milliseconds of the machine's clock; null where it does not. */
  sweepsAt(): Promise<number | null> {
    return this.ctx.storage.getAlarm()
  }

  /** So many milliseconds later, as if the alarm had rung; the keys that are left. */
  async later(milliseconds: number): Promise<string[]> {
    ahead += milliseconds
    await this.ctx.storage.deleteAlarm()
    await this.alarm()
    const rows = this.ctx.storage.sql.exec<{ key: string }>('SELECT key FROM used ORDER BY key')
    return [...rows].map(({ key }) => key)
  }
}

export class Objects extends WorkerEntrypoint {
  object() {
    const { LaterLimits: limits } = this.ctx.exports as unknown as {
      LaterLimits: DurableObjectNamespace<LaterLimits>
    }
    return limits.getByName('one')
  }

  async take(key: string, periodMs: number) {
    await this.object().take({ key, requests: 3, periodMs, enough: 1, want: 1 })
  }

  sweepsAt() {
    return this.object().sweepsAt()
  }

  later(milliseconds: number) {
    return this.object().later(milliseconds)
  }
}

export default { fetch: () => new Response(null, { status: 404 }) } satisfies ExportedHandler
