/**
 * The object of a client, of a device that waits, or of an account at another provider: artifacts alone,
 * gone when the last one ends.
 */

import { RpcTarget } from 'cloudflare:workers'
import { Artifacts, type Change, type Column } from './artifacts.ts'
import type { ObjectContext } from './object-context.ts'
import { type Opened, openUnowned } from './opened.ts'
import { createTables } from './schema.ts'

export class Shelf extends RpcTarget {
  readonly #object: ObjectContext
  readonly #artifacts: Artifacts

  constructor(object: ObjectContext) {
    super()
    this.#object = object
    this.#artifacts = new Artifacts(object.sql)
  }

  open(model: string, column: Column, value: string): Opened {
    return openUnowned(this.#object, model, column, value)
  }

  /** Answers false where a code or token in it was used before; see {@link Artifacts.commit}. */
  async commit(changes: Change[]): Promise<boolean> {
    createTables(this.#object.sql, 'artifacts')
    const done = this.#artifacts.commit(changes, this.#object.now())
    for (const change of changes) {
      if (change.do === 'save') await this.#object.expireAt(change.artifact.expiresAt)
    }
    return done
  }
}
