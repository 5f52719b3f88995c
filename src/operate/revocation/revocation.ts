/**
 * Cuts tokens off before they expire. Marks come from the issuer's events and from the operator, are kept by one
 * object of the state Worker, and hold in every isolate within 60 s, or at once where the owner pays for that.
 */

import * as v from 'valibot'
import type { Cutoff } from '../../auth/cutoff.ts'
import type { Extras, Feature, House, SchemeFeature } from '../../auth/feature.ts'
import { GatewayError } from '../../errors.ts'
import { toDouble } from '../../lib/exact-json.ts'
import { options as optionsSchema } from '../../options/options.ts'
import { flag, type Reporter, reportIssues, secondsBetween, told } from '../../options/schemas.ts'
import { operatorKey } from '../../options/secret.ts'
import { type StateBinding, stateBinding, stateOf } from '../../options/state.ts'
import { STATE_CONTRACT } from '../../options/state-contract.ts'
import type { EventSource, Recorder } from './events.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { isRevoked, nameOfMark } from './marks.ts'
import { operatorEndpoint } from './operator-endpoint.ts'
import type { MarkOperations } from './state-operations.ts'

export interface RevocationOptions {
  /** The service binding to the state Worker: `env.STATE`. */
  state: StateBinding
  /** Where news comes from: `[fusionAuthEvents({ of: 'main' })]`. Default: from the operator alone. */
  events?: readonly EventSource[]
  /** Opens `POST /.well-known/gatehouse/revoke` to whoever has it: `env.OPERATOR_KEY`. Default: it does not exist. */
  operatorKey?: string
  /**
   * How long a mark is kept, in seconds: as long as the longest-lived token, or longer. A token that lives longer is
   * refused, because nobody could say whether it was revoked. Default 86,400 (a day), at most 2,678,400.
   */
  keepSeconds?: number
  /** Asks the state Worker with every request, so that a mark holds at once. Default false: within 60 s. */
  exact?: boolean
  /** What happens to requests while marks could not be read for five minutes. Default `refuse`, with a 503. */
  onOutage?: 'refuse' | 'allow'
}

const EXAMPLE = 'revocation({ state: env.STATE, operatorKey: env.OPERATOR_KEY })'
const DAY_SECONDS = 86_400

const source = told<EventSource>((value) =>
  typeof Object(value).compile === 'function' && typeof Object(value).of === 'string'
    ? undefined
    : "must be made by a function such as fusionAuthEvents({ of: 'main' })",
)

const schema = optionsSchema<RevocationOptions>(
  {
    state: stateBinding,
    events: v.exactOptional(
      v.array(source, "must be a list in [ ], for example [fusionAuthEvents({ of: 'main' })]"),
    ),
    operatorKey: v.exactOptional(operatorKey),
    keepSeconds: v.exactOptional(secondsBetween(60, 31 * DAY_SECONDS, { example: DAY_SECONDS })),
    exact: v.exactOptional(flag),
    onOutage: v.exactOptional(
      told((value) =>
        value === 'refuse' || value === 'allow' ? undefined : "must be 'refuse' or 'allow'",
      ),
    ),
  },
  { example: EXAMPLE, examples: { state: 'env.STATE' }, otherNames: { webhooks: 'events' } },
)

export interface RevocationFeature extends Feature<Cutoff, string> {
  /** Reports what is wrong with the options beside the entries of `schemes`, below `path`. */
  checkBeside(path: string, entries: Readonly<Record<string, SchemeFeature>>, to: Reporter): void
}

