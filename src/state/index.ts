/**
 * Entry of the state Worker. It has every Durable Object class of the gateway's features, so that the
 * gateway itself has none and can be rolled back. A feature's class joins with a file of its own, its
 * export and its line in `Classes`, a line for each operation in `State`, and one under [exports] in
 * wrangler.toml. An operation that gateways already use never changes: see contract.ts.
 */

import { WorkerEntrypoint } from 'cloudflare:workers'
import type { MarkOperations } from '../operate/revocation/state-operations.ts'
import { STATE_CONTRACT, type StateOperations } from '../options/state-contract.ts'
import { assertServed, servedContracts } from './contract.ts'
import { Marks } from './marks.ts'
import { Numbers } from './numbers.ts'

export { Marks, Numbers }

interface Classes {
  Marks: DurableObjectNamespace<Marks>
  Numbers: DurableObjectNamespace<Numbers>
}

/** The only way in: the gateway's service binding STATE names this entrypoint. */
export class State extends WorkerEntrypoint<unknown> implements StateOperations, MarkOperations {
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
