/** What an owner writes into `limit( … )`, and what can be wrong with it. */

import * as v from 'valibot'
import type { ClaimLocation } from '../../auth/claim-location.ts'
import { type Entries, options, record } from '../../options/options.ts'
import {
  claimLocation,
  listOf,
  secondsBetween,
  textLike,
  told,
  UNSET,
} from '../../options/schemas.ts'
import { type StateBinding, stateBinding } from '../../options/state.ts'
import type { CallerCount } from './counted.ts'
import type { RateLimitBinding } from './engine.ts'

export interface LimitOptions {
  /**
   * Whose requests count together. `'address'` is counted before anybody is asked who they are, an IPv6 address by
   * its /64. The others are counted for callers that are known: `'subject'`, `'client'`, `'key'` (an API key) or
   * `{ claim: 'org' }`; who has no client, key or claim is counted by its subject, and nobody is not counted.
   */
  by: 'address' | CallerCount
  /** How many, or how many by the plan that a claim names. At most 1,000,000. */
  requests: number | Plans
  /** In how many seconds, 1 to 86,400; 10 or 60 with `binding`. */
  perSeconds: number
  /** The state Worker counts, exactly and for the whole world: `env.STATE`. Needed, unless `binding` is there. */
  state?: StateBinding | undefined
  /** Cloudflare counts, by location and roughly: an entry of `[[ratelimits]]`, with the same numbers. Needed, unless `state` is there. */
  binding?: RateLimitBinding | undefined
  /**
   * Counts calls of tools alone, on a route with `mcp`: those of the rules that are named here, as in `call` of
   * `tools({ … })`, or with `'each'` every rule by itself. Default: counts every request.
   */
  tools?: 'each' | readonly string[]
  /** Limits of one name count together, on whatever routes they stand. Default: each route counts alone. */
  name?: string
  /** What a request of this route takes. Default 1. */
  cost?: number
  /**
   * Requests that an isolate takes at once, while a key has used less than half of its limit, and spends within ten
   * seconds without asking again. Each isolate may let through `lease` − 1 more than the limit says. Default 1: exact.
   */
  lease?: number
  /** Objects that keys are spread over, 1 to 1,024. Other numbers are other counts. Default 8. */
  shards?: number
  /** What happens while nobody can count: requests pass, or are 503 `limit_unavailable`. Default `'open'`. */
  onFailure?: 'open' | 'closed'
  /** How long to wait for the count, in seconds. Default 1, at most 5. */
  waitSeconds?: number
}

export interface Plans {
  readonly claim: ClaimLocation
  /** By the value of the claim. */
  readonly of: Readonly<Record<string, number>>
  /** Without the claim, or with another value. */
  readonly otherwise: number
}

const PLANS = "{ claim: 'plan', of: { free: 10, pro: 100 }, otherwise: 10 }"
const MAX_REQUESTS = 1_000_000

const whole = (low: number, high: number, example: number) =>
  told<number>((value) => {
    if (value === undefined) return `${UNSET}, for example ${example}`
    if (typeof value !== 'number' || !Number.isInteger(value)) {
      return `must be a whole number without quotes, for example ${example}`
    }
    return value >= low && value <= high
      ? undefined
      : `must be ${low} to ${high}, for example ${example}`
  })

const requests = v.lazy(
  (value): v.GenericSchema<unknown> =>
    typeof value === 'object' && value !== null
      ? options<Plans>(
          {
            claim: claimLocation,
            of: record('{ free: 10, pro: 100 }', () => undefined, whole(1, MAX_REQUESTS, 100)),
            otherwise: whole(1, MAX_REQUESTS, 10),
          },
          { example: PLANS, examples: { claim: "'plan'", of: '{ free: 10 }', otherwise: '10' } },
        )
      : whole(1, MAX_REQUESTS, 100),
)

const BY = "'address', 'subject', 'client', 'key' or { claim: 'org' }"

const by = v.lazy(
  (value): v.GenericSchema<unknown> =>
    typeof value === 'object' && value !== null
      ? options(
          { claim: claimLocation },
          { example: "{ claim: 'org' }", examples: { claim: "'org'" } },
        )
      : told((given) =>
          ['address', 'subject', 'client', 'key'].includes(given as string)
            ? undefined
            : `must be ${BY}`,
        ),
)

