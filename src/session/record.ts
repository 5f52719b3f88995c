/** What is kept of a session, in clear only inside the gateway. */

import type { JsonObject } from '../lib/strict-json.ts'
import type { Tokens } from './client.ts'

/** Times are Unix seconds. */
export interface SessionRecord {
  readonly accessToken: string
  /** When the access token ends. */
  readonly accessUntil: number
  /** When it was given out. */
  readonly since: number
  readonly refreshToken?: string
  /** For the issuer's logout, which wants to know who leaves. */
  readonly idToken?: string
  /** What the issuer says about the person, without what is about the token. */
  readonly person: JsonObject
  /**
   * What the issuer calls the person and its session, in the ID token and in the access token. `sid` in the two is not
   * the same at FusionAuth.
   */
  readonly names: { readonly sub: readonly string[]; readonly sid: readonly string[] }
  /** The absolute end of the session. */
  readonly endsAt: number
  /** When the issuer gave its first access token, by its word and at the latest now: so cuts are counted too. */
  readonly begunAt: number
}

export function writeRecord(record: SessionRecord): string {
  return JSON.stringify(record)
}

/** Of a text that was sealed, and so is what {@link writeRecord} made. */
export function readRecord(text: string): SessionRecord {
  return JSON.parse(text) as SessionRecord
}

/** Refreshed ahead of its end by so much, or by a quarter of its life where that is less. */
const AHEAD_SECONDS = 60

/** Whether the access token should be refreshed while it is still good. */
export function isDue({ accessUntil, since }: SessionRecord, now: number): boolean {
  return accessUntil - now <= Math.min(AHEAD_SECONDS, (accessUntil - since) / 4)
}

/** The session with what a refresh gave. An issuer leaves out what stays as it is. */
export function refreshed(before: SessionRecord, tokens: Tokens, now: number): SessionRecord {
  const { accessToken, accessUntil, refreshToken = before.refreshToken } = tokens
  const { idToken = before.idToken } = tokens
  return {
    ...before,
    accessToken,
    accessUntil,
    since: now,
    ...(refreshToken !== undefined && { refreshToken }),
    ...(idToken !== undefined && { idToken }),
  }
}
