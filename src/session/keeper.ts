/**
 * The sessions of one entry. Each is an object of the state Worker, which is also the lock that makes its refresh
 * single. An isolate remembers one for a few seconds, so that most requests ask nobody.
 */

import type { Cut } from '../auth/cutoff.ts'
import type { OAuthIssuer } from '../auth/feature.ts'
import { GatewayError } from '../errors.ts'
import { createBoundedMap } from '../lib/bounded-map.ts'
import type { Scope } from '../lib/scope.ts'
import type { StateBinding } from '../options/state.ts'
import type { SessionClient } from './client.ts'
import { clearCookie } from './cookie.ts'
import { describe, unavailable } from './failure.ts'
import { page } from './page.ts'
import { isDue, readRecord, refreshed, type SessionRecord } from './record.ts'
import type { StoredSession } from './state-operations.ts'
import { createSessionStore, insist, inTime } from './store.ts'
import type { Handle, Vault } from './vault.ts'

/** A session that was ended elsewhere may pass for so long in an isolate that has just seen it. */
export const MEMORY_SECONDS = 10
/** For the issuer's answer. Longer than a request waits: what was begun comes to an end behind it. */
const REFRESH_MS = 10_000
const ATTEMPT_SECONDS = 10

export interface KeeperOptions {
  readonly state: StateBinding
  readonly vault: Vault
  readonly client: SessionClient
  readonly issuer: OAuthIssuer
  readonly clientId: string
  readonly cookie: string
  /** Where a person signs in again. */
  readonly login: string
  readonly idleSeconds: number
  /** Unix seconds. */
  readonly now: () => number
}

export interface Keeper {
  /** What this isolate has just seen, where its access token is good; else {@link find} has to be asked. */
  recall(value: string, scope: Scope): SessionRecord | undefined
  /** With a good access token, refreshed where it has to be. Throws `session_invalid`, `issuer_unavailable`. */
  find(value: string, scope: Scope): Promise<SessionRecord>
  /** The same, refreshed also where it need not be, unless that was done in the last seconds. */
  refresh(value: string, scope: Scope): Promise<SessionRecord>
  /** The value of the cookie of a new session. */
  begin(record: SessionRecord, scope: Scope): Promise<string>
  /** What it was; undefined where there was none. Throws `issuer_unavailable`. */
  end(value: string, scope: Scope): Promise<SessionRecord | undefined>
  /** Ends sessions whose tokens were cut off; elsewhere within {@link MEMORY_SECONDS}. Throws `issuer_unavailable`. */
  cutOff(cut: Cut): Promise<void>
}

interface Held {
  readonly handle: Handle
  readonly version: number
  readonly record: SessionRecord
  readonly readAt: number
  /** When a refresh ahead of time was begun here last. */
  attemptedAt: number
}

