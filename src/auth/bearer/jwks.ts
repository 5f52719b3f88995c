/**
 * The key set of one issuer in three tiers: isolate memory, then KV, then the issuer. In steady state no
 * request waits for an issuer, and an issuer that is down is not noticed for a day. The three are one file because
 * they share one state: what is held, and when who was asked last.
 */

import { GatewayError } from '../../errors.ts'
import type { Fetch } from '../../lib/fetch.ts'
import { fetchJson } from '../../lib/fetch-json.ts'
import type { Store } from '../../lib/kv.ts'
import type { Scope } from '../../lib/scope.ts'
import { discover, type Endpoints } from './discovery.ts'
import { readKeySet, type VerificationKey } from './jwk.ts'
import { MAX_STALE_SECONDS, type StoredKeySet, storedCopy } from './jwks-entry.ts'

/** Younger keys are used without a thought. */
const FRESH_SECONDS = 600
/** Older keys are used only after an attempt to refresh them has failed. */
const REFRESH_FIRST_SECONDS = 900
/** Between two refreshes in the background, and between two for tokens that no key verifies. */
const COOLDOWN_SECONDS = 30
/** After a failed refresh, how long nobody waits for the next one: with old keys in hand, and with none. */
const PATIENCE_SECONDS = 300
const COLD_RETRY_SECONDS = 5
/** What the scheduled refresh stored is trusted to be replaced by it, a little late and seen later still. */
const SCHEDULE_GRACE_SECONDS = 90
/** The scheduled refresh leaves younger copies alone, so that one fetch serves two runs. */
const SCHEDULE_SECONDS = 550
/** Endpoints that discovery named are asked for again after a day, or when one of them fails. */
const REDISCOVER_SECONDS = 86_400
const MAX_DOCUMENT_BYTES = 262_144

export interface KeySetOptions {
  readonly issuer: string
  /** Where the keys are; undefined to ask discovery. */
  readonly jwksUri: string | undefined
  /**
   * The entry of `schemes` whose binding reaches the issuer. Another entry's binding may lead elsewhere under
   * the same URLs, so the two share no stored copy. Undefined where the network is asked.
   */
  readonly boundAs: string | undefined
  /** For one fetch of the keys, discovery included. */
  readonly timeoutSeconds: number
  readonly fetch: Fetch
  readonly store: Store | undefined
  /** Unix seconds. */
  readonly now: () => number
}

export interface KeySet {
  /** The keys in this isolate's memory, where they are fresh; else {@link keys} has to be asked. */
  fresh(): readonly VerificationKey[] | undefined
  /** The keys to verify with. Throws `issuer_unavailable` where there are none that may be used. */
  keys(scope: Scope): Promise<readonly VerificationKey[]>
  /**
   * For a token that none of {@link keys} verifies: shows `search` the keys after one KV read, and where it finds
   * nothing after one refetch. Once per 30 s and not at all within them, whatever is thrown at it. Answers what was
   * found. Throws `issuer_unavailable` where the refetch fails.
   */
  refreshAfterMiss<Found>(search: Search<Found>, scope: Scope): Promise<Found | undefined>
  /** The endpoints that discovery named, if any. Throws `issuer_unavailable` where they are not to be had. */
  endpoints(scope: Scope): Promise<Endpoints | undefined>
  /** Refreshes the stored copy, where it is due. Throws where the issuer cannot be asked. */
  refreshOnSchedule(scope: Scope): Promise<void>
  /** What this isolate knows, without asking anybody. */
  status(): KeySetStatus
}

export interface KeySetStatus {
  readonly issuer: string
  /** In memory. */
  readonly keys: number
  /** Since they were fetched from the issuer; undefined where there are none. */
  readonly ageSeconds: number | undefined
  /** Where this isolate has them from. */
  readonly source: 'kv' | 'issuer' | undefined
  /** Of the last fetch, where that failed. */
  readonly lastError: string | undefined
}

/** Looks for something among the keys; undefined where it is not there. */
export type Search<Found> = (keys: readonly VerificationKey[]) => Promise<Found | undefined>

interface Held extends StoredKeySet {
  readonly keys: readonly VerificationKey[]
}

