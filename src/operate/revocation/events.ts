/** News of an issuer about its tokens, and who takes them. */

import type { Cut } from '../../auth/cutoff.ts'
import type { Endpoint, House } from '../../auth/feature.ts'
import type { Reporter } from '../../options/schemas.ts'

/** Turns what an issuer tells into cuts. */
export interface EventSource {
  /** The entry of `schemes` whose issuer tells. */
  readonly of: string
  check(path: string, to: Reporter): void
  compile(house: House, recorder: Recorder): readonly Endpoint[]
}

export interface Recorder {
  /**
   * Cuts off tokens of an entry of `schemes`, and the sessions that hold them. Throws `issuer_unavailable` where that
   * fails.
   */
  cutOff(entry: string, cuts: readonly Cut[]): Promise<void>
  /** Whether an event was not told before. Throws `issuer_unavailable` where that cannot be said. */
  isFirst(entry: string, id: string): Promise<boolean>
}
