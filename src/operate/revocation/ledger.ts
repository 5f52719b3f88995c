/**
 * An isolate's copy of one issuer's marks. Requests do not wait for it in steady state: it is read again in the
 * background, and only one that is too old is waited for. So a mark holds everywhere within {@link MAX_AGE_SECONDS}.
 */

import { GatewayError } from '../../errors.ts'
import type { Scope } from '../../lib/scope.ts'
import { withinMs } from '../../lib/within.ts'
import { EVERYBODY, type Mark } from './marks.ts'

/** From this age on the copy is refreshed in the background. */
export const REFRESH_SECONDS = 15
/** An older copy is refreshed before anybody is answered. */
export const MAX_AGE_SECONDS = 60
/** How long the last copy does while there is no newer one to be had. */
export const MAX_OUTAGE_SECONDS = 300
/** Between two attempts, so that an outage costs not every request a wait. */
const RETRY_SECONDS = 5
const WAIT_MS = 2_000

/** What was kept since a version. */
export interface News {
  readonly version: number
  readonly marks: readonly (Mark & {
    /** Unix seconds from which the mark is forgotten. */
    readonly until: number
  })[]
}

export interface Ledger {
  /**
   * The marks; at once where the copy is young enough. Throws `issuer_unavailable` where it is too old for that, or
   * for anybody's good, and the owner refuses requests then. `asOfNow`: reads them before it answers, where they can be.
   */
  marks(
    scope: Scope,
    asOfNow?: boolean,
  ): ReadonlyMap<string, number> | Promise<ReadonlyMap<string, number>>
  /** How old the copy is, in seconds; undefined where there was never one. */
  ageSeconds(): number | undefined
}

export interface LedgerOptions {
  /** What was kept since the version of an earlier answer, 0 for all. */
  readonly read: (since: number) => Promise<News>
  readonly onOutage: 'refuse' | 'allow'
  /** Unix seconds. */
  readonly now: () => number
  /** Asks with every request, and waits. Default false. */
  readonly isExact?: boolean
  /** How long a request waits for an answer, in milliseconds. */
  readonly waitMs?: number
}

export function createLedger(options: LedgerOptions): Ledger {
  const { read, onOutage, now, isExact = false, waitMs = WAIT_MS } = options
  const maxOutageSeconds = isExact ? 0 : MAX_OUTAGE_SECONDS
  const marks = new Map<string, number>()
  const ends = new Map<string, number>()
  let version = 0
  let readAt = -Infinity
  let attemptedAt = -Infinity
  let hasFailed = false

  async function refresh(): Promise<boolean> {
    const startedAt = now()
    attemptedAt = startedAt
    try {
      const news = await withinMs(() => read(version), waitMs, 'no marks')
      for (const { name, before, until } of news.marks) {
        marks.set(name, Math.max(before, marks.get(name) ?? -Infinity))
        ends.set(name, Math.max(until, ends.get(name) ?? -Infinity))
      }
      // As the state Worker does: an isolate would hold more of them than one object.
      const covered = { before: marks.get(EVERYBODY) ?? 0, until: ends.get(EVERYBODY) ?? 0 }
      for (const [name, until] of ends) {
        const isBeyond = until > covered.until || (marks.get(name) ?? 0) > covered.before
        if (until > startedAt && (isBeyond || name === EVERYBODY)) continue
        ends.delete(name)
        marks.delete(name)
      }
      version = Math.max(version, news.version)
      // The answer is at least as new as the question. A clock may have been set back.
      readAt = readAt > now() ? startedAt : Math.max(readAt, startedAt)
      hasFailed = false
      return true
    } catch {
      hasFailed = true
      return false
    }
  }

  function inOutage(): ReadonlyMap<string, number> {
    // What is known still holds, also where the owner lets others pass.
    if (now() - readAt < maxOutageSeconds || onOutage === 'allow') return marks
    throw new GatewayError('issuer_unavailable', {
      reason: 'revocation: the marks cannot be read, and the last copy is too old',
      retryAfterSeconds: RETRY_SECONDS,
    })
  }

  return {
    marks(scope, asOfNow = isExact) {
      const time = now()
      const age = Math.abs(time - readAt)
      if (!asOfNow && age < REFRESH_SECONDS) return marks
      const isDue = Math.abs(time - attemptedAt) >= RETRY_SECONDS
      if (!asOfNow && age < MAX_AGE_SECONDS) {
        if (isDue) scope.waitUntil(refresh())
        return marks
      }
      // After a failed attempt nobody waits for the next one before its time.
      if (!isDue && hasFailed) return inOutage()
      return refresh().then((isRead) => (isRead ? marks : inOutage()))
    },
    ageSeconds: () => (readAt === -Infinity ? undefined : now() - readAt),
  }
}
