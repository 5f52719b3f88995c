/** The state Worker where the object of one session does not answer the first time that it is to end. */

import { Session as Shipped } from '../../src/state/index.ts'

export { default, SessionIndex, State } from '../../src/state/index.ts'

export class Session extends Shipped {
  #hasFailed = false

  override async end(seen?: number): Promise<boolean> {
    if (!this.ctx.id.name?.startsWith('fails-once') || this.#hasFailed) return super.end(seen)
    this.#hasFailed = true
    throw new Error('the object does not answer')
  }
}
