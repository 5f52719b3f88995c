/** The sessions of one person, or of one session at an issuer, so that a logout can name them all. */

import { DurableObject } from 'cloudflare:workers'

/** One object for each name. */
export class SessionIndex extends DurableObject<unknown> {
  readonly #kv: SyncKvStorage

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env)
    this.#kv = ctx.storage.kv
  }

  /** Times are Unix seconds of the gateway's clock. */
  async add(now: number, session: string, until: number): Promise<void> {
    this.#drop(now)
    this.#kv.put(`session:${session}`, until)
    await this.#keep(now, until)
  }

  /** All sessions; undefined where the logout was seen before. */
  async find(now: number, jti: string): Promise<string[] | undefined> {
    this.#drop(now)
    if (this.#kv.get(`jti:${jti}`) !== undefined) return undefined
    const names = [...this.#kv.list({ prefix: 'session:' })].map(([key]) => key)
    return names.map((name) => name.slice('session:'.length))
  }

  /** Forgets sessions that have ended, and remembers the logout that ended them. */
  async settle(now: number, ended: readonly string[], jti: string, until: number): Promise<void> {
    for (const name of ended) this.#kv.delete(`session:${name}`)
    this.#kv.put(`jti:${jti}`, until)
    await this.#keep(now, until)
  }

  override async alarm(): Promise<void> {
    await this.ctx.storage.deleteAll()
  }

  #drop(now: number): void {
    for (const [key, until] of [...this.#kv.list<number>()]) {
      if (now >= until) this.#kv.delete(key)
    }
  }

  /** Everything goes when the last of it has. The alarm runs by the platform's clock. */
  async #keep(now: number, until: number): Promise<void> {
    const at = Date.now() + (until - now) * 1_000
    const set = (await this.ctx.storage.getAlarm()) ?? 0
    if (at > set) await this.ctx.storage.setAlarm(at)
  }
}
