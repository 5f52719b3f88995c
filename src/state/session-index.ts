/** The sessions of one person, or of one session at an issuer, so that a logout can name them all. */

import { DurableObject } from 'cloudflare:workers'

/** Times are Unix seconds of the gateway's clock. */
interface Known {
  readonly until: number
  /** Of a session. */
  readonly begunAt?: number
}

/** One object for each name. */
export class SessionIndex extends DurableObject<unknown> {
  readonly #kv: SyncKvStorage

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env)
    this.#kv = ctx.storage.kv
  }

  async add(now: number, session: string, until: number, begunAt: number): Promise<void> {
    this.#drop(now)
    this.#kv.put<Known>(`session:${session}`, { until, begunAt })
    await this.#keep(now, until)
  }

  /** All sessions; undefined where the logout was seen before. */
  async find(now: number, jti: string): Promise<string[] | undefined> {
    this.#drop(now)
    if (this.#kv.get(`jti:${jti}`) !== undefined) return undefined
    return this.#sessions().map(([name]) => name)
  }

  /** Those that were begun until `before`, that second included. */
  async begunUntil(now: number, before: number): Promise<string[]> {
    this.#drop(now)
    const those = this.#sessions().filter(([, { begunAt = 0 }]) => begunAt <= before)
    return those.map(([name]) => name)
  }

  async forget(sessions: readonly string[]): Promise<void> {
    for (const name of sessions) this.#kv.delete(`session:${name}`)
  }

  /** Forgets sessions that have ended, and remembers the logout that ended them. */
  async settle(now: number, ended: readonly string[], jti: string, until: number): Promise<void> {
    await this.forget(ended)
    this.#kv.put<Known>(`jti:${jti}`, { until })
    await this.#keep(now, until)
  }

  override async alarm(): Promise<void> {
    await this.ctx.storage.deleteAll()
  }

  #sessions(): [name: string, known: Known][] {
    const all = [...this.#kv.list<Known>({ prefix: 'session:' })]
    return all.map(([key, known]) => [key.slice('session:'.length), known])
  }

  #drop(now: number): void {
    for (const [key, { until }] of [...this.#kv.list<Known>()]) {
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
