/** What revocation asks of the state Worker. */

import type { News } from './ledger.ts'
import type { Mark } from './marks.ts'

export interface MarkOperations {
  /**
   * Keeps marks of an issuer for `keepSeconds` after their moment; answers how many said something new. `now` in Unix
   * seconds.
   */
  keepMarks(
    contract: number,
    issuer: string,
    marks: readonly Mark[],
    keepSeconds: number,
    now: number,
  ): Promise<number>
  /** What has changed since a version; all of it since 0. */
  marksSince(contract: number, issuer: string, version: number): Promise<News>
  /** Whether an event is told for the first time in `keepSeconds`. `now` in Unix seconds. */
  firstTime(
    contract: number,
    issuer: string,
    id: string,
    keepSeconds: number,
    now: number,
  ): Promise<boolean>
}
