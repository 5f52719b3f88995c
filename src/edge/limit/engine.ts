/** What counts requests: the state Worker, exactly, or Cloudflare's rate limit of one location. */

import { createBoundedMap } from '../../lib/bounded-map.ts'
import { type StateBinding, stateOf } from '../../options/state.ts'
import { STATE_CONTRACT } from '../../options/state-contract.ts'

export interface Verdict {
  readonly passes: boolean
  /** Undefined where it is not known. */
  readonly remaining?: number
  /** Seconds until the limit is whole again. */
  readonly resetSeconds?: number
  /** Seconds until a request like this one passes. */
  readonly retrySeconds: number
}

export interface Engine {
  /** Rejects where there is no verdict. The key is a hash. */
  take(key: string, requests: number, cost: number): Verdict | Promise<Verdict>
}

/** An entry of `[[ratelimits]]` in wrangler.toml, as far as it is used. */
export interface RateLimitBinding {
  limit(options: { key: string }): Promise<{ success: boolean }>
}

/** It says yes or no and nothing else, so the answer to a no is the longest time that it can mean. */
export function bindingEngine(binding: RateLimitBinding, perSeconds: number): Engine {
  return {
    async take(key) {
      const { success } = await binding.limit({ key })
      return { passes: success, retrySeconds: perSeconds }
    },
  }
}

export interface StateRules {
  readonly perSeconds: number
  /** Requests that are taken at once and spent here; 1: each asks. */
  readonly lease: number
  /** Objects that keys are spread over. */
  readonly shards: number
  /** Unix seconds. */
  readonly now: () => number
}

/** Requests that were taken and not yet spent. */
interface Lease {
  left: number
  readonly endsAt: number
  readonly verdict: Verdict
}

/** A lease that is not spent by then is lost to its key. */
const LEASE_SECONDS = 10
/** An answer that is not there by then does not come: nobody waits longer. */
const ASKING_SECONDS = 5

export function stateEngine(binding: StateBinding, rules: StateRules): Engine {
  const { perSeconds, lease, shards, now } = rules
  const leases = createBoundedMap<Lease>({ maxEntries: 10_000, maxKeyLength: 1_000_000 })
  /** Keys for which a lease is on its way, and until when that may be. */
  const asking = createBoundedMap<number>({ maxEntries: 10_000, maxKeyLength: 1_000_000 })

  async function askForLease(key: string, requests: number, cost: number): Promise<Verdict> {
    asking.set(key, now() + ASKING_SECONDS)
    try {
      return await ask(key, requests, cost, Math.min(cost * lease, requests))
    } finally {
      asking.delete(key)
    }
  }

  async function ask(key: string, requests: number, cost: number, want: number): Promise<Verdict> {
    const question = { key, requests, periodMs: perSeconds * 1_000, enough: cost, want }
    const granted = await stateOf(binding).takeRequests(
      STATE_CONTRACT,
      `${shardOf(key, shards)}/${shards}`,
      question,
    )
    // What comes from another Worker is held there until it is let go.
    ;(granted as Partial<Disposable>)[Symbol.dispose]?.()
    const left = granted.granted - cost
    const verdict = {
      passes: granted.granted > 0,
      remaining: granted.remaining + Math.max(0, left),
      resetSeconds: Math.ceil(granted.resetMs / 1_000),
      retrySeconds: Math.max(1, Math.ceil(granted.retryMs / 1_000)),
    }
    if (left > 0) {
      leases.set(key, { left, endsAt: now() + Math.min(LEASE_SECONDS, perSeconds), verdict })
    }
    return verdict
  }

  return {
    take(key, requests, cost) {
      if (lease === 1) return ask(key, requests, cost, cost)
      const known = leases.get(key)
      if (!known || known.left < cost || now() >= known.endsAt) {
        // One lease at a time: a second one would be lost, or be that much more beyond the limit.
        const isAsking = now() < (asking.get(key) ?? 0)
        return isAsking ? ask(key, requests, cost, cost) : askForLease(key, requests, cost)
      }
      known.left -= cost
      const remaining = Math.max(0, (known.verdict.remaining ?? 0) - cost)
      leases.set(key, { ...known, verdict: { ...known.verdict, remaining } })
      return { ...known.verdict, remaining }
    },
  }
}

/** By the first characters of a hash, which are as good as random. */
function shardOf(key: string, shards: number): number {
  return Buffer.from(key.slice(0, 8), 'base64url').readUInt32BE() % shards
}