export function createKeeper(options: KeeperOptions): Keeper {
  const { vault, client, cookie, now } = options
  const store = createSessionStore(options)
  const memory = createBoundedMap<Held>({ maxEntries: 1_000, maxKeyLength: 100_000 })

  const endedPage = page({
    title: 'Your session has ended',
    text: 'You have signed out, or you were away for too long.',
    link: { to: options.login, text: 'Sign in again' },
  })
  const ended = (reason: string) => {
    const finish = (headers: Headers) => headers.append('set-cookie', clearCookie(cookie))
    return new GatewayError('session_invalid', { reason, finish, page: endedPage })
  }

  async function hold(handle: Handle, { sealed, version }: StoredSession): Promise<Held> {
    const text = await handle.unseal(sealed)
    if (text === undefined) throw ended('the session was kept under another key')
    return keep(handle, version, readRecord(text))
  }

  function keep(handle: Handle, version: number, record: SessionRecord): Held {
    const held = { handle, version, record, readAt: now(), attemptedAt: -Infinity }
    memory.set(handle.value, held)
    return held
  }

  function drop(handle: Handle, reason: string): GatewayError {
    memory.delete(handle.value)
    return ended(reason)
  }

  async function openHandle(value: string): Promise<Handle> {
    const handle = memory.get(value)?.handle ?? (await vault.open(value))
    if (!handle) throw ended('the cookie is none that was made here')
    return handle
  }

  async function read(value: string, scope: Scope): Promise<Held> {
    const handle = await openHandle(value)
    const stored = await store.read(handle, scope)
    if (!stored) throw drop(handle, 'the session has ended')
    const known = memory.get(value)
    if (known?.version !== stored.version) return hold(handle, stored)
    return keep(handle, stored.version, known.record)
  }

  /** Refreshes what was seen, unless somebody else has. */
  async function renew(seen: Held, scope: Scope): Promise<Held> {
    const { handle, version } = seen
    const lease = await store.lease(handle, version)
    if (lease.state === 'ended') throw drop(handle, 'the session has ended')
    if (lease.state === 'newer') return hold(handle, lease)
    if (lease.state === 'failed') throw unavailable('the issuer has just failed to refresh')
    if (lease.state === 'busy') throw unavailable('the refresh of the session takes too long')
    const record = await refreshAt(seen, lease.lease)
    const write = await store.writing(handle, record, lease.lease, version)
    const fresh = keep(handle, version + 1, record)
    // The refresh token that was there before is spent, so that this must not get lost.
    const isTaken = await write().catch(() => {
      scope.waitUntil(insist(write))
      return true
    })
    if (!isTaken) throw drop(handle, 'the session ended while it was refreshed')
    return fresh
  }

  /** Asks the issuer. Gives the lease back where that comes to nothing. */
  async function refreshAt({ handle, version, record }: Held, lease: string) {
    try {
      const signal = AbortSignal.timeout(REFRESH_MS)
      const tokens = await client.refresh(record.refreshToken ?? '', signal)
      const isSame = tokens?.claims === undefined || tokens.claims.sub === record.person.sub
      // OpenID Connect Core section 12.2: the tokens of somebody else are no refresh.
      if (tokens && isSame) return refreshed(record, tokens, now())
    } catch (error) {
      await store.release(handle, lease)
      throw error instanceof GatewayError ? error : unavailable(describe(error), error)
    }
    await store.end(handle, version)
    throw drop(handle, 'the issuer has ended the session: it no longer refreshes')
  }

  /** Goes on where the request that asked for it is gone. */
  function renewBehind(seen: Held, scope: Scope): Promise<Held> {
    const renewal = renew(seen, scope)
    scope.waitUntil(renewal.catch(() => {}))
    return renewal
  }

  function refreshAhead(held: Held, scope: Scope): void {
    if (now() - held.attemptedAt < ATTEMPT_SECONDS) return
    held.attemptedAt = now()
    void renewBehind(held, scope)
  }

  async function current(value: string, scope: Scope): Promise<Held> {
    const held = await read(value, scope)
    const { record, handle } = held
    if (now() < record.accessUntil) {
      if (record.refreshToken !== undefined && isDue(record, now())) refreshAhead(held, scope)
      return held
    }
    if (record.refreshToken !== undefined) return inTime(renewBehind(held, scope), scope)
    await store.end(handle)
    throw drop(handle, 'the access token has ended, and there is no refresh token')
  }

  return {
    recall(value, scope) {
      const held = memory.get(value)
      const time = now()
      if (!held || time - held.readAt >= MEMORY_SECONDS) return undefined
      const { record } = held
      if (time >= record.accessUntil || time >= record.endsAt) return undefined
      if (record.refreshToken !== undefined && isDue(record, time)) refreshAhead(held, scope)
      return record
    },

    find: async (value, scope) => (await current(value, scope)).record,

    async refresh(value, scope) {
      const held = await current(value, scope)
      const { record } = held
      const isRecent = now() - record.since < ATTEMPT_SECONDS
      if (isRecent || record.refreshToken === undefined) return record
      return (await inTime(renewBehind(held, scope), scope)).record
    },

    async begin(record, scope) {
      const handle = await vault.create()
      await store.create(handle, record, scope)
      keep(handle, 1, record)
      return handle.value
    },

    async end(value, scope) {
      const handle = await openHandle(value).catch(() => undefined)
      if (!handle) return undefined
      const stored = await store.read(handle, scope)
      memory.delete(value)
      if (!stored) return undefined
      await inTime(store.end(handle), scope)
      const text = await handle.unseal(stored.sealed)
      return text === undefined ? undefined : readRecord(text)
    },

    async cutOff({ selection, before }) {
      if ('session' in selection) return store.endThose('sid', selection.session, before)
      if (!('subject' in selection)) return
      const { subject, client = options.clientId } = selection
      if (client === options.clientId) await store.endThose('sub', subject, before)
    },
  }
}
