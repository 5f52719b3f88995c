/**
 * Entry of the state Worker. It has every Durable Object class of the gateway's features, so that the
 * gateway itself has none and can be rolled back. A feature's class joins with a file of its own, its
 * export and its line in `Classes`, a line for each operation in `State`, and one under [exports] in
 * wrangler.toml. An operation that gateways already use never changes: see contract.ts.
 */

import { WorkerEntrypoint } from 'cloudflare:workers'
import {
  type Granted,
  STATE_CONTRACT,
  type StateOperations,
  type TakeRequests,
} from '../options/state-contract.ts'
import { assertServed, servedContracts } from './contract.ts'
import { Limits } from './limits.ts'
import { Numbers } from './numbers.ts'

export { Limits, Numbers }

interface Classes {
  Limits: DurableObjectNamespace<Limits>
  Numbers: DurableObjectNamespace<Numbers>
}

/** The only way in: the gateway's service binding STATE names this entrypoint. */
export class State extends WorkerEntrypoint<unknown> implements StateOperations {
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

  async takeRequests(contract: number, shard: string, question: TakeRequests): Promise<Granted> {
    const answer = await this.#reach('Limits', contract, shard).take(question)
    const { granted, remaining, resetMs, retryMs } = answer
    answer[Symbol.dispose]()
    return { granted, remaining, resetMs, retryMs }
  }

  /** No operation gets to an object without naming a contract that is served. */
  #reach<Name extends keyof Classes>(Class: Name, contract: number, name: string) {
    assertServed(contract, this.#newest)
    return (this.ctx.exports as unknown as Classes)[Class].getByName(name) as ReturnType<
      Classes[Name]['getByName']
    >
  }
}

/** Whoever is bound to the Worker without its entrypoint, or gave it an address, gets nothing. */
export default {
  fetch: () => new Response(null, { status: 404 }),
} satisfies ExportedHandler
