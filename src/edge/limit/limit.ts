/** How many requests somebody may make: counted before authentication by address, and after it by caller and by tool. */

import * as v from 'valibot'
import { readClaim } from '../../auth/claim-location.ts'
import type { Call, House, Operation, RoutePart, RouteSite } from '../../auth/feature.ts'
import type { Finish, Inbound } from '../../auth/scheme.ts'
import { GatewayError } from '../../errors.ts'
import { digest } from '../../lib/bytes.ts'
import { withinMs } from '../../lib/within.ts'
import { reportIssues } from '../../options/schemas.ts'
import { countedAddress, countedCaller } from './counted.ts'
import { bindingEngine, type Engine, stateEngine, type Verdict } from './engine.ts'
import { type Told, tell } from './fields.ts'
import { type LimitOptions, limitSchema } from './options.ts'

/** A route's `limit`, made by {@link limit}. All throw `rate_limited` and `limit_unavailable`. */
export interface Limit {
  /** Counts by address, before anybody is asked who they are. */
  admit(inbound: Inbound, notes: Noted): Promise<void>
  /** Counts a caller that is known, before it is asked what it may. */
  meter(call: Call, notes: Noted): Promise<void>
  /** Counts a call of a tool before it is asked who may call it; undefined where nothing is counted by tool. */
  readonly meterOperation?:
    | ((call: Call, operation: Operation, notes: Noted) => Promise<void>)
    | undefined
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
const NO_TOOLS =
  'counts calls of tools, and nothing decides on tools here. Write it in limit of the route that has mcp: tools({ … })'

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

    checkBeside(path, { mcp }, to) {
      for (const [index, one] of given.entries()) {
        // Whatever is wrong with it is reported elsewhere.
        const { tools } = { ...one }
        const where = `${given.length > 1 ? `${path}[${index}]` : path}.tools`
        if (tools !== undefined && !mcp) to.report(where, NO_TOOLS)
        if (!mcp || !Array.isArray(tools)) continue
        const { toolNames = [] } = mcp
        for (const name of tools.filter((one) => !toolNames.includes(one))) {
          to.report(
            where,
            `has ${name}, and mcp has no rule of this name in call. Write a name as it stands there: ${toolNames.join(', ')}`,
          )
        }
      }
    },

    compile(site, house) {
      const counters = given.map((options) => compileCounter(options, site, house))
      const byTool = counters.filter(({ options }) => options.tools !== undefined)
      const others = counters.filter((counter) => !byTool.includes(counter))
      const byAddress = others.filter(({ options }) => options.by === 'address')
      const byCaller = others.filter(({ options }) => options.by !== 'address')

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
          const counted = byCaller.flatMap((one) => countedFor(one, call))
          if (counted.length > 0) await count(counted, notes, byAddress.length === 0)
        },

        meterOperation:
          byTool.length === 0
            ? undefined
            : async (call, { method, name = '' }, notes) => {
                if (method !== 'tools/call') return
                const counted = byTool.flatMap((one) => {
                  const { tools } = one.options
                  if (tools === 'each') return countedFor(one, call, ['tool', name])
                  return tools?.includes(name) ? countedFor(one, call) : []
                })
                if (counted.length === 0) return
                const isFirst =
                  byAddress.length === 0 &&
                  byCaller.every((one) => countedFor(one, call).length === 0)
                await count(counted, notes, isFirst)
              },
      }
    },
  }
}

/** Empty where nobody is counted. */
function countedFor(
  counter: Counter,
  call: Call,
  what: readonly string[] = [],
): (readonly [Counter, readonly string[], number])[] {
  const { by } = counter.options
  const whose =
    by === 'address' ? ['address', countedAddress(call.request.headers)] : countedCaller(call, by)
  return whose ? [[counter, [...whose, ...what], requestsOf(counter.options, call)]] : []
}

function nameOf({ name, by, tools }: LimitOptions): string {
  return name ?? (tools === undefined ? (typeof by === 'string' ? by : 'claim') : 'tool')
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
