/**
 * Refreshes a token that somebody else keeps: once, however many show it at once. The result is kept for 30 s, sealed
 * under the token that was spent, for those who have not heard of it; and for 10 s under the one that it brought, so
 * that who asks again and again with what they got makes the issuer work once in 10 s.
 */

import type { Scope } from '../lib/scope.ts'
import { type StateBinding, stateOf } from '../options/state.ts'
import { STATE_CONTRACT } from '../options/state-contract.ts'
import type { SessionClient, Tokens } from './client.ts'
import { unavailable } from './failure.ts'
import type { SessionOperations } from './state-operations.ts'
import type { Vault } from './vault.ts'

const KEPT_SECONDS = 30
const FRESH_SECONDS = 10
const REFRESH_MS = 10_000

export interface RefreshLockOptions {
  readonly state: StateBinding
  readonly vault: Vault
  readonly client: SessionClient
  /** Unix seconds. */
  readonly now: () => number
}

export interface RefreshLock {
  /** Undefined where the issuer no longer takes the token. Throws `issuer_unavailable`. */
  refresh(refreshToken: string, scope: Scope): Promise<Tokens | undefined>
}

export function createRefreshLock({
  vault,
  client,
  now,
  ...options
}: RefreshLockOptions): RefreshLock {
  const state = stateOf<SessionOperations>(options.state)

  async function refreshOnce(refreshToken: string): Promise<Tokens | undefined> {
    const handle = await vault.of(refreshToken)
    const { name } = handle
    const lease = await state
      .leaseSession(STATE_CONTRACT, name, now(), 0, true)
      .catch((cause: unknown) => {
        throw unavailable('the lock for refreshes does not answer', cause)
      })
    if (lease.state === 'newer') {
      const text = await handle.unseal(lease.sealed)
      return text === undefined ? undefined : ((JSON.parse(text) as Tokens | null) ?? undefined)
    }
    if (lease.state !== 'yours')
      throw unavailable('the token is being refreshed, or just was in vain')
    try {
      const tokens = await client.refresh(refreshToken, AbortSignal.timeout(REFRESH_MS))
      const sealed = await handle.seal(JSON.stringify(tokens ?? null))
      const content = { sealed, idleSeconds: KEPT_SECONDS, endsAt: now() + KEPT_SECONDS }
      await state.writeSession(STATE_CONTRACT, name, now(), lease.lease, 0, content).catch(() => {})
      await keepFresh(tokens, refreshToken).catch(() => {})
      return tokens
    } catch (error) {
      await state.releaseSession(STATE_CONTRACT, name, now(), lease.lease).catch(() => {})
      throw error
    }
  }

  /** For who shows the new token before it can be of any use. */
  async function keepFresh(tokens: Tokens | undefined, spent: string): Promise<void> {
    const { refreshToken = spent, accessUntil = 0 } = tokens ?? {}
    const seconds = Math.min(FRESH_SECONDS, accessUntil - now())
    if (refreshToken === spent || seconds <= 0) return
    const handle = await vault.of(refreshToken)
    const sealed = await handle.seal(JSON.stringify(tokens))
    const content = { sealed, idleSeconds: seconds, endsAt: now() + seconds }
    await state.createSession(STATE_CONTRACT, handle.name, now(), content)
  }

  return {
    refresh(refreshToken, scope) {
      const result = refreshOnce(refreshToken)
      // Whoever asked may leave; the token is spent all the same, and others wait for what came of it.
      scope.waitUntil(result.catch(() => {}))
      return result
    },
  }
}
