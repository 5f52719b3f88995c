/**
 * The option `state` of features whose state must agree with itself: the service binding STATE, how it is
 * checked, and how a feature asks through it. Behind it stands the Worker of src/state, from which the
 * gateway imports nothing.
 */

import * as v from 'valibot'
import { hasFetch } from './schemas.ts'
import type { StateOperations } from './state-contract.ts'

/** What `wrangler types` knows about the service binding STATE. */
export type StateBinding = Pick<Fetcher, 'fetch'>

const NOT_BOUND =
  'is not bound. Run "npx wrangler deploy -c src/state/wrangler.toml", then uncomment STATE in wrangler.toml'
const NOT_A_BINDING = 'must be the service binding to gatehouse-state: state: env.STATE'

/** The schema of an option `state`. Left out and undefined are one mistake: nothing is bound. */
export const stateBinding = v.pipe(
  v.optional(v.unknown(), () => undefined),
  v.check(hasFetch, ({ input }) => (input === undefined ? NOT_BOUND : NOT_A_BINDING)),
)

/** The operations behind a binding; `Own` are those that the asking room has declared. */
export function stateOf<Own extends object = object>(binding: StateBinding): StateOperations & Own {
  return binding as unknown as StateOperations & Own
}
