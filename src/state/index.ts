/**
 * Entry of the state Worker. It has every Durable Object class of the gateway's features, so that the
 * gateway itself has none and can be rolled back. A feature's class joins with a file of its own, its
 * export and its line in `Classes`, a line for each operation in `State`, and one under [exports] in
 * wrangler.toml. An operation that gateways already use never changes: see contract.ts.
 */

import { WorkerEntrypoint } from 'cloudflare:workers'
import type { ProofOperations } from '../auth/possession/replay.ts'
import type { MarkOperations } from '../operate/revocation/state-operations.ts'
import {
  ENDED_AT_ONCE,
  type Granted,
  STATE_CONTRACT,
  type StateOperations,
  type TakeRequests,
} from '../options/state-contract.ts'
import type { SessionContent, SessionOperations } from '../session/state-operations.ts'
import { assertServed, servedContracts } from './contract.ts'
import { Limits } from './limits.ts'
import { Marks } from './marks.ts'
import { Numbers } from './numbers.ts'
import { Proofs } from './proofs.ts'
import { Session } from './session.ts'
import { SessionIndex } from './session-index.ts'

export { Limits, Marks, Numbers, Proofs, Session, SessionIndex }

interface Classes {
  Limits: DurableObjectNamespace<Limits>
  Marks: DurableObjectNamespace<Marks>
  Numbers: DurableObjectNamespace<Numbers>
  Proofs: DurableObjectNamespace<Proofs>
  Session: DurableObjectNamespace<Session>
  SessionIndex: DurableObjectNamespace<SessionIndex>
}

/** Of a SHA-256 in base64url. */
const HASH = /^[\w-]{43}$/
const MAX_PROOF_SECONDS = 3_600

/** The only way in: the gateway's service binding STATE names this entrypoint. */
export class State
  extends WorkerEntrypoint<unknown>
  implements StateOperations, MarkOperations, ProofOperations, SessionOperations
{
  readonly #newest: number

  constructor(ctx: ExecutionContext, env: unknown, newest = STATE_CONTRACT) {
    super(ctx, env)
    this.#newest = newest
  }

  async serves(): Promise<number[]> {
    return servedContracts(this.#newest)
  }

  async takeNumber(contract: number, name: string): Promise<number> {
    return this.#reach('Numbers', contract, name).take()
  }

  async keepMarks(
    contract: number,
    issuer: string,
    marks: readonly { name: string; before: number }[],
    keepSeconds: number,
    now: number,
  ): Promise<number> {
    return this.#reach('Marks', contract, issuer).keep(marks, keepSeconds, now)
  }

  async marksSince(contract: number, issuer: string, version: number) {
    return this.#reach('Marks', contract, issuer).since(version)
  }

  async firstTime(
    contract: number,
    issuer: string,
    id: string,
    keepSeconds: number,
    now: number,
  ): Promise<boolean> {
    return this.#reach('Marks', contract, issuer).firstTime(id, keepSeconds, now)
  }

  async takeProof(contract: number, key: string, proof: string, seconds: number): Promise<boolean> {
    const isFit = [key, proof].every((hash) => typeof hash === 'string' && HASH.test(hash))
    if (!isFit || !(Number.isInteger(seconds) && seconds > 0 && seconds <= MAX_PROOF_SECONDS)) {
      throw new TypeError(
        'A proof is taken by the thumbprint of its key, its hash, and whole seconds.',
      )
    }
    return this.#reach('Proofs', contract, key).take(proof, seconds)
  }

  async takeRequests(contract: number, shard: string, question: TakeRequests): Promise<Granted> {
    const answer = await this.#reach('Limits', contract, shard).take(question)
    const { granted, remaining, resetMs, retryMs } = answer
    answer[Symbol.dispose]()
    return { granted, remaining, resetMs, retryMs }
  }

  async createSession(contract: number, name: string, now: number, content: SessionContent) {
    return this.#reach('Session', contract, name).create(now, content)
  }

  async readSession(contract: number, name: string, now: number) {
    return this.#reach('Session', contract, name).read(now)
  }

  async leaseSession(contract: number, name: string, now: number, seen: number, mayBegin: boolean) {
    return this.#reach('Session', contract, name).lease(now, seen, mayBegin)
  }

  async writeSession(
    contract: number,
    name: string,
    now: number,
    lease: string,
    seen: number,
    content: SessionContent,
  ) {
    return this.#reach('Session', contract, name).write(now, lease, seen, content)
  }

  async releaseSession(contract: number, name: string, now: number, lease: string) {
    return this.#reach('Session', contract, name).release(now, lease)
  }

  async endSession(contract: number, name: string, seen?: number) {
    return this.#reach('Session', contract, name).end(seen)
  }

  async indexSession(
    contract: number,
    index: string,
    now: number,
    name: string,
    until: number,
    begunAt = now,
  ) {
    return this.#reach('SessionIndex', contract, index).add(now, name, until, begunAt)
  }

  async endSessionsBefore(contract: number, index: string, now: number, before: number) {
    const sessions = this.#reach('SessionIndex', contract, index)
    const all: readonly string[] = await sessions.begunUntil(now, before)
    const names = all.slice(0, ENDED_AT_ONCE)
    await this.#endAll(contract, sessions, names)
    return names.length
  }

  async endSessionsOf(contract: number, index: string, now: number, jti: string, jtiUntil: number) {
    const sessions = this.#reach('SessionIndex', contract, index)
    const names: readonly string[] | undefined = await sessions.find(now, jti)
    if (!names) return undefined
    await this.#endAll(contract, sessions, names)
    // Last, so that the issuer can ask again where one of them did not end.
    await sessions.settle(now, names, jti, jtiUntil)
    return names.length
  }

  async #endAll(
    contract: number,
    sessions: Pick<SessionIndex, 'forget'>,
    names: readonly string[],
  ): Promise<void> {
    for (let start = 0; start < names.length; start += ENDED_AT_ONCE) {
      const some = names.slice(start, start + ENDED_AT_ONCE)
      await Promise.all(some.map((name) => this.#reach('Session', contract, name).end()))
      // Where this call may ask no more objects, the next one goes on from here.
      await sessions.forget(some)
    }
  }

  /** No operation gets to an object without naming a contract that is served. */
  #reach<Name extends keyof Classes>(
    Class: Name,
    contract: number,
    name: string,
  ): ReturnType<Classes[Name]['getByName']> {
    assertServed(contract, this.#newest)
    const classes = this.ctx.exports as unknown as Classes
    return classes[Class].getByName(name) as ReturnType<Classes[Name]['getByName']>
  }
}

/** Whoever is bound to the Worker without its entrypoint, or gave it an address, gets nothing. */
export default {
  fetch: () => new Response(null, { status: 404 }),
} satisfies ExportedHandler
