/** What the gateway asks of its state Worker for sessions. Answered by src/state, which sees no token in clear. */

/** What is kept of a session. */
export interface StoredSession {
  /** Encrypted: only who has the cookie and the owner's key can read it. */
  readonly sealed: string
  /** Goes up by one with each refresh. */
  readonly version: number
}

/** Times are Unix seconds of the gateway's clock. */
export interface SessionContent {
  readonly sealed: string
  /** Without a request for so long, the session ends. */
  readonly idleSeconds: number
  readonly endsAt: number
}

/** Who may refresh, or what has come of it. */
export type Lease =
  /** There is no such session, or no more. */
  | { readonly state: 'ended' }
  /** Somebody has refreshed already. */
  | ({ readonly state: 'newer' } & StoredSession)
  /** The caller has to refresh, and to write or release. */
  | { readonly state: 'yours'; readonly lease: string }
  /** Somebody has just tried, and the issuer did not answer. */
  | { readonly state: 'failed' }
  /** Somebody is at it, and has not come to an end in time. */
  | { readonly state: 'busy' }

/** Each call names the contract's version and the object first. */
export interface SessionOperations {
  createSession(contract: number, name: string, now: number, content: SessionContent): Promise<void>
  /** Counts as a use: the idle time begins anew. */
  readSession(contract: number, name: string, now: number): Promise<StoredSession | undefined>
  /**
   * Asks for the right to refresh what the caller has seen as version `seen`. Waits up to 4 s for another one who
   * has it. `mayBegin`: also where nothing is stored, for a lock without a session (then `seen` is 0).
   */
  leaseSession(
    contract: number,
    name: string,
    now: number,
    seen: number,
    mayBegin: boolean,
  ): Promise<Lease>
  /** Whether it was taken: not where the session has ended, or another one has written. */
  writeSession(
    contract: number,
    name: string,
    now: number,
    lease: string,
    seen: number,
    content: SessionContent,
  ): Promise<boolean>
  /** Gives the right back without a result; for a few seconds nobody else gets it. */
  releaseSession(contract: number, name: string, now: number, lease: string): Promise<void>
  /** `seen`: only while it is that version. Whether there was one to end. */
  endSession(contract: number, name: string, seen?: number): Promise<boolean>
  /** Remembers a session under something that a logout or a cut may name. `begunAt`: default `now`. */
  indexSession(
    contract: number,
    index: string,
    now: number,
    name: string,
    until: number,
    begunAt?: number,
  ): Promise<void>
  /**
   * Ends those that were begun until `before`, that second included: at most `ENDED_AT_ONCE`. The number. Where
   * it is that many, the caller has to ask again.
   */
  endSessionsBefore(contract: number, index: string, now: number, before: number): Promise<number>
  /** Ends all of them. The number; undefined where this logout was seen before (`jti`). */
  endSessionsOf(
    contract: number,
    index: string,
    now: number,
    jti: string,
    jtiUntil: number,
  ): Promise<number | undefined>
}
