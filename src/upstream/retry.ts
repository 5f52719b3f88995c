/**
 * One more attempt where an origin has not answered. Only GET and HEAD, which ask for nothing but an answer (RFC 9110
 * section 9.2.1), and only as many as a budget allows: what is down must not be asked twice as often for it.
 */

import * as v from 'valibot'
import type { Extras, RoutePart } from '../auth/feature.ts'
import type { Principal } from '../auth/principal.ts'
import { options } from '../options/options.ts'
import { listOf, reportIssues, told } from '../options/schemas.ts'
import type { Outgoing } from './request.ts'

export interface RetryOptions {
  /** Answers that are as good as none: 502, 503, 504. One with `Retry-After` is never repeated. Default: none. */
  statuses?: readonly number[]
  /**
   * Of a hundred such requests of the route, how many may be sent again, in each isolate: 1 to 100. Default 10. One is
   * free at first, and at most ten are saved up.
   */
  budgetPercent?: number
}

/** What has to be known of a request that may be sent again. */
export interface Exchange {
  readonly outgoing: Outgoing
  /** Whose credentials it is sent with. */
  readonly principals: readonly Principal[]
  /** How long both attempts and the pause between them may take. */
  readonly timeoutSeconds: number | false
}

/** A route's `retry`, made by {@link retry}. */
export interface Retry {
  /** Calls, and may call once more. Gives, or rejects with, what the last call does. */
  attempt(call: () => Promise<Response>, exchange: Exchange): Promise<Response>
}

/** Where time and chance come from. */
export interface RetryClock {
  /** Milliseconds. */
  now(): number
  pause(ms: number): Promise<void>
  /** 0 to 1, without 1. */
  random(): number
}

const PLATFORM: RetryClock = {
  now: () => Date.now(),
  pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  random: Math.random,
}

/** What Cloudflare answers in place of a service that it could not reach, or that has not answered in HTTP. */
const UNREACHED = [520, 521, 522, 523, 525]
const STATUSES = [502, 503, 504]

const MIN_PAUSE_MS = 50
const MAX_PAUSE_MS = 250
/** An origin that has failed after longer has begun to work, and what speaks for the caller must not grow old. */
const MAX_AGE_MS = 10_000

/** The budget is in hundredths of a retry. */
const COST = 100
const MAX_SAVED = 10 * COST

const EXAMPLE = 'retry({ statuses: [503] })'

const schema = options<RetryOptions>(
  {
    statuses: v.exactOptional(
      listOf(
        told<number>((value) =>
          STATUSES.includes(value as number)
            ? undefined
            : 'must be 502, 503 or 504, without quotes: every other status is an answer',
        ),
        { example: '[503]', isOptional: true },
      ),
    ),
    budgetPercent: v.exactOptional(
      told((value) =>
        typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 100
          ? undefined
          : 'must be a whole number from 1 to 100, for example 10: of a hundred requests, ten may be sent again',
      ),
    ),
  },
  {
    example: EXAMPLE,
    examples: { statuses: '[503]', budgetPercent: '10' },
    otherNames: {
      on: 'statuses',
      status: 'statuses',
      codes: 'statuses',
      budget: 'budgetPercent',
      percent: 'budgetPercent',
      attempts: 'Take it out: a request is sent again once at most',
      retries: 'Take it out: a request is sent again once at most',
      max: 'Take it out: a request is sent again once at most',
      methods: 'Take it out: GET and HEAD alone are sent again',
    },
  },
)

/**
 * Sends a GET or HEAD once more where the origin could not be reached or ended the connection before it answered. Not
 * where time is up, not for WebSockets, and not for a handler.
 */
export function retry(given: RetryOptions = {}, clock: RetryClock = PLATFORM): RoutePart<Retry> {
  return {
    check(path, to) {
      const { success, issues } = v.safeParse(schema, given)
      if (!success) reportIssues(issues, path, to)
    },

    compile(_, house) {
      const { statuses = [], budgetPercent = 10 } = given
      const repeated = new Set([...UNREACHED, ...statuses])
      const reasons = new WeakMap<Request, string>()
      let saved = COST

      /** Whether another attempt would still be in time, also for the credentials. */
      function isInTime(
        { principals, timeoutSeconds }: Exchange,
        startedMs: number,
        pauseMs: number,
      ) {
        const limitMs = timeoutSeconds === false ? Infinity : timeoutSeconds * 1_000
        const nextMs = clock.now() + pauseMs - startedMs
        const nextSecond = house.now() + pauseMs / 1_000
        return (
          nextMs < Math.min(limitMs, MAX_AGE_MS) &&
          principals.every(({ expiresAt }) => nextSecond < expiresAt)
        )
      }

      const part: Retry & Extras = {
        summary: [...statuses, `${budgetPercent} %`].join(' '),

        async attempt(call, exchange) {
          const { incoming, init } = exchange.outgoing
          if (!isRepeatable(init)) return call()
          saved = Math.min(MAX_SAVED, saved + budgetPercent)
          const startedMs = clock.now()
          let why: string
          let answered: Response | undefined
          let failure: unknown
          try {
            answered = await call()
            if (!repeated.has(answered.status) || answered.headers.has('retry-after'))
              return answered
            why = `${answered.status}`
          } catch (error) {
            failure = error
            why = error instanceof Error ? error.message : 'no answer'
          }
          const pauseMs = MIN_PAUSE_MS + clock.random() * (MAX_PAUSE_MS - MIN_PAUSE_MS)
          if (saved < COST || !isInTime(exchange, startedMs, pauseMs)) {
            if (answered) return answered
            throw failure
          }
          saved -= COST
          reasons.set(incoming, why)
          // A body that nobody reads would keep its connection.
          await answered?.body?.cancel().catch(() => {})
          await clock.pause(pauseMs)
          return call()
        },

        fields({ request }): Record<string, string> {
          const retried = reasons.get(request)
          return retried === undefined ? {} : { retried }
        },
      }
      return part
    },
  }
}

/** What has no effect but its answer, and no body that would be gone. An upgrade is the beginning of a connection. */
function isRepeatable({ method, headers }: Outgoing['init']): boolean {
  return (method === 'GET' || method === 'HEAD') && !(headers as Headers).has('upgrade')
}
