/**
 * An isolate's copy of one issuer's marks. Requests do not wait for it in steady state: it is read again in the
 * background, and only one that is too old is waited for. So a mark holds everywhere within {@link MAX_AGE_SECONDS}.
 */

import { GatewayError } from '../../errors.ts'
import type { Scope } from '../../lib/scope.ts'

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
  readonly marks: readonly (readonly [name: string, before: number, until: number])[]
}

export interface Ledger {
  /** The marks; undefined where the copy is too old and the owner lets requests pass then. */
  marks(scope: Scope): Promise<ReadonlyMap<string, number>> | ReadonlyMap<string, number> | undefined
  /** How old the copy is, in seconds; undefined where there was never one. */
  ageSeconds(): number | undefined
}

export interface LedgerOptions {
  /** What was kept since the version of an earlier answer, 0 for all. */
  readonly read: (since: number) => Promise<News>
  readonly onOutage: 'refuse' | 'allow'
  /** Unix seconds. */
  readonly now: () => number
  /** How long a request waits for an answer, in milliseconds. */
  readonly waitMs?: number
}

export function createLedger({ read, onOutage, now, waitMs = WAIT_MS }: LedgerOptions): Ledger {
  const marks = new Map<string, number>()
  const ends = new Map<string, number>()
  let version = 0
  let readAt = -Infinity
  let attemptedAt = -Infinity

  async function refresh(): Promise<boolean> {
    const startedAt = now()
    attemptedAt = startedAt
    try {
      const news = await within(waitMs, read(version))
      for (const [name, before, until] of news.marks) {
        marks.set(name, Math.max(before, marks.get(name) ?? -Infinity))
        ends.set(name, Math.max(until, ends.get(name) ?? -Infinity))
      }
      for (const [name, until] of ends) {
        if (until > startedAt) continue
        ends.delete(name)
        marks.delete(name)
      }
      version = Math.max(version, news.version)
      // The answer is at least as new as the question.
      readAt = Math.max(readAt, startedAt)
      return true
    } catch {
      return false
    }
  }

  function inOutage(): ReadonlyMap<string, number> | undefined {
    if (now() - readAt < MAX_OUTAGE_SECONDS) return marks
    if (onOutage === 'allow') return undefined
    throw new GatewayError('issuer_unavailable', {
      reason: 'revocation: the marks cannot be read, and the last copy is too old',
      retryAfterSeconds: RETRY_SECONDS,
    })
  }

  return {
    marks(scope) {
      const time = now()
      const age = time - readAt
      if (age < REFRESH_SECONDS) return marks
      const isDue = time - attemptedAt >= RETRY_SECONDS
      if (age < MAX_AGE_SECONDS) {
        if (isDue) scope.waitUntil(refresh())
        return marks
      }
      // While nobody has ever read them, each request asks: the first answers would otherwise all be refusals.
      if (!isDue && readAt !== -Infinity) return inOutage()
      return refresh().then((isRead) => (isRead ? marks : (inOutage() ?? NONE)))
    },
    ageSeconds: () => (readAt === -Infinity ? undefined : now() - readAt),
  }
}

const NONE: ReadonlyMap<string, number> = new Map()

function within<T>(limitMs: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${limitMs} ms`)), limitMs)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