/** Cuts tokens off before they expire. Keys and links end by their own means. */
export function revocation(options: RevocationOptions): RevocationFeature {
  return {
    checkBeside(path, entries, to) {
      if (!v.is(schema, options)) return
      const takers = Object.keys(entries).filter((name) => entries[name]?.oauth)
      for (const [index, { of }] of (options.events ?? []).entries()) {
        if (takers.includes(of)) continue
        const named = takers.map((name) => `'${name}'`).join(' or ')
        to.report(
          `${path}.events[${index}].of`,
          `names no entry of schemes that takes an issuer's tokens. Write ${named || 'the name of one'}`,
        )
      }
    },
    check(path, to) {
      const { success, issues } = v.safeParse(schema, options)
      if (!success) return reportIssues(issues, path, to)
      for (const [index, event] of (options.events ?? []).entries()) {
        event.check(`${path}.events[${index}]`, to)
      }
      if (options.operatorKey === undefined && (options.events ?? []).length === 0) {
        to.report(path, `has nobody who could revoke. Add operatorKey or events: ${EXAMPLE}`)
      }
    },
    compile: (_name, house) => compile(options, house),
  }
}

function compile(options: RevocationOptions, house: House): Cutoff & Extras {
  const { events = [], keepSeconds = DAY_SECONDS, exact = false, onOutage = 'refuse' } = options
  const { now } = house
  const state = stateOf<MarkOperations>(options.state)
  const ledgers = new Map<string, Ledger>()

  function ledgerOf(issuer: string): Ledger {
    const known = ledgers.get(issuer)
    if (known) return known
    const read = (since: number) => state.marksSince(STATE_CONTRACT, issuer, since)
    const ledger = createLedger({ read, onOutage, now, isExact: exact })
    ledgers.set(issuer, ledger)
    return ledger
  }

  const issuersOf = (entry: string) => house.issuers.get(entry) ?? []

  const recorder: Recorder = {
    async cutOff(entry, cuts) {
      if (cuts.length === 0) return
      const at = now()
      const seconds = keepSeconds + SKEW_SECONDS
      const issuers = issuersOf(entry)
      const marks = cuts.map(({ selection, before }) => ({ name: nameOfMark(selection), before }))
      for (const issuer of issuers) {
        await answered(() => state.keepMarks(STATE_CONTRACT, issuer, marks, seconds, at))
      }
      // Behind the marks: a login looks for them when its session is there, and so one of the two sees the other.
      for (const scheme of house.schemes()) {
        for (const cut of cuts) await scheme.cutOff?.(issuers, cut)
      }
    },
    isFirst(entry, id) {
      const [issuer = entry] = issuersOf(entry)
      // An event is told for a day after its time, which may be one that is to come.
      return answered(() => state.firstTime(STATE_CONTRACT, issuer, id, 2 * DAY_SECONDS, now()))
    },
  }

  return {
    async refuse(principals, scope, asOfNow) {
      for (const principal of principals) {
        const { kind, issuer, claims, expiresAt } = principal
        if (kind !== 'person' && kind !== 'client') continue
        const marks = await ledgerOf(issuer).marks(scope, asOfNow)
        if (isRevoked(principal, marks)) throw revoked('the token was revoked')
        // What does not say when it was issued was issued now, at the latest.
        const issuedAt = toDouble(claims.iat) ?? (claims.exp === undefined ? undefined : now())
        if (issuedAt !== undefined && expiresAt - issuedAt > keepSeconds + SKEW_SECONDS) {
          throw revoked(`the token lives longer than marks are kept (keepSeconds: ${keepSeconds})`)
        }
      }
    },
    endpoints: [
      ...events.flatMap((event) => event.compile(house, recorder)),
      ...(options.operatorKey === undefined
        ? []
        : [operatorEndpoint(options.operatorKey, house, recorder)]),
    ],
  }
}

/** The clock's skew is in what a principal says of its end: at most this. Marks are kept for so much longer. */
const SKEW_SECONDS = 300

async function answered<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (cause) {
    const reason = 'revocation: the state Worker does not answer'
    throw new GatewayError('issuer_unavailable', { reason, retryAfterSeconds: 5, cause })
  }
}

function revoked(reason: string): GatewayError {
  return new GatewayError('invalid_token', { reason })
}