const TOOLS = "['notes_write']"

const EXAMPLE = "limit({ by: 'subject', requests: 100, perSeconds: 60, state: env.STATE })"

const shapeWith = (counting: Entries) =>
  options<LimitOptions>(
    {
      by,
      requests,
      perSeconds: whole(1, 86_400, 60),
      ...counting,
      name: v.exactOptional(
        textLike("'orders'", (name) =>
          /^[\w-]{1,64}$/.test(name)
            ? undefined
            : "may have letters, digits, '-' and '_' alone, at most 64",
        ),
      ),
      tools: v.exactOptional(
        v.lazy(
          (value): v.GenericSchema<unknown> =>
            typeof value === 'string'
              ? told(() =>
                  value === 'each' ? undefined : `must be 'each', or a list of names: ${TOOLS}`,
                )
              : listOf(
                  textLike("'notes_write'", () => undefined),
                  { example: TOOLS, isOptional: true },
                ),
        ),
      ),
      cost: v.exactOptional(whole(1, MAX_REQUESTS, 5)),
      lease: v.exactOptional(whole(1, 1_000, 10)),
      shards: v.exactOptional(whole(1, 1_024, 8)),
      onFailure: v.exactOptional(
        told((value) =>
          value === 'open' || value === 'closed'
            ? undefined
            : "must be 'open' (requests pass while nobody can count) or 'closed' (they are 503)",
        ),
      ),
      waitSeconds: v.exactOptional(secondsBetween(0, 5, { example: 1, isOpen: true })),
    },
    {
      example: EXAMPLE,
      examples: { by: "'subject'", requests: '100', perSeconds: '60' },
      otherNames: {
        key: 'by',
        keyBy: 'by',
        max: 'requests',
        limit: 'requests',
        window: 'perSeconds',
        windowMs: 'perSeconds',
        period: 'perSeconds',
        per: 'perSeconds',
        tool: 'tools',
        burst: 'Take it out: as many as requests may come at one moment',
      },
    },
  )

/** Left out and undefined are one mistake: nothing is bound. */
const limiter = v.pipe(
  v.optional(v.unknown(), () => undefined),
  v.check(
    (value) => typeof (value as RateLimitBinding | undefined | null)?.limit === 'function',
    ({ input }) =>
      input === undefined
        ? 'is not bound. Declare it in wrangler.toml under [[ratelimits]]'
        : 'must be an entry of [[ratelimits]] in wrangler.toml: binding: env.LIMITER',
  ),
)
const BOTH =
  'stands beside binding. Keep one of them: state counts exactly, binding roughly and by location'

/** What counts is one of the two; without either, it is said how to bind the state Worker. */
const exact = shapeWith({ state: stateBinding, binding: v.exactOptional(limiter) })
const rough = shapeWith({
  state: v.exactOptional(told(() => BOTH)),
  binding: limiter,
})

const shape = v.lazy((value): v.GenericSchema<LimitOptions> => (isRough(value) ? rough : exact))

function isRough(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'binding')
}

export const limitSchema = v.pipe(
  shape,
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    for (const message of contradictions(dataset.value)) addIssue({ message })
  }),
)

function* contradictions(limit: LimitOptions): Generator<string> {
  const { requests: given, cost = 1, lease = 1, perSeconds } = limit
  const hasPlans = typeof given === 'object'
  if (hasPlans && limit.by === 'address') {
    yield 'counts by address, where no claim is known yet. Write a number in requests, or count by another name'
  }
  const least = hasPlans ? Math.min(given.otherwise, ...Object.values(given.of)) : given
  if (cost > 1 && cost > least)
    yield 'has a cost that is more than requests, so that no request would ever pass'
  if (!isRough(limit)) return
  if (perSeconds !== 10 && perSeconds !== 60) {
    yield 'has a binding, which counts in 10 or 60 seconds: write that of wrangler.toml in perSeconds'
  }
  if (hasPlans || cost > 1 || lease > 1) {
    yield 'has a binding, which knows one number and counts one by one: plans, cost and lease are for state'
  }
}
