/** How many requests somebody may make: counted before authentication by address, and after it by caller. */

import * as v from 'valibot'
import { readClaim } from '../../auth/claim-location.ts'
import type { Call, House, RoutePart, RouteSite } from '../../auth/feature.ts'
import type { Finish, Inbound } from '../../auth/scheme.ts'
import { GatewayError } from '../../errors.ts'
import { digest } from '../../lib/bytes.ts'
import { withinMs } from '../../lib/within.ts'
import { reportIssues } from '../../options/schemas.ts'
import { countedAddress, countedCaller } from './counted.ts'
import { bindingEngine, type Engine, stateEngine, type Verdict } from './engine.ts'
import { type Told, tell } from './fields.ts'
import { type LimitOptions, limitSchema } from './options.ts'

/** A route's `limit`, made by {@link limit}. Both throw `rate_limited` and `limit_unavailable`. */
export interface Limit {
  /** Counts by address, before anybody is asked who they are. */
  admit(inbound: Inbound, notes: Noted): Promise<void>
  /** Counts a caller that is known, before it is asked what it may. */
  meter(call: Call, notes: Noted): Promise<void>
}

/** Where what a limit finds out is noted at once, for the answer and the log. */
interface Noted {
  /** Of the limits that nothing could count: which, and why. */
  limitFailure?: string
  readonly finishes: Finish[]
}

interface Counter {
  readonly options: LimitOptions
  /** On the wire. */
  readonly name: string
  /** What is counted together, beside whose it is. */
  readonly scope: readonly string[]
  readonly engine: Engine
}

const DEFAULT_WAIT_SECONDS = 1

/** One or several limits; a request has to be within all of them. A refused one may have been counted by the others. */
export function limit(...given: readonly LimitOptions[]): RoutePart<Limit> {
  return {
    check(path, to) {
      if (given.length === 0)
        to.report(
          path,
          "names no limit. Write limit({ by: 'subject', requests: 100, perSeconds: 60, state: env.STATE })",
        )
      for (const [index, one] of given.entries()) {
        const where = given.length > 1 ? `${path}[${index}]` : path
        const { success, issues } = v.safeParse(limitSchema, one)
        if (!success) reportIssues(issues, where, to)
        else if (given.findIndex((other) => nameOf(other) === nameOf(one)) < index) {
          to.report(
            where,
            `is called ${nameOf(one)} like another of these limits. Give it a name of its own: name: 'burst'`,
          )
        }
      }
    },

    compile(site, house) {
      const counters = given.map((options) => compileCounter(options, site, house))
      const byAddress = counters.filter(({ options }) => options.by === 'address')
      const byCaller = counters.filter(({ options }) => options.by !== 'address')

      /** All are asked at once. */
      async function count(
        counted: readonly (readonly [Counter, readonly string[], number])[],
        notes: Noted,
        isFirst: boolean,
      ): Promise<void> {
        const told = await Promise.all(
          counted.map(async ([counter, whose, requests]): Promise<Told> => {
            const { name, options } = counter
            const verdict = await ask(counter, whose, requests, (why) => {
              const before = notes.limitFailure
              notes.limitFailure = `${before === undefined ? '' : `${before}; `}${name}: ${why}`
            })
            return { name, requests, perSeconds: options.perSeconds, verdict }
          }),
        )
        notes.finishes.push(tell(told, isFirst))
        const over = told.filter(({ verdict }) => verdict?.passes === false)
        if (over.length === 0) return
        const retryAfterSeconds = Math.max(...over.map(({ verdict }) => verdict?.retrySeconds ?? 1))
        const reason = `over the limit ${over.map(({ name, requests, perSeconds }) => `${name}, ${requests} in ${perSeconds} seconds`).join(' and ')}`
        throw new GatewayError('rate_limited', { retryAfterSeconds, reason })
      }

      return {
        async admit({ request }, notes) {
          if (byAddress.length === 0) return
          const whose = ['address', countedAddress(request.headers)]
          const counted = byAddress.map((one) => [one, whose, requestsOf(one.options)] as const)
          await count(counted, notes, true)
        },

        async meter(call, notes) {
          const counted = byCaller.flatMap((one) => {
            const { by } = one.options
            const whose = by === 'address' ? undefined : countedCaller(call, by)
            return whose ? [[one, whose, requestsOf(one.options, call)] as const] : []
          })
          if (counted.length > 0) await count(counted, notes, byAddress.length === 0)
        },
      }
    },
  }
}

function nameOf({ name, by }: LimitOptions): string {
  return name ?? (typeof by === 'string' ? by : 'claim')
}

function compileCounter(options: LimitOptions, site: RouteSite, { now }: House): Counter {
  const { perSeconds, state, binding, lease = 1, shards = 8, name } = options
  const { host = '', methods, path } = site
  const own =
    name === undefined ? ['route', host, path, methods.join(), nameOf(options)] : ['name', name]
  const scope = [...own, `${perSeconds}`]
  const engine = state
    ? stateEngine(state, { perSeconds, lease, shards, now })
    : binding && bindingEngine(binding, perSeconds)
  if (!engine) throw new Error('a limit that nobody counts')
  return { options, name: nameOf(options), scope, engine }
}

function requestsOf({ requests }: LimitOptions, call?: Call): number {
  if (typeof requests === 'number') return requests
  const claims = call?.principals[0]?.claims
  const plan = claims && readClaim(claims, requests.claim)
  const isKnown = typeof plan === 'string' && Object.hasOwn(requests.of, plan)
  return (isKnown ? requests.of[plan] : undefined) ?? requests.otherwise
}

/** Undefined where nobody counts and the request may pass all the same. */
async function ask(
  { engine, options, scope, name }: Counter,
  whose: readonly string[],
  requests: number,
  note: (why: string) => void,
): Promise<Verdict | undefined> {
  const { cost = 1, onFailure = 'open', waitSeconds = DEFAULT_WAIT_SECONDS } = options
  try {
    const key = await digest([...scope, ...whose])
    const count = () => engine.take(key, requests, cost)
    return await withinMs(count, waitSeconds * 1_000, 'no count')
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'a value was thrown'
    if (onFailure === 'open') note(why)
    else {
      const reason = `the limit ${name} cannot be counted: ${why}`
      throw new GatewayError('limit_unavailable', { reason, retryAfterSeconds: 5, cause })
    }
    return undefined
  }
}
