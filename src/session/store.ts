/**
 * The sessions of one entry as the state Worker keeps them: asked with the gateway's clock, for no longer than there is
 * time, and `issuer_unavailable` where it does not answer.
 */

import type { OAuthIssuer } from '../auth/feature.ts'
import { GatewayError } from '../errors.ts'
import { digest } from '../lib/bytes.ts'
import type { Scope } from '../lib/scope.ts'
import { type StateBinding, stateOf } from '../options/state.ts'
import { ENDED_AT_ONCE, STATE_CONTRACT } from '../options/state-contract.ts'
import { describe, unavailable } from './failure.ts'
import { type SessionRecord, writeRecord } from './record.ts'
import type { Lease, SessionOperations, StoredSession } from './state-operations.ts'
import type { Handle } from './vault.ts'

/** How often, and how long, what the issuer gave is written where the store does not answer. */
const WRITE_PAUSES_MS = [100, 400, 1_000, 2_000, 4_000, 8_000, 8_000]

export interface StoreOptions extends IndexOptions {
  readonly state: StateBinding
  readonly idleSeconds: number
  /** Unix seconds. */
  readonly now: () => number
}

/** All but {@link SessionStore.write} throw `issuer_unavailable`. */
export interface SessionStore {
  create(handle: Handle, record: SessionRecord, scope: Scope): Promise<void>
  read(handle: Handle, scope: Scope): Promise<StoredSession | undefined>
  /** For who has seen version `seen`. Waits where somebody else has it. */
  lease(handle: Handle, seen: number): Promise<Lease>
  /** Prepares a write, which may be tried again. It gives whether it was taken, and rejects where nobody answers. */
  writing(
    handle: Handle,
    record: SessionRecord,
    lease: string,
    seen: number,
  ): Promise<() => Promise<boolean>>
  /** Never throws: a lease that is not given back ends by itself. */
  release(handle: Handle, lease: string): Promise<void>
  /** `seen`: only while it is that version. */
  end(handle: Handle, seen?: number): Promise<void>
  /** Those of a person, or of a session at the issuer, that were begun until `before`. */
  endThose(kind: IndexKind, value: string, before: number): Promise<void>
}

export function createSessionStore(options: StoreOptions): SessionStore {
  const { idleSeconds, now } = options
  const state = stateOf<SessionOperations>(options.state)

  async function contentOf(handle: Handle, record: SessionRecord) {
    return { sealed: await handle.seal(writeRecord(record)), idleSeconds, endsAt: record.endsAt }
  }

  return {
    async create(handle, record, scope) {
      const { name } = handle
      const content = await contentOf(handle, record)
      const indexes = await indexNames(options, record)
      const writes = indexes.map((index) =>
        state.indexSession(STATE_CONTRACT, index, now(), name, record.endsAt, record.begunAt),
      )
      writes.push(state.createSession(STATE_CONTRACT, name, now(), content))
      await inTime(Promise.all(writes), scope)
    },

    read: ({ name }, scope) => inTime(state.readSession(STATE_CONTRACT, name, now()), scope),

    lease: ({ name }, seen) => asked(state.leaseSession(STATE_CONTRACT, name, now(), seen, false)),

    async writing(handle, record, lease, seen) {
      const content = await contentOf(handle, record)
      return () => state.writeSession(STATE_CONTRACT, handle.name, now(), lease, seen, content)
    },

    release: ({ name }, lease) =>
      state.releaseSession(STATE_CONTRACT, name, now(), lease).catch(() => {}),

    async end({ name }, seen) {
      await asked(state.endSession(STATE_CONTRACT, name, seen))
    },

    async endThose(kind, value, before) {
      const index = await sessionIndex(options, kind, value)
      const endSome = () => asked(state.endSessionsBefore(STATE_CONTRACT, index, now(), before))
      while ((await endSome()) >= ENDED_AT_ONCE);
    },
  }
}

/** What a logout or a cut may name: a session of the issuer's, or all of a person. */
async function indexNames(of: IndexOptions, { names: { sub, sid } }: SessionRecord) {
  return Promise.all([
    ...sub.map((value) => sessionIndex(of, 'sub', value)),
    ...sid.map((value) => sessionIndex(of, 'sid', value)),
  ])
}

/** Whose sessions an index is about: those of one client at one issuer. */
export interface IndexOptions {
  readonly issuer: OAuthIssuer
  readonly clientId: string
}

export type IndexKind = 'sub' | 'sid'

export function sessionIndex(
  { issuer: { issuer }, clientId }: IndexOptions,
  kind: IndexKind,
  value: string,
): Promise<string> {
  return digest(['gatehouse-session-index', issuer, clientId, kind, value])
}

/** Writes until it is written, or the lease is over. */
export async function insist(write: () => Promise<boolean>): Promise<void> {
  for (const pause of WRITE_PAUSES_MS) {
    await scheduler.wait(pause)
    try {
      await write()
      return
    } catch {
      // The store may be back in a moment.
    }
  }
}

/** What the state Worker answers. */
async function asked<Answer>(answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause
    throw unavailable(`the store of sessions does not answer: ${describe(cause)}`, cause)
  }
}

/** The same, within the time that the request has. */
export function inTime<Answer>(answer: Promise<Answer>, scope: Scope): Promise<Answer> {
  const signal = scope.deadline()
  const late = new Promise<never>((_, reject) => {
    const stop = () => reject(unavailable('the session could not be read in time'))
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
  return asked(Promise.race([answer, late]))
}
