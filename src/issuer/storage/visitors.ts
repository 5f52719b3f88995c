/**
 * The object of one network of visitors: what they did a moment ago, counted, and the few short-lived
 * things that somebody who has not signed in can cause to be stored, bounded in number.
 */

import { RpcTarget } from 'cloudflare:workers'
import { type Artifact, Artifacts, type Change, type Column } from './artifacts.ts'
import { type AttemptLimit, Attempts, storedAttempts } from './attempts.ts'
import type { ObjectContext } from './object-context.ts'
import { type Opened, openUnowned } from './opened.ts'
import { createTables, hasTable } from './schema.ts'

/** Of one network, at one time. */
const MAX_STORED = 500
const FULL_RETRY_SECONDS = 30

export class Visitors extends RpcTarget {
  readonly #object: ObjectContext
  readonly #artifacts: Artifacts
  readonly #attempts: Attempts

  constructor(object: ObjectContext) {
    super()
    this.#object = object
    this.#artifacts = new Artifacts(object.sql)
    this.#attempts = new Attempts(storedAttempts(object.sql))
  }

  /** Counts one attempt in every bucket; answers the seconds to wait where one is full, else 0. */
  async reserve(limits: AttemptLimit[]): Promise<number> {
    createTables(this.#object.sql, 'visitors')
    const now = this.#object.now()
    await this.#object.expireAt(now + Math.max(...limits.map((limit) => limit.windowSeconds)))
    return this.#attempts.reserve(limits, now)
  }

  /** Takes an attempt back. */
  release(buckets: string[]): void {
    if (hasTable(this.#object.sql, 'attempts')) this.#attempts.release(buckets)
  }

  open(model: string, column: Column, value: string): Opened {
    return openUnowned(this.#object, model, column, value)
  }

  /**
   * Keeps something for a visitor. Answers 0, or the seconds to wait where the visitor or the whole
   * network has too much here.
   */
  async keep(artifact: Artifact, limits: AttemptLimit[]): Promise<number> {
    const wait = await this.reserve(limits)
    if (wait > 0) return wait
    this.#artifacts.purge(this.#object.now())
    if (this.#artifacts.count(artifact.model) >= MAX_STORED) return FULL_RETRY_SECONDS
    this.#artifacts.commit([{ do: 'save', artifact }], this.#object.now())
    await this.#object.expireAt(artifact.expiresAt)
    return 0
  }

  commit(changes: Change[]): boolean {
    createTables(this.#object.sql, 'visitors')
    return this.#artifacts.commit(changes, this.#object.now())
  }
}
