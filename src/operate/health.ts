/** Says how the gateway is: to anybody that it answers, and to the operator what it knows. */

import { createHash } from 'node:crypto'
import * as v from 'valibot'
import type { KeySetStatus } from '../auth/bearer/jwks.ts'
import { MAX_STALE_SECONDS } from '../auth/bearer/jwks-entry.ts'
import type { Endpoint, Extras, Feature, House } from '../auth/feature.ts'
import { operatorCheck } from '../auth/operator.ts'
import type { Scheme } from '../auth/scheme.ts'
import { withinMs } from '../lib/within.ts'
import { options as optionsSchema } from '../options/options.ts'
import { hasFetch, reportIssues, told } from '../options/schemas.ts'
import { operatorKey } from '../options/secret.ts'
import { type StateBinding, stateBinding, stateOf } from '../options/state.ts'

export const HEALTH_PATH = '/.well-known/gatehouse/health'

export interface HealthOptions {
  /** Opens `/.well-known/gatehouse/health/details` to whoever has it: `env.OPERATOR_KEY`. Default: it does not exist. */
  operatorKey?: string
  /** The service binding to the state Worker, where features use one: `env.STATE`. Default: it is not looked at. */
  state?: StateBinding
  /** Which version is running: `env.CF_VERSION_METADATA`, a binding of `[version_metadata]`. Default: nobody knows. */
  version?: { readonly id: string; readonly tag: string; readonly timestamp: string }
}

/** What it is compiled for. */
export interface HealthSite {
  readonly config: object
  readonly schemes: readonly Scheme[]
}

const WAIT_MS = 1_000

const schema = optionsSchema<HealthOptions>(
  {
    operatorKey: v.exactOptional(operatorKey),
    state: v.exactOptional(stateBinding),
    version: v.exactOptional(
      told((value) =>
        typeof Object(value).id === 'string'
          ? undefined
          : 'must be the binding of version metadata: env.CF_VERSION_METADATA. Add [version_metadata] with binding = "CF_VERSION_METADATA" to wrangler.toml, and run "npm run types"',
      ),
    ),
  },
  {
    example: 'health({ operatorKey: env.OPERATOR_KEY })',
    examples: { operatorKey: 'env.OPERATOR_KEY', state: 'env.STATE' },
    otherNames: { key: 'operatorKey', secret: 'operatorKey' },
  },
)

/** Answers `/.well-known/gatehouse/health`. */
export function health(given: HealthOptions = {}): Feature<Extras, HealthSite> {
  return {
    check(path, to) {
      const { success, issues } = v.safeParse(schema, given)
      if (!success) reportIssues(issues, path, to)
    },
    compile(site, house) {
      const { operatorKey: key } = given
      return {
        endpoints: [SHALLOW, ...(key === undefined ? [] : [deep(key, given, site, house)])],
      }
    },
  }
}

const NO_STORE = { 'cache-control': 'no-store' }

/** Waits for nobody, and says nothing that a client could not find out by itself. */
const SHALLOW: Endpoint = {
  path: HEALTH_PATH,
  host: undefined,
  methods: ['GET', 'HEAD'],
  handle: () => Response.json({ ok: true }, { headers: NO_STORE }),
}

function deep(key: string, given: HealthOptions, site: HealthSite, house: House): Endpoint {
  const { state, version } = given
  const { now, store } = house
  const check = operatorCheck(key, now)
  const config = configHash(site.config)
  const startedAt = now()

  return {
    path: `${HEALTH_PATH}/details`,
    host: undefined,
    methods: ['GET'],
    async handle({ request }) {
      check(request)
      const [kv, reached] = await Promise.all([
        store && reach(() => store.get('health')),
        state && reach(() => stateOf(state).serves()),
      ])
      const keySets = site.schemes.flatMap(({ name, keySet }) =>
        keySet ? [{ scheme: name, ...keySet.status() }] : [],
      )
      const isWell = kv !== 'unreachable' && reached !== 'unreachable'
      const body = {
        ok: isWell && keySets.every(isUsable),
        config,
        ...(version && {
          version: { id: version.id, tag: version.tag, timestamp: version.timestamp },
        }),
        isolateAgeSeconds: now() - startedAt,
        keySets,
        kv: kv ?? 'not bound',
        state: reached ?? 'not bound',
      }
      return Response.json(body, { headers: NO_STORE })
    },
  }
}

/** Keys that nobody has needed yet are no trouble. */
function isUsable({ ageSeconds = Infinity, lastError }: KeySetStatus): boolean {
  return lastError === undefined || ageSeconds < MAX_STALE_SECONDS
}

async function reach(ask: () => Promise<unknown>): Promise<'reachable' | 'unreachable'> {
  try {
    const answer = await withinMs(ask, WAIT_MS, 'no answer')
    ;(Object(answer) as Partial<Disposable>)[Symbol.dispose]?.()
    return 'reachable'
  } catch {
    return 'unreachable'
  }
}

/**
 * 16 hexadecimal digits, by which two versions can be told apart: of hosts, routes, and the names of schemes and
 * parts. The options of features, secrets among them, are not in it.
 */
export function configHash(config: object): string {
  return createHash('sha256')
    .update(JSON.stringify(describe(config)))
    .digest('hex')
    .slice(0, 16)
}

/** A binding answers every property, so nothing is asked of it. */
function describe(value: unknown): unknown {
  if (typeof value === 'function') return String(value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value !== 'object' || value === null) return value
  if (hasFetch(value)) return 'binding'
  if (Array.isArray(value)) return value.map(describe)
  return Object.entries(value).map(([name, part]) => [name, describe(part)])
}
