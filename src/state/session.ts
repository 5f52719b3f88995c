/**
 * One session: its content, sealed by the gateway, and the lock that makes its refresh single. Times come from the
 * gateway's clock.
 */

import { DurableObject } from 'cloudflare:workers'
import type { Lease, SessionContent, StoredSession } from '../session/state-operations.ts'

/** Longer than a gateway tries to write what it got: a spent refresh token must not be used by another one. */
const LEASE_SECONDS = 30
/** After a failed attempt nobody tries for so long. */
const COOLDOWN_SECONDS = 5
/** Less than a request waits for everything together. */
const WAIT_MS = 4_000
/** The end of the idle time is written again only where that moves it by a tenth. */
const TOUCH_PART = 10

interface Kept extends SessionContent {
  readonly version: number
  readonly idleUntil: number
}

/** One object for each name. What was never written takes no storage. */
export class Session extends DurableObject<unknown> {
  readonly #kv: SyncKvStorage
  readonly #waiting = new Set<() => void>()
  #failedUntil = 0

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env)
    this.#kv = ctx.storage.kv
  }

  async create(now: number, content: SessionContent): Promise<void> {
    await this.#put(now, content, 1)
  }

  async read(now: number): Promise<StoredSession | undefined> {
    const kept = await this.#live(now)
    if (!kept) return undefined
    const idleUntil = now + kept.idleSeconds
    if (idleUntil - kept.idleUntil >= kept.idleSeconds / TOUCH_PART) {
      this.#kv.put('kept', { ...kept, idleUntil })
    }
    return { sealed: kept.sealed, version: kept.version }
  }

  async lease(now: number, seen: number, mayBegin: boolean): Promise<Lease> {
    for (;;) {
      const kept = await this.#live(now)
      if (!kept && !mayBegin) return { state: 'ended' }
      if (kept && kept.version > seen) {
        return { state: 'newer', sealed: kept.sealed, version: kept.version }
      }
      if (now < this.#failedUntil) return { state: 'failed' }
      const held = this.#kv.get<{ id: string; until: number }>('lease')
      if (!held || now >= held.until) {
        const id = crypto.randomUUID()
        this.#kv.put('lease', { id, until: now + LEASE_SECONDS })
        if (!kept) await this.#endAt(now, now + LEASE_SECONDS)
        return { state: 'yours', lease: id }
      }
      if (!(await this.#change())) return { state: 'busy' }
    }
  }

  async write(now: number, lease: string, seen: number, content: SessionContent): Promise<boolean> {
    const kept = await this.#live(now)
    const isExpected = kept
      ? kept.version === seen
      : this.#kv.get<{ id: string }>('lease')?.id === lease
    if (isExpected) await this.#put(now, content, seen + 1)
    this.#wake()
    return isExpected
  }

  async release(now: number, lease: string): Promise<void> {
    if (this.#kv.get<{ id: string }>('lease')?.id !== lease) return
    this.#kv.delete('lease')
    this.#failedUntil = now + COOLDOWN_SECONDS
    this.#wake()
  }

  async end(seen?: number): Promise<boolean> {
    const kept = this.#kv.get<Kept>('kept')
    if (!kept || (seen !== undefined && kept.version !== seen)) return false
    await this.#forget()
    this.#wake()
    return true
  }

  override async alarm(): Promise<void> {
    await this.#forget()
  }

  async #live(now: number): Promise<Kept | undefined> {
    const kept = this.#kv.get<Kept>('kept')
    if (!kept || (now < kept.idleUntil && now < kept.endsAt)) return kept
    await this.#forget()
    return undefined
  }

  async #put(now: number, content: SessionContent, version: number): Promise<void> {
    this.#kv.put('kept', { ...content, version, idleUntil: now + content.idleSeconds })
    this.#kv.delete('lease')
    await this.#endAt(now, content.endsAt)
  }

  /** The alarm runs by the platform's clock. */
  async #endAt(now: number, at: number): Promise<void> {
    await this.ctx.storage.setAlarm(Date.now() + (at - now) * 1_000)
  }

  async #forget(): Promise<void> {
    await this.ctx.storage.deleteAlarm()
    await this.ctx.storage.deleteAll()
  }

  /** Whether something has changed within the time that a caller may wait. */
  #change(): Promise<boolean> {
    return new Promise((resolve) => {
      const woken = () => {
        clearTimeout(timer)
        resolve(true)
      }
      const timer = setTimeout(() => {
        this.#waiting.delete(woken)
        resolve(false)
      }, WAIT_MS)
      this.#waiting.add(woken)
    })
  }

  #wake(): void {
    for (const woken of this.#waiting) woken()
    this.#waiting.clear()
  }
}
