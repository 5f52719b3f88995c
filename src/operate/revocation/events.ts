/** News of an issuer about its tokens, and who takes them. */

import type { Endpoint, House } from '../../auth/feature.ts'
import type { Reporter } from '../../options/schemas.ts'
import type { Mark } from './marks.ts'

/** Turns what an issuer tells into marks. */
export interface EventSource {
  /** The entry of `schemes` whose issuer tells. */
  readonly of: string
  check(path: string, to: Reporter): void
  compile(house: House, recorder: Recorder): readonly Endpoint[]
}

export interface Recorder {
  /** Keeps marks about the tokens of an entry of `schemes`. Throws `issuer_unavailable` where that fails. */
  keep(entry: string, marks: readonly Mark[]): Promise<void>
  /** Whether an event was not told before. Throws `issuer_unavailable` where that cannot be said. */
  isFirst(entry: string, id: string): Promise<boolean>
}
