/**
 * Entry of the state Worker. It has every Durable Object class of the gateway's features, so that the
 * gateway itself has none and can be rolled back. A feature's class joins with a file of its own, its
 * export and its line in `Classes`, a line for each operation in `State`, and one under [exports] in
 * wrangler.toml. An operation that gateways already use never changes: see contract.ts.
 */

import { WorkerEntrypoint } from 'cloudflare:workers'
import { STATE_CONTRACT, type StateOperations } from '../options/state-contract.ts'
import type { SessionContent, SessionOperations } from '../session/state-operations.ts'
import { assertServed, servedContracts } from './contract.ts'
import { Numbers } from './numbers.ts'
import { Session } from './session.ts'
import { SessionIndex } from './session-index.ts'

export { Numbers, Session, SessionIndex }

interface Classes {
  Numbers: DurableObjectNamespace<Numbers>
  Session: DurableObjectNamespace<Session>
  SessionIndex: DurableObjectNamespace<SessionIndex>
}

/** The only way in: the gateway's service binding STATE names this entrypoint. */
export class State extends WorkerEntrypoint<unknown> implements StateOperations, SessionOperations {
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

  async indexSession(contract: number, index: string, now: number, name: string, until: number) {
    return this.#reach('SessionIndex', contract, index).add(now, name, until)
  }

  async endSessionsOf(contract: number, index: string, now: number, jti: string, jtiUntil: number) {
    const names: readonly string[] | undefined = await this.#reach(
      'SessionIndex',
      contract,
      index,
    ).take(now, jti, jtiUntil)
    if (!names) return undefined
    await Promise.all(names.map((name) => this.#reach('Session', contract, name).end()))
    return names.length
  }

  /** No operation gets to an object without naming a contract that is served. */
  #reach<Name extends keyof Classes>(Class: Name, contract: number, name: string) {
    assertServed(contract, this.#newest)
    const classes = this.ctx.exports as unknown as Classes
    return classes[Class].getByName(name) as ReturnType<Classes[Name]['getByName']>
  }
}

/** Whoever is bound to the Worker without its entrypoint, or gave it an address, gets nothing. */
export default {
  fetch: () => new Response(null, { status: 404 }),
} satisfies ExportedHandler