export function createKeySet(options: KeySetOptions): KeySet {
  const { issuer, now } = options
  const copy = storedCopy(options)
  let held: Held | undefined
  let discovered: Endpoints | undefined
  let attemptedAt = -Infinity
  let failedAt = -Infinity
  let missedAt = -Infinity
  let failure = ''
  let source: KeySetStatus['source']

  const ageOf = (entry: StoredKeySet | undefined) => (entry ? now() - entry.fetchedAt : Infinity)

  function hold(entry: StoredKeySet, keys: readonly VerificationKey[]): void {
    // A key that is still there stays the same object, with its imported form and what it has proven.
    const known = new Map(held?.keys.map((key) => [key.fingerprint, key]))
    held = { ...entry, keys: keys.map((key) => known.get(key.fingerprint) ?? key) }
  }

  /** Takes the stored copy if it is newer than what is held; answers it in any case. */
  async function readStored(): Promise<StoredKeySet | undefined> {
    const entry = await copy.read()
    const keys = entry && readKeySet(entry.document)
    if (!entry || !keys) return undefined
    if (entry.fetchedAt > (held?.fetchedAt ?? -Infinity)) {
      hold(entry, keys)
      source = 'kv'
    }
    return entry
  }

  async function findEndpoints(signal: AbortSignal): Promise<Endpoints & { discoveredAt: number }> {
    if (options.jwksUri !== undefined) {
      return { jwksUri: options.jwksUri, introspectionEndpoint: undefined, discoveredAt: 0 }
    }
    if (held && now() - held.discoveredAt < REDISCOVER_SECONDS && failedAt < held.fetchedAt)
      return held
    const { fetch, boundAs } = options
    discovered = await discover(issuer, { fetch, signal, sameOrigin: boundAs !== undefined })
    return { ...discovered, discoveredAt: now() }
  }

  async function askIssuer(scope: Scope): Promise<Omit<Held, 'scheduled'>> {
    const timeout = AbortSignal.timeout(options.timeoutSeconds * 1_000)
    const signal = AbortSignal.any([scope.deadline(), timeout])
    const { jwksUri, introspectionEndpoint, discoveredAt } = await findEndpoints(signal)
    const { fetch } = options
    const answer = await fetchJson(jwksUri, { fetch, signal, maxBytes: MAX_DOCUMENT_BYTES })
    const at = `the key set at ${new URL(jwksUri).origin}`
    if (answer.status !== 200) throw new Error(`${at} answered ${answer.status}`)
    const document = answer.body
    const keys = readKeySet(document)
    if (!keys) throw new Error(`${at} is not a key set`)
    const endpoints = { jwksUri, introspectionEndpoint, discoveredAt }
    return { issuer, ...endpoints, document, keys, fetchedAt: now() }
  }

  async function fetchFromIssuer(
    scope: Scope,
    stored: StoredKeySet | undefined,
    scheduled: boolean,
  ): Promise<void> {
    attemptedAt = now()
    const { keys, ...fetched } = await askIssuer(scope).catch((cause) => {
      failedAt = now()
      failure = describe(cause)
      const reason = `the key set of ${issuer} could not be fetched: ${failure}`
      throw new GatewayError('issuer_unavailable', {
        reason,
        cause,
        retryAfterSeconds: COLD_RETRY_SECONDS,
      })
    })
    const entry = { ...fetched, scheduled }
    hold(entry, keys)
    failedAt = -Infinity
    source = 'issuer'
    scope.waitUntil(copy.replace(stored, entry))
  }

  /** KV first: somebody else may have asked the issuer already. While a request waits, less is enough. */
  async function refresh(scope: Scope, { isAwaited }: { isAwaited: boolean }): Promise<void> {
    attemptedAt = now()
    const stored = await readStored()
    if (isAwaited) scope.verdictFrom = 'kv'
    const graceSeconds = held?.scheduled ? SCHEDULE_GRACE_SECONDS : 0
    const enough = isAwaited ? REFRESH_FIRST_SECONDS : FRESH_SECONDS + graceSeconds
    if (ageOf(held) < enough) return
    if (isAwaited) scope.verdictFrom = 'issuer'
    await fetchFromIssuer(scope, stored, false)
  }

  function refreshInBackground(scope: Scope): void {
    if (now() - attemptedAt < COOLDOWN_SECONDS) return
    attemptedAt = now()
    scope.waitUntil(refresh(scope, { isAwaited: false }).catch(() => {}))
  }

  async function refetchUnless<Found>(search: Search<Found>, scope: Scope) {
    const before = held?.fetchedAt
    const stored = await readStored()
    scope.verdictFrom = 'kv'
    const isNewer = held !== undefined && held.fetchedAt !== before
    const found = isNewer ? await search(held?.keys ?? []) : undefined
    if (found !== undefined) return found
    scope.verdictFrom = 'issuer'
    await fetchFromIssuer(scope, stored, false)
    return await search(held?.keys ?? [])
  }

  const keySet: KeySet = {
    fresh: () => (ageOf(held) < FRESH_SECONDS ? held?.keys : undefined),

    async keys(scope) {
      if (ageOf(held) >= REFRESH_FIRST_SECONDS) {
        const patience = held ? PATIENCE_SECONDS : COLD_RETRY_SECONDS
        if (now() - failedAt < patience) refreshInBackground(scope)
        else await refresh(scope, { isAwaited: true }).catch(() => {})
      } else if (ageOf(held) >= FRESH_SECONDS) {
        refreshInBackground(scope)
      }
      if (held && ageOf(held) < MAX_STALE_SECONDS) return held.keys
      const why = failure === '' ? '' : `: ${failure}`
      const reason = `there are no keys of ${issuer} that may be used${why}`
      throw new GatewayError('issuer_unavailable', {
        reason,
        retryAfterSeconds: COLD_RETRY_SECONDS,
      })
    },

    async refreshAfterMiss(search, scope) {
      if (now() - missedAt < COOLDOWN_SECONDS) return undefined
      missedAt = now()
      const refetch = refetchUnless(search, scope)
      // Whoever asked may leave. The cooldown has begun, so the keys have to come all the same.
      scope.waitUntil(refetch.catch(() => {}))
      return await refetch
    },

    async endpoints(scope) {
      // Where discovery answers and the key set does not, tokens can still be introspected.
      await keySet.keys(scope).catch((error) => {
        if (!discovered) throw error
      })
      return held ?? discovered
    },

    async refreshOnSchedule(scope) {
      const stored = await readStored()
      if (ageOf(stored) >= SCHEDULE_SECONDS) await fetchFromIssuer(scope, stored, true)
    },

    status: () => ({
      issuer,
      keys: held?.keys.length ?? 0,
      ageSeconds: held && ageOf(held),
      source,
      lastError: failedAt === -Infinity ? undefined : failure,
    }),
  }
  return keySet
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : 'unknown'
}
