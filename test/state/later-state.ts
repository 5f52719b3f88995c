/** The state Worker as it will be one version of the contract later, and two. */

import { STATE_CONTRACT } from '../../src/options/state-contract.ts'
import { State } from '../../src/state/index.ts'

export { default, Numbers, Proofs } from '../../src/state/index.ts'

export class NextState extends State {
  constructor(ctx: ExecutionContext, env: unknown) {
    super(ctx, env, STATE_CONTRACT + 1)
  }
}

export class StateAfterNext extends State {
  constructor(ctx: ExecutionContext, env: unknown) {
    super(ctx, env, STATE_CONTRACT + 2)
  }
}
